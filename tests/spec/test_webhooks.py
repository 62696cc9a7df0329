"""Webhooks: who gets one, in which form, how often it is tried, and how subscriptions are kept."""

from __future__ import annotations

import msgspec
import pytest
from tests.support.twin_pair import Reply, TwinPair

from tts_chaos.errors import UsageError
from tts_chaos.twin.domains.event.operations import address_problem
from tts_chaos.wire.delivery import OutgoingWebhook
from tts_chaos.wire.webhook import parse_webhook, verify_webhook

WEBHOOKS = "/event/202309/webhooks"
ADDRESS = "https://hooks.example.com/orders"


@pytest.fixture
def pair() -> TwinPair:
    return TwinPair()


def one_due(pair: TwinPair) -> OutgoingWebhook:
    [webhook] = pair.twin.drain()
    return webhook


def answer(pair: TwinPair, webhook: OutgoingWebhook, status: int) -> None:
    pair.twin.acknowledge(webhook.notification, webhook.shop, webhook.attempt, status)


def put(pair: TwinPair, body: dict[str, str]) -> Reply:
    return pair.send(pair.signed("PUT", WEBHOOKS, body=msgspec.json.encode(body)))


def delete(pair: TwinPair, event_type: str) -> Reply:
    body = msgspec.json.encode({"event_type": event_type})
    return pair.send(pair.signed("DELETE", WEBHOOKS, body=body))


# -- who gets one ----------------------------------------------------------------------------------


def test_nothing_is_sent_before_somebody_subscribes(pair: TwinPair) -> None:
    pair.run("place_orders")

    assert pair.twin.drain() == ()


def test_a_subscription_by_the_api_brings_webhooks(pair: TwinPair) -> None:
    put(pair, {"event_type": "ORDER_STATUS_CHANGE", "address": ADDRESS})
    [order_id] = pair.run("place_orders")

    body = parse_webhook(one_due(pair).body)

    assert body is not None
    assert (body.type, body.shop_id, body.data["order_id"]) == (1, pair.shop_id, order_id)


def test_a_subscription_is_for_one_shop() -> None:
    pair = TwinPair(shops=2)
    put(pair, {"event_type": "ORDER_STATUS_CHANGE", "address": ADDRESS})
    pair.run("place_orders", shop=pair.credentials.shops[1].id)

    assert pair.twin.drain() == ()


def test_a_deleted_subscription_brings_nothing_more(pair: TwinPair) -> None:
    put(pair, {"event_type": "ORDER_STATUS_CHANGE", "address": ADDRESS})
    delete(pair, "ORDER_STATUS_CHANGE")
    pair.run("place_orders")

    assert pair.twin.drain() == ()


def test_a_subscription_that_vanished_brings_nothing_more(pair: TwinPair) -> None:
    subscribed = pair.run("subscribe_webhooks")

    vanished = pair.run("unsubscribe_webhooks")
    pair.run("place_orders")

    assert (vanished, pair.twin.drain()) == (len(subscribed), ())


def test_each_move_of_an_order_is_told(pair: TwinPair) -> None:
    pair.run("subscribe_webhooks", types=[1])
    pair.run("place_orders", paid=False)
    for event in ("pay", "release_hold", "ship", "collect", "cancel"):
        pair.run("move_order", order="newest", event=event)

    told = [parse_webhook(webhook.body) for webhook in pair.twin.drain()]

    assert [body.data["order_status"] for body in told if body] == [
        "UNPAID",
        "ON_HOLD",
        "AWAITING_SHIPMENT",
        "AWAITING_COLLECTION",
        "IN_TRANSIT",
        "CANCEL",
    ]


def test_orders_of_the_past_are_not_told() -> None:
    pair = TwinPair(orders=10)
    pair.run("subscribe_webhooks")

    assert pair.twin.drain() == ()


# -- form ------------------------------------------------------------------------------------------


def test_the_signature_covers_the_bytes_and_nothing_else(pair: TwinPair) -> None:
    pair.run("subscribe_webhooks", types=[1])
    pair.run("place_orders")
    webhook = one_due(pair)
    headers = dict(webhook.headers)
    key, secret = pair.credentials.app_key, pair.credentials.app_secret

    assert verify_webhook(key, secret, webhook.body, headers["authorization"])
    assert not verify_webhook(key, secret, webhook.body + b" ", headers["authorization"])


def test_a_retry_after_the_secret_was_rotated_is_signed_with_the_new_one(pair: TwinPair) -> None:
    pair.run("subscribe_webhooks", types=[1])
    pair.run("place_orders")
    answer(pair, one_due(pair), 500)
    pair.run("rotate_app_secret")
    pair.renew()
    pair.advance(120_000)
    webhook = one_due(pair)

    assert verify_webhook(
        pair.credentials.app_key,
        pair.credentials.app_secret,
        webhook.body,
        dict(webhook.headers)["authorization"],
    )


# -- retries ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 401])
def test_an_acknowledged_webhook_never_comes_again(pair: TwinPair, status: int) -> None:
    pair.run("subscribe_webhooks", types=[1])
    pair.run("place_orders", paid=True)
    answer(pair, one_due(pair), status)
    pair.advance(9 * 86_400_000)

    assert pair.twin.drain() == ()


@pytest.mark.parametrize("status", [0, 204, 302, 400, 500])
def test_any_other_answer_brings_it_again_after_two_minutes(pair: TwinPair, status: int) -> None:
    pair.run("subscribe_webhooks", types=[1])
    pair.run("place_orders")
    first = one_due(pair)
    answer(pair, first, status)
    pair.advance(119_999)
    too_early = pair.twin.drain()
    pair.advance(1)
    second = one_due(pair)

    assert too_early == ()
    assert (second.attempt, second.body) == (2, first.body)
    assert second.notification == first.notification


def test_four_retries_at_growing_distances_and_then_it_is_lost(pair: TwinPair) -> None:
    pair.run("subscribe_webhooks", types=[1])
    pair.run("place_orders")
    waits = []
    last_ms = pair.clock.now_ms()
    for _ in range(5):
        webhook = one_due(pair)
        waits.append(pair.clock.now_ms() - last_ms)
        last_ms = pair.clock.now_ms()
        answer(pair, webhook, 500)
        pair.run("move_order", order="newest", event="cancel") if webhook.attempt == 5 else None
        due_ms = pair.twin.next_due_ms()
        if webhook.attempt < 5 and due_ms is not None:
            pair.advance(due_ms - pair.clock.now_ms())

    assert waits == [0, 120_000, 1_800_000, 10_800_000, 43_200_000]
    assert [w.attempt for w in pair.twin.drain()] == [1]


def test_a_webhook_in_flight_is_not_handed_out_twice(pair: TwinPair) -> None:
    pair.run("subscribe_webhooks", types=[1])
    pair.run("place_orders")
    pair.twin.drain()

    assert pair.twin.drain() == ()


@pytest.mark.parametrize(
    ("notification", "attempt"),
    [
        pytest.param("7000000000000000001", 1, id="never-sent"),
        pytest.param("", 2, id="an-attempt-that-was-not-made"),
    ],
)
def test_answers_to_forged_or_doubled_deliveries_change_nothing(
    pair: TwinPair, notification: str, attempt: int
) -> None:
    pair.run("subscribe_webhooks", types=[1])
    pair.run("place_orders")
    webhook = one_due(pair)
    pair.twin.acknowledge(notification or webhook.notification, webhook.shop, attempt, 200)
    answer(pair, webhook, 500)
    pair.advance(120_000)

    assert one_due(pair).attempt == 2


# -- subscriptions ---------------------------------------------------------------------------------


def test_a_subscription_can_be_read_back(pair: TwinPair) -> None:
    put(pair, {"event_type": "ORDER_STATUS_CHANGE", "address": ADDRESS})
    pair.clock.advance(5_000)
    put(pair, {"event_type": "ORDER_STATUS_CHANGE", "address": ADDRESS + "/v2"})

    data = pair.get(WEBHOOKS).data

    [row] = data["webhooks"]
    assert data["total_count"] == 1
    assert (row["event_type"], row["address"]) == ("ORDER_STATUS_CHANGE", ADDRESS + "/v2")
    assert row["update_time"] - row["create_time"] == 5


def test_deleting_what_is_not_there_succeeds(pair: TwinPair) -> None:
    assert delete(pair, "PACKAGE_UPDATE").code == 0


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("http://hooks.example.com/x", id="plain-http"),
        pytest.param("https://hooks.example.com:8443/x", id="with-a-port"),
        pytest.param("https://203.0.113.9/x", id="ip-address"),
        pytest.param("https://localhost/x", id="no-domain"),
        pytest.param("https://hooks.example.com/" + "x" * 240, id="too-long"),
        pytest.param("hooks.example.com", id="no-address"),
    ],
)
def test_an_address_that_breaks_the_rules_is_refused(pair: TwinPair, address: str) -> None:
    reply = put(pair, {"event_type": "ORDER_STATUS_CHANGE", "address": address})

    assert (reply.code, "address" in reply.message) == (36009004, True)
    assert pair.get(WEBHOOKS).data["total_count"] == 0


def test_an_event_type_that_is_none_is_refused(pair: TwinPair) -> None:
    reply = put(pair, {"event_type": "ORDER_CHANGED", "address": ADDRESS})

    assert (reply.code, "event_type" in reply.message) == (36009004, True)


def test_what_the_console_set_is_not_listed_by_the_api(pair: TwinPair) -> None:
    pair.run("subscribe_webhooks")

    assert pair.get(WEBHOOKS).data["webhooks"] == []


def test_the_command_takes_names_and_numbers(pair: TwinPair) -> None:
    assert pair.run("subscribe_webhooks", types=["PACKAGE_UPDATE", 1]) == [4, 1]


def test_the_command_suggests_the_nearest_name(pair: TwinPair) -> None:
    with pytest.raises(UsageError, match="Did you mean 'PACKAGE_UPDATE'"):
        pair.run("subscribe_webhooks", types=["PACKAGE_UPDAT"])


def test_an_address_has_a_longest_length_whoever_sets_it() -> None:
    longest = "https://hooks.example.com/" + "x" * (255 - 26)

    assert address_problem(longest) == ""
    assert address_problem(longest + "x") == "must not be longer than 255 characters"


def test_a_number_nobody_has_a_name_for_is_taken_as_it_is(pair: TwinPair) -> None:
    assert pair.run("subscribe_webhooks", types=[99]) == [99]


def test_the_command_keeps_to_the_rules_for_addresses(pair: TwinPair) -> None:
    with pytest.raises(UsageError, match="address must be an https address"):
        pair.run("subscribe_webhooks", address="http://receiver.example/webhook")
