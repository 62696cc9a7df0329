"""Programs that never outlive the process that started them, however that process ends."""

from __future__ import annotations

from tts_chaos.processes.guarded import GuardedProcess
from tts_chaos.processes.run_guard import RUN_MARK, RunGuard

__all__ = ["RUN_MARK", "GuardedProcess", "RunGuard"]
