"""Replays recordings against the twin, and names each difference: a twin defect or drift.

Each recording is lifted into a twin of its own whose clock stands where the recording was made;
then its requests are sent again, signed with the twin's own keys. Status, code and the shape of
`$.data` are compared, values are not: ids and amounts are the platform's to choose.

A difference is *drift* where the recording itself does not keep to the contract: the platform has
moved on. It is a *twin defect* where the contract allows what was recorded and the twin answers
otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from tts_chaos.contracts.loader import Contracts
from tts_chaos.contracts.operation import Operation
from tts_chaos.contracts.recordings import Exchange, Recording
from tts_chaos.contracts.recordings.shapes import ShapeDifference, compare_shapes
from tts_chaos.contracts.validation import check_response
from tts_chaos.core.clock import SIMULATED_EPOCH_MS, ManualClock, SkewedClock
from tts_chaos.core.entropy import Entropy
from tts_chaos.twin.lifting import region_told_by
from tts_chaos.twin.twin import Twin
from tts_chaos.wire.envelope import parse_envelope
from tts_chaos.wire.message import API_HOST, AUTH_HOST, ApiRequest
from tts_chaos.wire.signing import attach_signature, encode_query

__all__ = ["Difference", "Verification", "verify_recording"]

HOSTS = frozenset({API_HOST, AUTH_HOST})
_OWN_PARAMETERS = frozenset({"app_key", "app_secret", "timestamp", "sign", "access_token"})
_CIPHERS = frozenset({"shop_cipher", "shop_id", "category_asset_cipher"})
_UNREPLAYABLE = frozenset({"page_token"})
"""Only the platform that made a page token can read it."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One difference.

    Attributes:
        kind: `twin defect` or `drift`.
        file: The recording.
        exchange: Number of the exchange in it, from 0.
        operation: Id of the operation.
        path: Where: `status`, `code`, or a JSON path of the answer.
        recorded: What was recorded.
        answered: What the twin answers, or what the contract says.
        advice: What to do next.
    """

    kind: str
    file: str
    exchange: int
    operation: str
    path: str
    recorded: str
    answered: str
    advice: str


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What the replay of one recording showed.

    Attributes:
        file: The recording.
        origin: How it came to be.
        compared: Exchanges whose shape was compared.
        without_state: Operations compared by status and code only, as their answers were not
            lifted.
        foreign: Exchanges of other hosts or unknown paths.
        differences: Everything found.
    """

    file: str
    origin: str
    compared: int
    without_state: tuple[str, ...]
    foreign: int
    differences: tuple[Difference, ...]


def verify_recording(recording: Recording, contracts: Contracts) -> Verification:
    """Replay one recording.

    Args:
        recording: Its exchanges may be in any order.
        contracts: What the platform is held to.
    """
    known = [
        (number, exchange, operation)
        for number, exchange in enumerate(recording.exchanges)
        if (operation := _operation(contracts, exchange)) is not None
    ]
    differences: list[Difference] = []
    without_state: set[str] = set()
    for number, exchange, operation in known:
        # A twin of its own for each: a replayed write must not spoil what another one needs.
        twin = _twin_for(recording, contracts, exchange, operation)
        found, lacks_state = _replay(twin, recording, number, exchange, operation)
        differences += found
        if lacks_state:
            without_state.add(operation.id)
    return Verification(
        file=recording.path,
        origin=str(recording.origin),
        compared=len(known),
        without_state=tuple(sorted(without_state)),
        foreign=len(recording.exchanges) - len(known),
        differences=tuple(differences),
    )


def _operation(contracts: Contracts, exchange: Exchange) -> Operation | None:
    request = exchange.request
    if request.host not in HOSTS:
        return None
    match = contracts.match(request.host, request.method, request.path)
    return match.operation if match else None


def _twin_for(
    recording: Recording, contracts: Contracts, exchange: Exchange, operation: Operation
) -> Twin:
    now_ms = _instant_ms(exchange)
    twin = Twin(
        clock=SkewedClock(ManualClock(now_ms)),
        entropy=Entropy(f"verify/{recording.path}"),
        contracts=contracts,
    )
    twin.settings.rate_per_s = None
    twin.populate(orders=0, products=0, regions=(region_told_by(recording.exchanges),))
    twin.lift(recording.exchanges)
    if operation.id == "token.v2.get":
        twin.command("issue_auth_code", {})
    return twin


def _instant_ms(exchange: Exchange) -> int:
    text = exchange.request.parameter("timestamp") or ""
    return int(text) * 1000 if text.isdigit() else SIMULATED_EPOCH_MS


def _replay(
    twin: Twin, recording: Recording, number: int, exchange: Exchange, operation: Operation
) -> tuple[list[Difference], bool]:
    """Return the differences, and whether only status and code could be compared."""
    handled = twin.handle(_request(twin, exchange.request, operation))
    then, now = parse_envelope(exchange.response.body), parse_envelope(handled.response.body)
    found: list[_Found] = []
    if then is not None and then.succeeded:
        problems = check_response(operation, exchange.answer)
        found += [("drift", row.where, "recorded otherwise", row.text) for row in problems]
    lacks_state = False
    if exchange.response.status != handled.response.status:
        found.append(("status", "status", exchange.response.status, handled.response.status))
    elif then is not None and now is not None and then.code != now.code:
        found.append(("code", "code", then.code, f"{now.code} {now.message}"))
    elif then is not None and now is not None:
        lacks_state = _is_bare(then.data, now.data)
        found += [] if lacks_state else _defects(compare_shapes(then.data, now.data))
    where = (recording.path, number, operation.id)
    return [_difference(where, row) for row in found], lacks_state


_Found = tuple[str, str, object, object]
"""Key of `_ADVICE`, path, what was recorded, what is answered."""


def _defects(shapes: Iterable[ShapeDifference]) -> list[_Found]:
    """A field that the twin tells beyond the recording is no defect: fields come and go."""
    return [
        ("shape", f"$.data{row.path[1:]}", _types(row.recorded), _types(row.answered))
        for row in shapes
        if row.recorded
    ]


def _difference(where: tuple[str, int, str], found: _Found) -> Difference:
    file, number, operation = where
    key, path, recorded, answered = found
    return Difference(
        kind="drift" if key == "drift" else "twin defect",
        file=file,
        exchange=number,
        operation=operation,
        path=path,
        recorded=str(recorded),
        answered=str(answered),
        advice=_ADVICE[key],
    )


_ADVICE = {
    "drift": "The platform answers what the contract does not have: renew the contract.",
    "status": "Correct the twin's status, or the status of the code in errors.json.",
    "code": "The twin refuses what the platform took, or takes what it refused: correct the rule.",
    "shape": "Let the twin answer this field with this type, as the contract allows.",
}


def _is_bare(recorded: Any, answered: Any) -> bool:
    """Whether an answer is nothing but rows, and the twin has none to be compared."""
    if not isinstance(recorded, dict) or not isinstance(answered, dict):
        return False
    names = [name for name in recorded if name not in ("next_page_token", "total_count")]
    rows = [name for name in names if isinstance(recorded[name], list) and recorded[name]]
    return bool(rows) and rows == names and all(answered.get(name) == [] for name in rows)


def _types(kinds: Iterable[str]) -> str:
    return " or ".join(sorted(kinds)) or "absent"


def _request(twin: Twin, request: ApiRequest, operation: Operation) -> ApiRequest:
    """Return the recorded request with the twin's own keys, tokens and ciphers, signed anew."""
    keys = twin.credentials()
    pairs = [
        (name, value)
        for name, value in request.query_pairs
        if name not in _OWN_PARAMETERS | _CIPHERS | _UNREPLAYABLE
    ]
    if operation.is_token_call:
        own = {"app_key": keys.app_key, "app_secret": keys.app_secret}
        pairs = [*own.items(), *_token_pairs(twin, pairs)]
        return msgspec.structs.replace(request, query=encode_query(pairs))
    named = {name for name, _ in request.query_pairs}
    pairs += [("app_key", keys.app_key), ("timestamp", str(twin.env.now_s()))]
    if "shop_cipher" in named:
        pairs.append(("shop_cipher", keys.shops[0].cipher))
    headers = [
        (name, value)
        for name, value in request.headers
        if name not in ("x-tts-access-token", "content-length", "host")
    ]
    headers.append(("x-tts-access-token", keys.access_token))
    unsigned = ApiRequest(
        method=request.method,
        host=request.host,
        path=request.path,
        query=encode_query(pairs),
        headers=tuple(headers),
        body=request.body,
    )
    return attach_signature(unsigned, keys.app_secret)


def _token_pairs(twin: Twin, pairs: Sequence[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """Yield the other parameters of a token call, with a code or refresh token that is good."""
    for name, value in pairs:
        if name == "auth_code":
            code = twin.command("issue_auth_code", {})
            yield name, str(code["auth_code"]) if isinstance(code, dict) else value
        elif name == "refresh_token":
            yield name, twin.credentials().refresh_token
        else:
            yield name, value
