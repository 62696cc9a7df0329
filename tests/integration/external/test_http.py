# ruff: noqa: E501 - one answer a line
"""Capabilities over HTTP, asked of real processes: what is sent, and what is made of answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.programs import SERVER, make_subject, server_configuration

from tts_chaos.subjects.external.failures import AnswerError, ShapeError

SENDING = """
sync_orders = "POST /sync"
push_stock = { http = "PUT /stock", body = '{"of": "{shop_id}", "all": {changes}}' }
ship = "POST /orders/{order_id}/ship"
quote_checkout = { http = "POST /quote", at = "data" }
flush = { http = "POST /flush", headers = { Authorization = "Bearer {access_token}" } }
reconfigure = "POST /configure"
deliver_webhook = "POST /webhook"
shipments = "GET /seen"
"""


def test_arguments_arrive_where_the_configuration_says(tmp_path: Path) -> None:
    answers = (
        'ANSWERS["quote"] = lambda request, body: (200, {"data": json.loads(body)["lines"][0]})'
    )
    server = SERVER.replace("# more", answers)
    line = {"currency": "GBP", "total_amount": "1.00"}
    with make_subject(tmp_path, server_configuration(SENDING), {"server.py": server}) as subject:
        subject.call("sync_orders", {})
        subject.call("push_stock", {"changes": {"1": 5}})
        subject.call("ship", {"order_id": "a/b c"})
        subject.call("flush", {})
        subject.call("reconfigure", {"app_secret": "new", "api_url": "x"})
        quote = subject.call("quote_checkout", {"lines": [line]})
        seen = subject.call("shipments", {})

    assert [(row["method"], row["path"], row["body"]) for row in seen] == [
        ("POST", "/sync", ""),
        ("PUT", "/stock", '{"of": "7000", "all": {"1": 5}}'),
        ("POST", "/orders/a%2Fb%20c/ship", ""),
        ("POST", "/flush", ""),
        ("POST", "/configure", '{"app_secret": "new", "api_url": "x"}'),
    ]
    assert seen[1]["headers"]["content-type"] == "application/json"
    assert seen[3]["headers"]["authorization"] == "Bearer the-access-token"
    assert quote == line


def test_a_webhook_passes_through_byte_for_byte(tmp_path: Path) -> None:
    headers = {"Authorization": "abc", "Content-Type": "text/odd", "Content-Length": "999"}
    with make_subject(tmp_path, server_configuration(SENDING)) as subject:
        status = subject.call("deliver_webhook", {"headers": headers, "body": b'{"a":  "\xff"}'})
        (seen,) = subject.call("shipments", {})

    assert status == 200
    assert seen["body"] == '{"a":  "\xff"}'
    assert seen["headers"]["authorization"] == "abc"
    assert seen["headers"]["content-type"] == "text/odd"
    assert seen["headers"]["content-length"] == "11"


def test_the_status_that_answers_a_webhook_is_passed_on(tmp_path: Path) -> None:
    server = SERVER.replace("# more", 'ANSWERS["webhook"] = lambda request, body: (401, "no")')
    with make_subject(tmp_path, server_configuration(SENDING), {"server.py": server}) as subject:
        assert subject.call("deliver_webhook", {"headers": {}, "body": b"{}"}) == 401


ANSWERED: dict[str, tuple[str, int, Any, type[Exception], str]] = {
    "an error": ("orders", 500, "it broke", AnswerError, "GET /it answered 500: 'it broke'"),
    "nowhere": ("orders", 302, "", AnswerError, "GET /it answered 302: nothing"),
    "no JSON": ("orders", 200, "<html>Hello", ShapeError, "expected JSON .*got '<html>Hello'"),
    "half of it": ("orders", 200, '[{"id": "1"', ShapeError, "expected JSON"),
    "no number": ("stock", 200, '{"1": NaN}', ShapeError, "expected JSON"),
    "nothing": ("orders", 200, "", ShapeError, "got nothing"),
    "null": ("orders", 200, None, ShapeError, "expected a list of orders, got null"),
    "an object": (
        "orders", 200, {"orders": []}, ShapeError,
        "expected a list of orders, got an object with the keys orders; if 'orders' is meant, add",
    ),
    "texts": ("orders", 200, ["1"], ShapeError, r"expected an object at \$\[0\], got '1'"),
    "no id": ("orders", 200, [{"id": "1"}, {"nr": 2}], ShapeError, r"'id' at \$\[1\], got the keys nr"),
    "an empty id": ("orders", 200, [{"id": ""}], ShapeError, r"expected a value at \$\[0\]\.id"),
    "lines": ("orders", 200, [{"id": "1", "lines": "a"}], ShapeError, r"list of lines at \$\[0\]\.lines"),
    "a line": ("orders", 200, [{"id": "1", "lines": [5]}], ShapeError, r"lines\[0\], got the number 5"),
    "no stock": ("stock", 200, 5, ShapeError, "expected an object of quantities by SKU id"),
    "half a unit": ("stock", 200, {"1": 1.5}, ShapeError, r"a whole number at \$\.1, got the number 1.5"),
    "true": ("stock", 200, {"1": True}, ShapeError, r"a whole number at \$\.1, got true"),
    "twice": (
        "stock", 200, [{"sku_id": "1", "quantity": 1}, {"sku_id": "1", "quantity": 2}], ShapeError,
        "the SKU '1' is there twice",
    ),
    "no pair": ("tokens", 200, {"token": "a"}, ShapeError, r"'access_token' at \$, got the keys token"),
    "a mood": ("health", 200, {"status": "fine"}, ShapeError, "one of ok, degraded, down at"),
    "no cause": ("alerts", 200, [{"message": "a"}], ShapeError, r"'cause' at \$\[0\]"),
    "too deep": ("orders", 200, "[" * 100_000, ShapeError, "expected JSON"),
    "nested": ("orders", 200, [{"id": "1", "x": json.loads("[" * 60 + "]" * 60)}], ShapeError, "deep"),
}  # fmt: skip


@pytest.mark.parametrize("case", ANSWERED)
def test_an_answer_of_no_use_is_named_with_what_came(tmp_path: Path, case: str) -> None:
    name, status, answer, kind, told = ANSWERED[case]
    server = SERVER.replace(
        "# more", f"ANSWERS['it'] = lambda request, body: ({status}, {answer!r})"
    )
    configuration = server_configuration(f'{name} = "GET /it"')
    with (
        make_subject(tmp_path, configuration, {"server.py": server}) as subject,
        pytest.raises(kind, match=told),
    ):
        subject.call(name, {})


def test_a_part_that_is_not_there_is_named_with_what_is(tmp_path: Path) -> None:
    configuration = server_configuration('orders = { http = "GET /health", at = "data.orders" }')
    with (
        make_subject(tmp_path, configuration) as subject,
        pytest.raises(ShapeError, match=r"expected \$\.data .* got the keys status"),
    ):
        subject.call("orders", {})
