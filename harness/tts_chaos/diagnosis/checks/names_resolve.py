"""Do the platform's names resolve?"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from tts_chaos.diagnosis.check import Remark, check, error, needs_hosts, note, warning
from tts_chaos.diagnosis.observed import Observed

__all__ = ["look"]


@check(
    name="names_resolve",
    family="network",
    asks="do the platform's names resolve?",
    unless=needs_hosts,
)
def look(seen: Observed) -> Iterable[Remark]:
    """Yield names that do not resolve, or resolve to somebody else."""
    for host in seen.hosts:
        if host.name_problem and seen.is_proxied:
            yield note(
                f"{host.host} does not resolve here ({host.name_problem}), but for the proxy",
                "every client must obey HTTPS_PROXY; Node's fetch does not",
            )
        elif host.name_problem:
            yield error(
                f"{host.host} does not resolve: {host.name_problem}",
                "ask the network's administrator whether the name server blocks it; try another "
                "name server; look for the name in /etc/hosts",
            )
        elif seen.target is not None and seen.target.is_real and _is_at_home(host.addresses):
            yield warning(
                f"{host.host} resolves to an address inside this network "
                f"({', '.join(host.addresses)})",
                "look for the name in /etc/hosts and in the name server: a filter or an old test "
                "leads it astray",
            )


def _is_at_home(addresses: Iterable[str]) -> bool:
    found = [ipaddress.ip_address(address) for address in addresses]
    return bool(found) and all(
        one.is_private or one.is_loopback or one.is_unspecified for one in found
    )
