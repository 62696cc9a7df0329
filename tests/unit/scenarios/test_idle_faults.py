"""A fault that nothing meets, or that another hides, is refused with its file and key."""

from __future__ import annotations

import pytest

from tts_chaos.errors import ScenarioError
from tts_chaos.scenarios.loader import parse_scenario

HEAD = 'title = "t"\ndescription = "d"\nwhy = "w."\n'
SYNC = 'action = "sync_orders"'
PUSH = 'action = "push_stock"\narguments = { changes = { "$sku:0" = 1 } }'
PLACE = 'platform = "place_orders"'
DOWN = 'fault = "platform_down"'
REFUSED = 'fault = "port_refused"'


def _parse(*steps: str, head: str = "") -> None:
    method = "".join(f"[[method]]\n{step}\n" for step in steps)
    parse_scenario(f"{HEAD}{head}{method}", id="a/b", path="chaos/a/b.toml")


def _refusal(*steps: str, head: str = "") -> ScenarioError:
    with pytest.raises(ScenarioError) as caught:
        _parse(*steps, head=head)
    assert caught.value.path == "chaos/a/b.toml"
    return caught.value


@pytest.mark.parametrize(
    ("steps", "key", "words"),
    [
        pytest.param(
            ('fault = "answer_slow"\ndelay_ms = 1\noperation = "fulfillment.ship_package"', PUSH),
            "$.method[0].operation",
            "nothing calls 'fulfillment.ship_package' while the fault is armed: push_stock does "
            "not; sync_orders or ship or deliver_webhook",
            id="an-action-of-another-kind",
        ),
        pytest.param(
            (f'{DOWN}\noperation = "product.update_inventory"', PLACE, 'action = "quote_checkout"'
             "\narguments = { lines = [] }", 'lift = "platform_down"', SYNC),
            None,
            "",
            id="a-webhook-may-lead-to-a-write",
        ),
        pytest.param(
            (f'{DOWN}\noperation = "affiliate_seller.*"', SYNC),
            "$.method[0].operation",
            "sync_orders does not; no action of an integration does",
            id="a-domain-that-no-action-calls",
        ),
        pytest.param(
            (f'{DOWN}\noperation = "token.refresh"\nhost = "api"', SYNC),
            "$.method[0].host",
            "'token.refresh' is not on the host 'api'; write 'auth', or leave host out",
            id="a-call-of-the-other-host",
        ),
        pytest.param(
            (f'{DOWN}\noperation = "authorization.get_authorized_shops"\nshop = "$shop"', SYNC),
            "$.method[0].shop",
            "name no shop, so that the fault would meet none; leave shop out",
            id="a-call-that-names-no-shop",
        ),
        pytest.param(
            (f'{DOWN}\nhost = "auth"\nshop = "$shop"', SYNC),
            "$.method[0].shop",
            "calls of what is called there name no shop",
            id="a-host-that-knows-no-shop",
        ),
        pytest.param(
            (f'{DOWN}\noperation = "order.get_order_list"\nonly = "writes"', SYNC),
            "$.method[0].only",
            "none of 'order.get_order_list' is among the writes; leave only out",
            id="a-read-among-the-writes",
        ),
        pytest.param(
            (f'{DOWN}\nonly = "write"', SYNC),
            "$.method[0].only",
            "expected one of reads, writes. Did you mean 'writes'?",
            id="a-misspelt-kind-of-call",
        ),
        pytest.param(
            (f"{DOWN}\ncall = 6000", SYNC),
            "$.method[0].call",
            "request 6000 is never sent, as a run ends after 5000 requests (limits.calls)",
            id="a-call-beyond-the-limit",
        ),
        pytest.param(
            (f"{DOWN}\nafter_ms = 700000000", SYNC),
            "$.method[0].after_ms",
            "every fault ends 604800000 ms after it was armed (limits.fault_ms)",
            id="a-begin-beyond-the-limit",
        ),
        pytest.param(
            (f"{DOWN}\nfor_ms = 700000000", SYNC),
            "$.method[0].for_ms",
            "before this one is over; raise the limit or shorten the fault",
            id="an-end-beyond-the-limit",
        ),
        pytest.param(
            (f"{DOWN}\non_webhook = 999", SYNC),
            "$.method[0].on_webhook",
            "there is no webhook type 999; expected one of 1, 2",
            id="an-unknown-webhook",
        ),
        pytest.param(
            ('fault = "webhooks_dropped"\nonly = "reads"', PLACE),
            "$.method[0].only",
            "acts on webhooks, which have no such thing",
            id="a-kind-of-call-for-webhooks",
        ),
        pytest.param(
            (f'{DOWN}\nshop = "$shop:3"', SYNC),
            "$.method[0].shop",
            "$shop:3 may not exist",
            id="an-unknown-shop",
        ),
    ],
)  # fmt: skip
def test_a_fault_that_nothing_meets(steps: tuple[str, ...], key: str | None, words: str) -> None:
    if key is None:
        _parse(*steps)
        return
    refusal = _refusal(*steps)

    assert refusal.key == key
    assert words in refusal.problem


@pytest.mark.parametrize(
    ("fault", "key", "words"),
    [
        ('fault = "applied_late"\ndelay_ms = 300000', "delay_ms", "expected 1 to 280000"),
        ('fault = "bandwidth_narrow"\nrate_bytes_per_s = 10', "rate_bytes_per_s", "1000 or more"),
        ('fault = "quota_exhausted"\ncalls_per_hour = 0', "calls_per_hour", "1 or more"),
        ('fault = "pages_overlap"\nrows = 0', "rows", "with none the fault changes nothing"),
        ('fault = "pages_gap"\nrows = 0', "rows", "expected 1 or more, got 0"),
        ('fault = "list_changed"\ncount = 0', "count", "expected 1 or more, got 0"),
        ('fault = "batch_partly_refused"\ncode = 105002', "code", "code 105002 is not documented"),
        ('fault = "brown_out"\nfail_ratio = 1.5', "fail_ratio", "a ratio from 0 to 1"),
    ],
)
def test_a_setting_under_which_a_fault_makes_no_sense(fault: str, key: str, words: str) -> None:
    refusal = _refusal(fault, SYNC)

    assert refusal.key == f"$.method[0].{key}"
    assert words in refusal.problem


def _id(text: str) -> str:
    return f'fault = "{text}"'


SEARCH = 'operation = "order.get_order_list"'
HIDDEN = [
    pytest.param((REFUSED, DOWN, SYNC), 1, id="an-answer-where-nothing-connects"),
    pytest.param((DOWN, REFUSED, SYNC), 0, id="in-whichever-order"),
    pytest.param((REFUSED, _id("body_html"), SYNC), 1, id="a-body-where-nothing-connects"),
    pytest.param((REFUSED, 'fault = "answer_slow"\ndelay_ms = 5', SYNC), 1, id="no-slow-answer"),
    pytest.param((REFUSED, 'fault = "connection_reset"', SYNC), 1, id="a-second-break"),
    pytest.param((DOWN, 'fault = "rate_limited"', SYNC), 1, id="a-second-answer"),
    pytest.param((DOWN, 'fault = "plain_http"', SYNC), 1, id="a-rewritten-request"),
    pytest.param((DOWN, f"{_id('applied_twice')}\n{SEARCH}\nonly = 'reads'", SYNC), 1, id="twice"),
    pytest.param((DOWN, 'fault = "clock_ahead"\nby_ms = 99000', SYNC), 1, id="a-clock-for-a-time"),
    pytest.param((DOWN, SYNC, 'fault = "scope_missing"', SYNC), 2, id="armed-later"),
    pytest.param(
        (f'{DOWN}\noperation = "order.*"', f"{_id('plain_http')}\n{SEARCH}", SYNC), 1, id="narrower"
    ),
    pytest.param(
        ('fault = "brown_out"\nfail_ratio = 1.0', 'fault = "plain_http"', SYNC), 1, id="all-of-them"
    ),
]


@pytest.mark.parametrize(("steps", "hidden"), HIDDEN)
def test_a_fault_that_another_always_hides(steps: tuple[str, ...], hidden: int) -> None:
    refusal = _refusal(*steps)

    assert refusal.key == f"$.method[{hidden}].fault"
    assert "so that this one never shows" in refusal.problem


SEEN = [
    pytest.param((f"{DOWN}\ntimes = 2", _id("rate_limited"), SYNC), id="after-some-times"),
    pytest.param((f"{DOWN}\nfor_ms = 50", _id("rate_limited"), SYNC), id="after-its-time"),
    pytest.param((f'{DOWN}\nhost = "auth"', _id("plain_http"), SYNC), id="on-another-host"),
    pytest.param((f"{DOWN}\n{SEARCH}", _id("plain_http"), SYNC), id="on-other-calls"),
    pytest.param((DOWN, _id("body_truncated"), SYNC), id="an-answer-can-be-altered"),
    pytest.param((DOWN, _id("token_expired"), SYNC), id="what-it-leaves-behind"),
    pytest.param((_id("brown_out"), _id("plain_http"), SYNC), id="by-chance"),
    pytest.param(
        (_id("plain_http"), SYNC, DOWN, SYNC, 'lift = "platform_down"', SYNC), id="before-it"
    ),
    pytest.param((DOWN, SYNC, 'lift = "platform_down"', _id("plain_http"), SYNC), id="after-it"),
    pytest.param((_id("connection_reset"), REFUSED, SYNC), id="the-first-break-counts"),
    pytest.param((f'{DOWN}\nshop = "$shop"', _id("plain_http"), SYNC), id="in-one-shop"),
]


@pytest.mark.parametrize("steps", SEEN)
def test_a_fault_that_shows_at_some_time_is_taken(steps: tuple[str, ...]) -> None:
    _parse(*steps)
