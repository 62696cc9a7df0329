"""Signatures worked out in advance, three of them published by the platform itself."""

from __future__ import annotations

import pytest

from tts_chaos.contracts.loader import SigningVector, load_contracts
from tts_chaos.wire.signing import canonical_string, sign_v1, sign_v2, verify
from tts_chaos.wire.webhook import sign_webhook, verify_webhook

VECTORS = load_contracts().signing_vectors
REQUESTS = [vector for vector in VECTORS if vector.scheme != "webhook"]
WEBHOOKS = [vector for vector in VECTORS if vector.scheme == "webhook"]


def parts(vector: SigningVector) -> tuple[str, list[tuple[str, str]], bytes, str]:
    inputs = vector.inputs
    pairs = [(key, value) for key, value in inputs["query"]]
    return inputs["path"], pairs, inputs["body"].encode(), inputs.get("content_type") or ""


def test_all_vectors_are_there() -> None:
    assert len(VECTORS) == 23
    assert {vector.id for vector in VECTORS if vector.digest_published} == {
        "v2-01-get-shops",
        "v2-02-excluded-params",
        "wh-01",
    }


@pytest.mark.parametrize("vector", REQUESTS, ids=lambda vector: vector.id)
def test_a_request_is_signed_as_worked_out(vector: SigningVector) -> None:
    path, pairs, body, content_type = parts(vector)
    secret = vector.inputs["app_secret"]

    signature = (
        sign_v1(secret, path, pairs)
        if vector.scheme == "v1"
        else sign_v2(secret, path, pairs, body, content_type)
    )

    assert signature == vector.signature


@pytest.mark.parametrize("vector", REQUESTS, ids=lambda vector: vector.id)
def test_a_worked_out_signature_verifies(vector: SigningVector) -> None:
    path, pairs, body, content_type = parts(vector)

    assert verify(
        vector.signature,
        secret=vector.inputs["app_secret"],
        path=path,
        query_pairs=pairs,
        body=body,
        content_type=content_type,
    )


@pytest.mark.parametrize("vector", REQUESTS, ids=lambda vector: vector.id)
def test_the_text_to_sign_is_as_worked_out(vector: SigningVector) -> None:
    path, pairs, body, content_type = parts(vector)

    signed = canonical_string(path, pairs, b"" if vector.scheme == "v1" else body, content_type)

    assert signed.decode() == vector.string_to_sign


@pytest.mark.parametrize("vector", WEBHOOKS, ids=lambda vector: vector.id)
def test_a_webhook_is_signed_as_worked_out(vector: SigningVector) -> None:
    inputs = vector.inputs
    body = inputs["raw_body"].encode()

    assert sign_webhook(inputs["app_key"], inputs["app_secret"], body) == vector.signature
    assert verify_webhook(inputs["app_key"], inputs["app_secret"], body, vector.signature)


def test_the_published_example_recomputes() -> None:
    signature = sign_v2(
        "e59af819cc",
        "/authorization/202309/shops",
        [("timestamp", "1623812664"), ("app_key", "29a39d")],
    )

    assert signature == "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8"
