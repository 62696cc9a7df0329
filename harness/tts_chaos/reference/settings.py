"""Settings of the connector: where, who, and with how much patience."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tts_chaos.reference.errors import SettingsError

__all__ = ["PATIENT", "QUICK", "Patience", "ReferenceSettings", "Shop"]

API_URL = "https://open-api.tiktokglobalshop.com"
TOKEN_URL = "https://auth.tiktok-shops.com"  # noqa: S105 - an address
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait and how often to try. Times in seconds.

    Attributes:
        base_s: Upper bound of the first pause between tries; doubles with each try.
        cap_s: Upper bound of any pause.
        attempts: Tries of one call, the first included.
        wait_limit_s: Longest wait that `Retry-After` may impose inside a call; a longer one ends
            the call, and no call is made before it is over.
        connect_s: Time-out of connecting.
        read_s: Time-out between two bytes of an answer.
        total_s: Bound of one try as a whole, against answers that only trickle.
        slow_s: An answer later than this counts as slow.
    """

    base_s: float = 1.0
    cap_s: float = 60.0
    attempts: int = 6
    wait_limit_s: float = 120.0
    connect_s: float = 5.0
    read_s: float = 15.0
    total_s: float = 60.0
    slow_s: float = 3.0


PATIENT = Patience()
"""For production: outlives a restart of the other side, gives up within minutes."""

QUICK = Patience(
    base_s=0.05,
    cap_s=1.0,
    attempts=5,
    wait_limit_s=5.0,
    connect_s=1.0,
    read_s=2.0,
    total_s=5.0,
    slow_s=1.0,
)
"""For tests on real sockets, where every second of patience is a second of waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """One authorised shop."""

    id: str
    cipher: str = field(repr=False)
    region: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceSettings:
    """All the connector needs to know. Secrets do not show in its repr.

    Attributes:
        app_key: Key of the app.
        app_secret: Its secret.
        access_token: Access token to start with; what the database holds is newer and wins, unless
            these settings name another pair than the last time.
        refresh_token: The refresh token that belongs to it.
        access_token_expires_at: Unix seconds, absolute.
        refresh_token_expires_at: Unix seconds, absolute.
        shops: Authorised shops.
        database: Path of the SQLite file.
        encryption_key: 32 bytes in URL-safe Base64, as `cryptography.fernet.Fernet.generate_key`
            makes them. Keep it where the database is not.
        api_url: Base URL of the Open API.
        token_url: Base URL of the token host.
        ca_file: Certificate authority to trust besides none other; None for the usual ones.
        patience: Waits and retries.
        use_system_proxy: Whether proxy variables of the environment are obeyed.
        sync_to_disk: Whether each commit waits for the disk.
        jitter_seed: Seed of the jitter; None draws from the system.
    """

    app_key: str
    app_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    access_token_expires_at: int
    refresh_token_expires_at: int
    shops: tuple[Shop, ...]
    database: Path
    encryption_key: str = field(repr=False)
    api_url: str = API_URL
    token_url: str = TOKEN_URL
    ca_file: str | None = None
    patience: Patience = PATIENT
    use_system_proxy: bool = False
    sync_to_disk: bool = True
    jitter_seed: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name in ("api_url", "token_url"):
            _require_https(name, getattr(self, name))
        for name in ("app_key", "app_secret", "access_token", "refresh_token"):
            value = getattr(self, name)
            if not value or value != value.strip():
                raise SettingsError(f"{name} is empty or has white space around it")
        if not self.shops:
            raise SettingsError("no shop is given; expected at least one with id and cipher")

    def shop(self, shop_id: str) -> Shop | None:
        """Return the shop with this id, or None."""
        return next((shop for shop in self.shops if shop.id == shop_id), None)

    def changed_by(self, changes: Mapping[str, Any]) -> ReferenceSettings:
        """Return a copy with `changes`; addresses lose a trailing slash.

        Raises:
            SettingsError: If a name is no setting, or a value is unusable.
        """
        known = {item.name for item in fields(self)}
        unknown = sorted(set(changes) - known)
        if unknown:
            raise SettingsError(
                f"unknown setting {', '.join(unknown)}; known are {', '.join(sorted(known))}"
            )
        values = dict(changes)
        for name in ("api_url", "token_url"):
            if name in values:
                values[name] = str(values[name]).rstrip("/")
        if "shops" in values:
            values["shops"] = make_shops(values["shops"])
        if "database" in values:
            values["database"] = Path(values["database"])
        return replace(self, **values)


def make_shops(shops: Iterable[Any]) -> tuple[Shop, ...]:
    """Return shops made from mappings, (id, cipher) pairs, or objects with the same attributes."""
    return tuple(_make_shop(shop) for shop in shops)


def _make_shop(shop: Any) -> Shop:
    if isinstance(shop, Shop):
        return shop
    if isinstance(shop, Mapping):
        return Shop(**{key: str(shop[key]) for key in shop})
    if isinstance(shop, tuple | list):
        return Shop(id=str(shop[0]), cipher=str(shop[1]))
    return Shop(id=shop.id, cipher=shop.cipher, region=shop.region, name=shop.name)


def _require_https(name: str, url: str) -> None:
    """Plain http is refused by the platform and shows secrets to everyone on the way."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return
    raise SettingsError(f"{name} is {url!r}; expected an https address", cause="endpoint")
