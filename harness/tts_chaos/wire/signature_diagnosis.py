"""Why a signature does not fit: known mistakes are tried out until one explains it.

A refusal says only "sign is invalid". Whoever holds the secret can do better: sign the request the
way a mistaken client would, and see whether that gives the signature that was sent. One mistake at
a time; two at once stay unexplained.

Source: pitfalls A1 to A18 (documented and recorded).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

import msgspec

from tts_chaos.wire.message import ApiRequest
from tts_chaos.wire.signing import (
    UNSIGNED_PARAMETERS,
    canonical_string,
    digest_string,
    is_multipart,
    scheme_of,
    sign_request,
)

__all__ = ["Diagnosis", "explain_mismatch"]


class Diagnosis(msgspec.Struct, frozen=True):
    """The likely mistake behind a signature.

    Attributes:
        mistake: One word for tables: `upper_case`, `token_signed`, `body_reserialised`, ...
        text: A sentence that says what was done and what to do instead.
    """

    mistake: str
    text: str


_Candidates = Iterator[tuple[str, Diagnosis]]


def explain_mismatch(secret: str, request: ApiRequest) -> Diagnosis | None:
    """Return why the parameter `sign` of `request` is wrong, None where it is right.

    Args:
        secret: The right secret of the app.
        request: The request as it arrived.

    Returns:
        A diagnosis in any case where the signature is wrong; `unexplained` where no single known
        mistake leads to it.
    """
    sent = request.parameter("sign")
    expected = sign_request(secret, request)
    if sent is None:
        return Diagnosis("missing", "the request carries no parameter sign")
    if sent == expected:
        return None
    for family in _FAMILIES:
        for signature, diagnosis in family(secret, request):
            if sent == signature:
                return diagnosis
    return Diagnosis(
        "unexplained",
        "no single known mistake gives this signature; look for another app's secret, a parameter "
        "changed after signing, or a body that is not the one signed",
    )


def _spelling(secret: str, request: ApiRequest) -> _Candidates:
    expected = sign_request(secret, request)
    yield (
        expected.upper(),
        Diagnosis("upper_case", "the digest is in upper case; send lower-case hexadecimal"),
    )
    for spaced in (f"{secret}\n", f" {secret}", f"{secret} ", f"{secret}\r\n", f"\t{secret}"):
        yield (
            sign_request(spaced, request),
            Diagnosis(
                "secret_white_space",
                "the secret has white space around it; strip it where it is read",
            ),
        )


def _recipe(secret: str, request: ApiRequest) -> _Candidates:
    message = _message(request)
    key = secret.encode()
    yield (
        hmac.digest(key, message, "sha256").hex(),
        Diagnosis("secret_not_wrapped", "the secret must also stand before and after the message"),
    )
    yield (
        hashlib.sha256(key + message + key).hexdigest(),
        Diagnosis(
            "plain_hash", "the digest is a plain SHA-256; it must be an HMAC with the secret"
        ),
    )
    if scheme_of(request.path) == "v2" and request.body:
        yield (
            digest_string(secret, canonical_string(request.path, request.query_pairs)),
            _without_body(request),
        )


def _without_body(request: ApiRequest) -> Diagnosis:
    if request.body == b"{}":
        return Diagnosis(
            "empty_object_not_signed",
            "the body {} was sent but not signed; sign its two bytes, or send none",
        )
    return Diagnosis(
        "v1_recipe",
        "the body was left out of the signature, as before version 202309; sign its exact bytes",
    )


def _body(secret: str, request: ApiRequest) -> _Candidates:
    content_type = request.header("content-type") or ""
    if is_multipart(content_type):
        yield (
            digest_string(
                secret, canonical_string(request.path, request.query_pairs, request.body)
            ),
            Diagnosis("multipart_signed", "a multipart body must stay out of the signature"),
        )
        return
    try:
        value = json.loads(request.body)
    except (ValueError, RecursionError):
        return
    for how, text in _spellings_of(value):
        yield (
            digest_string(
                secret, canonical_string(request.path, request.query_pairs, text.encode())
            ),
            Diagnosis(
                "body_reserialised",
                f"the body was written anew after signing: signed {how}, sent otherwise; sign the "
                "very bytes that are sent",
            ),
        )


def _spellings_of(value: object) -> Iterator[tuple[str, str]]:
    """Yield the ways in which JSON libraries write the same value."""
    for sort_keys, order in ((False, ""), (True, " and sorted keys")):
        for escape, letters in ((False, ""), (True, " and escaped letters")):
            for separators, spacing in (
                ((",", ":"), "without spaces"),
                ((", ", ": "), "with spaces"),
            ):
                text = json.dumps(
                    value, separators=separators, sort_keys=sort_keys, ensure_ascii=escape
                )
                yield spacing + order + letters, text
                # Go writes these three as escapes unless told otherwise.
                for sign in "<>&":
                    text = text.replace(sign, f"\\u{ord(sign):04x}")
                yield spacing + order + letters + " and escaped <, >, &", text
    yield "indented by two", json.dumps(value, indent=2, ensure_ascii=False)


def _parameters(secret: str, request: ApiRequest) -> _Candidates:
    def signed(pairs: list[tuple[str, str]]) -> str:
        content_type = request.header("content-type") or ""
        body = (
            b"" if scheme_of(request.path) == "v1" or is_multipart(content_type) else request.body
        )
        flat = "".join(key + value for key, value in pairs)
        return digest_string(secret, request.path.encode() + flat.encode() + body)

    every = sorted(request.query_pairs)
    pairs = [pair for pair in every if pair[0] not in UNSIGNED_PARAMETERS]
    with_token = [pair for pair in every if pair[0] != "sign"]
    header_token = request.header("x-tts-access-token") or ""
    token_signed = Diagnosis(
        "token_signed", "the access token was signed along; it must stay out of the signature"
    )
    if with_token != pairs:
        yield signed(with_token), token_signed
    for name in ("access_token", "x-tts-access-token"):
        yield signed(sorted([*pairs, (name, header_token)])), token_signed
    yield from _parameter_values(signed, pairs, bare_plus="+" in request.query)
    in_order = [pair for pair in request.query_pairs if pair[0] not in UNSIGNED_PARAMETERS]
    yield signed(in_order), Diagnosis("not_sorted", "the parameters must be sorted by key")
    yield (
        signed(sorted(in_order, key=lambda pair: pair[0].lower())),
        Diagnosis("sorted_by_letter", "sort the keys by byte: upper case comes before lower case"),
    )
    for left_out in dict.fromkeys(key for key, _ in pairs):
        yield (
            signed([pair for pair in pairs if pair[0] != left_out]),
            Diagnosis(
                "parameter_not_signed",
                f"the parameter {left_out} was sent but not signed; was it added afterwards?",
            ),
        )


def _parameter_values(
    signed: Callable[[list[tuple[str, str]]], str],
    pairs: list[tuple[str, str]],
    *,
    bare_plus: bool,
) -> _Candidates:
    first = list({key: (key, value) for key, value in reversed(pairs)}.values())
    repeated = Diagnosis(
        "repeated_key", "a repeated key is ambiguous; send one parameter with a comma list"
    )
    # Before all others: these leave values as they are, and so would sign the same where the only
    # thing wrong is a key that is there twice.
    if len(first) != len(pairs):
        yield signed(sorted(first)), repeated
        yield signed(pairs), repeated
    plus = (
        Diagnosis("plus_sent_bare", "a plus sign was sent unescaped; send it as %2B")
        if bare_plus
        else Diagnosis("plus_for_space_signed", "a space was signed as a plus sign; sign a space")
    )
    yield signed([(key, value.replace(" ", "+")) for key, value in pairs]), plus
    encoded = Diagnosis(
        "encoded_values_signed",
        "percent-encoded values were signed; sign them decoded, as they are before encoding",
    )
    for encode in (
        lambda value: quote(value, safe=""),
        quote,
        quote_plus,
        lambda value: quote(value, safe="").lower(),
    ):
        yield signed([(key, encode(value)) for key, value in pairs]), encoded
    yield (
        signed([(key, value) for key, value in pairs if value]),
        Diagnosis("empty_value_dropped", "a parameter with an empty value was sent but not signed"),
    )


def _path(secret: str, request: ApiRequest) -> _Candidates:
    rest = _message(request)[len(request.path.encode()) :]
    variants = {
        request.path + "/": "a slash was added to the signed path",
        request.path.rstrip("/"): "the slash at the end of the path was not signed",
        request.path.lstrip("/"): "the slash at the start of the path was not signed",
        f"https://{request.host}{request.path}": "scheme and host were signed; sign the path alone",
        request.host + request.path: "the host was signed; sign the path alone",
        f"{request.method}{request.path}": "the verb was signed; sign the path alone",
    }
    for path, text in variants.items():
        if path != request.path:
            yield digest_string(secret, path.encode() + rest), Diagnosis("path_changed", text)


def _message(request: ApiRequest) -> bytes:
    body = b"" if scheme_of(request.path) == "v1" else request.body
    content_type = request.header("content-type") or ""
    return canonical_string(request.path, request.query_pairs, body, content_type)


# Ordered by how often each is met; the first that fits is told.
_FAMILIES: tuple[Callable[[str, ApiRequest], _Candidates], ...] = (
    _spelling,
    _recipe,
    _body,
    _parameters,
    _path,
)
