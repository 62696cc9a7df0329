"""What every integration of the zoo knows about the API, without sending anything.

Signing, judging answers, mapping orders, pausing: each is a method, so that a broken integration is
a correct one with one method replaced. Not a second reference: it knows what the scenarios of the
zoo need (parcels that exist from payment on, one carrier, no product catalogue) and no more.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import time
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from tts_chaos.typing import ShopAccess, TwinConnection

__all__ = ["MEANINGS", "STATUS_WORDS", "Json", "Manners", "Trouble", "problem_of"]

Json = dict[str, Any]

MEANINGS: dict[int, tuple[str, str]] = {
    **dict.fromkeys((105001, 105002, 401, 10001, 10002), ("credentials", "token")),
    **dict.fromkeys((10003, 101000, 106001, 36009043, 36009044), ("credentials", "never")),
    **dict.fromkeys((36004001, 36004004, 36004005), ("credentials", "never")),
    **dict.fromkeys((403, 105005, 36009033), ("permission", "never")),
    **dict.fromkeys((36009009, 36009010), ("endpoint", "never")),
    36009014: ("version", "never"),
    36009002: ("rate_limit", "wait"),
    36009037: ("rate_limit", "never"),
    36009003: ("outage", "unknown"),
    36009007: ("slowness", "unknown"),
}
"""Cause and kind of trouble by envelope code. Source: protocol facts, section 4 (documented)."""

WORDINGS = (
    ("timestamp", ("clock", "never")),
    ("version", ("version", "never")),
    ("access_token", ("credentials", "token")),
    ("access-token", ("credentials", "token")),
    ("app_key", ("credentials", "never")),
    ("sign", ("credentials", "never")),
)
"""36009004 is one code for a dozen troubles; its message tells them apart."""

STATUSES: dict[int, tuple[str, str]] = {
    400: ("endpoint", "never"),
    401: ("credentials", "token"),
    403: ("permission", "never"),
    404: ("endpoint", "never"),
    407: ("network", "never"),
    429: ("rate_limit", "wait"),
}
"""Cause and kind of an answer without a readable envelope."""


STATUS_WORDS = frozenset(
    {
        "UNPAID",
        "ON_HOLD",
        "AWAITING_SHIPMENT",
        "PARTIALLY_SHIPPING",
        "AWAITING_COLLECTION",
        "IN_TRANSIT",
        "DELIVERED",
        "COMPLETED",
        "CANCELLED",
    }
)
"""Source: protocol facts, section 7.3 (documented)."""

OTHER_UNIT = 10
"""A total and its lines that differ more often than this count different units."""


def problem_of(raw: Any) -> str:
    """Return which field of an order cannot be read, "" where all can."""
    if not isinstance(raw, dict) or not isinstance(raw.get("id"), str):
        return "id"
    lines = raw.get("line_items")
    if not isinstance(lines, list) or not lines:
        return "line_items"
    try:
        prices = sum(Decimal(line["sale_price"]) for line in lines)
        total = Decimal(raw["payment"]["total_amount"])
    except (KeyError, TypeError, ValueError, InvalidOperation):
        return "an amount"
    return "total_amount" if total > OTHER_UNIT * prices > 0 else ""


def _each_key_once(pairs: list[tuple[str, Any]]) -> Json:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key is named twice")
    return dict(pairs)


class Trouble(Exception):
    """A call failed.

    Attributes:
        cause: The word an alert uses.
        kind: `token` (a new access token may help), `wait` (nothing was done, try later), `unknown`
            (it may have been done), `never` (no try can help).
        wait_s: Pause that the platform asked for.
    """

    def __init__(self, cause: str, text: str, *, kind: str = "never", wait_s: float = 0.0) -> None:
        super().__init__(f"{cause}: {text}")
        self.cause = cause
        self.kind = kind
        self.wait_s = wait_s


class Manners:
    """The behaviours that need no connection.

    Args:
        connection: Where and who.
    """

    page_size = 50
    attempts = 6

    def __init__(self, connection: TwinConnection) -> None:
        self.connection = connection
        self.settings: Json = {"app_key": connection.app_key, "app_secret": connection.app_secret}
        self.chance = random.Random(connection.access_token)
        self.base_s = 1.0 if connection.world == "simulated" else 0.1

    # -- requests -------------------------------------------------------------------------------

    def sign(self, path: str, query: Iterable[tuple[str, str]], body: bytes) -> str:
        """Return the signature of a request. Source: protocol facts, section 1.1 (documented)."""
        secret = self.settings["app_secret"]
        text = path + "".join(key + value for key, value in sorted(query))
        message = f"{secret}{text}".encode() + body + secret.encode()
        return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()

    def address(
        self, path: str, shop: ShopAccess, query: Iterable[tuple[str, str]], body: bytes
    ) -> str:
        """Return the whole address of a call, stamped and signed now."""
        stamped = [
            ("app_key", self.settings["app_key"]),
            ("timestamp", self.stamp()),
            ("shop_cipher", shop.cipher),
            *query,
        ]
        stamped.append(("sign", self.sign(path, stamped, body)))
        return f"{self.connection.api_url}{path}?{self.encode(stamped)}"

    def stamp(self) -> str:
        """Return the time stamp of a request: Unix time in whole seconds."""
        return str(int(time.time()))

    def encode(self, query: Iterable[tuple[str, str]]) -> str:
        """Return a query as text."""
        return "&".join(f"{key}={quote(value, safe='')}" for key, value in query)

    def headers(self, token: str) -> dict[str, str]:
        """Return the headers of a call."""
        return {"content-type": "application/json", "x-tts-access-token": token}

    def refresh_address(self, refresh_token: str) -> str:
        """Return the address of a token refresh: unsigned, by GET, everything in the query."""
        query = [
            ("app_key", self.settings["app_key"]),
            ("app_secret", self.settings["app_secret"]),
            ("refresh_token", refresh_token),
            ("grant_type", "refresh_token"),
        ]
        return f"{self.connection.token_url}/api/v2/token/refresh?{self.encode(query)}"

    # -- answers --------------------------------------------------------------------------------

    def judge(self, status: int, headers: Mapping[str, str], body: bytes) -> Json:
        """Return the data of an answer.

        Raises:
            Trouble: If it says anything but success.
        """
        envelope = self.read_envelope(body)
        if envelope is None:
            cause, kind = self.meaning_of_status(status)
            text = f"HTTP {status} without an envelope"
            raise Trouble(cause, text, kind=kind, wait_s=self.asked_wait_s(headers))
        code, message = envelope["code"], str(envelope.get("message"))
        if code == 0 and 200 <= status < 300:
            return envelope.get("data") or {}
        cause, kind = self.meaning_of_code(code, message, status)
        text = f"code {code}, HTTP {status}, {message}"
        raise Trouble(cause, text, kind=kind, wait_s=self.asked_wait_s(headers))

    def read_envelope(self, body: bytes) -> Json | None:
        """Return the envelope, None where the body is none."""
        try:
            envelope = json.loads(body, object_pairs_hook=_each_key_once)
        except ValueError:
            return None
        is_envelope = isinstance(envelope, dict) and isinstance(envelope.get("code"), int)
        return envelope if is_envelope else None

    def meaning_of_code(self, code: int, message: str, status: int) -> tuple[str, str]:
        """Return cause and kind of an envelope with a code."""
        if code == 36009004:
            words = message.lower()
            return next((means for word, means in WORDINGS if word in words), ("contract", "never"))
        if code in MEANINGS:
            return MEANINGS[code]
        return ("outage", "unknown") if status >= 500 else ("contract", "never")

    def meaning_of_status(self, status: int) -> tuple[str, str]:
        """Return cause and kind of an answer without a readable envelope."""
        if status >= 500:
            return ("outage", "unknown")
        if 300 <= status < 400:
            return ("endpoint", "never")
        return STATUSES.get(status, ("contract", "unknown"))

    def asked_wait_s(self, headers: Mapping[str, str]) -> float:
        """Return the pause that the platform asks for: seconds, or a date by its own clock."""
        value = headers.get("retry-after", "").strip()
        if not value or value.isdigit():
            return float(value or 0)
        until = parsedate_to_datetime(value).timestamp()
        now = headers.get("date")
        return max(0.0, until - (parsedate_to_datetime(now).timestamp() if now else time.time()))

    def may_repeat(self, trouble: Trouble, *, changes: bool) -> bool:
        """Whether sending the same again is safe and may help."""
        return trouble.kind == "wait" or (trouble.kind == "unknown" and not changes)

    def pause_s(self, trouble: Trouble, attempt: int) -> float:
        """Return the pause before the next try: what was asked for, and full jitter on top."""
        bound = min(60.0, self.base_s * 2**attempt)
        return trouble.wait_s + max(self.base_s / 2, self.chance.uniform(0, bound))

    def expiry_of(self, data: Json) -> int:
        """Return when a new access token expires: the platform tells an absolute Unix second."""
        return int(data["access_token_expire_in"])

    # -- orders ---------------------------------------------------------------------------------

    def map_order(self, raw: Json, shop: ShopAccess) -> Json:
        """Return an order of the API as it is kept."""
        return {
            "id": raw["id"],
            "shop_id": shop.id,
            "status": raw["status"],
            "currency": raw["payment"]["currency"],
            "total_amount": self.map_total(raw),
            "create_time": raw["create_time"],
            "update_time": raw["update_time"],
            "paid_time": raw.get("paid_time") or 0,
            "buyer_email": raw.get("buyer_email") or "",
            "phone": (raw.get("recipient_address") or {}).get("phone_number") or "",
            "packages": [package["id"] for package in raw.get("packages") or []],
            "shipping_type": raw["shipping_type"],
            "delivery_option_id": raw["delivery_option_id"],
            "lines": self.map_lines(raw["line_items"]),
        }

    def map_total(self, raw: Json) -> Any:
        """Return the total of an order; money stays text."""
        return raw["payment"]["total_amount"]

    def map_lines(self, rows: list[Json]) -> list[Json]:
        """Return the lines of an order: each is one unit."""
        return [self.map_line(row) for row in rows]

    def map_line(self, row: Json) -> Json:
        """Return one line."""
        return {key: row[key] for key in ("id", "sku_id", "seller_sku", "sale_price")}

    # -- conversions ----------------------------------------------------------------------------

    def convert(self, order: Json) -> Json:
        """Return the conversion record of a paid order."""
        return {
            "order_id": order["id"],
            **self.contact_of(order),
            "transaction_category": "PURCHASE",
            "timestamp": order["paid_time"],
            "amount": order["total_amount"],
            "currency": order["currency"],
        }

    def contact_of(self, order: Json) -> dict[str, str]:
        """Return how the buyer can be reached; a masked number is no contact."""
        if order["buyer_email"]:
            return {"email": order["buyer_email"]}
        is_whole = order["phone"] and "*" not in order["phone"]
        return {"phone": order["phone"]} if is_whole else {}

    # -- webhooks -------------------------------------------------------------------------------

    def is_genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether a webhook is signed by the platform: HMAC of app key and raw body."""
        secret = self.settings["app_secret"].encode()
        message = self.settings["app_key"].encode() + body
        expected = hmac.new(secret, message, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected, headers.get("authorization", ""))
