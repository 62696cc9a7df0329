"""Every check, by importing the file of each."""

from __future__ import annotations

from tts_chaos.diagnosis.check import CHECKS
from tts_chaos.diagnosis.checks import (  # noqa: F401 - each registers itself
    addresses_spelt,
    answers_genuine,
    clock_right,
    credentials_accepted,
    credentials_agree,
    credentials_formed,
    credentials_kept,
    credentials_present,
    fields_recorded,
    files_readable,
    https_only,
    keys_rotated,
    mapping_complete,
    names_resolve,
    proxies_right,
    scopes_granted,
    secrets_copied,
    tcp_open,
    tls_trusted,
    tokens_alive,
    udp_open,
    verbs_right,
    versions_current,
)

__all__ = ["CHECKS", "FAMILIES"]

FAMILIES = ("project", "credentials", "endpoint", "network", "mapping", "clock", "version")
"""The order in which a report tells them."""
