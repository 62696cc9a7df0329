"""The network fails: ports refused or black-holed, connections reset or closed, names not found."""

from __future__ import annotations

from typing import ClassVar, Literal

from tts_chaos.faults.effect import BreakConnection, Effect, Moment, Toxic
from tts_chaos.faults.fault import Fault, Trigger, register_fault
from tts_chaos.wire.delivery import Connection

__all__ = ["ConnectionClosed", "ConnectionReset", "NameNotFound", "PortBlackHoled", "PortRefused"]


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
    """Packets vanish: connections are never answered and never refused."""

    name: ClassVar[str] = "port_black_holed"
    summary: ClassVar[str] = "a firewall swallows every packet to the platform"
    connection: ClassVar[Connection] = Connection.BLACK_HOLED

    def toxics(self) -> tuple[Toxic, ...]:
        """Swallow all bytes in both directions and keep connections open."""
        return (
            Toxic(kind="timeout", attributes={"timeout": 0}, stream="upstream"),
            Toxic(kind="timeout", attributes={"timeout": 0}),
        )


@register_fault
class NameNotFound(_NetworkFault, frozen=True, kw_only=True):
    """The platform's name does not resolve."""

    name: ClassVar[str] = "name_not_found"
    summary: ClassVar[str] = "the platform's host name does not resolve"
    connection: ClassVar[Connection] = Connection.DNS_FAILED


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
