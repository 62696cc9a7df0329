"""Members that trust whoever answers."""

from __future__ import annotations

import ssl
import warnings

import httpx
from tests.quality.zoo.base import Connector
from tests.quality.zoo.registry import broken

__all__ = ["AcceptsOldVersions", "NeverVerifies"]

RULE = "server_identity_checked.unproven_server"


def _trust_anybody() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@broken(
    RULE,
    "tls/certificate-expired",
    "tls/certificate-not-yet-valid",
    "tls/certificate-self-signed",
    "tls/certificate-wrong-name",
    "network/name-leads-to-a-stranger",
    world="wire",
)
class NeverVerifies(Connector):
    """Was told not to verify certificates, because of a problem long forgotten."""

    def open_connections(self) -> None:
        """Make the connection pool."""
        self.client = httpx.Client(timeout=15.0, verify=_trust_anybody(), trust_env=False)


@broken(RULE, "tls/version-too-old", world="wire")
class AcceptsOldVersions(Connector):
    """Verifies certificates, and accepts versions of TLS that protect no longer."""

    def open_connections(self) -> None:
        """Make the connection pool."""
        context = ssl.create_default_context(cafile=self.connection.ca_file)
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
        self.client = httpx.Client(timeout=15.0, verify=context, trust_env=False)
