"""How good a listing is, and what would make it better: judged by a few plain rules.

Source: contracts of the diagnosis operations (documented fields and tiers). The rules, their codes
and the tiers that they lead to are the twin's own (assumed); the platform does not publish its own.
"""

from __future__ import annotations

import msgspec

from tts_chaos.twin.domains.product.entities import Content

__all__ = ["Finding", "findings_of", "quality_tier", "tier_after"]

SHORTEST_TITLE = 25
SHORTEST_DESCRIPTION = 60
FEWEST_PICTURES = 1


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something to make better.

    Attributes:
        field: TITLE, DESCRIPTION, IMAGE or ATTRIBUTE.
        code: Short name of the rule.
        advice: What to do.
        tier: Tier that the listing reaches by it.
    """

    field: str
    code: str
    advice: str
    tier: str


_TITLE = Finding(
    field="TITLE",
    code="TITLE_TOO_SHORT",
    advice=f"Write a title of at least {SHORTEST_TITLE} characters.",
    tier="GOOD",
)
_DESCRIPTION = Finding(
    field="DESCRIPTION",
    code="DESCRIPTION_TOO_SHORT",
    advice=f"Describe the product in at least {SHORTEST_DESCRIPTION} characters.",
    tier="GOOD",
)
_PICTURE = Finding(
    field="IMAGE",
    code="IMAGE_MISSING",
    advice="Show the product in at least one picture.",
    tier="FAIR",
)


def findings_of(content: Content) -> list[Finding]:
    """Return what would make a listing better, the gravest first."""
    checks = (
        (_PICTURE, len(content.details.get("main_images") or ()) < FEWEST_PICTURES),
        (_TITLE, len(content.title) < SHORTEST_TITLE),
        (_DESCRIPTION, len(content.description) < SHORTEST_DESCRIPTION),
    )
    return [finding for finding, holds in checks if holds]


def quality_tier(content: Content) -> str:
    """Return POOR, FAIR or GOOD."""
    return tier_after(findings_of(content))


def tier_after(findings: list[Finding]) -> str:
    """Return the tier of a listing with these findings."""
    if any(finding.tier == "FAIR" for finding in findings):
        return "POOR"
    return "FAIR" if findings else "GOOD"
