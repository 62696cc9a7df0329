"""The environment of the program: what programs need to run at all, and what is configured.

Everything else stays out, so that a run says the same on every machine: no proxy that would catch
even loopback requests, and no keys that happen to lie in the developer's shell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tts_chaos.processes import RUN_MARK

__all__ = ["PASSED_ON", "make_environment"]

PASSED_ON = (
    # Where things are.
    "PATH", "HOME", "TMPDIR", "TEMP", "TMP", "USER", "LOGNAME", "SHELL",
    "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR",
    # Language and time zone.
    "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ",
    # Where tools of languages live.
    "JAVA_HOME", "GOROOT", "GOPATH", "GOCACHE", "GOMODCACHE", "GOFLAGS", "NVM_DIR", "VOLTA_HOME",
    "CARGO_HOME", "RUSTUP_HOME", "GEM_HOME", "GEM_PATH", "DOTNET_ROOT", "COMPOSER_HOME",
    "PHP_INI_SCAN_DIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV",
    # By which a run's processes are found should the harness be killed.
    RUN_MARK,
)  # fmt: skip
"""Variables passed on from our own environment."""

TRUST = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
"""Variables by which clients of many languages trust the twin's authority."""


def make_environment(
    ours: Mapping[str, str],
    *,
    inherit: Iterable[str],
    ca_file: str | None,
    configured: Mapping[str, str],
) -> dict[str, str]:
    """Return the environment of a program.

    Args:
        ours: Our own environment.
        inherit: Further names to pass on.
        ca_file: Certificate authority to trust, None for none.
        configured: Variables of the configuration, filled in; they win.
    """
    passed = {name: ours[name] for name in (*PASSED_ON, *inherit) if name in ours}
    trust = dict.fromkeys(TRUST, ca_file) if ca_file else {}
    return {**passed, **trust, **configured}
