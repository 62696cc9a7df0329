"""Something between the integration and the platform interferes: filters, portals, proxies."""

from __future__ import annotations

from typing import ClassVar, Literal

from tts_chaos.faults.effect import AnswerInstead, BreakConnection, Effect, Moment, Toxic
from tts_chaos.faults.fault import Fault, register_fault
from tts_chaos.wire.delivery import Connection
from tts_chaos.wire.message import ApiResponse

__all__ = ["HostFiltered", "LoginPage", "TunnelLoginPage", "login_answer"]


@register_fault
class HostFiltered(Fault, frozen=True, kw_only=True):
    """A filter reads the host name in the first bytes of each connection and stops it.

    Other than with a closed port the connection comes about, and then nothing does.

    Attributes:
        by: Whether the filter swallows the connection (`drop`) or resets it (`reset`).
    """

    name: ClassVar[str] = "host_filtered"
    family: ClassVar[str] = "intermediary"
    cause: ClassVar[str] = "network"
    summary: ClassVar[str] = "a filter stops connections by the host name they ask for"

    by: Literal["drop", "reset"] = "drop"

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Let no handshake end."""
        stopped = Connection.BLACK_HOLED if self.by == "drop" else Connection.RESET_BEFORE_ANSWER
        return (BreakConnection(connection=stopped),)

    def toxics(self) -> tuple[Toxic, ...]:
        """Read the name where TLS shows it."""
        return (Toxic(kind="name_dropped" if self.by == "drop" else "name_reset"),)


_PAGE = b"""<!doctype html>
<html><head><title>Sign in to the network</title></head>
<body><form method="post" action="https://login.example.org/session">
<p>Your session has ended. Sign in to go on.</p><input name="user"><input name="password">
</form></body></html>
"""


@register_fault
class LoginPage(Fault, frozen=True, kw_only=True):
    """A corporate proxy or a captive portal answers with its login page instead of the platform.

    It is trusted by the integration, as a company's own authority is on its machines; one that is
    not trusted is `certificate_self_signed`.

    Attributes:
        told_as: `page` (200), `redirect` (302 to the portal), `proxy` (407, RFC 9110 section
            15.5.8) or `portal` (511, RFC 6585 section 6).
    """

    name: ClassVar[str] = "login_page"
    family: ClassVar[str] = "intermediary"
    cause: ClassVar[str] = "network"
    summary: ClassVar[str] = "a proxy on the way answers with its login page"

    told_as: Literal["page", "redirect", "proxy", "portal"] = "page"

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Answer in the platform's place."""
        return (AnswerInstead(response=login_answer(_STATUSES[self.told_as])),)


@register_fault
class TunnelLoginPage(Fault, frozen=True, kw_only=True):
    """A company's proxy answers CONNECT with its login page instead of opening the tunnel.

    No TLS comes about, so that no authority has to be trusted for it, and the client sees an error
    of its proxy or of TLS, not an answer. After a 2xx it takes the tunnel for open and finds HTML
    where the handshake begins; anything else says that there is none (RFC 9110, section 9.3.6).
    That proxies answer in each of these ways is assumed.

    Attributes:
        told_as: As in `LoginPage`.
    """

    name: ClassVar[str] = "tunnel_login_page"
    family: ClassVar[str] = "intermediary"
    cause: ClassVar[str] = "network"
    summary: ClassVar[str] = "a proxy answers with its login page and opens no tunnel"

    told_as: Literal["page", "redirect", "proxy", "portal"] = "proxy"

    def toxics(self) -> tuple[Toxic, ...]:
        """Answer whoever asks for a tunnel."""
        return (Toxic(kind="tunnel_answered", attributes={"status": _STATUSES[self.told_as]}),)


_STATUSES = {"page": 200, "redirect": 302, "proxy": 407, "portal": 511}

_EXTRA_HEADERS = {
    302: (("location", "https://login.example.org/session"),),
    407: (("proxy-authenticate", 'Basic realm="gateway"'),),
}


def login_answer(status: int) -> ApiResponse:
    """Return the login page as it is told with a status."""
    headers = (("content-type", "text/html; charset=utf-8"), *_EXTRA_HEADERS.get(status, ()))
    return ApiResponse(status=status, headers=headers, body=_PAGE)
