"""A client's codec joined to the twin by values: every message passes both ends.

The client signs, encodes and parses with its own hands where the golden vectors stand behind them;
each success is held against the response schema of its contract.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from tts_chaos.contracts.loader import Contracts, load_contracts
from tts_chaos.contracts.validation import check_response
from tts_chaos.core.clock import ManualClock, SkewedClock
from tts_chaos.core.entropy import Entropy
from tts_chaos.twin.handled import Handled
from tts_chaos.twin.settings import TwinSettings
from tts_chaos.twin.store import Change
from tts_chaos.twin.twin import Twin
from tts_chaos.wire.envelope import parse_envelope
from tts_chaos.wire.message import AUTH_HOST, ApiRequest
from tts_chaos.wire.signing import attach_signature, encode_query

__all__ = ["Reply", "TwinPair"]

Pairs = Iterable[tuple[str, str]]


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What the client reads, beside what the twin says of it."""

    status: int
    code: int | None
    message: str
    data: Any
    handled: Handled


class TwinPair:
    """A populated twin with a client that holds its credentials.

    The client keeps the credentials it was made with, as a real one does, until told otherwise.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        orders: int = 0,
        products: int = 3,
        shops: int = 1,
        regions: tuple[str, ...] = ("GB",),
        settings: TwinSettings | None = None,
        contracts: Contracts | None = None,
    ) -> None:
        self.contracts = contracts or load_contracts()
        self.clock = ManualClock()
        self.platform_clock = SkewedClock(self.clock)
        self.changes: list[Change] = []
        self.secrets: dict[str, str] = {}
        self.twin = Twin(
            clock=self.platform_clock,
            entropy=Entropy(seed),
            contracts=self.contracts,
            settings=settings,
            observe=self.changes.append,
            declare_secret=self._declare,
        )
        self.twin.populate(orders=orders, products=products, shops=shops, regions=regions)
        self.credentials = self.twin.credentials()

    def _declare(self, value: str, label: str) -> None:
        self.secrets[label] = value

    @property
    def shop_id(self) -> str:
        return self.credentials.shops[0].id

    def renew(self) -> None:
        """Let the client take over the credentials that are good now."""
        self.credentials = self.twin.credentials()

    def run(self, command: str, **arguments: Any) -> Any:
        return self.twin.command(command, arguments)

    def advance(self, duration_ms: int) -> None:
        self.clock.advance(duration_ms)
        self.twin.advance()

    def whats(self) -> list[str]:
        """Names of all changes so far."""
        return [change.what for change in self.changes]

    # -- requests ---------------------------------------------------------------------------------

    def unsigned(
        self,
        method: str,
        path: str,
        query: Pairs = (),
        *,
        body: bytes = b"",
        shop: int | None = 0,
        timestamp: str | None = None,
        token: str | None = None,
    ) -> ApiRequest:
        """Return a request without signature. `shop` None leaves the cipher out."""
        now_s = self.clock.now_ms() // 1000
        pairs = [("app_key", self.credentials.app_key), ("timestamp", timestamp or str(now_s))]
        if shop is not None:
            pairs.append(("shop_cipher", self.credentials.shops[shop].cipher))
        return ApiRequest(
            method=method,
            path=path,
            query=encode_query([*pairs, *query]),
            headers=(
                ("content-type", "application/json"),
                (
                    "x-tts-access-token",
                    self.credentials.access_token if token is None else token,
                ),
            ),
            body=body,
        )

    def signed(self, method: str, path: str, query: Pairs = (), **options: Any) -> ApiRequest:
        """Return a request as a correct client sends it; options as for `unsigned`."""
        return attach_signature(
            self.unsigned(method, path, query, **options), self.credentials.app_secret
        )

    def token_request(self, call: str, **parameters: str) -> ApiRequest:
        """Return a call of the token host: `get` or `refresh`."""
        pairs = {
            "app_key": self.credentials.app_key,
            "app_secret": self.credentials.app_secret,
            "grant_type": "authorized_code" if call == "get" else "refresh_token",
            **parameters,
        }
        return ApiRequest(
            method="GET",
            host=AUTH_HOST,
            path=f"/api/v2/token/{call}",
            query=encode_query(pairs.items()),
        )

    # -- both ends --------------------------------------------------------------------------------

    def send(self, request: ApiRequest) -> Reply:
        """Let the twin answer; a success must keep to its contract."""
        handled = self.twin.handle(request)
        envelope = parse_envelope(handled.response.body)
        if envelope is None:
            return Reply(
                status=handled.response.status, code=None, message="", data=None, handled=handled
            )
        if envelope.succeeded:
            operation = self.contracts.operation(handled.operation)
            built: Mapping[str, Any] = msgspec.json.decode(handled.response.body)
            assert check_response(operation, built) == ()
        return Reply(
            status=handled.response.status,
            code=envelope.code,
            message=envelope.message,
            data=envelope.data,
            handled=handled,
        )

    def get(self, path: str, query: Pairs = (), **options: Any) -> Reply:
        return self.send(self.signed("GET", path, query, **options))

    def post(self, path: str, query: Pairs = (), body: Any = None, **options: Any) -> Reply:
        raw = b"" if body is None else msgspec.json.encode(body)
        return self.send(self.signed("POST", path, query, body=raw, **options))

    def refresh(self, refresh_token: str = "") -> Reply:
        token = refresh_token or self.credentials.refresh_token
        return self.send(self.token_request("refresh", refresh_token=token))

    def search(self, body: Any = None, **query: str) -> Reply:
        """Search orders; `page_size` is 100 unless given."""
        pairs = {"page_size": "100", **query}
        return self.post("/order/202309/orders/search", pairs.items(), body)

    def detail(self, *ids: str, version: str = "202507") -> Reply:
        return self.get(f"/order/{version}/orders", [("ids", ",".join(ids))])
