"""What can be wrong with a request: one row each, most of them signed like a good one."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import msgspec
from tests.robustness.drafts import Draft

from tts_chaos.wire.message import ApiRequest
from tts_chaos.wire.signing import encode_query

__all__ = ["AFTER_SIGNING", "BEFORE_SIGNING"]

Mutation: TypeAlias = Callable[[Draft, random.Random], Draft]
Spoiling: TypeAlias = Callable[[ApiRequest, random.Random], ApiRequest]

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63), 10**30, 1.5, 1e308, "", " ", "0", "-1",
    "null", "x" * 5_000, "9" * 400, "\x00", "\u202e", "𝔘🛒", "%s%n", "../..", "1e400", "NaN",
    [], {}, [[]], [None], [{}], {"": None},
)  # fmt: skip
BODIES: tuple[bytes, ...] = (
    b"", b"[]", b"null", b"0", b'"text"', b"{", b"}", b"{]", b'{"a":1,"a":2}', b"\xff\xfe{}",
    b"\xef\xbb\xbf{}", b'{"a":NaN}', b'{"a":1e999}', b'{"a":"\\ud800"}', b'{"a":"\xc3\x28"}',
    b"[" * 100_000, b'{"a":' * 50_000, b'{"a":' * 3_000 + b"1" + b"}" * 3_000,
    b"9" * 100_000, b"<xml/>", b"\x00" * 64, b'{"\\u0000":1}',
)  # fmt: skip
TEXTS: tuple[str, ...] = (
    "", "0", "-1", "1e9", "9" * 400, "a,b,,c", ",", "true", "\x00", "\xff", "%", "%zz", "{}",
    "é" * 10, "x" * 8_000, "null", "[1]", "2026-13-45", "+", "&=",
)  # fmt: skip
PATHS: tuple[Callable[[str], str], ...] = (
    lambda path: path + "/",
    lambda path: path.replace("/", "//", 1),
    lambda path: path.upper(),
    lambda path: path.rpartition("/")[0] or "/",
    lambda path: path.replace("2023", "2099").replace("2025", "2099"),
    lambda path: path + "/%00/%ff",
    lambda path: "/../.." + path,
    lambda path: path + "/\xe9\xff",
    lambda path: path.replace("/", "%2F"),
    lambda path: "/api" + path,
    lambda _path: "/",
    lambda path: path + "/x" * 500,
)
HEADERS: tuple[tuple[str, str], ...] = (
    ("content-type", "text/plain"), ("content-type", ""), ("content-type", "application/json;"),
    ("content-type", "multipart/form-data"), ("content-type", "multipart/form-data; boundary="),
    ("x-tts-access-token", ""), ("x-tts-access-token", "ROW_nobody"),
    ("x-tts-access-token", "\xff" * 40), ("x-tts-access-token", "a" * 20_000),
)  # fmt: skip


def _odd_value(draft: Draft, rng: random.Random) -> Draft:
    return replace(draft, value=_changed(draft.value, rng, lambda: rng.choice(ODD)))


def _changed(value: Any, rng: random.Random, make: Callable[[], Any]) -> Any:
    """Return `value` with one node, anywhere in it, replaced."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = rng.choice(list(value))
        return {**value, key: _changed(value[key], rng, make)}
    if isinstance(value, list) and value and rng.random() < 0.7:
        return [_changed(value[0], rng, make), *value[1:]]
    return make()


def _field_dropped(draft: Draft, rng: random.Random) -> Draft:
    return replace(draft, value=_without_one(draft.value, rng))


def _without_one(value: Any, rng: random.Random) -> Any:
    """Return `value` without one field, at any depth."""
    if isinstance(value, list) and value:
        return [_without_one(value[0], rng), *value[1:]]
    if not isinstance(value, dict) or not value:
        return {}
    name = rng.choice(list(value))
    if isinstance(value[name], dict | list) and rng.random() < 0.7:
        return {**value, name: _without_one(value[name], rng)}
    return {key: part for key, part in value.items() if key != name}


def _items_many(draft: Draft, rng: random.Random) -> Draft:
    return replace(draft, value=_changed(draft.value, rng, lambda: [rng.choice(ODD)] * 300))


def _field_added(draft: Draft, rng: random.Random) -> Draft:
    value = draft.value if isinstance(draft.value, dict) else {}
    return replace(draft, value={**value, rng.choice(("x", "", "id", "sign")): rng.choice(ODD)})


def _key_twice(draft: Draft, _rng: random.Random) -> Draft:
    text = json.dumps(draft.value or {"a": 1})
    return replace(draft, value=None, body=(text[:-1] + "," + text[1:]).encode())


def _body_odd(draft: Draft, rng: random.Random) -> Draft:
    return replace(draft, value=None, body=rng.choice(BODIES))


def _bytes_flipped(draft: Draft, rng: random.Random) -> Draft:
    body = bytearray(draft.encoded().body or b"{}")
    for _ in range(rng.randint(1, 4)):
        body[rng.randrange(len(body))] = rng.randrange(256)
    return replace(draft, value=None, body=bytes(body))


def _body_cut(draft: Draft, rng: random.Random) -> Draft:
    body = draft.encoded().body
    return replace(draft, value=None, body=body[: rng.randrange(len(body) + 1)])


def _query_odd(draft: Draft, rng: random.Random) -> Draft:
    if not draft.query:
        return draft
    place = rng.randrange(len(draft.query))
    pairs = list(draft.query)
    pairs[place] = (pairs[place][0], rng.choice(TEXTS))
    return replace(draft, query=tuple(pairs))


def _query_dropped(draft: Draft, rng: random.Random) -> Draft:
    gone = rng.choice(draft.query) if draft.query else ("", "")
    return replace(draft, query=tuple(pair for pair in draft.query if pair != gone))


def _query_twice(draft: Draft, rng: random.Random) -> Draft:
    return replace(draft, query=(*draft.query, rng.choice(draft.query or (("a", "b"),))))


def _query_added(draft: Draft, rng: random.Random) -> Draft:
    extra = (rng.choice(("x", "", "version", "shop_id", "access_token")), rng.choice(TEXTS))
    return replace(draft, query=(*draft.query, extra))


def _query_raw(draft: Draft, rng: random.Random) -> Draft:
    junk = rng.choice(("&&&", "%", "%zz=%zz", "=", "a=%ff%fe", "?" * 50, "a" * 20_000, "\xff=\xfe"))
    return replace(draft, raw_query=f"{encode_query(draft.query)}&{junk}")


def _verb_other(draft: Draft, rng: random.Random) -> Draft:
    verbs = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE")
    return replace(draft, method=rng.choice(verbs))


def _path_other(draft: Draft, rng: random.Random) -> Draft:
    return replace(draft, path=rng.choice(PATHS)(draft.path))


def _host_other(draft: Draft, rng: random.Random) -> Draft:
    hosts = ("api.tiktokshop.com", "auth.tiktok-shops.com", "open-api.tiktokglobalshop.com", "")
    return replace(draft, host=rng.choice(hosts))


def _plain_http(draft: Draft, _rng: random.Random) -> Draft:
    return replace(draft, scheme="http")


def _header_other(draft: Draft, rng: random.Random) -> Draft:
    name, value = rng.choice(HEADERS)
    kept = tuple(row for row in draft.headers if row[0] != name)
    return replace(draft, headers=(*kept, (name, value)))


def _header_dropped(draft: Draft, rng: random.Random) -> Draft:
    gone = rng.choice(draft.headers)[0] if draft.headers else ""
    return replace(draft, headers=tuple(row for row in draft.headers if row[0] != gone))


def _header_twice(draft: Draft, rng: random.Random) -> Draft:
    return replace(draft, headers=(*draft.headers, rng.choice(draft.headers or (("x", "y"),))))


def _time_other(draft: Draft, rng: random.Random) -> Draft:
    times = ("0", "-1", "", "1", "soon", "9" * 30, "1.5", "1790000000", "99999999999")
    pairs = tuple((k, rng.choice(times) if k == "timestamp" else v) for k, v in draft.query)
    return replace(draft, query=pairs)


BEFORE_SIGNING: dict[str, Mutation] = {
    "odd value": _odd_value,
    "field dropped": _field_dropped,
    "field added": _field_added,
    "many items": _items_many,
    "key twice": _key_twice,
    "odd body": _body_odd,
    "bytes flipped": _bytes_flipped,
    "body cut": _body_cut,
    "odd parameter": _query_odd,
    "parameter dropped": _query_dropped,
    "parameter twice": _query_twice,
    "parameter added": _query_added,
    "raw query": _query_raw,
    "other verb": _verb_other,
    "other path": _path_other,
    "other host": _host_other,
    "plain http": _plain_http,
    "other header": _header_other,
    "header dropped": _header_dropped,
    "header twice": _header_twice,
    "other time": _time_other,
}
"""Mistakes under a good signature."""


def _sign_other(request: ApiRequest, rng: random.Random) -> ApiRequest:
    signs = ("", "0" * 64, "g" * 64, "\xff", "a" * 10_000)
    pairs = [(k, rng.choice(signs) if k == "sign" else v) for k, v in request.query_pairs]
    return msgspec.structs.replace(request, query=encode_query(pairs))


def _sign_dropped(request: ApiRequest, _rng: random.Random) -> ApiRequest:
    pairs = [(k, v) for k, v in request.query_pairs if k != "sign"]
    return msgspec.structs.replace(request, query=encode_query(pairs))


def _body_after(request: ApiRequest, _rng: random.Random) -> ApiRequest:
    return msgspec.structs.replace(request, body=request.body + b" ")


AFTER_SIGNING: dict[str, Spoiling] = {
    "other signature": _sign_other,
    "signature dropped": _sign_dropped,
    "body changed after signing": _body_after,
}
"""Mistakes that the signature shows."""
