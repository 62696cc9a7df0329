"""What a program in a private network finds where a system keeps names and authorities.

Each row: where it is on real systems, and what shall be seen there instead. What is not there on
this machine is left out, for nothing reads it.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

__all__ = ["disguise"]

AUTHORITIES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Fedora
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # Alpine
)
"""Bundles of certificate authorities."""

RESOLVER_SOCKETS = ("/run/nscd", "/var/run/nscd", "/run/systemd/resolve")
"""Folders with sockets of services that look names up outside the private network."""


def disguise(folder: Path, hosts: Collection[str], ca_file: str) -> list[tuple[Path, Path]]:
    """Return what to lay over what, as (source, target), targets real and each once.

    Args:
        folder: Where sources are written.
        hosts: The platform's hosts. No file names them: the name server does, so that what it says
            counts from one moment to the next, and no program reads an old file.
        ca_file: The authority to trust, a PEM file.
    """
    authority = Path(ca_file).read_text("ascii")
    empty = folder / "empty"
    empty.mkdir()
    texts = {
        "/etc/hosts": _hosts_file(hosts),
        "/etc/resolv.conf": "nameserver 127.0.0.1\n",
        "/etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n",
        **{path: f"{_read(path)}\n{authority}" for path in AUTHORITIES},
    }
    wanted: dict[Path, Path] = {}
    for number, (path, text) in enumerate(texts.items()):
        # What a mount lands on is the file itself, not a link to it.
        target = Path(path).resolve()
        if target.is_file() and target not in wanted:
            source = folder / f"disguise-{number}"
            source.write_text(text, encoding="utf-8")
            wanted[target] = source
    for path in RESOLVER_SOCKETS:
        target = Path(path).resolve()
        # One that holds a file disguised above stays visible, with that file.
        if target.is_dir() and not any(target in each.parents for each in wanted):
            wanted[target] = empty
    return [(source, target) for target, source in wanted.items()]


def _hosts_file(hosts: Collection[str]) -> str:
    kept = [
        line for line in _read("/etc/hosts").splitlines() if not any(name in line for name in hosts)
    ]
    return "\n".join([*kept, ""])


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
