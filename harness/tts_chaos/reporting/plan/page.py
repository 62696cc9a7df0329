"""A plan as one HTML page that needs nothing else: no script is needed to read or print it."""

from __future__ import annotations

from tts_chaos.reporting.page import render_page
from tts_chaos.reporting.plan.model import Plan
from tts_chaos.reporting.plan.telling import WARNINGS, say_source

__all__ = ["plan_page"]

_TONES = {"ready": "good", "incomplete": "unsure", "not safe": "bad"}


def plan_page(plan: Plan) -> str:
    """Return the page.

    Raises:
        BackendUnavailableError: If jinja2, of the extra `report`, is not installed.
    """
    return render_page(
        "plan.html",
        {"format": plan.format},
        with_charts=False,
        verdict={
            "word": plan.word.capitalize(),
            "tone": _TONES[plan.word],
            "because": plan.because,
        },
        plan=plan,
        numbers={quantity.id: quantity for quantity in plan.quantities},
        kind_of=lambda value: type(value).__name__,
        say_source=say_source,
        warnings=WARNINGS,
    )
