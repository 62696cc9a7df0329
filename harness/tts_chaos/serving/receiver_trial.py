"""Generated webhooks against a receiver on a real socket: signed, mutated, broken and forged.

Schemathesis draws payloads from the contract's `webhooks`: what the contract allows, and what it
does not. Each is signed over its raw bytes and posted. A receiver passes when it takes what is
genuine and allowed, refuses what is not signed by the app, and never answers 5xx or not at all.

Source: contracts of webhook events; protocol facts, section 6 (signature, three seconds:
documented). Schemathesis is imported only here, when a trial begins.
"""

from __future__ import annotations

import http.client
import importlib.util
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from tts_chaos._data import data_folder
from tts_chaos.core.entropy import Entropy
from tts_chaos.errors import BackendUnavailableError, UsageError
from tts_chaos.serving.webhook_sender import ANSWER_LIMIT_S, check_address
from tts_chaos.wire.webhook import sign_webhook

__all__ = ["Failure", "Keys", "TrialReport", "try_receiver"]

Kind: TypeAlias = Literal["valid", "mutated", "broken", "forged"]
EXCERPT = 300
"""Characters of a body shown with a failure."""

MOST_FAILURES = 50
"""Different failures kept; more of them say nothing new."""


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """The app's key and secret."""

    app_key: str
    app_secret: str


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One answer that should not have been.

    Attributes:
        kind: What was sent: `valid`, `mutated`, `broken` or `forged`.
        event: Name of the event type.
        how: What was done to it, "" for nothing.
        status: HTTP status answered, 0 for no answer within 3 seconds.
        expected: What should have been answered.
        body: Beginning of the body sent.
    """

    kind: str
    event: str
    how: str
    status: int
    expected: str
    body: str


class TrialReport(msgspec.Struct, kw_only=True):
    """What a trial ended with.

    Attributes:
        events: Event types tried.
        sent: Deliveries by kind.
        statuses: Answers by `kind status`.
        failures: Different failures, by kind, event, alteration and status.
    """

    events: int = 0
    sent: Counter[str] = msgspec.field(default_factory=Counter)
    statuses: Counter[str] = msgspec.field(default_factory=Counter)
    failures: list[Failure] = msgspec.field(default_factory=list)


def try_receiver(
    address: str, keys: Keys, *, examples: int = 5, seed: int = 0, events: tuple[str, ...] = ()
) -> TrialReport:
    """Post generated webhooks of every event type; the same seed sends the same.

    Args:
        address: The receiver, plain HTTP on loopback.
        keys: What to sign with.
        examples: Payloads drawn for each event, allowed ones and as many that are not.
        seed: Decides every draw.
        events: Names of the event types; all if not given.

    Raises:
        UsageError: If the address is not on loopback, or an event is unknown.
        BackendUnavailableError: If nobody listens there, or Schemathesis is not installed.
    """
    check_address(address)
    # Asked first: who has to install something need not start a receiver to hear of it.
    _require_schemathesis()
    document = _document(events)
    trial = _Trial(address, keys, Entropy(seed))
    if trial.post(b"{}", {"authorization": keys.app_key}) == 0:
        raise BackendUnavailableError(
            f"nobody answers at {address} within {ANSWER_LIMIT_S:g} s; start the receiver first"
        )
    for event, kind, body in _payloads(document, examples, seed):
        trial.deliver(event, kind, body)
    trial.report.events = len(document["paths"])
    return trial.report


class _Trial:
    def __init__(self, address: str, keys: Keys, entropy: Entropy) -> None:
        self._url = check_address(address)
        self._keys = keys
        self._entropy = entropy
        self._seen: set[tuple[str, str, str, int]] = set()
        self.report = TrialReport()

    def deliver(self, event: str, kind: Kind, body: bytes) -> None:
        """Post one payload, and of an allowed one also what is made of it."""
        signature = self._sign(body)
        if kind != "valid":
            self._judge(event, kind, "", body, {"authorization": signature})
            return
        self._judge(event, "valid", "", body, {"authorization": signature})
        for how, change in _BREAKAGES.items():
            broken = change(body, self._entropy)
            self._judge(event, "broken", how, broken, {"authorization": self._sign(broken)})
        for how, forge in _FORGERIES.items():
            headers = forge(self._keys, body, signature, self._entropy)
            altered = body + b" " if how == "another body" else body
            self._judge(event, "forged", how, altered, headers)

    def _sign(self, body: bytes) -> str:
        return sign_webhook(self._keys.app_key, self._keys.app_secret, body)

    def _judge(
        self, event: str, kind: Kind, how: str, body: bytes, headers: Mapping[str, str]
    ) -> None:
        status = self.post(body, headers)
        self.report.sent[kind] += 1
        self.report.statuses[f"{kind} {status or 'none'}"] += 1
        low, high, expected = _EXPECTED[kind]
        mark = (kind, event, how, status)
        if low <= status < high or mark in self._seen:
            return
        self._seen.add(mark)
        if len(self.report.failures) < MOST_FAILURES:
            self.report.failures.append(
                Failure(
                    kind=kind,
                    event=event,
                    how=how,
                    status=status,
                    expected=expected,
                    body=body[:EXCERPT].decode("utf-8", "backslashreplace"),
                )
            )

    def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Return the receiver's status, 0 where it did not answer in time or in HTTP."""
        url = self._url
        assert url.hostname is not None
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=ANSWER_LIMIT_S)
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        try:
            connection.request(
                "POST", target, body, {"content-type": "application/json", **headers}
            )
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


_EXPECTED: dict[str, tuple[int, int, str]] = {
    "valid": (200, 300, "200: it is genuine and within the contract"),
    "mutated": (200, 500, "200 or a refusal, no 5xx"),
    "broken": (200, 500, "200 or a refusal, no 5xx"),
    "forged": (400, 500, "401 or another refusal, no 5xx"),
}
"""Which statuses are right for each kind: from, below, and in words."""


def _cut(body: bytes, entropy: Entropy) -> bytes:
    return body[: entropy.integer(0, max(0, len(body) - 1))]


def _flip(body: bytes, entropy: Entropy) -> bytes:
    at = entropy.integer(0, len(body) - 1)
    return body[:at] + bytes([entropy.integer(0, 255)]) + body[at + 1 :]


_BREAKAGES: dict[str, Callable[[bytes, Entropy], bytes]] = {
    "cut off": _cut,
    "a byte changed": _flip,
    "not UTF-8": lambda body, _: body.decode().encode("utf-16"),
    "deeply nested": lambda body, _: b'{"type":1,"data":' + b"[" * 2000 + body + b"]" * 2000 + b"}",
    "numbers for ids": lambda body, _: body.replace(b'"shop_id": "', b'"shop_id": 12, "x": "'),
}
"""Changes of bytes that no schema describes, before they are signed."""

_FORGERIES: dict[str, Callable[[Keys, bytes, str, Entropy], dict[str, str]]] = {
    "no signature": lambda _keys, _body, _signature, _entropy: {},
    "an empty signature": lambda _keys, _body, _signature, _entropy: {"authorization": ""},
    "another key": lambda keys, body, _signature, entropy: {
        "authorization": sign_webhook(keys.app_key, entropy.hexadecimal(40), body)
    },
    "an empty key": lambda keys, body, _signature, _entropy: {
        "authorization": sign_webhook(keys.app_key, "", body)
    },
    "another body": lambda _keys, _body, signature, _entropy: {"authorization": signature},
    "a signature of other letters": lambda _keys, _body, _signature, _entropy: {
        "authorization": "\u00e9" * 64
    },
}
"""Headers of those who do not have the secret."""


def _document(events: tuple[str, ...]) -> dict[str, Any]:
    """Return OpenAPI in which each webhook is an operation with a path of its own.

    Only then does Schemathesis draw payloads for it; nothing is ever sent to these paths.
    """
    path = data_folder("contracts") / "openapi" / "event.json"
    whole = json.loads(path.read_text(encoding="utf-8"))
    webhooks = whole["webhooks"]
    unknown = sorted(set(events) - set(webhooks))
    if unknown:
        raise UsageError(
            f"there is no webhook event type {unknown[0]!r}; known: {', '.join(sorted(webhooks))}"
        )
    paths = {}
    for name in events or tuple(webhooks):
        body = webhooks[name]["post"]["requestBody"]
        paths[f"/{name}"] = {
            "post": {"requestBody": body, "responses": {"200": {"description": "Taken."}}}
        }
    return {
        "openapi": whole["openapi"],
        "info": whole["info"],
        "components": whole["components"],
        "paths": paths,
    }


def _require_schemathesis() -> None:
    if importlib.util.find_spec("schemathesis") is None:
        raise BackendUnavailableError(
            "Schemathesis is needed to draw webhooks and is not installed; "
            "pip install 'pytest-tts-chaos[webhooks]'"
        )


def _payloads(
    document: dict[str, Any], examples: int, seed: int
) -> Iterator[tuple[str, Kind, bytes]]:
    """Yield event, kind and body: allowed ones, then some that the contract does not allow."""
    import schemathesis
    from schemathesis.generation import GenerationMode

    modes: tuple[tuple[Kind, Any], ...] = (
        ("valid", GenerationMode.POSITIVE),
        ("mutated", GenerationMode.NEGATIVE),
    )
    found: Any
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = found.ok()
        for kind, mode in modes:
            strategy = operation.as_strategy(generation_mode=mode)
            for case in _drawn(strategy, examples, seed):
                yield operation.path.lstrip("/"), kind, _bytes_of(case.body)


def _drawn(strategy: Any, examples: int, seed: int) -> list[Any]:
    import hypothesis

    drawn: list[Any] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=strategy)
    def draw(case: Any) -> None:
        drawn.append(case)

    draw()
    return drawn


def _bytes_of(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    try:
        return json.dumps(body).encode()
    except TypeError:
        return b""  # no body at all was drawn
