"""Ten changes planted in a copy of the contracts are found, alone, and become faults that act.

Each scenario made from a difference is loaded and played by the reference integration: its fault
has to fire, and the run has to end in a verdict.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tts_chaos._data import data_folder
from tts_chaos.cli.contract_sides import compare_paths
from tts_chaos.contracts.diff import Difference
from tts_chaos.core.verdict import Outcome
from tts_chaos.engine.result import RunResult
from tts_chaos.engine.run import Run
from tts_chaos.injectors.simulated import SimulatedWorld
from tts_chaos.reference.factory import make_reference
from tts_chaos.scenarios.drift import drift_scenarios
from tts_chaos.scenarios.loader import parse_scenario
from tts_chaos.subjects.in_process import InProcessSubject

DETAIL, SEARCH = "order.202507.get_order_detail", "order.202309.get_order_list"
STOCK = "product.202309.update_inventory"
ORDER = "/components/schemas/Order202507GetOrderDetailResponse/properties/data/properties/orders"
FIELDS = f"{ORDER}/items/properties"
PAGES = "/components/schemas/Order202309GetOrderListResponse/properties/data/properties/orders"
Node = dict[str, Any]
Row = tuple[str, str, Callable[[Node], object], tuple[str, str, str, str]]

PLANTED: tuple[Row, ...] = (
    (
        "order",
        f"{FIELDS}/payment/properties",
        lambda node: node.pop("total_amount"),
        ("field_removed", "breaking", DETAIL, "$.data.orders[].payment.total_amount"),
    ),
    (
        "order",
        FIELDS,
        lambda node: node.update(buyer_mail=node.pop("buyer_email")),
        ("field_renamed", "breaking", DETAIL, "$.data.orders[].buyer_email"),
    ),
    (
        "order",
        f"{FIELDS}/id",
        lambda node: node.update(type="integer"),
        ("type_changed", "breaking", DETAIL, "$.data.orders[].id"),
    ),
    (
        "order",
        f"{FIELDS}/line_items/items/properties/sale_price",
        lambda node: node.update(type=["string", "null"]),
        ("null_allowed", "breaking", DETAIL, "$.data.orders[].line_items[].sale_price"),
    ),
    (
        "order",
        f"{FIELDS}/status",
        lambda node: node["x-tts-known-values"].append("ON_REVIEW"),
        ("value_added", "risky", DETAIL, "$.data.orders[].status"),
    ),
    (
        "order",
        f"{PAGES}/items/properties",
        lambda node: node.update(hint={"type": "string"}),
        ("field_added", "compatible", SEARCH, "$.data.orders[].hint"),
    ),
    (
        "product",
        "/components/schemas/Product202309UpdateInventoryRequestBody",
        lambda node: (
            node["properties"].update(reason={"type": "string"}),
            node.setdefault("required", []).append("reason"),
        ),
        ("required_field_added", "breaking", STOCK, "$.reason"),
    ),
    (
        "order",
        "/paths/~1order~1202309~1orders~1search/post",
        lambda node: _parameter(node, "page_size")["schema"].update(maximum=20),
        ("limit_tightened", "breaking", SEARCH, "query.page_size"),
    ),
    (
        "order",
        "/paths/~1order~1202309~1orders~1search/post",
        lambda node: node.update({"x-tts-sunset": {"date": "2027-06-30"}}),
        ("sunset_set", "risky", SEARCH, ""),
    ),
    (
        "event",
        "/components/schemas/OrderStatusChangeWebhook/properties/data/properties",
        lambda node: node.pop("order_status"),
        ("field_removed", "breaking", "ORDER_STATUS_CHANGE", "$.data.order_status"),
    ),
)
"""File, JSON pointer, change; and kind, class, operation and path under which it must be found."""

DRIFTING = 10
"""Each becomes a fault: six in answers, one in webhooks, two in requests, one retirement."""


def main() -> int:
    """Print what was found and what each fault did, and each miss; return 0 where there is none."""
    found = _compared()
    expected = {row[3] for row in PLANTED}
    named = {(row.kind, row.impact.value, row.subject, row.path) for row in found}
    misses = [f"not found: {' '.join(row)}" for row in sorted(expected - named)]
    misses += [f"not planted: {' '.join(row)}" for row in sorted(named - expected)]
    results = list(_played(found))
    for result in results:
        fired = sum(receipt.fired for receipt in result.receipts)
        print(f"  {result.outcome.value:<16} fired {fired}  {result.scenario}")
        if not fired or not result.reports or result.outcome is Outcome.HARNESS_ERROR:
            misses.append(f"{result.scenario}: {result.outcome.value}, {result.reason}")
    if len(results) != DRIFTING:
        misses.append(f"{len(results)} scenarios were made, expected {DRIFTING}")
    for miss in misses:
        print(f"MISS {miss}")
    print(
        f"drift: {len(expected & named)} of {len(PLANTED)} planted changes found with their class, "
        f"{len(named - expected)} others; {len(results)} scenarios made of them played and judged: "
        f"{'no' if misses else 'yes'}"
    )
    return 1 if misses else 0


def _compared() -> tuple[Difference, ...]:
    old = data_folder("contracts")
    with tempfile.TemporaryDirectory() as folder:
        new = Path(folder) / "contracts"
        shutil.copytree(old, new)
        for name, pointer, change, _ in PLANTED:
            file = new / "openapi" / f"{name}.json"
            document = json.loads(file.read_text(encoding="utf-8"))
            change(_at(document, pointer))
            file.write_text(json.dumps(document), encoding="utf-8")
        return compare_paths(old, new)[0]


def _at(document: Node, pointer: str) -> Node:
    node: Any = document
    for part in pointer.strip("/").split("/"):
        node = node[part.replace("~1", "/")]
    found: Node = node
    return found


def _parameter(node: Node, name: str) -> Node:
    found: Node = next(row for row in node["parameters"] if row.get("name") == name)
    return found


def _played(found: tuple[Difference, ...]) -> Iterator[RunResult]:
    surface = compare_paths(data_folder("contracts"), data_folder("contracts"))[1]
    for name, text in drift_scenarios(found, surface.webhooks):
        scenario = parse_scenario(text, id=name, path=f"{name}.toml")
        with tempfile.TemporaryDirectory() as workspace:
            folder = Path(workspace)
            with Run(scenario, SimulatedWorld(), seed=7, searched_paths=[folder]) as run:
                assert run.connection is not None
                integration = make_reference(run.connection, folder)
                try:
                    yield run.play(InProcessSubject(integration))
                finally:
                    integration.close()


if __name__ == "__main__":
    sys.exit(main())
