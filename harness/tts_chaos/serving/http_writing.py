"""A delivery as bytes and pauses: what is written on the connection, when, and how it ends.

Pure: `plan_answer` says what to do, `serving.http_connection` does it.

What a delivery looks like on the socket, and the fate that is concluded:

- open: head and body at once, the connection stays (`answered`).
- open with `drip_bytes`: head at once, then piece after piece, each after its pause (`answered`).
- open with `stall_after_bytes`: head and part of the body, then nothing until the client leaves
  (`read_timed_out`).
- open with `cut_after_bytes`: head with the length of the whole body, part of the body, then FIN
  (`cut_short`).
- open with `cut_head_after_bytes`: part of the head, then FIN (`closed`).
- either of the two with `cut_by` reset: the same bytes, then RST (`reset`).
- reset_before_answer: RST, no byte (`reset`).
- closed_before_answer: FIN, no byte (`closed`).
- silent, or no answer: nothing until the client leaves (`read_timed_out`).
- client_killed: RST, no byte; the client is dead already (`client_killed`).
- refused, black_holed, dns_failed, tls_failed: cannot be done to a request that has arrived.

Each after `delay_ms`. A client that leaves first, whatever was planned, makes it `read_timed_out`;
a server that is stopped first, `unfinished`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import TypeAlias

from tts_chaos.errors import InjectionError
from tts_chaos.wire.delivery import Connection, Delivery, Fate
from tts_chaos.wire.message import ApiResponse

__all__ = [
    "CONNECT_LEVEL",
    "Act",
    "Answer",
    "Ending",
    "Send",
    "Wait",
    "encode_head",
    "encode_refusal",
    "plan_answer",
]

CONNECT_LEVEL = frozenset(
    {
        Connection.REFUSED,
        Connection.BLACK_HOLED,
        Connection.DNS_FAILED,
        Connection.TLS_FAILED,
    }
)
"""What happens before a request is sent, and so cannot be done to one that has arrived."""

_BODYLESS_STATUSES = frozenset({204, 304})
_CARRIER_HEADERS = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive"})
_REASONS = {status.value: status.phrase for status in HTTPStatus}
_LINE_BREAKS = str.maketrans({"\r": " ", "\n": " ", "\0": " "})


@dataclass(frozen=True, slots=True)
class Wait:
    """Let time pass."""

    duration_ms: int


@dataclass(frozen=True, slots=True)
class Send:
    """Write bytes."""

    data: bytes


Act: TypeAlias = Wait | Send


class Ending(Enum):
    """What becomes of the connection after the acts."""

    STAY = "stay"
    CLOSE = "close"
    RESET = "reset"
    HANG = "hang"


@dataclass(frozen=True, slots=True)
class Answer:
    """The acts of an answer in order, then its ending, then what the client has experienced."""

    acts: Iterator[Act]
    ending: Ending
    fate: Fate


def plan_answer(delivery: Delivery, *, method: str, keep_alive: bool) -> Answer:
    """Return how to realise `delivery`.

    Args:
        delivery: What the door decided.
        method: Verb of the request; an answer to HEAD has no body.
        keep_alive: Whether the connection stays open after a whole answer.

    Raises:
        InjectionError: If the delivery concerns a connection that already exists.
    """
    if delivery.connection in CONNECT_LEVEL:
        raise InjectionError(
            f"{delivery.connection.value!r} cannot be done to a request that has arrived; "
            "use a trigger without operation, shop, call, times and every"
        )
    wait = Wait(delivery.delay_ms)
    if delivery.connection is Connection.RESET_BEFORE_ANSWER:
        return Answer(iter([wait]), Ending.RESET, Fate.RESET)
    if delivery.connection is Connection.CLIENT_KILLED:
        return Answer(iter(()), Ending.RESET, Fate.CLIENT_KILLED)
    if delivery.connection is Connection.CLOSED_BEFORE_ANSWER:
        return Answer(iter([wait]), Ending.CLOSE, Fate.CLOSED)
    if delivery.connection is Connection.SILENT or delivery.response is None:
        return Answer(iter(()), Ending.HANG, Fate.READ_TIMED_OUT)
    return _plan_open(delivery, delivery.response, method=method, keep_alive=keep_alive)


def _plan_open(
    delivery: Delivery, response: ApiResponse, *, method: str, keep_alive: bool
) -> Answer:
    has_body = method != "HEAD" and response.status not in _BODYLESS_STATUSES
    body = response.body if has_body else b""
    stall, cut = delivery.stall_after_bytes, delivery.cut_after_bytes
    ending, fate = (Ending.STAY if keep_alive else Ending.CLOSE), Fate.ANSWERED
    sent = body
    if stall is not None and stall < len(body):
        ending, fate, sent = Ending.HANG, Fate.READ_TIMED_OUT, body[:stall]
    elif cut is not None and cut < len(body):
        ending, fate, sent = Ending.CLOSE, Fate.CUT_SHORT, body[:cut]
    head = encode_head(response, keep_alive=keep_alive)
    cut_head = delivery.cut_head_after_bytes
    if cut_head is not None:
        # What is cut is never whole: the empty line that ends a head must not arrive.
        ending, fate, head, sent = (
            Ending.CLOSE,
            Fate.CLOSED,
            head[: min(cut_head, len(head) - 1)],
            b"",
        )
    if ending is Ending.CLOSE and fate is not Fate.ANSWERED and delivery.cut_by == "reset":
        ending, fate = Ending.RESET, Fate.RESET
    return Answer(_acts(delivery, head, sent), ending, fate)


def _acts(delivery: Delivery, head: bytes, body: bytes) -> Iterator[Act]:
    if delivery.delay_ms:
        yield Wait(delivery.delay_ms)
    if not delivery.drip_bytes:
        yield Send(head + body)
        return
    yield Send(head)
    for start in range(0, len(body), delivery.drip_bytes):
        yield Wait(delivery.drip_interval_ms)
        yield Send(body[start : start + delivery.drip_bytes])


def encode_head(response: ApiResponse, *, keep_alive: bool) -> bytes:
    """Return status line and headers with the length of the whole body.

    No Date is added: what time it is at the platform is the platform's affair.
    """
    lines = [f"HTTP/1.1 {response.status} {_REASONS.get(response.status, '')}"]
    lines += [
        _header_line(name, value)
        for name, value in response.headers
        if name.lower() not in _CARRIER_HEADERS
    ]
    if response.status not in _BODYLESS_STATUSES:
        lines.append(f"content-length: {len(response.body)}")
    if not keep_alive:
        lines.append("connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")


def _header_line(name: str, value: str) -> str:
    line = f"{name}: {value}"
    return line if line.isprintable() else line.translate(_LINE_BREAKS)


def encode_refusal(status: int, reason: str) -> bytes:
    """Return the whole answer to bytes that were no acceptable request."""
    body = f"{reason}\n".encode()
    headers = (("content-type", "text/plain; charset=utf-8"),)
    response = ApiResponse(status=status, headers=headers, body=body)
    return encode_head(response, keep_alive=False) + body
