"""Schemathesis over the twin: in process, signed, every check, nothing random.

A failure that is explained (`explained.py`) is counted and dropped; whatever is left is a defect of
the twin or of the contracts.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import msgspec
import schemathesis
from schemathesis import engine
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events
from schemathesis.generation import GenerationMode
from tests.conformance.explained import Explained, explanation_of
from tests.conformance.signed_session import BASE_URL, TOKEN_URL, Signature, answered_by
from tests.support.shop_desk import Desk

from tts_chaos.wire.message import AUTH_HOST

__all__ = ["Findings", "fuzz"]

_LINK = re.compile(r"\] (\S+) -> ")
"""Name of a link in the tool's name of a transition."""


@dataclass
class Findings:
    """What one run ended with.

    Attributes:
        calls: How many requests were answered.
        codes: How often each code was answered.
        failures: What no row explains, as text with the request.
        explained: How often each row was needed.
        errors: What kept the tool from testing.
        followed: How often each link led to a call that was accepted.
    """

    calls: int = 0
    codes: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    explained: Counter[Explained] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    followed: Counter[str] = field(default_factory=Counter)

    def add(self, other: Findings) -> None:
        """Take in what another run found."""
        self.calls += other.calls
        self.codes += other.codes
        self.failures += other.failures
        self.explained += other.explained
        self.errors += other.errors
        self.followed += other.followed


def fuzz(
    document: dict[str, Any],
    desk: Desk,
    *,
    only: list[str] | None = None,
    phases: tuple[str, ...] = ("examples", "coverage", "fuzzing"),
    max_examples: int = 3,
    max_steps: int = 4,
    seed: int = 7,
) -> Findings:
    """Run every check of Schemathesis over a document.

    Args:
        document: OpenAPI.
        desk: Whose twin answers.
        only: Ids of the operations to test; all if not given.
        phases: Which phases run.
        max_examples: Requests drawn for each operation, or scenarios of calls joined by links.
        max_steps: Calls in a scenario.
        seed: Decides every draw.
    """
    findings = Findings()
    with answered_by(desk):
        schema = _load(document, desk, seed)
        if only is not None:
            schema = schema.include(operation_id=only)
        schema.hook(_filter(findings))
        generation = schema.config.generation
        generation.max_examples = max_examples
        generation.database = "none"  # what is drawn hangs on the seed alone
        generation.modes = (
            [GenerationMode.POSITIVE] if phases == ("stateful",) else [*GenerationMode]
        )
        for name in ("examples", "coverage", "fuzzing", "stateful"):
            schema.config.phases.get_by_name(name=name).enabled = name in phases
        schema.config.phases.stateful.max_steps = max_steps
        # Only the links of the document, each of them as often as any other.
        schema.config.phases.stateful.inference.algorithms = []
        schema.config.phases.stateful.link_calibration = False
        # It reads names out of refusals and sends them: the gateway's, which the signature adds.
        schema.config.phases.fuzzing.error_feedback.is_enabled = False
        for event in engine.from_schema(schema).execute():
            _note(event, findings)
    return findings


def _load(document: dict[str, Any], desk: Desk, seed: int) -> Any:
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig(seed=seed))
    is_token_host = document["servers"][0]["url"].endswith(AUTH_HOST)
    schema.config.base_url = TOKEN_URL if is_token_host else BASE_URL
    if not is_token_host:
        schema.auth.set_from_requests(Signature(desk))
    return schema


def _filter(findings: Findings) -> Any:
    def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
        row = explanation_of(failure, case, response)
        if row is not None:
            findings.explained[row] += 1
        return row is None

    return filter_failure


def _note(event: Any, findings: Findings) -> None:
    if isinstance(event, events.NonFatalError):
        findings.errors.append(f"{event.label}: {event.value!r}")
    elif isinstance(event, events.FatalError):
        findings.errors.append(repr(event.exception))
    elif isinstance(event, events.ScenarioFinished):
        _note_scenario(event.recorder, findings)


def _note_scenario(recorder: Any, findings: Findings) -> None:
    for id, interaction in recorder.interactions.items():
        findings.calls += 1
        code = _code_of(interaction)
        findings.codes[code] += 1
        node = recorder.cases.get(id)
        if node and node.transition and node.is_transition_applied and code == 0:
            findings.followed.update(_LINK.findall(node.transition.id))
    for id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                findings.failures.append(_tell(check, recorder.interactions.get(id)))


def _code_of(interaction: Any) -> int:
    try:
        return int(msgspec.json.decode(interaction.response.content)["code"])
    except (AttributeError, msgspec.DecodeError, KeyError, TypeError):
        return -1


def _tell(check: Any, interaction: Any) -> str:
    failure = check.failure_info.failure
    lines = [f"{check.name}: {failure.title}: {failure.message}"]
    if interaction is not None:
        request, response = interaction.request, interaction.response
        lines.append(f"{request.method} {request.uri} {request.body!r:.500}")
        if response is not None:
            lines.append(f"{response.status_code} {response.content!r:.500}")
    return "\n".join(lines)
