"""Request signatures: what is signed, how, and what went wrong where one does not fit.

Works on the bytes as they travel, for both roles: a client signs, the platform verifies. Knows
nothing of operations, tokens or time.

The message is

    app_secret + path + k1v1k2v2... + body + app_secret

with the query parameters sorted by the bytes of their keys, keys and values percent-decoded, `sign`
and `access_token` left out, and the body left out where it is multipart. The signature is its
lower-case hexadecimal HMAC-SHA256 keyed by `app_secret`. The scheme of the API before 202309 ("v1")
never signs the body.

Source: protocol facts, section 1 (documented; the published example recomputes).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from typing import Literal
from urllib.parse import quote

import msgspec

from tts_chaos.wire.message import ApiRequest

__all__ = [
    "UNSIGNED_PARAMETERS",
    "Pairs",
    "Scheme",
    "attach_signature",
    "canonical_string",
    "digest_string",
    "encode_query",
    "is_multipart",
    "scheme_of",
    "sign_request",
    "sign_v1",
    "sign_v2",
    "verify",
    "verify_request",
]

Pairs = Sequence[tuple[str, str]]
"""Decoded query parameters in any order."""

Scheme = Literal["v1", "v2"]

UNSIGNED_PARAMETERS = frozenset({"sign", "access_token"})
"""Source: protocol facts, section 1.1 ("parameters", documented)."""

_V1_PREFIX = "/api/"
_MULTIPART = "multipart/form-data"


def canonical_string(
    path: str, query_pairs: Pairs, body: bytes = b"", content_type: str = ""
) -> bytes:
    """Return what is signed, without the secret around it.

    Args:
        path: Path as sent, without host and query; nothing is added or removed.
        query_pairs: Decoded parameters. Values of a repeated key are joined by commas in their
            order, as one vendor SDK does; the documents show one comma list only (inferred).
        body: The exact bytes sent; b"" for none, and always for v1.
        content_type: Value of the header. The body stays out if its media type is
            multipart/form-data, whatever parameters follow.
    """
    values: dict[bytes, list[str]] = {}
    for key, value in query_pairs:
        if key not in UNSIGNED_PARAMETERS:
            values.setdefault(key.encode(), []).append(value)
    parts = [path.encode()]
    for name in sorted(values):
        parts += [name, ",".join(values[name]).encode()]
    if not is_multipart(content_type):
        parts.append(body)
    return b"".join(parts)


def is_multipart(content_type: str) -> bool:
    """Whether the header's media type, its parameters aside, is multipart/form-data."""
    return content_type.partition(";")[0].strip().lower() == _MULTIPART


def digest_string(secret: str, message: bytes) -> str:
    """Return the signature of `message`, which is wrapped in the secret first."""
    key = secret.encode()
    return hmac.digest(key, key + message + key, "sha256").hex()


def sign_v2(
    secret: str, path: str, query_pairs: Pairs, body: bytes = b"", content_type: str = ""
) -> str:
    """Return the signature of a request to a path with a version segment, 202309 and later."""
    return digest_string(secret, canonical_string(path, query_pairs, body, content_type))


def sign_v1(secret: str, path: str, query_pairs: Pairs) -> str:
    """Return the signature of a request below `/api/`: the same without the body.

    Source: protocol facts, section 1.2 (documented; retired).
    """
    return digest_string(secret, canonical_string(path, query_pairs))


def scheme_of(path: str) -> Scheme:
    """Return the scheme by which requests to `path` are signed."""
    return "v1" if path.startswith(_V1_PREFIX) else "v2"


def verify(
    signature: str,
    *,
    secret: str,
    path: str,
    query_pairs: Pairs,
    body: bytes = b"",
    content_type: str = "",
) -> bool:
    """Whether `signature` is that of the request, compared in constant time and by case.

    Source: protocol facts, section 1.1 ("digest": upper case is refused, recorded).
    """
    if scheme_of(path) == "v1":
        expected = sign_v1(secret, path, query_pairs)
    else:
        expected = sign_v2(secret, path, query_pairs, body, content_type)
    # As bytes: compare_digest takes no text beyond ASCII, and a signature is whatever was sent.
    return hmac.compare_digest(signature.encode("utf-8", "surrogatepass"), expected.encode())


def sign_request(secret: str, request: ApiRequest) -> str:
    """Return the signature that `request` should carry."""
    content_type = request.header("content-type") or ""
    if scheme_of(request.path) == "v1":
        return sign_v1(secret, request.path, request.query_pairs)
    return sign_v2(secret, request.path, request.query_pairs, request.body, content_type)


def verify_request(secret: str, request: ApiRequest, *, lenient: bool = False) -> bool:
    """Whether the parameter `sign` of `request` is right.

    Args:
        secret: Secret of the app that `app_key` names.
        request: The request as it arrived.
        lenient: Whether other readings of the rules pass, too, as some clients have them: a body of
            exactly `{}` left out, a repeated key signed once for each of its values (what the
            platform accepts is not known: assumed either way).
    """
    signature = (request.parameter("sign") or "").encode("utf-8", "surrogatepass")
    expected = [sign_request(secret, request)]
    if lenient:
        expected += _other_readings(secret, request)
    return any(hmac.compare_digest(signature, one.encode()) for one in expected)


def _other_readings(secret: str, request: ApiRequest) -> Iterable[str]:
    """Yield the signatures of clients that read the rules in another way.

    Source: protocol facts, section 1.1 ("Points where code bases differ").
    """
    path, pairs = request.path, request.query_pairs
    content_type = request.header("content-type") or ""
    if request.body == b"{}":
        yield sign_v2(secret, path, pairs, b"", content_type)
    if len({key for key, _ in pairs}) < len(pairs):
        signed = [pair for pair in pairs if pair[0] not in UNSIGNED_PARAMETERS]
        signed.sort(key=lambda pair: pair[0].encode())
        text = path + "".join(key + value for key, value in signed)
        body = b"" if is_multipart(content_type) else request.body
        yield digest_string(secret, text.encode() + body)


def attach_signature(request: ApiRequest, secret: str) -> ApiRequest:
    """Return `request` with its query encoded anew and `sign` at its end, as a client sends it.

    A `sign` that is there already is replaced.
    """
    pairs = [(key, value) for key, value in request.query_pairs if key != "sign"]
    pairs.append(("sign", sign_request(secret, request)))
    return msgspec.structs.replace(request, query=encode_query(pairs))


def encode_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the query text of `pairs`, everything but letters, digits and `-._~` escaped."""
    return "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in pairs)
