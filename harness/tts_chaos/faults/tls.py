"""The encryption fails: certificates that must be refused, versions too old, no encryption at all.

A client that checks what it is shown never sends its request. One that does not check sends tokens
to whoever stands there; in the wire world its requests arrive, and the oracle
`server_identity_checked` says so.
"""

from __future__ import annotations

from typing import ClassVar

from tts_chaos.faults.effect import BreakConnection, Effect, Moment, Toxic
from tts_chaos.faults.fault import Fault, register_fault
from tts_chaos.wire.delivery import Connection

__all__ = [
    "CertificateExpired",
    "CertificateNotYetValid",
    "CertificateSelfSigned",
    "CertificateWrongName",
    "TlsAbsent",
    "TlsTooOld",
]


class _TlsFault(Fault, frozen=True, kw_only=True):
    family: ClassVar[str] = "tls"
    cause: ClassVar[str] = "network"

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Let the handshake fail, as it does for a client that checks."""
        return (BreakConnection(connection=Connection.TLS_FAILED),)

    def toxics(self) -> tuple[Toxic, ...]:
        """Let the platform's own sockets show it; the kind is called like the fault."""
        return (Toxic(kind=self.name),)


@register_fault
class CertificateExpired(_TlsFault, frozen=True, kw_only=True):
    """The server's certificate ran out yesterday."""

    name: ClassVar[str] = "certificate_expired"
    summary: ClassVar[str] = "the server's certificate has expired"


@register_fault
class CertificateNotYetValid(_TlsFault, frozen=True, kw_only=True):
    """The server's certificate begins tomorrow: a clock far behind sees every new one like this."""

    name: ClassVar[str] = "certificate_not_yet_valid"
    summary: ClassVar[str] = "the server's certificate is not valid yet"


@register_fault
class CertificateSelfSigned(_TlsFault, frozen=True, kw_only=True):
    """The server's certificate is signed by nobody but itself."""

    name: ClassVar[str] = "certificate_self_signed"
    summary: ClassVar[str] = "the server's certificate is signed by itself"


@register_fault
class CertificateWrongName(_TlsFault, frozen=True, kw_only=True):
    """The server's certificate is genuine and somebody else's."""

    name: ClassVar[str] = "certificate_wrong_name"
    summary: ClassVar[str] = "the server's certificate is for another name"


@register_fault
class TlsTooOld(_TlsFault, frozen=True, kw_only=True):
    """The server offers no TLS newer than 1.1, which was given up by RFC 8996."""

    name: ClassVar[str] = "tls_too_old"
    summary: ClassVar[str] = "the server speaks no TLS newer than 1.1"


@register_fault
class TlsAbsent(_TlsFault, frozen=True, kw_only=True):
    """The https port answers in plain HTTP, as a misconfigured balancer does."""

    name: ClassVar[str] = "tls_absent"
    summary: ClassVar[str] = "the https port answers in plain HTTP"
