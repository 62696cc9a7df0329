"""Integrations that try too often, too soon, in the wrong way or not at all, and hide errors."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import httpx
from tests.quality.zoo.base import Connector
from tests.quality.zoo.manners import MEANINGS, Json, Trouble
from tests.quality.zoo.registry import broken, broken_reference

from tts_chaos.reference.connector import ReferenceIntegration
from tts_chaos.reference.errors import ConnectorError
from tts_chaos.typing import ShopAccess

__all__: list[str] = []

# -- retries --------------------------------------------------------------------------------------


@broken("retries_bounded.too_many_attempts", "network/port-refused", "overload/outage-503")
class NeverGivesUp(Connector):
    """Tries forty times in a row."""

    attempts = 40


@broken("retries_bounded.endless_loop", "orders/more-than-a-page")
class ForgetsThePageToken(Connector):
    """Never sends the page token, and reads the first page again and again."""

    def search(self, shop: ShopAccess, body: Json, query: Iterable[tuple[str, str]]) -> Json:
        return super().search(shop, body, [pair for pair in query if pair[0] != "page_token"])


@broken("retries_bounded.endless_loop", "orders/more-than-a-page")
class ReadsRoundAndRound(Connector):
    """Begins again at the first page after the last one, until its own bound of pages ends it."""

    def read_page(self, shop: ShopAccess, since: int, token: str) -> Json:
        page = super().read_page(shop, since, token)
        rounds = self.__dict__.setdefault("rounds", [])
        if page.get("next_page_token") or len(rounds) % 16 == 15:
            rounds.extend([] if page.get("next_page_token") else [token])
            return page
        rounds.append(token)
        return self.read_page(shop, since, "")

    def check_pages(self, shown: int, page: Json) -> None:
        """Look at nothing."""


@broken("retries_spaced.retry_storm", "overload/outage-503", "network/port-refused")
class RetriesAtOnce(Connector):
    """Retries without any pause."""

    def pause_s(self, trouble: Trouble, attempt: int) -> float:
        return trouble.wait_s


@broken("retries_spaced.retry_without_pause", "overload/blip-503")
class RetriesTwiceAtOnce(Connector):
    """Retries twice, without any pause."""

    attempts = 3

    def pause_s(self, trouble: Trouble, attempt: int) -> float:
        return trouble.wait_s


@broken("retries_freshly_signed.stale_signature", "overload/blip-503")
class SignsOnce(Connector):
    """Builds and signs an address once and sends it with each retry."""

    def address(
        self, path: str, shop: ShopAccess, query: Iterable[tuple[str, str]], body: bytes
    ) -> str:
        built: dict[str, str] = self.__dict__.setdefault("built", {})
        url = super().address(path, shop, query, body)
        return built.setdefault(f"{path} {sorted(query)} {body!r}", url)


@broken(
    "retry_after_honoured.retry_after_ignored",
    "overload/rate-limited-429",
    "overload/limit-of-one-a-second",
)
class IgnoresRetryAfter(Connector):
    """Never looks at Retry-After."""

    def asked_wait_s(self, headers: Mapping[str, str]) -> float:
        return 0.0


@broken("retry_after_honoured.retry_after_ignored", "overload/rate-limited-by-date")
class ReadsSecondsOnly(Connector):
    """Reads Retry-After in seconds only, and takes a date for nothing."""

    def asked_wait_s(self, headers: Mapping[str, str]) -> float:
        value = headers.get("retry-after", "")
        return float(value) if value.isdigit() else 0.0


@broken(
    "permanent_errors_not_retried.permanent_error_retried",
    "endpoint/wrong-path",
    "endpoint/wrong-verb",
)
class RetriesEverything(Connector):
    """Retries every error alike."""

    def may_repeat(self, trouble: Trouble, *, changes: bool) -> bool:
        return True


@broken_reference("retry_after_honoured.retry_after_ignored", "overload/rate-limited-429")
def caps_retry_after(reference: ReferenceIntegration) -> None:
    """Cuts every pause that the platform asks for to half a second."""
    pauses = reference._pauses
    keep = pauses.set

    def cap(scope: str, *, wait_s: float, cause: str) -> None:
        keep(scope, wait_s=min(wait_s, 0.5), cause=cause)

    pauses.set = cap  # type: ignore[method-assign]


@broken(
    "blips_ridden_out.gave_up_at_once",
    "overload/blip-503",
    "overload/rate-limited-429",
    "network/reset-before-commit",
)
class GivesUpAtOnce(Connector):
    """Tries everything once."""

    attempts = 1


@broken("shops_apart.shop_starved", "shops/one-shop-limited")
class StopsAtTheFirstShop(Connector):
    """Walks through its shops in one loop, which the first trouble ends."""

    def each_shop(self, work: Callable[[ShopAccess], None]) -> None:
        for shop in self.connection.shops:
            work(shop)


# -- errors_not_success ---------------------------------------------------------------------------


@broken("errors_not_success.error_swallowed", "overload/outage-503")
class SwallowsErrors(Connector):
    """Takes any error of a sync for the end of the list and reports success."""

    def sync_orders(self) -> None:
        try:
            super().sync_orders()
        except Trouble:
            return


@broken("errors_not_success.code_ignored", "overload/rate-limited-200")
class IgnoresCodes(Connector):
    """Judges success by HTTP status 200 alone."""

    def judge(self, status: int, headers: Mapping[str, str], body: bytes) -> Json:
        envelope = self.read_envelope(body)
        if status == 200 and envelope is not None:
            return envelope.get("data") or {"orders": [], "inventory": []}
        return super().judge(status, headers, body)


@broken("errors_not_success.error_swallowed", "body/code-nobody-knows")
class KnowsItsCodesOnly(Connector):
    """Has a branch for each code it knows, and takes all others for success."""

    def judge(self, status: int, headers: Mapping[str, str], body: bytes) -> Json:
        envelope = self.read_envelope(body)
        if envelope and envelope["code"] not in MEANINGS and not envelope.get("data"):
            return {}
        return super().judge(status, headers, body)


@broken(
    "errors_not_success.broken_body_ignored",
    "body/truncated-json",
    "body/wrong-type",
    "body/login-page-with-200",
)
class TakesBrokenBodyForEmpty(Connector):
    """Takes a body that is no JSON for an empty object."""

    def read_envelope(self, body: bytes) -> Json | None:
        return super().read_envelope(body) or {"code": 0, "data": {}}


@broken("errors_not_success.nothing_reached", "network/port-refused", world="wire")
class TakesSilenceForNothingNew(Connector):
    """Takes refused connections for nothing new and reports success."""

    def sync_orders(self) -> None:
        try:
            super().sync_orders()
        except Trouble as trouble:
            if trouble.cause != "network":
                raise


@broken_reference("errors_not_success.error_swallowed", "body/html-error-page")
def reports_what_it_has(reference: ReferenceIntegration) -> None:
    """Gives up at the first 502 and reports what it has as a success."""
    sync = reference.sync_orders
    hasty = replace(reference._settings.patience, attempts=1)
    reference._settings = reference._settings.changed_by({"patience": hasty})

    def lenient() -> dict[str, int]:
        try:
            return sync()
        except ConnectorError:
            return {"changed": 0}

    reference.sync_orders = lenient  # type: ignore[method-assign]


# -- recovered_in_time ----------------------------------------------------------------------------


@broken("recovered_in_time.not_recovered", "overload/outage-503")
class SwitchesItselfOff(Connector):
    """Switches a shop off for good after five failed syncs."""

    def sync_orders(self) -> None:
        failures = self.__dict__.setdefault("failures", [])
        if len(failures) >= 5:
            raise Trouble("outage", "the shop is switched off after five failures")
        try:
            super().sync_orders()
        except Trouble as trouble:
            failures.append(trouble)
            raise


@broken("recovered_in_time.recovered_late", "auth/keys-rotated")
class WaitsTooLong(Connector):
    """Waits ten minutes longer after each failed sync, and does not hear of new keys meanwhile."""

    def sync_orders(self) -> None:
        failures = self.__dict__.setdefault("failures", [])
        time.sleep(600.0 * len(failures))
        try:
            super().sync_orders()
        except Trouble as trouble:
            failures.append(trouble)
            raise


# -- actions_end ----------------------------------------------------------------------------------


@broken("actions_end.action_never_ends", "slowness/stalled-body", "network/port-black-holed")
class WaitsForEver(Connector):
    """Sends its requests without any time-out."""

    def open_connections(self) -> None:
        super().open_connections()
        self.client.timeout = httpx.Timeout(None)


@broken("actions_end.process_ended", "auth/missing-scope")
class ExitsOnRefusal(Connector):
    """Ends the whole process when a call is refused."""

    def alert(self, cause: str, message: str) -> None:
        super().alert(cause, message)
        sys.exit(1)


# -- https_only -----------------------------------------------------------------------------------


@broken("https_only.plain_http", "overload/blip-503")
class TriesPlainHttpFirst(Connector):
    """Asks over plain http first and goes over to https when that is refused."""

    def details(self, shop: ShopAccess, ids: list[str]) -> Json:
        path, query = "/order/202507/orders", [("ids", ",".join(ids))]
        url = self.address(path, shop, query, b"").replace("https:", "http:")
        self.exchange("GET", url, self.headers(self.token_for(path)), b"")
        return super().details(shop, ids)


@broken("https_only.redirect_followed", "endpoint/redirected")
class FollowsRedirects(Connector):
    """Lets its HTTP library follow redirects."""

    def open_connections(self) -> None:
        super().open_connections()
        self.client.follow_redirects = True


@broken("https_only.redirect_followed", "endpoint/redirected")
class LooksWhereARedirectLeads(Connector):
    """Follows a redirect once to see what is there, and tells that the address is wrong."""

    def exchange(
        self, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        status, told, content = super().exchange(method, url, headers, body)
        if 300 <= status < 400 and not self.__dict__.get("has_looked"):
            self.has_looked = True
            super().exchange(method, told["location"], headers, body)
        return status, told, content
