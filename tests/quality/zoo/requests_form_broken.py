"""Broken integrations on requests: what its defaults and its exceptions do."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import requests
from tests.quality.zoo.manners import Json, Trouble
from tests.quality.zoo.registry import broken
from tests.quality.zoo.requests_form import RequestsConnector
from urllib3.exceptions import InsecureRequestWarning

__all__: list[str] = []


class _Plain(RequestsConnector):
    """Sends as most do: one call of the session, whatever it does by default."""

    timeout: float | None = 15.0
    verify: bool | None = None
    follows = False

    def exchange(
        self, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        trusted = (self.connection.ca_file or True) if self.verify is None else self.verify
        try:
            answer = self.session.request(
                method,
                url,
                headers=headers,
                data=body or None,
                timeout=self.timeout,
                verify=trusted,
                allow_redirects=self.follows,
            )
        except requests.RequestException as error:
            raise Trouble("network", type(error).__name__, kind="unknown") from None
        self.look_at(answer)
        named = {name.lower(): value for name, value in answer.headers.items()}
        return answer.status_code, named, answer.content

    def look_at(self, answer: requests.Response) -> None:
        """See an answer before anybody else does."""


@broken("actions_end.action_never_ends", "slowness/stalled-body")
class SetsNoTimeout(_Plain):
    """Gives requests no time-out, and it has none of its own."""

    timeout = None


@broken("https_only.redirect_followed", "endpoint/redirected")
class LeavesRedirectsToRequests(_Plain):
    """Leaves redirects to requests, which follows them."""

    follows = True


@broken("no_secret_leaks.secret_in_exception", "auth/token-host-down")
class RaisesForStatus(_Plain):
    """Lets requests raise for a bad status: its message tells the address, app secret included."""

    def judge(self, status: int, headers: Mapping[str, str], body: bytes) -> Json:
        if status >= 500:
            raise Trouble("outage", self.told, kind="unknown")
        return super().judge(status, headers, body)

    def look_at(self, answer: requests.Response) -> None:
        try:
            answer.raise_for_status()
        except requests.HTTPError as error:
            self.told = str(error)


@broken("server_identity_checked.unproven_server", "tls/certificate-self-signed", world="wire")
class TurnsVerifyOff(_Plain):
    """Passes verify=False, as the first answer found on the web says."""

    verify = False

    def open_connections(self) -> None:
        super().open_connections()
        warnings.simplefilter("ignore", InsecureRequestWarning)
