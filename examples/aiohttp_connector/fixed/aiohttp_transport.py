"""Exchanges on aiohttp."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

import aiohttp
from aiohttp.typedefs import Middleware
from shop_parts.answers import READS, SAFE, CallError
from shop_parts.patience import Patience
from yarl import URL

__all__ = ["AiohttpTransport"]


class AiohttpTransport:
    """A session. It is made at the first exchange, as it belongs to the loop that runs then.

    Args:
        ca_file: Certificate authority to trust, None for the usual ones.
    """

    def __init__(self, ca_file: str | None) -> None:
        self._ca_file = ca_file
        self._session: aiohttp.ClientSession | None = None

    async def exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        data: bytes | None,
        patience: Patience,
    ) -> tuple[int, Mapping[str, str], bytes]:
        try:
            async with self._open().request(
                method,
                URL(url, encoded=True),  # what was signed is sent as it is
                headers=headers,
                data=data,
                # The last two bound the silence between two bytes; an answer may trickle for ever.
                timeout=aiohttp.ClientTimeout(
                    total=patience.total_s,
                    sock_connect=patience.connect_s,
                    sock_read=patience.read_s,
                ),
                # A signature holds for one path, and a token must not travel to another host.
                allow_redirects=False,
                middlewares=(_only_once(),),
            ) as response:
                body = await response.read()
                named = {name.lower(): value for name, value in response.headers.items()}
                return response.status, named, body
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _describe(error) from None  # its text may hold the address, app secret and all
        except ValueError:
            raise CallError("endpoint", "the address is unusable") from None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            context = ssl.create_default_context(cafile=self._ca_file)
            # Look-ups are remembered by the system already, and for as long as they hold.
            connector = aiohttp.TCPConnector(ssl=context, use_dns_cache=False)
            jar = aiohttp.DummyCookieJar()
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=jar)
        return self._session


def _only_once() -> Middleware:
    """Refuse what aiohttp does by itself: a GET whose connection broke is sent once more.

    The second one would carry the signature and the time stamp of the first.
    """
    broken: list[Exception] = []

    async def pass_once(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if broken:
            raise broken[0]
        try:
            return await handler(request)
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            broken.append(error)
            raise

    return pass_once


def _describe(error: Exception) -> CallError:
    kind = type(error).__name__
    if isinstance(error, aiohttp.ConnectionTimeoutError | aiohttp.ClientConnectorError):
        return CallError("network", f"no connection ({kind})", retry=SAFE)
    if isinstance(error, TimeoutError):
        return CallError("slowness", "no whole answer in time", retry=READS)
    if isinstance(error, aiohttp.InvalidURL):
        return CallError("endpoint", "the address is unusable")
    if isinstance(error, aiohttp.ClientPayloadError):
        return CallError("contract", "the body is broken or was cut off", retry=READS)
    return CallError("network", f"the connection broke ({kind})", retry=READS)
