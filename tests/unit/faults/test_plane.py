"""When faults act, on what, and what their receipt says."""

from __future__ import annotations

import pytest
from tests.support.engine_parts import webhook, webhook_moment

from tts_chaos.contracts.operation import matches_operation
from tts_chaos.core.entropy import Entropy
from tts_chaos.errors import UsageError
from tts_chaos.faults.clock import ClockAhead, ClockDrifting, ClockJumping
from tts_chaos.faults.credentials import TokenExpired
from tts_chaos.faults.data import ListChanged
from tts_chaos.faults.drift import WebhookFieldDrifted
from tts_chaos.faults.effect import PlatformCommand
from tts_chaos.faults.fault import Fault, Trigger, bounded
from tts_chaos.faults.intermediary import TunnelLoginPage
from tts_chaos.faults.network import NameNotFound, PortRefused, UdpBlocked
from tts_chaos.faults.overload import BrownOut, PlatformDown
from tts_chaos.faults.plane import FaultPlane
from tts_chaos.faults.webhook import WebhooksReordered
from tts_chaos.wire.message import API_HOST, AUTH_HOST, ApiRequest

SEARCH = "order.202309.get_order_list"
DETAIL = "order.202507.get_order_detail"


class Driver:
    """Sends requests to a plane and says which ordinals were hit."""

    def __init__(self, fault: Fault, trigger: Trigger, *, armed_ms: int = 0) -> None:
        self.plane = FaultPlane(Entropy(1))
        self.commands = self.plane.arm("f", fault, trigger, now_ms=armed_ms)
        self._calls = 0

    def send(
        self, operation: str = SEARCH, *, now_ms: int = 0, host: str = API_HOST, shop: str = ""
    ) -> bool:
        self._calls += 1
        request = ApiRequest(method="POST", path="/", host=host)
        hits = self.plane.on_request(
            request, operation=operation, shop=shop, call=self._calls, now_ms=now_ms
        )
        return bool(hits)


@pytest.mark.parametrize(
    ("trigger", "hits"),
    [
        pytest.param(Trigger(), [1, 2, 3, 4, 5, 6], id="without-conditions-every-request"),
        pytest.param(Trigger(call=3), [3, 4, 5, 6], id="from-the-third-on"),
        pytest.param(Trigger(call=2, times=2), [2, 3], id="two-from-the-second-on"),
        pytest.param(Trigger(every=3), [1, 4], id="every-third"),
        pytest.param(Trigger(call=2, every=2, times=2), [2, 4], id="every-second-twice"),
    ],
)
def test_a_trigger_counts_matching_requests(trigger: Trigger, hits: list[int]) -> None:
    driver = Driver(PlatformDown(), trigger)

    assert [n for n in range(1, 7) if driver.send()] == hits


def test_requests_that_do_not_match_are_not_counted() -> None:
    driver = Driver(PlatformDown(), Trigger(operation="order.get_order_list", call=2))

    assert [driver.send(o) for o in (SEARCH, DETAIL, DETAIL, SEARCH)] == [False, False, False, True]


def test_a_fault_for_the_token_host_leaves_the_api_alone() -> None:
    driver = Driver(PlatformDown(), Trigger(host="auth"))

    assert not driver.send()
    assert driver.send("token.v2.refresh", host=AUTH_HOST)


def test_a_fault_for_one_shop_leaves_the_other_alone() -> None:
    driver = Driver(PlatformDown(), Trigger(shop="7"))

    assert not driver.send(shop="8")
    assert driver.send(shop="7")


def test_a_window_opens_and_closes() -> None:
    driver = Driver(PlatformDown(), Trigger(after_ms=100, for_ms=50), armed_ms=1_000)

    hits = [driver.send(now_ms=at) for at in (1_099, 1_100, 1_149, 1_150)]

    assert hits == [False, True, True, False]
    assert driver.plane.due_to_lift(1_149) == {}
    assert driver.plane.due_to_lift(1_150) == {"f": "time"}


def test_a_fault_without_a_trigger_sets_in_when_armed() -> None:
    driver = Driver(TokenExpired(), Trigger())

    assert [command.name for command in driver.commands] == [
        "set_refusal_style",
        "expire_access_tokens",
    ]


def test_a_fault_with_a_trigger_sets_in_at_its_first_match() -> None:
    plane = FaultPlane(Entropy(1))
    request = ApiRequest(method="POST", path="/")
    at_arming = plane.arm("f", TokenExpired(), Trigger(call=2, times=1), now_ms=0)

    first = plane.on_request(request, operation=SEARCH, shop="", call=1, now_ms=0)
    second = plane.on_request(request, operation=SEARCH, shop="", call=2, now_ms=0)

    assert at_arming == ()
    assert first == ()
    assert [command.name for command in second[0].commands][-1] == "expire_access_tokens"


def test_a_fault_that_never_set_in_has_nothing_to_undo() -> None:
    driver = Driver(TokenExpired(), Trigger(call=5))

    assert driver.plane.lift("f") == ()


def test_lifting_undoes_once() -> None:
    driver = Driver(ClockAhead(by_ms=31_000), Trigger())

    assert [command.arguments for command in driver.plane.lift("f")] == [{"offset_ms": 0}]
    assert driver.plane.lift("f") == ()
    assert driver.plane.active() == ()


def test_a_fault_realised_by_a_proxy_counts_but_has_no_effects() -> None:
    plane = FaultPlane(Entropy(1))
    plane.arm("f", PortRefused(), Trigger(), now_ms=0, via_proxy=True)

    hits = plane.on_request(
        ApiRequest(method="GET", path="/"), operation=SEARCH, shop="", call=1, now_ms=0
    )

    assert hits[0].effects == ()
    assert plane.receipts()[0].fired == 1


@pytest.mark.parametrize("fault", [TunnelLoginPage(), UdpBlocked(), NameNotFound()])
def test_a_request_that_arrives_has_not_met_what_brings_none(fault: Fault) -> None:
    plane = FaultPlane(Entropy(1))
    plane.arm("f", fault, Trigger(), now_ms=0, via_proxy=True)

    hits = plane.on_request(
        ApiRequest(method="GET", path="/"), operation=SEARCH, shop="", call=1, now_ms=0
    )

    assert hits == ()
    assert plane.receipts()[0].fired == 0


def test_the_receipt_names_the_requests_that_were_hit() -> None:
    driver = Driver(PlatformDown(), Trigger(call=2, times=2))
    for _ in range(4):
        driver.send()

    receipt = driver.plane.receipts()[0]

    assert (receipt.matched, receipt.fired, receipt.calls) == (4, 2, (2, 3))


@pytest.mark.parametrize(
    ("path", "fired"),
    [
        pytest.param("$.data.order_status", ("f",), id="there"),
        pytest.param("$.data.nobody_knows", (), id="not-there"),
    ],
)
def test_a_fault_of_webhooks_fires_only_where_it_changed_one(
    path: str, fired: tuple[str, ...]
) -> None:
    plane = FaultPlane(Entropy(1))
    plane.arm("f", WebhookFieldDrifted(path=path, change="removed"), Trigger(), now_ms=0)
    due = (webhook(body=b'{"data":{"order_status":"UNPAID"}}'),)
    moment = webhook_moment(lambda _body: "signed", now_ms=0, seed=1)

    deliveries, told = plane.on_webhooks(due, moment)

    assert told == fired
    assert (deliveries != due) is bool(fired)
    assert plane.receipts()[0].fired == len(fired)


def test_two_faults_cannot_share_an_id() -> None:
    driver = Driver(PlatformDown(), Trigger())

    with pytest.raises(UsageError, match="'f' is armed already"):
        driver.plane.arm("f", PlatformDown(), Trigger(), now_ms=0)


def test_lifting_what_is_not_armed_names_what_is() -> None:
    driver = Driver(PlatformDown(), Trigger())

    with pytest.raises(UsageError, match="no fault with id 'g' is armed; armed: f"):
        driver.plane.lift("g")


@pytest.mark.parametrize(
    ("pattern", "operation", "matches"),
    [
        pytest.param(SEARCH, SEARCH, True, id="the-id-itself"),
        pytest.param("order.get_order_list", SEARCH, True, id="without-the-version"),
        pytest.param("order.*", DETAIL, True, id="the-whole-domain"),
        pytest.param("order.*", "product.202309.get_product", False, id="another-domain"),
        pytest.param("order.*", "", False, id="no-operation"),
        pytest.param("order.get_order_list", DETAIL, False, id="another-operation"),
    ],
)
def test_operation_patterns(pattern: str, operation: str, matches: bool) -> None:
    assert matches_operation(pattern, operation) is matches


def test_one_webhook_alone_cannot_be_reordered() -> None:
    plane = FaultPlane(Entropy(1))
    plane.arm("f", WebhooksReordered(), Trigger(times=1), now_ms=0)
    moment = webhook_moment(lambda _body: "", now_ms=0, seed=1)

    alone = plane.on_webhooks((webhook("1"),), moment)
    together = plane.on_webhooks((webhook("1"), webhook("2")), moment)

    assert alone == ((webhook("1"),), ())
    assert [delivery.notification for delivery in together[0]] == ["2", "1"]
    assert together[1] == ("f",)


def _plane(fault: Fault, trigger: Trigger) -> FaultPlane:
    plane = FaultPlane(Entropy(1))
    plane.arm("f", fault, trigger, now_ms=0)
    return plane


def _hits(plane: FaultPlane, request: ApiRequest, *, now_ms: int = 0, call: int = 1) -> int:
    return len(plane.on_request(request, operation=SEARCH, shop="", call=call, now_ms=now_ms))


@pytest.mark.parametrize(
    ("only", "method", "path", "host", "hit"),
    [
        pytest.param("writes", "POST", "/x/ship", API_HOST, True, id="a-write"),
        pytest.param("writes", "POST", "/orders/search", API_HOST, False, id="a-search"),
        pytest.param("writes", "GET", "/api/v2/token/refresh", AUTH_HOST, True, id="a-refresh"),
        pytest.param("reads", "GET", "/orders", API_HOST, True, id="a-read"),
        pytest.param("reads", "PUT", "/products/1", API_HOST, False, id="no-read"),
    ],
)
def test_a_fault_of_writes_or_reads_alone(
    only: str, method: str, path: str, host: str, hit: bool
) -> None:
    plane = _plane(PlatformDown(), Trigger(only=only))  # type: ignore[arg-type]

    assert _hits(plane, ApiRequest(method=method, path=path, host=host)) == hit


def test_a_fault_that_waits_for_a_webhook_sets_in_when_one_is_delivered() -> None:
    plane = _plane(PlatformDown(), Trigger(on_webhook=1, after_ms=10, for_ms=50))
    request = ApiRequest(method="GET", path="/")

    before = _hits(plane, request, now_ms=5)
    plane.on_delivery([3], 10)
    other = _hits(plane, request, now_ms=30)
    plane.on_delivery([5, 1], 100)
    plane.on_delivery([1], 140)
    within = [_hits(plane, request, now_ms=at) for at in (109, 110, 159, 160)]

    assert (before, other) == (0, 0)
    assert within == [0, 1, 1, 0]
    assert plane.next_end_ms() == 160


def test_chance_spares_some_requests_and_a_spared_one_was_not_hit() -> None:
    plane = _plane(BrownOut(fail_ratio=0.5), Trigger())

    hits = sum(
        _hits(plane, ApiRequest(method="GET", path="/"), call=call) for call in range(1, 101)
    )

    receipt = plane.receipts()[0]
    assert 30 < hits < 70
    assert (receipt.matched, receipt.fired, len(receipt.calls)) == (100, hits, hits)


def test_a_request_that_does_not_match_the_fault_is_not_counted() -> None:
    plane = _plane(ListChanged(), Trigger(call=2))
    first = ApiRequest(method="POST", path="/orders/search")
    later = ApiRequest(method="POST", path="/orders/search", query="page_token=x")

    assert [_hits(plane, request) for request in (first, later, first, later)] == [0, 0, 0, 1]


def test_the_clock_drifts_with_the_time_since_the_fault_set_in() -> None:
    plane = FaultPlane(Entropy(1))
    fault = ClockDrifting(drift_ms=60_000, within_ms=1_000, direction="behind")
    plane.arm("f", fault, Trigger(after_ms=100), now_ms=1_000)
    request = ApiRequest(method="GET", path="/")

    (hit,) = plane.on_request(request, operation="", shop="", call=1, now_ms=1_600)

    assert [e.arguments for e in hit.effects if isinstance(e, PlatformCommand)] == [
        {"offset_ms": 30_000}
    ]


def test_a_jumping_clock_is_wrong_at_every_other_hit() -> None:
    plane = _plane(ClockJumping(jump_ms=9_000), Trigger())
    request = ApiRequest(method="GET", path="/")

    hits = [
        plane.on_request(request, operation="", shop="", call=call, now_ms=0) for call in (1, 2, 3)
    ]

    offsets = [
        effect.arguments["offset_ms"]
        for (hit,) in hits
        for effect in hit.effects
        if isinstance(effect, PlatformCommand)
    ]
    assert offsets == [-9_000, 0, -9_000]


def test_a_receipt_tells_when_and_by_what_a_fault_ended() -> None:
    plane = _plane(PlatformDown(), Trigger(for_ms=50))

    plane.lift("f", now_ms=60, by="time")

    assert (plane.receipts()[0].lifted_ms, plane.receipts()[0].lifted_by) == (60, "time")
    assert plane.next_end_ms() is None


@pytest.mark.parametrize(
    ("trigger", "over"),
    [
        pytest.param(Trigger(), {"f": "limit"}, id="without-a-limit-of-its-own"),
        pytest.param(Trigger(for_ms=900), {"f": "limit"}, id="with-a-longer-one"),
        pytest.param(Trigger(for_ms=40), {"f": "time"}, id="with-a-shorter-one"),
        pytest.param(Trigger(on_webhook=1), {"f": "limit"}, id="waiting-for-a-webhook"),
    ],
)
def test_every_fault_ends_by_itself(trigger: Trigger, over: dict[str, str]) -> None:
    plane = FaultPlane(Entropy(1))
    plane.arm("f", PlatformDown(), trigger, now_ms=10, limit_ms=50)

    assert plane.due_to_lift(49) == {}
    assert plane.due_to_lift(60) == over


@pytest.mark.parametrize(
    ("trigger", "for_ms"),
    [(Trigger(), 50), (Trigger(for_ms=20), 20), (Trigger(after_ms=30, for_ms=40), 20)],
)
def test_a_proxy_is_told_when_to_end(trigger: Trigger, for_ms: int) -> None:
    assert bounded(trigger, 50).for_ms == for_ms
