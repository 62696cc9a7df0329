"""The control API: what an operator, a buyer or a test in any language may do to the twin.

JSON over HTTP on loopback, on a port of its own. `GET /` lists every call. An error is
`{"error", "expected", "hint"}` with a 4xx status. Browsers are kept out: a page that a user has
open must not be able to drive the twin or to read its keys, so a request must name a loopback host,
and one that a page sends is refused.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

import msgspec

from tts_chaos.core.history import Json
from tts_chaos.core.registry import nearest
from tts_chaos.engine.ports import OpenExchange
from tts_chaos.errors import ChaosError, FaultNotSupportedError, UsageError
from tts_chaos.serving import control_calls
from tts_chaos.serving.control_calls import ControlRefusalError, ControlRequest, Lines
from tts_chaos.serving.standalone import Standalone
from tts_chaos.wire.delivery import Delivery, Fate
from tts_chaos.wire.message import ApiRequest, ApiResponse, make_json_response

__all__ = ["ROUTES", "ControlApi"]

Call: TypeAlias = Callable[[Standalone, ControlRequest], Json]

ROUTES: tuple[tuple[str, str, Call], ...] = (
    ("GET", "/state", control_calls.get_state),
    ("GET", "/history", control_calls.get_history),
    ("GET", "/credentials", control_calls.get_credentials),
    ("GET", "/clock", control_calls.get_clock),
    ("POST", "/clock", control_calls.set_clock),
    ("POST", "/orders", control_calls.place_orders),
    ("GET", "/commands", control_calls.list_commands),
    ("POST", "/commands/{name}", control_calls.run_command),
    ("GET", "/faults", control_calls.list_faults),
    ("POST", "/faults", control_calls.arm_fault),
    ("GET", "/faults/armed", control_calls.list_armed),
    ("DELETE", "/faults/{id}", control_calls.lift_fault),
    ("DELETE", "/faults", control_calls.lift_all),
    ("GET", "/webhooks", control_calls.get_webhooks),
    ("POST", "/webhooks", control_calls.start_webhooks),
    ("POST", "/webhooks/hasten", control_calls.hasten_webhooks),
    ("DELETE", "/webhooks", control_calls.stop_webhooks),
    ("POST", "/reset", control_calls.reset),
)
"""Every call: verb, path, and the function whose docstring is its help."""

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


class _Answered:
    """An exchange whose answer is all there is to it."""

    def __init__(self, response: ApiResponse) -> None:
        self.delivery = Delivery(response=response)

    def conclude(self, fate: Fate) -> None:
        """Do nothing: calls of the operator are no evidence."""


class ControlApi:
    """Implements `engine.ports.Door`, so that the twin's own HTTP server serves it."""

    def __init__(self, twin: Standalone) -> None:
        self._twin = twin

    def open(self, request: ApiRequest) -> OpenExchange:
        """Do what the request asks for; whatever goes wrong becomes an answer."""
        return _Answered(self._answer(request))

    def _answer(self, request: ApiRequest) -> ApiResponse:
        try:
            _keep_browsers_out(request)
            return _render(self._dispatch(request))
        except ControlRefusalError as refusal:
            return _refuse(refusal.status, refusal.error, refusal.expected, refusal.hint)
        except FaultNotSupportedError as error:
            return _refuse(409, str(error), hint="tts-chaos serve --proxy can do more")
        except UsageError as error:
            return _refuse(400, str(error), hint="GET / lists every call")
        except ChaosError as error:
            return _refuse(500, str(error))
        except Exception as error:  # noqa: BLE001 - the operator gets an answer, never a traceback
            text = f"{type(error).__name__}: {error}"
            return _refuse(500, text, hint="this is a defect of the twin; please report it")

    def _dispatch(self, request: ApiRequest) -> Json:
        if request.path == "/":
            return _index()
        verbs: list[str] = []
        for verb, pattern, call in ROUTES:
            values = _match(pattern, request.path)
            if values is None:
                continue
            if verb == request.method:
                return call(self._twin, ControlRequest(values, request))
            verbs.append(verb)
        if verbs:
            raise ControlRefusalError(
                405, f"{request.method} {request.path} is not possible", " or ".join(verbs)
            )
        known = sorted({path for _, path, _ in ROUTES})
        close = nearest(request.path, known)
        hint = f"did you mean {close}?" if close else "GET / lists every call"
        raise ControlRefusalError(404, f"there is no {request.path}", ", ".join(known), hint)


def _index() -> Json:
    return {
        "calls": [
            {"call": f"{verb} {path}", "help": inspect.getdoc(call) or ""}
            for verb, path, call in ROUTES
        ]
    }


def _match(pattern: str, path: str) -> dict[str, str] | None:
    """Return the values of a pattern's placeholders, None where the path does not fit."""
    wanted, given = pattern.split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    values: dict[str, str] = {}
    for part, value in zip(wanted, given, strict=True):
        if part.startswith("{"):
            values[part.strip("{}")] = unquote(value)
        elif part != value:
            return None
    return values


def _keep_browsers_out(request: ApiRequest) -> None:
    """Refuse what a page in a browser could send.

    A name that an attacker's server resolves to this machine shows in the Host header, a request
    from a page shows in Origin or in Sec-Fetch-Site.
    """
    if request.host not in _LOOPBACK_NAMES:
        raise ControlRefusalError(
            403, f"the Host header names {request.host!r}", "localhost or 127.0.0.1"
        )
    origin = request.header("origin")
    if origin is not None and urlsplit(origin).netloc != request.header("host"):
        raise ControlRefusalError(
            403, f"a page of {origin!r} sent this", "a client that is not a browser"
        )
    if request.header("sec-fetch-site") in ("cross-site", "same-site"):
        raise ControlRefusalError(403, "another page sent this", "a client that is not a browser")


def _render(value: Json) -> ApiResponse:
    if isinstance(value, Lines):
        headers = (("content-type", "application/x-ndjson"),)
        return ApiResponse(status=200, headers=headers, body=value)
    return _indented(value, 200)


def _refuse(status: int, error: str, expected: str = "", hint: str = "") -> ApiResponse:
    return _indented({"error": error, "expected": expected, "hint": hint}, status)


def _indented(value: Mapping[str, Json] | Json, status: int) -> ApiResponse:
    """Return JSON that a person at a terminal can read."""
    compact = make_json_response(value, status=status)
    body = msgspec.json.format(compact.body, indent=2) + b"\n"
    return msgspec.structs.replace(compact, body=body)
