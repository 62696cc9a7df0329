"""The parts of the twin that stand on their own."""

from __future__ import annotations

import importlib
import pkgutil
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
from tests.support.twin_pair import TwinPair

from tts_chaos._data import data_folder
from tts_chaos.contracts.loader import Contracts, load_contracts, parse_contracts
from tts_chaos.contracts.operation import matches_operation
from tts_chaos.core.clock import ManualClock, SkewedClock
from tts_chaos.core.entropy import Entropy
from tts_chaos.twin import catalogue, domains
from tts_chaos.twin.answers import DECLINED, Answerer
from tts_chaos.twin.desk import RateLimiter
from tts_chaos.twin.domains.order.entities import Order
from tts_chaos.twin.domains.order.pricing import share_out
from tts_chaos.twin.handled import Basis
from tts_chaos.twin.handler import HANDLERS, RefusalError
from tts_chaos.twin.lifecycle import Lifecycle
from tts_chaos.twin.money import amount_text, round_amount
from tts_chaos.twin.regions import REGIONS
from tts_chaos.twin.settings import TwinSettings
from tts_chaos.twin.store import Change, Store
from tts_chaos.twin.timers import progresses
from tts_chaos.twin.twin import Twin
from tts_chaos.wire.envelope import parse_envelope

CONTRACTS = load_contracts()


# -- money -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        pytest.param("3.5", "GBP", "3.50", id="two-digits"),
        pytest.param("1200", "JPY", "1200", id="no-digits"),
        pytest.param("0", "VND", "0", id="zero"),
        pytest.param("1E+3", "USD", "1000.00", id="no-exponent"),
        pytest.param("99.995", "EUR", "100.00", id="half-up"),
        pytest.param("0.5", "IDR", "1", id="half-up-to-a-whole"),
    ],
)
def test_amounts_are_plain_decimal_text(amount: str, currency: str, text: str) -> None:
    assert amount_text(Decimal(amount), currency) == text


def test_rounding_never_passes_through_binary_fractions() -> None:
    assert round_amount(Decimal("1.005"), "GBP") == Decimal("1.01")


@pytest.mark.parametrize(
    ("amount", "parts", "currency", "shares"),
    [
        pytest.param("10.00", 3, "GBP", ["3.34", "3.33", "3.33"], id="remainder-to-the-first"),
        pytest.param("2", 4, "JPY", ["2", "0", "0", "0"], id="less-than-one-each"),
        pytest.param("0.00", 2, "GBP", ["0.00", "0.00"], id="nothing"),
        pytest.param("5.99", 1, "USD", ["5.99"], id="undivided"),
    ],
)
def test_shares_add_up_and_none_is_negative(
    amount: str, parts: int, currency: str, shares: list[str]
) -> None:
    assert share_out(Decimal(amount), parts, currency) == [Decimal(share) for share in shares]


# -- patterns --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        pytest.param("order.202309.get_order_list", True, id="full-id"),
        pytest.param("order.get_order_list", True, id="without-version"),
        pytest.param("order.*", True, id="domain"),
        pytest.param("order.202507.get_order_list", False, id="other-version"),
        pytest.param("product.*", False, id="other-domain"),
        pytest.param("ord.*", False, id="part-of-a-domain"),
        pytest.param("*", False, id="star-alone"),
    ],
)
def test_patterns_name_operations(pattern: str, matches: bool) -> None:
    assert matches_operation(pattern, "order.202309.get_order_list") is matches


# -- store -----------------------------------------------------------------------------------------


class Thing(msgspec.Struct, frozen=True):
    id: str
    shop_id: str
    size: int = 0


def test_the_store_tells_what_was_and_what_is() -> None:
    seen: list[Change] = []
    store = Store(seen.append)
    store.put(Thing("1", "a"), change="thing.made")
    store.update(
        Thing, "a", "1", lambda t: msgspec.structs.replace(t, size=2), change="thing.grown"
    )
    store.remove(Thing, "a", "1", change="thing.lost")

    assert [(c.what, c.before, c.after) for c in seen] == [
        ("thing.made", None, Thing("1", "a")),
        ("thing.grown", Thing("1", "a"), Thing("1", "a", 2)),
        ("thing.lost", Thing("1", "a", 2), None),
    ]


def test_the_store_keeps_shops_apart() -> None:
    store = Store()
    store.put(Thing("1", "a", 1), change="thing.made")
    store.put(Thing("1", "b", 2), change="thing.made")

    assert [thing.size for thing in store.list(Thing, "b")] == [2]
    assert store.get(Thing, "c", "1") is None


def test_updating_what_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError):
        Store().update(Thing, "a", "1", lambda t: t, change="thing.grown")


# -- rate ------------------------------------------------------------------------------------------


def test_what_is_derived_of_an_entity_is_made_once_until_it_changes() -> None:
    store, made = Store(), []

    def name(thing: Thing) -> str:
        made.append(thing)
        return f"thing {thing.id}, {len(made)}"

    old = store.put(Thing(id="1", shop_id="a"), change="thing.made")
    assert [store.derive(old, name), store.derive(old, name)] == ["thing 1, 1"] * 2

    new = store.put(Thing(id="1", shop_id="a"), change="thing.changed")
    assert store.derive(new, name) == "thing 1, 2"

    store.remove(Thing, "a", "1", change="thing.removed")
    assert store.derive(new, name) == "thing 1, 3"


def test_refused_calls_do_not_prolong_the_wait() -> None:
    limiter = RateLimiter()
    instants = (0, 500, 900, 999, 1_000)

    admitted = [limiter.admits("x", "s", now_ms, rate_per_s=1) for now_ms in instants]

    assert admitted == [True, False, False, False, True]


# -- contracts -------------------------------------------------------------------------------------


def test_every_handler_is_of_a_known_operation() -> None:
    assert set(HANDLERS) <= set(CONTRACTS.operations)


def contracts_with_ponies() -> Contracts:
    """Return the contracts with one more operation, which the twin does not model."""
    folder = data_folder("contracts")
    paths = [*folder.glob("*.json"), *folder.glob("openapi/*.json")]
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    document = msgspec.json.decode(files["openapi/seller.json"])
    path = document["paths"]["/seller/202309/shops"]
    path["get"]["operationId"] = "finance.202309.get_ponies"
    document["paths"] = {"/finance/202309/ponies": path}
    ponies = msgspec.json.encode(document)
    return parse_contracts({**files, "openapi/ponies.json": ponies})


def test_an_operation_without_behaviour_is_served_from_its_contract_and_marked() -> None:
    pair = TwinPair(contracts=contracts_with_ponies())

    reply = pair.get("/finance/202309/ponies", shop=None)

    assert (reply.code, reply.handled.committed) == (0, False)
    assert {tuple(shop) for shop in reply.data["shops"]} == {("id", "region")}
    assert reply.handled.basis is Basis.CONTRACT
    assert ("x-tts-twin", "generated-from-contract") in reply.handled.response.headers
    assert "generated from the contract" in reply.handled.notes[-1]


def test_an_operation_without_behaviour_has_the_same_gates() -> None:
    pair = TwinPair(contracts=contracts_with_ponies())
    pair.run("expire_access_tokens")

    assert pair.get("/finance/202309/ponies", shop=None).code == 105002


A_FILE = {
    "file_name": "video.mp4",
    "file_size": 1,
    "file_type": "mp4",
    "target_path": "/",
    "total_chunk_count": 1,
}


@pytest.mark.parametrize("operation_id", sorted(CONTRACTS.declined))
def test_a_declined_operation_says_so_and_why(operation_id: str) -> None:
    pair = TwinPair()
    operation = CONTRACTS.operations[operation_id]
    body = b"" if operation.body_schema is None else msgspec.json.encode(A_FILE)

    reply = pair.send(pair.signed(operation.method, operation.path, shop=None, body=body))

    assert (reply.status, reply.code, reply.handled.committed) == (501, DECLINED, False)
    assert CONTRACTS.declined[operation_id] in reply.message
    assert reply.handled.basis is Basis.DECLINED
    assert ("x-tts-twin", "declined") in reply.handled.response.headers


def test_a_partner_operation_wants_the_cipher_of_a_category() -> None:
    pair = TwinPair()

    reply = pair.get("/affiliate_partner/202405/campaigns", shop=None)

    assert (reply.code, reply.message) == (
        36009004,
        "Invalid parameter. param query.category_asset_cipher is missing",
    )


def test_every_module_that_registers_something_is_in_the_catalogue() -> None:
    folder = Path(domains.__path__[0])
    names = [
        info.name for info in pkgutil.walk_packages([str(folder)], prefix=f"{domains.__name__}.")
    ]
    modules = [importlib.import_module(name) for name in names]

    registering = {module.__name__ for module in modules if _registers(module)}

    assert registering <= {module.__name__ for module in catalogue.REGISTERING_MODULES}


def _registers(module: ModuleType) -> bool:
    text = Path(str(module.__file__)).read_text(encoding="utf-8")
    return any(f"\n@{word}(" in text for word in ("handles", "command", "progresses", "follows"))


# -- markets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", sorted(REGIONS))
def test_every_place_of_a_market_names_every_level(code: str) -> None:
    region = REGIONS[code]

    assert {len(place) for place in region.places} == {len(region.levels)}


# -- identity --------------------------------------------------------------------------------------


def test_a_request_is_identified_without_gates_and_effects() -> None:
    pair = TwinPair(shops=2)
    request = pair.unsigned("POST", "/order/202309/orders/search", shop=1, token="nonsense")
    before = len(pair.changes)

    identity = pair.twin.identify(request)

    assert identity.operation == "order.202309.get_order_list"
    assert identity.shop == pair.credentials.shops[1].id
    assert len(pair.changes) == before


def test_a_request_that_means_nothing_has_no_identity() -> None:
    identity = TwinPair().twin.identify(
        msgspec.structs.replace(
            TwinPair().unsigned("GET", "/x"), host="api.tiktokshop.com", query=""
        )
    )

    assert (identity.operation, identity.shop) == ("", "")


# -- timers and lifecycles -------------------------------------------------------------------------


def test_a_kind_of_entity_has_one_progression() -> None:
    with pytest.raises(ValueError, match="Order has two progressions"):
        progresses(Order, due_ms=lambda _order, _settings: None)(lambda _env, _order: None)


def test_a_lifecycle_names_its_states() -> None:
    lifecycle = Lifecycle("lamp", {("off", "switch"): "on", ("on", "switch"): "off"})

    assert lifecycle.states() == ["off", "on"]


def test_an_empty_platform_has_an_empty_ledger() -> None:
    twin = Twin(clock=SkewedClock(ManualClock()), entropy=Entropy(1), contracts=CONTRACTS)

    assert twin.ledger() == {"shops": {}, "tokens": {}}


# -- answers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "message", "told"),
    [
        pytest.param(21008099, "Shipped already.", "Shipped already.", id="own-words"),
        pytest.param(999, "No row has it.", "No row has it.", id="code-without-a-row"),
    ],
)
def test_business_refusals_are_told_under_200(code: int, message: str, told: str) -> None:
    pair = TwinPair()
    answerer = Answerer(
        contracts=CONTRACTS,
        settings=TwinSettings(),
        clock=pair.clock,
        entropy=Entropy(1),
    )

    response = answerer.refuse(RefusalError(code, message))

    envelope = parse_envelope(response.body)
    assert envelope is not None
    assert (response.status, envelope.code, envelope.message) == (200, code, told)
    assert envelope.data is None
