"""The zoo's own integration on requests instead of httpx."""

from __future__ import annotations

from collections.abc import Mapping

import requests
from tests.quality.zoo.base import Connector
from tests.quality.zoo.manners import Trouble
from urllib3.exceptions import MaxRetryError, NewConnectionError

__all__ = ["RequestsConnector"]


class RequestsConnector(Connector):
    """Sends by a requests session."""

    def open_connections(self) -> None:
        self.session = requests.Session()
        self.session.trust_env = False

    def exchange(
        self, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        try:
            answer = self.session.request(
                method,
                url,
                headers=headers,
                data=body or None,
                timeout=(5.0, 15.0),
                verify=self.connection.ca_file or True,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise _trouble_of(error) from None
        named = {name.lower(): value for name, value in answer.headers.items()}
        return answer.status_code, named, answer.content

    def close(self) -> None:
        self.session.close()


def _trouble_of(error: requests.RequestException) -> Trouble:
    """Say what a failed exchange means. Texts of requests hold whole addresses: only names here."""
    text = type(error).__name__
    inner = error.args[0] if error.args else None
    reason = inner.reason if isinstance(inner, MaxRetryError) else None
    if isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError):
        return Trouble("network", text, kind="wait")
    cause = "slowness" if isinstance(error, requests.Timeout) else "network"
    return Trouble(cause, text, kind="unknown")
