"""Manufacturers and responsible persons of an account, whom the law of a market wants named.

Each has one profile per locale. The older search tells one of them, the newer one all.

Source: contracts of the operations (documented fields), error table (documented codes). Assumed: a
profile without a locale is English; the older search tells the profile that was written first;
which of the documented codes answers an address of e-mail that is none, and that a keyword is
looked for in names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tts_chaos.twin.handler import Call, RefusalError, handles
from tts_chaos.twin.listing import page_of

__all__ = [
    "Contact",
    "create_manufacturer",
    "create_person",
    "edit_manufacturer",
    "edit_person",
    "search_manufacturers",
    "search_manufacturers_flat",
    "search_persons",
    "search_persons_flat",
]

UNKNOWN = 38023051
EMAIL_REFUSED = 38023043
DEFAULT_LOCALE = "en-IE"
MANUFACTURER = "manufacturer"
PERSON = "responsible_person"


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """A manufacturer or a responsible person of an account.

    Attributes:
        kind: `MANUFACTURER` or `PERSON`.
        profiles: What is known, by locale; never changed in place.
        shop_id: Always "", as contacts are the account's.
    """

    id: str
    kind: str
    open_id: str
    profiles: Mapping[str, Mapping[str, Any]]
    shop_id: str = ""


@handles("product.202409.create_manufacturer")
def create_manufacturer(call: Call) -> dict[str, Any]:
    """Keep a manufacturer."""
    return {"manufacturer_id": _create(call, MANUFACTURER)}


@handles("product.202409.create_responsible_person")
def create_person(call: Call) -> dict[str, Any]:
    """Keep a responsible person."""
    return {"responsible_person_id": _create(call, PERSON)}


@handles("product.202409.partial_edit_manufacturer")
def edit_manufacturer(call: Call) -> dict[str, Any]:
    """Replace what is sent of the profile of one locale."""
    return _edit(call, MANUFACTURER, call.path["manufacturer_id"])


@handles("product.202409.partial_edit_responsible_person")
def edit_person(call: Call) -> dict[str, Any]:
    """Replace what is sent of the profile of one locale."""
    return _edit(call, PERSON, call.path["responsible_person_id"])


@handles("product.202409.search_manufacturers")
def search_manufacturers_flat(call: Call) -> dict[str, Any]:
    """Return manufacturers, each by its first profile."""
    return _search(call, MANUFACTURER, "manufacturers", is_flat=True)


@handles("product.202409.search_responsible_persons")
def search_persons_flat(call: Call) -> dict[str, Any]:
    """Return responsible persons, each by the first profile."""
    return _search(call, PERSON, "responsible_persons", is_flat=True)


@handles("product.202501.search_manufacturers")
def search_manufacturers(call: Call) -> dict[str, Any]:
    """Return manufacturers with their profiles."""
    return _search(call, MANUFACTURER, "manufacturers", is_flat=False)


@handles("product.202501.search_responsible_persons")
def search_persons(call: Call) -> dict[str, Any]:
    """Return responsible persons with their profiles."""
    return _search(call, PERSON, "responsible_persons", is_flat=False)


def _create(call: Call, kind: str) -> str:
    locale, profile = _profile(call)
    contact = Contact(
        id=call.env.mint_id(), kind=kind, open_id=call.open_id, profiles={locale: profile}
    )
    return call.env.store.put(contact, change=f"{kind}.created").id


def _edit(call: Call, kind: str, id: str) -> dict[str, Any]:
    contact = call.env.store.get(Contact, "", id)
    if contact is None or (contact.kind, contact.open_id) != (kind, call.open_id):
        raise RefusalError(UNKNOWN, f"There is no {kind} {id}.")
    locale, profile = _profile(call)
    merged = {**contact.profiles.get(locale, {}), **profile}
    after = msgspec.structs.replace(contact, profiles={**contact.profiles, locale: merged})
    call.env.store.put(after, change=f"{kind}.edited")
    return {}


def _profile(call: Call) -> tuple[str, dict[str, Any]]:
    email = call.body.get("email")
    if email is not None and not _is_email(email):
        raise RefusalError(EMAIL_REFUSED, f"{email!r} is no address of e-mail.")
    # Fields that nobody knows are passed over: kept, they could come back as an id.
    known = (call.operation.body_schema or {}).get("properties", {})
    profile = {key: value for key, value in call.body.items() if key in known and key != "locale"}
    return call.body.get("locale") or DEFAULT_LOCALE, profile


def _is_email(text: str) -> bool:
    name, at, host = text.partition("@")
    return bool(name and at and host) and "@" not in host and " " not in text


def _search(call: Call, kind: str, answer: str, *, is_flat: bool) -> dict[str, Any]:
    ids = call.body.get(f"{kind}_ids")
    keyword = (call.body.get("keyword") or "").lower()
    found = [
        row
        for row in call.env.store.list(Contact)
        if (row.kind, row.open_id) == (kind, call.open_id)
        and (not ids or row.id in ids)
        and any(keyword in str(p.get("name", "")).lower() for p in row.profiles.values())
    ]
    page = page_of(call, found, sizes=(1, 100), default_size=20)
    shown = [_flat(row) if is_flat else _whole(row, call.body.get("locales")) for row in page.items]
    return {
        answer: shown,
        "total_count": page.total_count,
        "next_page_token": page.next_page_token,
    }


def _flat(row: Contact) -> dict[str, Any]:
    first = next(iter(row.profiles.values()))
    phone = {k: v for k, v in (first.get("phone_number") or {}).items() if k != "availability"}
    return {"id": row.id, **first, "phone_number": phone}


def _whole(row: Contact, locales: list[str] | None) -> dict[str, Any]:
    chosen = (pair for pair in row.profiles.items() if not locales or pair[0] in locales)
    profiles = [{"locale": locale, **profile} for locale, profile in chosen]
    return {"id": row.id, "regional_profiles": profiles}
