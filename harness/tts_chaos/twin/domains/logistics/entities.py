"""Stored shape of warehouses, delivery options and carriers."""

from __future__ import annotations

import msgspec

__all__ = ["RETURN", "SALES", "Carrier", "DeliveryOption", "Warehouse"]

SALES = "SALES_WAREHOUSE"
RETURN = "RETURN_WAREHOUSE"


class Warehouse(msgspec.Struct, frozen=True, kw_only=True):
    """A place goods leave from or come back to.

    Attributes:
        kind: `SALES` or `RETURN`; the two have different ids even at one address.
        status: `ENABLED`, `DISABLED` or `RESTRICTED`.
        country: Name of the country, as the wire shows it.
    """

    id: str
    shop_id: str
    name: str
    kind: str
    region: str
    country: str
    state: str
    city: str
    street: str
    postal_code: str
    phone: str
    status: str = "ENABLED"
    is_default: bool = True


class Carrier(msgspec.Struct, frozen=True, kw_only=True):
    """A company that carries parcels."""

    id: str
    name: str


class DeliveryOption(msgspec.Struct, frozen=True, kw_only=True):
    """A way of delivery a buyer may choose.

    Attributes:
        kind: `STANDARD`, `EXPRESS`, `SEND_BY_SELLER` and others.
        carriers: Who may carry it.
    """

    id: str
    shop_id: str
    name: str
    kind: str
    carriers: tuple[Carrier, ...]
