"""The network fails: ports refused or black-holed, connections reset or closed, names not found."""

from __future__ import annotations

from typing import ClassVar, Literal

from tts_chaos.faults.effect import BreakConnection, Effect, Moment, SlowAnswer, Toxic
from tts_chaos.faults.fault import Fault, Trigger, register_fault
from tts_chaos.wire.delivery import Connection

__all__ = [
    "AnswerCut",
    "ConnectionClosed",
    "ConnectionReset",
    "ConnectionsReset",
    "HeadCut",
    "NameElsewhere",
    "NameNotFound",
    "PortBlackHoled",
    "PortRefused",
    "UdpBlocked",
]


class _NetworkFault(Fault, frozen=True, kw_only=True):
    family: ClassVar[str] = "network"
    cause: ClassVar[str] = "network"
    connection: ClassVar[Connection]

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Break the connection before the platform sees the request."""
        return (BreakConnection(connection=self.connection),)


@register_fault
class PortRefused(_NetworkFault, frozen=True, kw_only=True):
    """Nothing listens: every connection is refused at once."""

    name: ClassVar[str] = "port_refused"
    summary: ClassVar[str] = "connections to the platform are refused"
    connection: ClassVar[Connection] = Connection.REFUSED

    def toxics(self) -> tuple[Toxic, ...]:
        """Take the proxy down."""
        return (Toxic(kind="down"),)


@register_fault
class PortBlackHoled(_NetworkFault, frozen=True, kw_only=True):
    """Packets vanish, without a word of refusal.

    Attributes:
        at: `connect`: no attempt to connect is ever answered, and connections that were open end.
            `stream`: connections come about or stay open, and nothing passes.
    """

    name: ClassVar[str] = "port_black_holed"
    summary: ClassVar[str] = "a firewall swallows every packet to the platform"

    at: Literal["connect", "stream"] = "connect"

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Answer nothing."""
        silence = Connection.BLACK_HOLED if self.at == "connect" else Connection.SILENT
        return (BreakConnection(connection=silence),)

    def toxics(self) -> tuple[Toxic, ...]:
        """Swallow attempts to connect, or all bytes in both directions."""
        if self.at == "connect":
            return (Toxic(kind="unreachable"),)
        return (
            Toxic(kind="timeout", attributes={"timeout": 0}, stream="upstream"),
            Toxic(kind="timeout", attributes={"timeout": 0}),
        )


@register_fault
class ConnectionsReset(_NetworkFault, frozen=True, kw_only=True):
    """Every connection is reset as soon as the client says something, before any request."""

    name: ClassVar[str] = "connections_reset"
    summary: ClassVar[str] = "every connection is reset before a request can be sent"
    connection: ClassVar[Connection] = Connection.RESET_BEFORE_ANSWER

    def toxics(self) -> tuple[Toxic, ...]:
        """Reset at the first byte from the client."""
        return (Toxic(kind="reset_peer", attributes={"timeout": 0}, stream="upstream"),)


@register_fault
class NameNotFound(_NetworkFault, frozen=True, kw_only=True):
    """The platform's name does not resolve."""

    name: ClassVar[str] = "name_not_found"
    summary: ClassVar[str] = "the platform's host name does not resolve"
    connection: ClassVar[Connection] = Connection.DNS_FAILED

    def toxics(self) -> tuple[Toxic, ...]:
        """Let the look-up fail."""
        return (Toxic(kind="name_unknown"),)


@register_fault
class NameElsewhere(_NetworkFault, frozen=True, kw_only=True):
    """The platform's name resolves to an address that is not the platform's.

    Attributes:
        whose: `stranger`: somebody else's server, with a certificate of its own. `nobody`: no
            server at all.
    """

    name: ClassVar[str] = "name_elsewhere"
    summary: ClassVar[str] = "the platform's host name resolves to a wrong address"

    whose: Literal["stranger", "nobody"] = "stranger"

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Meet somebody else, or nobody."""
        met = Connection.TLS_FAILED if self.whose == "stranger" else Connection.REFUSED
        return (BreakConnection(connection=met),)

    def toxics(self) -> tuple[Toxic, ...]:
        """Let the look-up lead elsewhere."""
        attributes = {"stranger": int(self.whose == "stranger")}
        return (Toxic(kind="name_elsewhere", attributes=attributes),)


@register_fault
class UdpBlocked(Fault, frozen=True, kw_only=True):
    """A firewall swallows UDP 443 and lets TCP 443 pass, as many do.

    A client that went over to HTTP/3 has to come back to TCP. One that never does does not notice,
    and the run says that the fault was not met.
    """

    name: ClassVar[str] = "udp_blocked"
    family: ClassVar[str] = "network"
    cause: ClassVar[str] = "network"
    summary: ClassVar[str] = "packets of UDP to the platform are swallowed while TCP stays open"

    def toxics(self) -> tuple[Toxic, ...]:
        """Swallow packets in both directions."""
        return (Toxic(kind="udp_dropped"),)


class _Dropped(Fault, frozen=True, kw_only=True):
    """A connection ends without an answer.

    Attributes:
        when: `before` the platform handles the request, or `after` it did: then the effect stays
            and only the answer is lost.
    """

    family: ClassVar[str] = "network"
    cause: ClassVar[str] = "network"
    default_trigger: ClassVar[Trigger] = Trigger(times=1)
    connection: ClassVar[Connection]

    when: Literal["before", "after"] = "before"

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Break the connection on the wanted side of the commit."""
        return (BreakConnection(connection=self.connection, after_commit=self.when == "after"),)


@register_fault
class ConnectionReset(_Dropped, frozen=True, kw_only=True):
    """The connection is reset once the request was sent."""

    name: ClassVar[str] = "connection_reset"
    summary: ClassVar[str] = "the connection was reset before the answer"
    connection: ClassVar[Connection] = Connection.RESET_BEFORE_ANSWER


@register_fault
class ConnectionClosed(_Dropped, frozen=True, kw_only=True):
    """The connection is closed in an orderly way, without an answer."""

    name: ClassVar[str] = "connection_closed"
    summary: ClassVar[str] = "the connection was closed without an answer"
    connection: ClassVar[Connection] = Connection.CLOSED_BEFORE_ANSWER


class _Broken(Fault, frozen=True, kw_only=True):
    """An answer begins and never ends; the platform has done its work.

    Attributes:
        by: How it ends: `close` in order, `reset`.
    """

    family: ClassVar[str] = "network"
    cause: ClassVar[str] = "network"
    default_trigger: ClassVar[Trigger] = Trigger(times=1)

    by: Literal["close", "reset"] = "close"


@register_fault
class HeadCut(_Broken, frozen=True, kw_only=True):
    """The connection ends in the middle of the answer's header.

    Attributes:
        after_bytes: Bytes of the header that still arrive.
    """

    name: ClassVar[str] = "head_cut"
    summary: ClassVar[str] = "the connection ended within the header of the answer"

    after_bytes: int = 24

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Send the beginning of the header only."""
        return (SlowAnswer(cut_head_after_bytes=self.after_bytes, cut_by=self.by),)


@register_fault
class AnswerCut(_Broken, frozen=True, kw_only=True):
    """The connection ends in the middle of the answer's body, short of the length it announced.

    Attributes:
        after_bytes: Bytes of the body that still arrive.
    """

    name: ClassVar[str] = "answer_cut"
    summary: ClassVar[str] = "the connection ended within the body of the answer"

    after_bytes: int = 64

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Send the beginning of the body only."""
        return (SlowAnswer(cut_after_bytes=self.after_bytes, cut_by=self.by),)
