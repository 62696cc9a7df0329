"""Is the other side who it says it is, and for how long?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from tts_chaos.diagnosis.check import Remark, check, error, warning
from tts_chaos.diagnosis.observed import Observed

__all__ = ["look"]

DAY_S = 86_400
SOON_DAYS = 7
_PROBLEMS = {
    "expired": (
        "the certificate has run out",
        "check this machine's clock first; if it is right, something between here and there "
        "presents an old certificate",
    ),
    "not_yet_valid": (
        "the certificate is not valid yet",
        "check this machine's clock: it is probably behind",
    ),
    "wrong_name": (
        "the certificate is for another name",
        "check the spelling of the host; then look for a proxy or a name server that leads astray",
    ),
    "untrusted": (
        "the certificate is signed by nobody this machine trusts",
        "update the machine's authorities; if a proxy of your company inspects TLS, add its "
        "authority (SSL_CERT_FILE, REQUESTS_CA_BUNDLE, NODE_EXTRA_CA_CERTS); never switch "
        "verification off",
    ),
    "self_signed": (
        "the certificate is signed by itself, as an inspecting proxy's is",
        "ask who inspects TLS here, and add that authority (SSL_CERT_FILE, REQUESTS_CA_BUNDLE, "
        "NODE_EXTRA_CA_CERTS); never switch verification off",
    ),
}


def _without_tls(seen: Observed) -> str:
    if any(host.certificate is not None for host in seen.hosts):
        return ""
    return "no TLS connection was made" if seen.hosts else "no connection was tried"


@check(
    name="tls_trusted",
    family="network",
    asks="is the certificate trusted, for the right name, and not about to end?",
    unless=_without_tls,
)
def look(seen: Observed) -> Iterable[Remark]:
    """Yield certificates that are refused, or about to end."""
    for host in seen.hosts:
        seen_there = host.certificate
        if seen_there is None:
            continue
        if seen_there.problem:
            what, fix = _PROBLEMS.get(
                seen_there.problem,
                ("TLS cannot be set up", "check for a proxy or a filter between here and there"),
            )
            yield error(f"{host.host}: {what} ({seen_there.detail})", fix)
        elif seen_there.expires_s is not None:
            left_days = (seen_there.expires_s - seen.now_s) // DAY_S
            # The platform renews its own; one that runs out may be a proxy's.
            if left_days < SOON_DAYS and seen.target is not None and seen.target.is_real:
                day = datetime.fromtimestamp(seen_there.expires_s, tz=UTC).date()
                yield warning(
                    f"{host.host}: the certificate ends in {left_days} days, on {day}",
                    "look again tomorrow; if it is a proxy's, have it renewed",
                )
