"""How an answer travels: whole and at once, slowly, in pieces, or not at all.

A `Delivery` is what the fault plane decided; a mechanism (a patched client in the simulated world,
a socket in the wire world) realises it. `Fate` is what the client then experienced.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from tts_chaos.wire.message import ApiResponse

__all__ = ["Connection", "Delivery", "Fate", "OutgoingWebhook"]


class Connection(StrEnum):
    """What happens to the TCP connection that carries an exchange.

    `CLIENT_KILLED` is the end of the other side: the integration itself is killed meanwhile.
    """

    OPEN = "open"
    REFUSED = "refused"
    BLACK_HOLED = "black_holed"
    DNS_FAILED = "dns_failed"
    TLS_FAILED = "tls_failed"
    RESET_BEFORE_ANSWER = "reset_before_answer"
    CLOSED_BEFORE_ANSWER = "closed_before_answer"
    SILENT = "silent"
    CLIENT_KILLED = "client_killed"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """An answer together with the way it travels.

    Attributes:
        response: The answer; None where `connection` says that none will come.
        connection: What the connection does. `REFUSED`, `BLACK_HOLED`, `DNS_FAILED` and
            `TLS_FAILED` act before the request is sent, the others after it was read.
        delay_ms: Wait before the first byte of the answer.
        drip_bytes: Size of the pieces in which the body is sent; 0 sends it at once.
        drip_interval_ms: Wait before each piece.
        stall_after_bytes: Bytes of the body after which nothing more comes; None never stalls.
        cut_after_bytes: Bytes of the body after which the connection ends; None never cuts.
        cut_head_after_bytes: Bytes of status line and headers after which it ends; None never cuts.
        cut_by: Whether a cut ends the connection in order (`close`) or by a `reset`.
    """

    response: ApiResponse | None
    connection: Connection = Connection.OPEN
    delay_ms: int = 0
    drip_bytes: int = 0
    drip_interval_ms: int = 0
    stall_after_bytes: int | None = None
    cut_after_bytes: int | None = None
    cut_head_after_bytes: int | None = None
    cut_by: Literal["close", "reset"] = "close"


class Fate(StrEnum):
    """What the client experienced of an exchange.

    `UNFINISHED` marks an exchange that was still under way when the run ended, `CLIENT_KILLED` one
    during which the scenario killed the client: whatever was answered, nobody read it.
    """

    ANSWERED = "answered"
    REFUSED = "refused"
    CONNECT_TIMED_OUT = "connect_timed_out"
    DNS_FAILED = "dns_failed"
    TLS_FAILED = "tls_failed"
    RESET = "reset"
    CLOSED = "closed"
    READ_TIMED_OUT = "read_timed_out"
    CUT_SHORT = "cut_short"
    CLIENT_KILLED = "client_killed"
    UNFINISHED = "unfinished"


class OutgoingWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery that is about to be made.

    Attributes:
        notification: Id shared by all deliveries of one notification.
        type: Numeric event type.
        shop: Shop id.
        attempt: 1 for the first delivery.
        headers: Header pairs, the signature in `authorization`.
        body: The bytes to deliver.
        delay_ms: Wait before this delivery, counted from now; what comes meanwhile overtakes it.
        held: Whether to keep it back until the fault that made it so is lifted.
        genuine: Whether the platform itself sends it in this form.
        replaces: Whether it comes in place of the platform's own delivery, although not genuine,
            so that its answer is the platform's to read.
        parallel: Whether to deliver it at the same time as the one before it.
        fault: Id of the fault that made or changed it.
    """

    notification: str
    type: int
    shop: str
    attempt: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    delay_ms: int = 0
    held: bool = False
    genuine: bool = True
    replaces: bool = False
    parallel: bool = False
    fault: str = ""
