"""The calls of the control API, one function each; their docstrings are their help."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import msgspec

from tts_chaos.core.history import Json
from tts_chaos.core.registry import nearest
from tts_chaos.faults.catalogue import FAULTS
from tts_chaos.faults.fault import Fault, Trigger
from tts_chaos.scenarios.model import LONGEST_MS, MOST_CALLS, Limits
from tts_chaos.scenarios.reachable import check_meetable
from tts_chaos.scenarios.shadowing import check_hidden
from tts_chaos.scenarios.shape import Place
from tts_chaos.scenarios.steps import parse_fault
from tts_chaos.serving.standalone import FAULT_LIMIT_MS, Standalone
from tts_chaos.twin.commands import describe_arguments
from tts_chaos.twin.handler import COMMANDS
from tts_chaos.wire.message import ApiRequest

__all__ = [
    "ControlRefusalError",
    "ControlRequest",
    "Lines",
    "arm_fault",
    "get_clock",
    "get_credentials",
    "get_history",
    "get_state",
    "get_webhooks",
    "hasten_webhooks",
    "lift_all",
    "lift_fault",
    "list_armed",
    "list_commands",
    "list_faults",
    "place_orders",
    "reset",
    "run_command",
    "set_clock",
    "start_webhooks",
    "stop_webhooks",
]

_UNITS = {"_ms": "milliseconds", "_s": "seconds", "_bytes": "bytes", "_ratio": "from 0 to 1"}


class ControlRefusalError(Exception):
    """A call of the control API is refused; the parts are the answer."""

    def __init__(self, status: int, error: str, expected: str = "", hint: str = "") -> None:
        self.status = status
        self.error = error
        self.expected = expected
        self.hint = hint
        super().__init__(error)


class Lines(bytes):
    """JSON Lines, as they are to be sent."""


class ControlRequest:
    """A call with the values of its path and the means to read the rest."""

    def __init__(self, values: Mapping[str, str], request: ApiRequest) -> None:
        self.values = values
        self._request = request

    def body(self) -> dict[str, Any]:
        """Return the JSON object sent, {} where nothing was.

        Raises:
            ControlRefusalError: If it is something else.
        """
        if not self._request.body:
            return {}
        try:
            value = msgspec.json.decode(self._request.body)
        except msgspec.DecodeError as error:
            raise ControlRefusalError(400, f"the body is not JSON: {error}", "an object") from None
        if not isinstance(value, dict):
            raise ControlRefusalError(400, f"the body is {value!r}", "an object, for example {}")
        return value

    def body_of(self, *known: str) -> dict[str, Any]:
        """Return the JSON object sent, with no keys but these.

        Raises:
            ControlRefusalError: If it has another key.
        """
        value = self.body()
        for key in value:
            if key not in known:
                close = nearest(key, known)
                hint = f"did you mean {close!r}?" if close else ""
                raise ControlRefusalError(400, f"unknown key {key!r}", ", ".join(known), hint)
        return value

    def whole_number(self, name: str, default: int) -> int:
        """Return a query parameter as a whole number from 0.

        Raises:
            ControlRefusalError: If it is none.
        """
        text = self._request.parameter(name)
        if text is None:
            return default
        if not text.isdecimal():
            raise ControlRefusalError(400, f"{name}={text!r}", "a whole number from 0")
        return int(text)


# -- what is ---------------------------------------------------------------------------------------


def get_state(twin: Standalone, _request: ControlRequest) -> Json:
    """Return the platform's ledger: orders, stock, shipments, cancellations, returns, tokens."""
    return twin.ledger()


def get_history(twin: Standalone, request: ControlRequest) -> Json:
    """Return what happened, one JSON object a line; ?since=<index> leaves out earlier ones.

    Where records were dropped to keep memory bounded, the first line counts them:
    {"record": "dropped", "index": <first missing>, "records": <how many>}.
    """
    return Lines(twin.history_since(request.whole_number("since", 0)))


def get_credentials(twin: Standalone, _request: ControlRequest) -> Json:
    """Return addresses, keys, the tokens valid now, and shops."""
    return asdict(twin.connection)


# -- time ------------------------------------------------------------------------------------------


def get_clock(twin: Standalone, _request: ControlRequest) -> Json:
    """Return the platform's time and how far it is ahead of this machine's."""
    clock = twin.clock
    return {"platform_now_ms": clock.now_ms(), "offset_ms": clock.offset_ms}


def set_clock(twin: Standalone, request: ControlRequest) -> Json:
    """Set the platform's clock: {"offset_ms": n} from this machine's, or {"advance_ms": n} more."""
    given = request.body_of("offset_ms", "advance_ms")
    expected = 'exactly one of "offset_ms" and "advance_ms", a whole number'
    if len(given) != 1 or not all(type(value) is int for value in given.values()):
        raise ControlRefusalError(400, f"the body is {given!r}", expected)
    offset_ms = given.get("offset_ms", twin.clock.offset_ms + given.get("advance_ms", 0))
    twin.command("shift_clock", {"offset_ms": offset_ms})
    return get_clock(twin, request)


# -- the platform ----------------------------------------------------------------------------------


def place_orders(twin: Standalone, request: ControlRequest) -> Json:
    """Let buyers order: {"count": 3}; further keys as those of the command place_orders."""
    return {"orders": twin.command("place_orders", request.body())}


def list_commands(_twin: Standalone, _request: ControlRequest) -> Json:
    """Return what buyers, the platform and operators can be made to do, with arguments."""
    return {
        "commands": [
            {
                "command": name,
                "help": inspect.getdoc(function) or "",
                "arguments": describe_arguments(function),
            }
            for name, function in COMMANDS.items()
        ]
    }


def run_command(twin: Standalone, request: ControlRequest) -> Json:
    """Run a command; the body holds its arguments."""
    name = request.values["name"]
    if name not in COMMANDS:
        raise ControlRefusalError(
            404, COMMANDS.describe_unknown(name), hint="GET /commands lists them all"
        )
    return {"value": twin.command(name, request.body())}


def reset(twin: Standalone, request: ControlRequest) -> Json:
    """Begin anew, with the data and keys of the seed; faults are lifted, webhooks stop."""
    request.body_of()
    twin.reset()
    return get_credentials(twin, request)


# -- faults ----------------------------------------------------------------------------------------


def list_faults(_twin: Standalone, _request: ControlRequest) -> Json:
    """Return the catalogue of faults with their settings, and the settings all of them share."""
    return {
        "faults": [_describe(kind) for kind in FAULTS.values()],
        "trigger": _fields_of(Trigger),
    }


def _describe(kind: type[Fault]) -> Json:
    return {
        "fault": kind.name,
        "family": kind.family,
        "cause": kind.cause,
        "summary": kind.summary,
        "target": kind.target,
        "settings": _fields_of(kind),
        "default_trigger": _without_defaults(kind.default_trigger),
    }


def _fields_of(kind: type[msgspec.Struct]) -> dict[str, Json]:
    """Return settings with unit, and default where there is one."""
    described: dict[str, Json] = {}
    for field in msgspec.structs.fields(kind):
        row: dict[str, Json] = {"type": _name_of(field.type)}
        if field.default is not msgspec.NODEFAULT:
            row["default"] = msgspec.to_builtins(field.default)
        unit = _unit_of(field.encode_name)
        if unit:
            row["unit"] = unit
        described[field.encode_name] = row
    return described


def _name_of(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind).replace("typing.", "")


def _unit_of(name: str) -> str:
    return next((unit for suffix, unit in _UNITS.items() if name.endswith(suffix)), "")


def _without_defaults(trigger: Trigger) -> dict[str, Json]:
    usual = msgspec.to_builtins(Trigger())
    given = msgspec.to_builtins(trigger)
    return {key: value for key, value in given.items() if value != usual[key]}


def arm_fault(twin: Standalone, request: ControlRequest) -> Json:
    """Arm a fault: {"fault": name, "id"?, settings and trigger in the same object}."""
    body = request.body()
    place = Place("POST /faults")
    step = parse_fault(body, place)
    limits = Limits(fault_ms=FAULT_LIMIT_MS, calls=MOST_CALLS)
    check_meetable(step, limits, place)
    check_hidden(step, twin.armed(), place)
    id = step.id if "id" in body else twin.free_id(step.id)
    trigger = step.trigger
    if trigger.shop is not None:
        trigger = msgspec.structs.replace(trigger, shop=twin.shop_meant(trigger.shop, place))
    twin.arm(id, step.fault, trigger)
    return {
        "id": id,
        "fault": step.fault.name,
        "settings": msgspec.to_builtins(step.fault),
        "trigger": _without_defaults(trigger),
    }


def list_armed(twin: Standalone, _request: ControlRequest) -> Json:
    """Return what became of every fault: armed when, fired how often, on which calls, lifted."""
    return {"faults": msgspec.to_builtins(twin.receipts())}


def lift_fault(twin: Standalone, request: ControlRequest) -> Json:
    """Lift the fault of this id."""
    id = request.values["id"]
    known = [receipt.fault for receipt in twin.receipts()]
    if id not in known:
        raise ControlRefusalError(404, f"no fault {id!r} is armed", _listed(known))
    twin.lift(id)
    return {"lifted": [id]}


def lift_all(twin: Standalone, _request: ControlRequest) -> Json:
    """Lift every fault."""
    return {"lifted": list(twin.lift_all())}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none is armed"


# -- webhooks --------------------------------------------------------------------------------------


def get_webhooks(twin: Standalone, _request: ControlRequest) -> Json:
    """Return where webhooks are delivered, and how many were taken and were not."""
    sender = twin.webhooks
    if sender is None:
        return {"address": None}
    return {"address": sender.address, "delivered": sender.delivered, "failed": sender.failed}


def start_webhooks(twin: Standalone, request: ControlRequest) -> Json:
    """Deliver webhooks: {"address": "http://127.0.0.1:<port>/<path>", "types"?: [1, ...]}."""
    given = request.body_of("address", "types")
    address = given.get("address")
    if not isinstance(address, str):
        raise ControlRefusalError(
            400, f"address is {address!r}", 'an address such as "http://127.0.0.1:8000/webhooks"'
        )
    types = twin.command("subscribe_webhooks", {k: v for k, v in given.items() if k == "types"})
    twin.start_webhooks(address)
    return {"address": address, "types": types}


def hasten_webhooks(twin: Standalone, request: ControlRequest) -> Json:
    """Let only the platform's post be later: {"by_ms": 120000} brings the first retry at once."""
    by_ms = request.body_of("by_ms").get("by_ms")
    if type(by_ms) is not int or not 0 <= by_ms <= LONGEST_MS:
        raise ControlRefusalError(
            400, f"by_ms is {by_ms!r}", f"a whole number of milliseconds from 0 to {LONGEST_MS}"
        )
    twin.hasten_post(by_ms)
    return get_webhooks(twin, request)


def stop_webhooks(twin: Standalone, _request: ControlRequest) -> Json:
    """Deliver no more webhooks; what is due meanwhile waits."""
    twin.stop_webhooks()
    return {"address": None}
