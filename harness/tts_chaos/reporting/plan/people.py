"""Steps four and six: who does what, and who is told what by whom. Nobody is invented."""

from __future__ import annotations

from collections.abc import Iterator

from tts_chaos.reporting.plan.case import Case
from tts_chaos.reporting.plan.model import Block, Code, Paragraph, Table, Text, text
from tts_chaos.reporting.plan.settings import Person

__all__ = ["ROLES", "communication", "team", "who"]

ROLES: dict[str, tuple[str, str]] = {
    "lead": ("Lead", "decides, keeps the times of what was done, ends the incident"),
    "operator": ("Operator", "holds keys, network and servers"),
    "developer": ("Developer", "knows the integration, mends and releases it"),
    "communicator": ("Communicator", "the one person who speaks to others"),
    "reviewer": ("Reviewer", "renews this plan"),
}
"""By field of the settings' team: the title, and what the role does."""


def who(case: Case, role: str) -> Text:
    """Return a role and, where somebody is named, who has it."""
    person: Person | None = getattr(case.settings.team, role)
    title, _ = ROLES[role]
    if person is None:
        return text(title, " (not named)")
    return text(title, ": ", case.quoted(person.name, f"team.{role}.name"))


def team(case: Case) -> Iterator[Block]:
    """Step four: who does what."""
    yield Table(
        caption="Who does what, and how they are reached",
        heads=("Role", "Does", "Who", "Reached by", "Stands in"),
        rows=tuple(_person_row(case, role) for role in ROLES),
    )
    for role, (title, _) in ROLES.items():
        if getattr(case.settings.team, role) is None and role != "reviewer":
            told = text(
                "Nobody is named as ", title.lower(), "; ", case.set_in_settings(f"team.{role}")
            )
            yield case.missing("team", told)


def _person_row(case: Case, role: str) -> tuple[Text, ...]:
    title, does = ROLES[role]
    person: Person | None = getattr(case.settings.team, role)
    if person is None:
        return text(title), text(does), text("not named"), text("not named"), text("not named")
    deputy = (
        text(case.quoted(person.deputy, f"team.{role}.deputy")) if person.deputy else text("nobody")
    )
    return (
        text(title),
        text(does),
        text(case.quoted(person.name, f"team.{role}.name")),
        text(case.quoted(person.contact, f"team.{role}.contact")),
        deputy,
    )


def communication(case: Case) -> Iterator[Block]:
    """Step six: one person speaks, to these people, in these words."""
    person = case.settings.team.communicator
    if person is not None:
        yield Paragraph(
            text=text(
                case.quoted(person.name, "team.communicator.name"),
                " alone speaks to others; everybody else sends them there.",
            )
        )
    else:
        yield Paragraph(
            text=text("One person alone speaks to others; who that is, step four has to say.")
        )
    audiences = case.settings.audiences
    if audiences:
        yield Table(
            caption="Who is told, and by which way",
            heads=("Who", "By"),
            rows=tuple(
                (
                    text(case.quoted(row.name, f"audiences[{n}].name")),
                    text(case.quoted(row.channel, f"audiences[{n}].channel")),
                )
                for n, row in enumerate(audiences)
            ),
        )
    else:
        told = text("Nobody is named who is told; ", case.set_in_settings("audiences"))
        yield case.missing("communication", told)
    yield Table(
        caption="Drafts; what stands in brackets is filled in",
        heads=("When", "Words"),
        rows=tuple(_drafts(case)),
    )


def _drafts(case: Case) -> Iterator[tuple[Text, ...]]:
    subject = text(case.quoted(case.settings.integration, "integration")) if (
        case.settings_file
    ) else text("our connection to the platform")  # fmt: skip
    yield (
        text("At once, before the cause is known"),
        text("Since ", Code("[time]"), " ", *subject, " does not work as it should: ",
             Code("[function of step one]"), ". Orders that buyers place meanwhile are kept by the "
             "platform. We look for the cause, and tell more at ", Code("[time]"), "."),
    )  # fmt: skip
    slowest = _slowest(case)
    hope = (
        text("How long it takes we do not know: it was never rehearsed")
        if slowest is None
        else text("In rehearsals all was whole again within ", *slowest, " of the cause being "
                  "gone; that is no promise")
    )  # fmt: skip
    yield (
        text("When the cause is known"),
        text("The cause is ", Code("[failure of step five]"), ", and ", Code("[who]"), " does ",
             Code("[step]"), ". ", hope, ". Please do not repeat anything by hand meanwhile: it "
             "might be done twice."),
    )  # fmt: skip
    yield (
        text("When the test order has arrived"),
        text("Since ", Code("[time]"), " all works again, and a test order has arrived. Orders of "
             "the time between are ", Code("[all there, or which are not]"), ". It was caused by ",
             Code("[cause]"), "; so that it does not come back, we ", Code("[measure]"), "."),
    )  # fmt: skip


def _slowest(case: Case) -> Text | None:
    took = [q for run in case.evidence.runs if run.has_passed and (q := case.recovery(run))]
    virtual = [q for q in took if q.basis == "virtual time"]
    real = [q for q in took if q.basis == "real sockets"]
    parts = [
        text(
            case.numbers.largest(f"slowest recovery of any passed run, {name}", rows),
            " (",
            name,
            ")",
        )
        for name, rows in (("virtual time", virtual), ("real sockets", real))
        if rows
    ]
    if not parts:
        return None
    return tuple(p for n, part in enumerate(parts) for p in (*(text(" and ") if n else ()), *part))
