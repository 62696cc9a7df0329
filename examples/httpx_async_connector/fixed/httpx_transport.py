"""Exchanges on httpx."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping

import httpx
from shop_parts.answers import READS, SAFE, CallError
from shop_parts.patience import Patience

__all__ = ["HttpxTransport"]

# httpx logs whole addresses, and that of a refresh has the app secret in it.
logging.getLogger("httpx").setLevel(logging.WARNING)


class HttpxTransport:
    """A connection pool.

    Args:
        ca_file: Certificate authority to trust, None for the usual ones.
    """

    def __init__(self, ca_file: str | None) -> None:
        self._client = httpx.AsyncClient(
            verify=ssl.create_default_context(cafile=ca_file),
            trust_env=False,
            # A signature holds for one path, and a token must not travel to another host.
            follow_redirects=False,
        )

    async def exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        data: bytes | None,
        patience: Patience,
    ) -> tuple[int, Mapping[str, str], bytes]:
        # Those of httpx bound the silence between two bytes; an answer may trickle for ever.
        timeout = httpx.Timeout(patience.read_s, connect=patience.connect_s)
        try:
            async with asyncio.timeout(patience.total_s):
                response = await self._client.request(
                    method, url, headers=headers, content=data, timeout=timeout
                )
            return response.status_code, response.headers, response.content
        except TimeoutError:
            raise CallError("slowness", "the answer only trickles", retry=READS) from None
        except httpx.HTTPError as error:
            raise _describe(error) from None
        except httpx.InvalidURL:
            raise CallError("endpoint", "the address is unusable") from None

    async def close(self) -> None:
        await self._client.aclose()


def _describe(error: httpx.HTTPError) -> CallError:
    kind = type(error).__name__
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return CallError("network", f"no connection ({kind})", retry=SAFE)
    if isinstance(error, httpx.ReadTimeout):
        return CallError("slowness", "no answer in time", retry=READS)
    return CallError("network", f"the connection broke ({kind})", retry=READS)
