"""What each fault of webhooks makes of the deliveries that are due."""

from __future__ import annotations

import hashlib
import hmac
from itertools import permutations

import msgspec
import pytest
from tests.support.engine_parts import webhook_moment

from tts_chaos.faults.fault import Fault
from tts_chaos.faults.webhook import (
    WebhooksBatched,
    WebhooksDropped,
    WebhooksDuplicated,
    WebhooksForged,
    WebhooksLate,
    WebhooksReordered,
)
from tts_chaos.faults.webhook_shapes import (
    WebhooksOversize,
    WebhooksTruncated,
    WebhooksUnknownType,
    WebhooksWithoutContentType,
)
from tts_chaos.faults.webhook_strangers import (
    WebhooksReplayed,
    WebhooksUnsigned,
    WebhooksWrongKey,
    WebhooksWrongShop,
)
from tts_chaos.wire.delivery import OutgoingWebhook

NOW_MS = 1_793_091_600_123


def _deliveries(count: int = 1) -> tuple[OutgoingWebhook, ...]:
    return tuple(
        OutgoingWebhook(
            notification=str(n),
            type=1,
            shop="7",
            attempt=1,
            headers=(("content-type", "application/json"), ("authorization", "good")),
            body=b'{"type":1,"data":{"order_id":"5","order_status":"UNPAID"}}',
        )
        for n in range(count)
    )


def _shaped(fault: Fault, count: int = 1) -> tuple[OutgoingWebhook, ...]:
    moment = webhook_moment(_sign, now_ms=NOW_MS, seed=1)
    return fault.reshape(_deliveries(count), moment)


def _sign(body: bytes) -> str:
    return hmac.new(b"secret", body, hashlib.sha256).hexdigest()


def _signature(delivery: OutgoingWebhook) -> str | None:
    return dict(delivery.headers).get("authorization")


def test_duplicates_share_the_notification_and_only_the_copies_are_marked() -> None:
    shaped = _shaped(WebhooksDuplicated(copies=3, parallel=True))

    assert [d.notification for d in shaped] == ["0", "0", "0"]
    assert [d.parallel for d in shaped] == [False, True, True]
    assert [d.fault for d in shaped] == ["", "webhooks_duplicated", "webhooks_duplicated"]


def test_reordered_webhooks_come_newest_first() -> None:
    assert [d.notification for d in _shaped(WebhooksReordered(), 3)] == ["2", "1", "0"]


def test_dropped_webhooks_do_not_come() -> None:
    assert _shaped(WebhooksDropped()) == ()


def test_each_forgery_differs_from_the_genuine_webhook_and_none_is_marked_genuine() -> None:
    genuine, tampered, foreign, unsigned = _shaped(WebhooksForged())

    assert genuine == _deliveries()[0]
    assert not any(d.genuine for d in (tampered, foreign, unsigned))
    assert dict(tampered.headers)["authorization"] == "good"
    assert tampered.body != genuine.body
    assert dict(foreign.headers)["authorization"] not in ("good", "")
    assert "authorization" not in dict(unsigned.headers)


def test_forgeries_claim_that_the_order_was_cancelled() -> None:
    bodies = [msgspec.json.decode(d.body) for d in _shaped(WebhooksForged())[1:]]

    assert {body["data"]["order_status"] for body in bodies} == {"CANCELLED"}


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_permutations_are_numbered_as_in_a_dictionary_each_once(count: int) -> None:
    orders = list(permutations([str(n) for n in range(count)]))

    shaped = [
        tuple(d.notification for d in _shaped(WebhooksReordered(permutation=number), count))
        for number in range(len(orders))
    ]

    assert shaped == orders


def test_the_order_in_which_they_were_due_is_none_and_marks_nothing() -> None:
    assert _shaped(WebhooksReordered(permutation=0), 3) == _deliveries(3)
    assert _shaped(WebhooksReordered(permutation=6), 3) == _deliveries(3)


def test_late_webhooks_are_put_off_and_stay_genuine() -> None:
    (late,) = _shaped(WebhooksLate(delay_ms=5000))

    assert (late.delay_ms, late.genuine, late.body) == (5000, True, _deliveries()[0].body)


def test_batched_webhooks_are_held_and_come_together() -> None:
    shaped = _shaped(WebhooksBatched(), 2)

    assert [(d.held, d.parallel, d.genuine) for d in shaped] == [(True, True, True)] * 2


@pytest.mark.parametrize(("key", "secret"), [("another", None), ("empty", "")])
def test_a_wrong_key_signs_as_the_platform_does_with_another_secret(
    key: str, secret: str | None
) -> None:
    fault = msgspec.convert({"key": key}, WebhooksWrongKey)

    _, forgery = _shaped(fault)

    signature = _signature(forgery) or ""
    assert signature.startswith("signed with '")
    assert secret is None or signature == f"signed with {secret!r}"
    assert msgspec.json.decode(forgery.body)["data"]["order_status"] == "CANCELLED"
    assert not forgery.genuine


def test_an_unsigned_copy_comes_before_the_signed_one() -> None:
    bare, genuine = _shaped(WebhooksUnsigned())

    assert (_signature(bare), bare.body) == (None, genuine.body)
    assert (bare.genuine, bare.replaces) == (False, False)


def test_a_stripped_signature_takes_the_place_of_the_platforms_own() -> None:
    (bare,) = _shaped(WebhooksUnsigned(instead=True))

    assert (_signature(bare), bare.genuine, bare.replaces) == (None, False, True)


def test_a_replay_is_an_old_one_byte_for_byte() -> None:
    old = msgspec.structs.replace(_deliveries()[0], notification="old", body=b"{}")
    young = msgspec.structs.replace(old, notification="young")
    past = ((NOW_MS - 1000, old), (NOW_MS - 10, young))
    moment = webhook_moment(now_ms=NOW_MS, past=past)

    genuine, replay = WebhooksReplayed(older_than_ms=1000).reshape(_deliveries(), moment)

    assert genuine == _deliveries()[0]
    assert (replay.notification, replay.body, replay.headers) == ("old", b"{}", old.headers)
    assert not replay.genuine
    assert WebhooksReplayed(older_than_ms=1001).reshape(_deliveries(), moment) == _deliveries()


def test_what_is_due_itself_is_not_replayed() -> None:
    moment = webhook_moment(now_ms=NOW_MS, past=((0, _deliveries()[0]),))

    assert WebhooksReplayed().reshape(_deliveries(), moment) == _deliveries()


def test_webhooks_of_another_shop_are_well_signed_and_claim_what_is_not_so() -> None:
    genuine, cancelled, invented = _shaped(WebhooksWrongShop())

    bodies = [msgspec.json.decode(each.body) for each in (cancelled, invented)]
    assert [body["shop_id"] for body in bodies] == [cancelled.shop, invented.shop]
    assert "7" not in (cancelled.shop, invented.shop)
    assert bodies[0]["data"] == {"order_id": "5", "order_status": "CANCELLED"}
    assert bodies[1]["data"]["order_id"] != "5"
    assert [_signature(each) for each in (cancelled, invented)] == [
        _sign(each.body) for each in (cancelled, invented)
    ]
    assert genuine == _deliveries()[0]


def test_an_oversized_webhook_is_as_large_as_asked_and_well_signed() -> None:
    _, large = _shaped(WebhooksOversize(size_bytes=100_000))

    assert 100_000 < len(large.body) < 101_000
    assert _signature(large) == _sign(large.body)


def test_a_truncated_webhook_keeps_its_signature_and_takes_the_place_of_the_whole_one() -> None:
    (cut,) = _shaped(WebhooksTruncated(keep_ratio=0.25))

    whole = _deliveries()[0]
    assert cut.body == whole.body[: len(whole.body) // 4]
    assert (cut.headers, cut.genuine, cut.replaces) == (whole.headers, False, True)


@pytest.mark.parametrize(
    ("owner", "field"),
    [("shop", "shop_id"), ("seller", "seller_open_id"), ("creator", "creator_open_id")],
)
def test_an_unknown_type_names_its_owner_and_is_well_signed(owner: str, field: str) -> None:
    fault = msgspec.convert({"event": 4711, "owner": owner}, WebhooksUnknownType)

    (_, stranger) = _shaped(fault)

    body = msgspec.json.decode(stranger.body)
    owners = {"shop_id", "seller_open_id", "creator_open_id"}
    assert (body["type"], stranger.type) == (4711, 4711)
    assert owners & body.keys() <= {field}
    assert _signature(stranger) == _sign(stranger.body)


def test_without_its_content_type_a_copy_is_the_same_otherwise() -> None:
    genuine, copy = _shaped(WebhooksWithoutContentType())

    assert copy.headers == (("authorization", "good"),)
    assert (copy.body, copy.genuine) == (genuine.body, False)


def test_what_one_fault_added_gets_no_company_by_another() -> None:
    moment = webhook_moment(_sign, now_ms=NOW_MS)

    once = WebhooksUnknownType().reshape(_deliveries(), moment)

    assert len(WebhooksOversize(size_bytes=10).reshape(once, moment)) == 3
