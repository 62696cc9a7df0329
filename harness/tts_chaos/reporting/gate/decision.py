"""A report held against a policy: one word, and every reason for it.

Pure: the day is handed in. A demand that cannot be judged is not fulfilled.
"""

from __future__ import annotations

import datetime
import fnmatch
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from tts_chaos.faults.catalogue import FAULTS
from tts_chaos.reporting.durations import say_duration
from tts_chaos.reporting.gate.policy import Accepted, Objective, Policy

__all__ = ["EXIT_BLOCK", "Decision", "Reason", "decide"]

EXIT_BLOCK = 20
"""Exit status where the gate blocks; 10 to 15 are outcomes of runs, 1 to 5 pytest's own."""

Run = Mapping[str, Any]


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One demand that is not fulfilled. `rule` is stable; `run` is its id, "" for the whole."""

    rule: str
    text: str
    run: str = ""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate says.

    Attributes:
        decision: `release` or `block`.
        because: The word's reason in one sentence.
        reasons: Every demand that is not fulfilled; none where it says release.
        accepted: Failures that do not block: scenario, world, owner, reason, expires.
        notes: What blocks nothing and should be known.
        integration: Its name.
        version: Of the integration, "" where nobody named it.
        contract: Digest of the contracts the twin spoke.
        policy: The file, or words for the default.
        date: The day on which it was decided, ISO 8601.
    """

    decision: str
    because: str
    reasons: tuple[Reason, ...]
    accepted: tuple[dict[str, str], ...]
    notes: tuple[str, ...]
    integration: str
    version: str
    contract: str
    policy: str
    date: str


class _Case(msgspec.Struct, frozen=True, kw_only=True):
    policy: Policy
    document: Mapping[str, Any]
    today: datetime.date

    @property
    def runs(self) -> Sequence[Run]:
        return self.document["runs"]  # type: ignore[no-any-return]


def decide(
    policy: Policy,
    document: Mapping[str, Any],
    *,
    today: datetime.date,
    version: str = "",
    policy_file: str = "",
) -> Decision:
    """Return what the gate says of a JSON report (`summary.to_document`)."""
    case = _Case(policy=policy, document=document, today=today)
    reasons = tuple(reason for rule in _RULES for reason in rule(case))
    accepted = tuple(_accepted_failures(case))
    played, failed = len(case.runs), len(reasons)
    if reasons:
        because = f"{reasons[0].text}{f' (and {failed - 1} more reasons)' if failed > 1 else ''}"
    else:
        also = f", {len(accepted)} of them accepted as known failures" if accepted else ""
        because = f"{played} runs fulfil the policy{also}"
    return Decision(
        decision="block" if reasons else "release",
        because=because,
        reasons=reasons,
        accepted=accepted,
        notes=tuple(_notes(case, version)),
        integration=policy.integration,
        version=version,
        contract=str(document.get("contract_digest", "")),
        policy=policy_file or "the default: every run must pass",
        date=today.isoformat(),
    )


def _name(run: Run) -> str:
    return f"{run['scenario']} [{run['world']}]"


def _is_demanded(run: Run, policy: Policy) -> bool:
    wanted = policy.must_pass.tags
    # What could not even be played shows nothing, and its tags may not be known.
    return (
        not wanted
        or run["outcome"] == "harness_error"
        or bool(set(wanted) & set(run.get("tags") or ()))
    )


def _covers(row: Accepted, run: Run) -> bool:
    broken = {finding["rule"] for finding in run["findings"]}
    return (
        fnmatch.fnmatchcase(run["scenario"], row.scenario)
        and row.world in ("", run["world"])
        # A failure of another kind is another failure; one without any rule is not known either.
        and (not row.rules or (bool(broken) and broken <= set(row.rules)))
    )


def _exceptions(case: _Case, run: Run) -> tuple[Accepted | None, Accepted | None]:
    """Return the exception in force for a run, and one that is over."""
    rows = [row for row in case.policy.accepted if _covers(row, run)]
    valid = next((row for row in rows if row.expires >= case.today), None)
    return valid, next((row for row in rows if row.expires < case.today), None)


def _something_played(case: _Case) -> Iterator[Reason]:
    if not case.runs:
        yield Reason(rule="nothing_played", text="no scenario was played")


def _all_played(case: _Case) -> Iterator[Reason]:
    planned = int(case.document.get("planned", len(case.runs)))
    if case.runs and planned > len(case.runs):
        text = f"only {len(case.runs)} of {planned} runs were played"
        yield Reason(rule="not_all_played", text=text)


def _passed(case: _Case) -> Iterator[Reason]:
    # The gravest comes last in a report, and first in what a release manager reads.
    for run in reversed(case.runs):
        if run["outcome"] == "passed" or not _is_demanded(run, case.policy):
            continue
        valid, over = _exceptions(case, run)
        if valid:
            continue
        name, said = _name(run), _said(run)
        if over:
            text = (
                f"{name}: the exception of {over.owner} expired on {over.expires.isoformat()} "
                f"({over.reason}); {said}"
            )
            yield Reason(rule="exception_expired", text=text, run=name)
        else:
            yield Reason(rule="must_pass", text=f"{name}: {said}", run=name)


def _said(run: Run) -> str:
    worst = next(iter(run["findings"]), None)
    why = f"{worst['rule']}: {worst['message']}" if worst else run["reason"]
    return f"{run['outcome'].replace('_', ' ')}: {' '.join(str(why).split())}"


def _tags_played(case: _Case) -> Iterator[Reason]:
    tags = {tag for run in case.runs for tag in run.get("tags") or ()}
    for tag in case.policy.must_pass.tags:
        if tag not in tags:
            yield Reason(rule="tag_not_played", text=f"no run has the tag {tag!r} that must pass")


def _objectives(case: _Case) -> Iterator[Reason]:
    for objective in case.policy.objectives:
        concerned = [run for run in case.runs if _concerns(objective, run)]
        if case.runs and not concerned:
            text = f"no run was measured against the objective {_say_objective(objective)}"
            yield Reason(rule="objective_not_measured", text=text)
        for run in concerned:
            recovery_ms = run["recovery_ms"]
            # One that did not pass is told by its outcome; one that is accepted is accepted.
            if recovery_ms is None or recovery_ms <= objective.recovery_ms:
                continue
            if _exceptions(case, run)[0]:
                continue
            text = (
                f"{_name(run)}: recovered in {say_duration(recovery_ms)}, "
                f"the objective is {_say_objective(objective)}"
            )
            yield Reason(rule="objective_missed", text=text, run=_name(run))


def _concerns(objective: Objective, run: Run) -> bool:
    return (
        fnmatch.fnmatchcase(run["scenario"], objective.scenario)
        and (not objective.tag or objective.tag in (run.get("tags") or ()))
        and objective.world in ("", run["world"])
    )


def _say_objective(objective: Objective) -> str:
    parts = [say_duration(objective.recovery_ms)]
    parts += [f"tag {objective.tag}"] if objective.tag else []
    parts += [objective.scenario] if objective.scenario != "*" else []
    parts += [objective.world] if objective.world else []
    return parts[0] + (f" for {', '.join(parts[1:])}" if parts[1:] else "")


def _coverage(case: _Case) -> Iterator[Reason]:
    wanted = case.policy.coverage
    fired = {f["name"] for run in case.runs for f in run.get("faults") or () if f["fired"]}
    families = {str(FAULTS[name].family) for name in fired if name in FAULTS}
    used = {name for run in case.runs for name in run.get("exercised") or ()}
    if len(case.runs) < wanted.runs and case.runs:
        text = f"{len(case.runs)} runs, at least {wanted.runs} are asked for"
        yield Reason(rule="coverage_runs", text=text)
    if len(fired) < wanted.faults:
        text = f"{len(fired)} different faults fired, at least {wanted.faults} are asked for"
        yield Reason(rule="coverage_faults", text=text)
    for family in wanted.families:
        if family not in families:
            text = f"no fault of the family {family!r} fired"
            yield Reason(rule="coverage_families", text=text)
    for name in wanted.capabilities:
        if name not in used:
            yield Reason(rule="coverage_capabilities", text=f"{name}() was never used")


def _assumptions(case: _Case) -> Iterator[Reason]:
    for run in case.runs:
        facts = sorted({fact for o in run.get("oracles") or () for fact in o["assumed"]})
        invented = run.get("answered_from_contract") or ()
        facts += [f"answers of {operation} were made from its contract" for operation in invented]
        for fact in facts:
            if not _is_allowed(fact, case.policy.assumed.allow):
                text = f"{_name(run)} rests on an assumed fact: {fact}"
                yield Reason(rule="rests_on_assumption", text=text, run=_name(run))


def _is_allowed(fact: str, allowed: Sequence[str]) -> bool:
    return any(words == "*" or words.lower() in fact.lower() for words in allowed)


_RULES: tuple[Callable[[_Case], Iterator[Reason]], ...] = (
    _something_played,
    _passed,
    _tags_played,
    _objectives,
    _coverage,
    _assumptions,
    _all_played,
)


def _accepted_failures(case: _Case) -> Iterator[dict[str, str]]:
    for run in case.runs:
        valid, _ = _exceptions(case, run)
        if run["outcome"] != "passed" and valid and _is_demanded(run, case.policy):
            yield {
                "scenario": run["scenario"],
                "world": run["world"],
                "outcome": run["outcome"],
                "owner": valid.owner,
                "reason": valid.reason,
                "expires": valid.expires.isoformat(),
            }


def _notes(case: _Case, version: str) -> Iterator[str]:
    for row in case.policy.accepted:
        runs = [run for run in case.runs if fnmatch.fnmatchcase(run["scenario"], row.scenario)]
        if not runs:
            yield f"the exception for {row.scenario} ({row.owner}) concerns no run"
        elif all(run["outcome"] == "passed" for run in runs):
            yield f"{row.scenario} passes: its exception ({row.owner}) can go"
    aside = [r for r in case.runs if r["outcome"] != "passed" and not _is_demanded(r, case.policy)]
    if aside:
        yield f"{len(aside)} failed runs have none of the tags that must pass: " + ", ".join(
            _name(run) for run in aside[:5]
        )
    left_out = case.document.get("left_out") or ()
    if left_out:
        yield f"{len(left_out)} scenarios were left out: the integration lacks a capability"
    if not version:
        yield "no version was named, so the matrix does not remember this decision"
