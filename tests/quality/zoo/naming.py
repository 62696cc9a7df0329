"""What counts as naming a planted defect; written down before any result was looked at.

The top finding of a run, the one that a report shows first, names the planted defect

- where its rule is the member's own or the other one of its `SIDES`, and, for members with `WORDS`,
  it says at least one of them;
- for members whose own rule only tells of a harm (an order is missing, stock differs), which names
  nothing by itself: where it says at least one of their words, whatever the rule.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["HARMS", "SIDES", "WORDS", "names_defect"]

HARMS = frozenset(
    {
        "orders_complete.order_lost",
        "orders_exact.wrong_status",
        "recovered_in_time.not_recovered",
        "recovered_in_time.recovered_late",
        "stock_converges.stock_differs",
    }
)
"""Rules that tell of a harm, which many defects can do."""

SIDES: tuple[frozenset[str], ...] = (
    frozenset({"webhooks_once.booked_twice", "orders_unique.order_twice"}),
    frozenset(
        {
            "webhooks_once.units_booked_twice",
            "orders_unique.line_twice",
            "orders_unique.unit_twice",
        }
    ),
    frozenset({"webhooks_once.conversion_told_twice", "conversions_valid.converted_twice"}),
    frozenset(
        {
            "forged_webhooks_ignored.forgery_accepted",
            "forged_webhooks_ignored.forgery_believed",
        }
    ),
    frozenset(
        {
            "status_never_backwards.status_backwards",
            "newest_status_kept.older_status_believed",
        }
    ),
    frozenset({"retries_spaced.retry_storm", "retries_spaced.retry_without_pause"}),
    frozenset({"token_pair_kept.old_access_token_after_restart", "token_pair_kept.old_pair_held"}),
    frozenset({"stock_converges.push_lost", "stock_converges.stock_differs"}),
)
"""Rules that say the same defect, seen from two sides."""

_SIGN = ("`sign`", "signature")

WORDS: Mapping[str, tuple[str, ...]] = {
    # orders
    "MovesItsMarkBeforeItsThreads": ("the mark of the last sync move",),
    "ReadsOnePage": ("next_page_token is not followed",),
    "SendsPageTokenInBody": ("page_token", "page token"),
    "SkipsBrokenDetails": ("failed order detail call drops its orders",),
    "MovesItsMarkFirst": ("the mark of the last sync move",),
    "BelievesInItsPages": ("total_count", "no page showed"),
    "FiltersByLocalTime": ("local time is taken for UTC",),
    "UsesOneCipher": ("cipher or token is mixed up",),
    "ForgetsFailedLookUps": ("acknowledged before its look-up",),
    "LivesOnWebhooks": ("taken from webhooks",),
    "DemandsEveryField": ("mapping discards", "cannot read"),
    "KnowsTheFirstStatuses": ("mapping discards", "cannot read"),
    "NeverUpdates": ("first state is kept",),
    "SpellsCanceledWithOneL": ("'CANCELED' is no status of the platform",),
    "FreezesShippedOrders": ("never taken over", "first state is kept"),
    "KeysByOrderAndSecond": ("duplicate", "deduplication key"),
    "RoundsIdsOfWebhooks": ("rounded", "floating point"),
    # the form of requests
    "SendsPageSizeInBody": ("page_size",),
    "SendsAnEmptyList": ("a list", "array"),
    "SortsInLowerCase": ("sort_order",),
    "CallsTheFirstApi": ("/api/orders/search",),
    "PutsTheOrderIntoThePath": ("/order/202507/orders/",),
    "AsksForAWholePage": ("at most 50", "more than 50"),
    "SendsIdsAsAList": ("comma list",),
    "SendsForms": ("content-type", "Content-Type", "form"),
    "EndsPathsWithASlash": ("/order/202309/orders/search/",),
    "NamesNoShop": ("shop_cipher",),
    "NamesTheShopById": ("shop_cipher", "cipher"),
    "SendsTokenInQueryOnly": ("access-token", "access_token"),
    "RefreshesByPost": ("POST auth",),
    "RefreshesUnderAnotherName": ("grant_type",),
    "SendsItsCipherEverywhere": ("shop_cipher", "cipher"),
    "CallsTheOldSandbox": ("sandbox",),
    "RefreshesAtTheApiHost": ("open-api",),
    # signatures and time stamps
    "SignsOtherBytes": _SIGN,
    "SignsSpacesAndSendsNone": ("body_reserialised",),
    "SignsSortedKeys": ("body_reserialised", "sorted"),
    "SignsNoEmptyBody": ("empty_object_not_signed",),
    "SignsWithoutBody": ("the body was left out of the signature",),
    "SendsUpperCase": ("upper case",),
    "HashesWithoutAKey": ("plain SHA-256",),
    "ForgetsTheWrap": ("secret_not_wrapped",),
    "KeepsALineEndInItsSecret": ("white space around",),
    "SignsItsToken": ("access token was signed",),
    "SignsEncodedValues": ("percent-encoded values were signed",),
    "SendsPlusBare": ("plus sign was sent unescaped",),
    "SortsByLetter": ("sort the keys by byte",),
    "RepeatsAKey": ("repeated key",),
    "AddsAParameterAfterwards": ("was sent but not signed",),
    "StampsMilliseconds": ("millisecond",),
    "StampsFractions": ("timestamp",),
    "StampsLocalTime": ("ahead of the platform",),
    # stock
    "BuildsPushesInOneField": ("another SKU",),
    "MarksFailedPushesDone": ("marked done although it failed",),
    "LowersBeforeEachTry": ("before a push", "before each try"),
    "PutsSoldUnitsBack": ("sold since", "sold meanwhile", "was sold"),
    "ForgetsRefusedPushes": ("never sent again",),
    "PushesOnceAndForgets": ("never sent again", "forgotten"),
    # tokens
    "GivesItsPairUpAtOnce": ("never tried again",),
    "KeepsTimesIn32Bits": ("kept", "stored"),
    # recovery
    "SwitchesItselfOff": ("switched off", "stopped calling", "no call"),
    "WaitsTooLong": ("back-off", "pauses grow"),
}
"""By member: the top finding says at least one of them."""


def names_defect(name: str, own_rule: str, rule: str, text: str) -> bool:
    """Whether a finding of `rule`, saying `text`, names the defect of the member `name`."""
    same = rule == own_rule or any({rule, own_rule} <= side for side in SIDES)
    words = WORDS.get(name, ())
    if own_rule in HARMS:
        return any(word in text for word in words)
    return same and (not words or any(word in text for word in words))
