"""Integrations that lose, wear out or misuse their token pair."""

from __future__ import annotations

import json
import logging
import struct
import sys
import time
from collections.abc import Mapping

from tests.quality.zoo.base import Connector
from tests.quality.zoo.manners import Json, Trouble
from tests.quality.zoo.registry import broken, broken_reference

from tts_chaos.reference.connector import ReferenceIntegration

__all__: list[str] = []

# -- token_refreshed_once -------------------------------------------------------------------------


@broken(
    "token_refreshed_once.never_refreshed", "auth/token-expired-401", "auth/token-revoked-early"
)
class NeverRefreshes(Connector):
    """Has a function that refreshes, and nothing calls it."""

    def renew(self, refused: str) -> bool:
        return True


@broken("token_refreshed_once.never_refreshed", "auth/expired-in-200-over-several-syncs")
class RefreshesOn401Only(Connector):
    """Looks for an expired token at the HTTP status only, and misses the code inside a 200."""

    def meaning_of_code(self, code: int, message: str, status: int) -> tuple[str, str]:
        cause, kind = super().meaning_of_code(code, message, status)
        return (cause, "never") if kind == "token" and status != 401 else (cause, kind)


@broken("token_refreshed_once.never_refreshed", "auth/article-codes")
class RecognisesExpiryByWording(Connector):
    """Recognises an expired token by the words of one message."""

    def meaning_of_code(self, code: int, message: str, status: int) -> tuple[str, str]:
        cause, kind = super().meaning_of_code(code, message, status)
        is_expiry = message == "Expired credentials, please refresh."
        return (cause, "never") if kind == "token" and not is_expiry else (cause, kind)


@broken("token_refreshed_once.never_refreshed", "auth/token-expired-401")
@broken("alert_raised.wrong_cause", "clock/three-minutes-ahead")
class RaisesBeforeItReads(Connector):
    """Raises on a bad status before it reads the code, so that no code ever reaches a branch."""

    def judge(self, status: int, headers: Mapping[str, str], body: bytes) -> Json:
        if status in (400, 401, 403):
            cause, _ = self.meaning_of_status(status)
            raise Trouble(cause, f"HTTP {status}")
        return super().judge(status, headers, body)


@broken("orders_complete.order_lost", "auth/token-expired-401")
class RefreshesAtTheApiHost(Connector):
    """Sends its refresh to the API's host instead of the token host."""

    def refresh_address(self, refresh_token: str) -> str:
        address = super().refresh_address(refresh_token)
        return address.replace(self.connection.token_url, self.connection.api_url)


@broken("token_refreshed_once.refresh_storm", "auth/token-expired-parallel")
class RefreshesInEachWorker(Connector):
    """Lets every worker that meets an expired token refresh by itself."""

    def renew(self, refused: str) -> bool:
        self.keep(self.ask_for_pair(self.state["tokens"]["refresh_token"]))
        return True


@broken("token_refreshed_once.refresh_for_other_error", "auth/missing-scope")
class TakesForbiddenForExpired(Connector):
    """Takes every code of the gateway's family 105 for an expired token."""

    def meaning_of_code(self, code: int, message: str, status: int) -> tuple[str, str]:
        cause, kind = super().meaning_of_code(code, message, status)
        return (cause, "token") if code // 1000 == 105 else (cause, kind)


@broken("token_refreshed_once.never_refreshed", "auth/authorisation-ended")
class WaitsForNewSettings(Connector):
    """Asks a person for a new pair as soon as its access token is refused, and never refreshes."""

    def renew(self, refused: str) -> bool:
        self.alert("credentials", "the access token is refused; authorise the app anew")
        raise self.dead()


@broken("token_refreshed_once.refresh_for_other_error", "auth/missing-scope")
class RefreshesAndGivesUp(Connector):
    """Refreshes where a scope is missing, and gives the call up all the same."""

    def judge(self, status: int, headers: Mapping[str, str], body: bytes) -> Json:
        try:
            return super().judge(status, headers, body)
        except Trouble as trouble:
            if trouble.cause == "permission":
                self.renew(self.state["tokens"]["access_token"])
            raise


@broken("token_refreshed_once.refresh_for_other_error", "clock/three-minutes-ahead")
class TakesEveryBadRequestForADeadToken(Connector):
    """Takes each 36009004 for a dead token, although only its clock is off."""

    def meaning_of_code(self, code: int, message: str, status: int) -> tuple[str, str]:
        if code == 36009004:
            return ("credentials", "token")
        return super().meaning_of_code(code, message, status)


@broken("token_pair_kept.wrong_expiry", "auth/seven-days-of-tokens")
class BelievesInADay(Connector):
    """Takes a token to live a day, as those of other products do, and refreshes every day."""

    def expiry_of(self, data: Json) -> int:
        return int(time.time()) + 86_400


@broken("token_refreshed_once.refresh_for_other_error", "auth/shop-inactive")
class TakesEach401ForExpired(Connector):
    """Takes status 401 for an expired token, whatever the code beside it says."""

    def meaning_of_code(self, code: int, message: str, status: int) -> tuple[str, str]:
        cause, kind = super().meaning_of_code(code, message, status)
        return (cause, "token") if status == 401 else (cause, kind)


@broken("token_refreshed_once.refresh_without_need", "overload/blip-503")
class RefreshesAtEachStart(Connector):
    """Refreshes at each start instead of using the pair it has."""

    def start(self) -> None:
        super().start()
        self.renew(self.state["tokens"]["access_token"])


@broken("token_refreshed_once.refresh_repeated_in_vain", "auth/refresh-answer-lost-with-rotation")
class NeverGivesUpARefreshToken(Connector):
    """Presents a refused refresh token again and again."""

    def ask_for_pair(self, refresh_token: str) -> Json:
        for _ in range(4):
            try:
                return super().ask_for_pair(refresh_token)
            except Trouble:
                time.sleep(1.0)
        return super().ask_for_pair(refresh_token)

    def note_failed_refresh(self, trouble: Trouble) -> None:
        self.alert("credentials", str(trouble))


@broken("token_refreshed_once.refresh_repeated_in_vain", "auth/authorisation-ended")
class PresentsItInEachAction(Connector):
    """Presents a refused refresh token once in everything it does, hour after hour."""

    def note_failed_refresh(self, trouble: Trouble) -> None:
        self.alert("credentials", str(trouble))


@broken("actions_end.process_ended", "auth/refresh-answer-lost")
class EndsWithItsRefresh(Connector):
    """Refreshes outside of any handler: a reset connection ends the process."""

    def ask_for_pair(self, refresh_token: str) -> Json:
        try:
            return self.judge(*self.exchange("GET", self.refresh_address(refresh_token), {}, b""))
        except Trouble:
            sys.exit(1)


@broken("token_refreshed_once.call_with_dead_token", "auth/refresh-answer-lost-with-rotation")
class TakesARefusedRefreshForAPair(Connector):
    """Takes status 200 of the token host for a new pair, and goes on with the old one."""

    def ask_for_pair(self, refresh_token: str) -> Json:
        _, _, body = self.exchange("GET", self.refresh_address(refresh_token), {}, b"")
        told = (self.read_envelope(body) or {}).get("data") or {}
        old = self.state["tokens"]
        return {**old, "access_token_expire_in": old["access_token_expires_at"], **told}


@broken("token_refreshed_once.call_with_dead_token", "auth/refresh-answer-lost-with-rotation")
class GoesOnWithADeadToken(Connector):
    """Logs a failed refresh and goes on with the old token."""

    def renew(self, refused: str) -> bool:
        try:
            return super().renew(refused)
        except Trouble:
            return True

    def token_for(self, path: str) -> str:
        return str(self.state["tokens"]["access_token"])


@broken("token_refreshed_once.old_token_used", "auth/token-expired-401")
class KeepsATokenPerClient(Connector):
    """Gives the stock calls a client of their own, which keeps the token it began with."""

    def token_for(self, path: str) -> str:
        token = super().token_for(path)
        return str(self.__dict__.setdefault("held", token)) if "inventory" in path else token


@broken("orders_complete.order_lost", "auth/token-host-down")
class GivesItsPairUpAtOnce(Connector):
    """Takes any failed refresh for the end of its consent, a server error included."""

    def note_failed_refresh(self, trouble: Trouble) -> None:
        super().note_failed_refresh(trouble)
        self.state["is_dead"] = True


@broken("orders_complete.order_lost", "auth/consent-for-a-century")
class KeepsTimesIn32Bits(Connector):
    """Keeps the end of its consent in a column of 32 bits."""

    def keep(self, data: Json) -> None:
        try:
            struct.pack("i", data["refresh_token_expire_in"])
        except struct.error as error:
            raise Trouble("credentials", f"the pair cannot be kept: {error}") from error
        super().keep(data)


# -- token_pair_kept ------------------------------------------------------------------------------


@broken(
    "token_pair_kept.old_access_token_after_restart",
    "auth/pair-kept-over-restart-without-rotation",
)
class KeepsNewPairInMemory(Connector):
    """Keeps the new pair in memory; after a restart it is back at the one of its settings."""

    def load(self) -> Json:
        return {**super().load(), **self.pair_of_settings()}


@broken(
    "token_pair_kept.old_access_token_after_restart",
    "auth/pair-kept-over-restart-without-rotation",
)
class BeginsWithItsSettings(Connector):
    """Begins with the access token of its settings, and takes the kept one when that is refused."""

    def start(self) -> None:
        super().start()
        self.is_fresh = True

    def token_for(self, path: str) -> str:
        kept = super().token_for(path)
        return self.connection.access_token if self.is_fresh else kept

    def renew(self, refused: str) -> bool:
        self.is_fresh = False
        return super().renew(refused)


@broken("token_pair_kept.old_refresh_token_presented", "auth/seven-days-of-tokens")
class TriesItsSettingsFirst(Connector):
    """Tries the refresh token of its settings before the one that it keeps."""

    tokens = None  # type: ignore[assignment]

    def ask_for_pair(self, refresh_token: str) -> Json:
        try:
            return self.judge(
                *self.exchange("GET", self.refresh_address(self.connection.refresh_token), {}, b"")
            )
        except Trouble:
            return super().ask_for_pair(refresh_token)


@broken(
    "token_pair_kept.old_refresh_token_presented",
    "auth/token-pair-kept-over-restart",
)
class KeepsHalfAPair(Connector):
    """Stores the new access token and forgets the new refresh token."""

    def keep(self, data: Json) -> None:
        old = self.state["tokens"]["refresh_token"]
        super().keep({**data, "refresh_token": old})


@broken("token_pair_kept.old_pair_held", "auth/token-expired-401")
class TellsThePairOfItsSettings(Connector):
    """Shows other processes the pair of its settings, whatever it has got since."""

    def tokens(self) -> Json:
        return dict(self.pair_of_settings()["tokens"])


@broken("token_pair_kept.wrong_expiry", "auth/token-expired-401")
class AddsExpiryToNow(Connector):
    """Takes the absolute time of expiry for a duration and adds it to now."""

    def expiry_of(self, data: Json) -> int:
        return int(time.time()) + super().expiry_of(data)


@broken_reference("token_pair_kept.wrong_expiry", "auth/token-revoked-early")
def takes_seconds_for_milliseconds(reference: ReferenceIntegration) -> None:
    """Stores the expiry in milliseconds where seconds are meant."""
    save = reference._token_store.save

    def in_milliseconds(access: str, refresh: str, *, access_expires_at: int, **rest: int) -> None:
        save(access, refresh, access_expires_at=access_expires_at * 1000, **rest)

    reference._token_store.save = in_milliseconds  # type: ignore[method-assign,assignment]


# -- permanent_errors_not_retried: tokens ---------------------------------------------------------


@broken("permanent_errors_not_retried.dead_token_retried", "auth/token-expired-401")
class RefreshesInTheBackground(Connector):
    """Leaves the refresh to a timer and meanwhile repeats the call with the refused token."""

    def judge(self, status: int, headers: Mapping[str, str], body: bytes) -> Json:
        try:
            return super().judge(status, headers, body)
        except Trouble as trouble:
            refused = self.__dict__.setdefault("refused", [])
            refused.append(trouble.kind == "token")
            if trouble.kind == "token" and sum(refused) < 3:
                trouble.kind = "wait"
            raise


# -- secrets --------------------------------------------------------------------------------------


@broken("https_only.secret_in_url", "overload/blip-503")
class SendsTokenInQuery(Connector):
    """Sends the access token in the query, as the retired version of the API did."""

    def encode(self, query: object) -> str:
        text = super().encode(query)  # type: ignore[arg-type]
        return f"{text}&access_token={self.state['tokens']['access_token']}"


@broken("no_secret_leaks.secret_in_file", "overload/blip-503")
class WritesPlainText(Connector):
    """Writes its document, tokens included, in plain text."""

    def seal(self, text: bytes) -> bytes:
        return text

    def unseal(self, text: bytes) -> bytes:
        return text


@broken("no_secret_leaks.secret_in_output", "overload/blip-503")
class PrintsHeaders(Connector):
    """Logs the headers of each call, the token among them."""

    def headers(self, token: str) -> dict[str, str]:
        headers = super().headers(token)
        logging.getLogger(__name__).warning("sending %s", json.dumps(headers))
        return headers


@broken("no_secret_leaks.secret_in_exception", "auth/refresh-answer-lost-with-rotation")
class PutsAddressIntoError(Connector):
    """Puts the address of a failed refresh, secrets included, into the text of the error."""

    def ask_for_pair(self, refresh_token: str) -> Json:
        try:
            return super().ask_for_pair(refresh_token)
        except Trouble as trouble:
            text = f"GET {self.refresh_address(refresh_token)} failed"
            raise Trouble(trouble.cause, text, kind=trouble.kind) from trouble
