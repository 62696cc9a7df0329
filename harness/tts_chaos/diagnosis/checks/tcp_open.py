"""Can connections be made?

Source: the article, row 8 (blocked ports).
"""

from __future__ import annotations

from collections.abc import Iterable

from tts_chaos.diagnosis.check import Remark, check, error, needs_hosts, note, warning
from tts_chaos.diagnosis.observed import Observed

__all__ = ["look"]

SLOW_MS = 500
_FIXES = {
    "refused": "nothing listens there, or a firewall refuses: allow outgoing TCP to this port, and "
    "check host and port",
    "timeout": "packets vanish, as a firewall makes them: allow outgoing TCP to this port",
    "unreachable": "there is no way there: check the network, the route and the VPN",
}


@check(name="tcp_open", family="network", asks="can TCP connections be made?", unless=needs_hosts)
def look(seen: Observed) -> Iterable[Remark]:
    """Yield ports that cannot be reached, or only slowly."""
    for host in seen.hosts:
        port = f"TCP port {host.port} of {host.host}"
        if host.tcp_problem and seen.is_proxied:
            yield note(
                f"{port} cannot be reached directly ({host.tcp_problem}), but through the proxy",
                "every client must obey HTTPS_PROXY; Node's fetch does not",
            )
        elif host.tcp_problem and not host.name_problem:
            yield error(
                f"{port} cannot be reached: {host.tcp_problem}",
                _FIXES.get(host.tcp_problem, "check the network between here and there"),
            )
        elif host.tcp_ms is not None and host.tcp_ms > SLOW_MS:
            yield warning(
                f"{port} took {host.tcp_ms:.0f} ms to connect",
                "keep connections open between calls; look for a distant proxy or VPN",
            )
