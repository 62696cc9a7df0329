"""Ways by which programs with hard-coded hosts reach the twin, each probed, and the choice."""

from tts_chaos.injectors.reach.choosing import choose_reach

__all__ = ["choose_reach"]
