"""The reference integration's front door, on a real socket."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet

from tts_chaos.reference import ReferenceIntegration, ReferenceSettings, Shop
from tts_chaos.reference.front_door import FrontDoor
from tts_chaos.reference.settings import QUICK
from tts_chaos.reference.signing import sign_webhook

SKU = {"id": "5001", "price": {"currency": "GBP", "tax_exclusive_price": "12.99"}}
LEVEL = {
    "id": "5001",
    "total_available_quantity": 7,
    "total_committed_quantity": 0,
    "warehouse_inventory": [{"warehouse_id": "800", "available_quantity": 7}],
}
ORDER = {
    "id": "101",
    "status": "CANCELLED",
    "create_time": 1_793_000_000,
    "update_time": 1_793_000_100,
    "payment": {"currency": "GBP", "total_amount": "12.99"},
    "line_items": [
        {"id": "1", "sku_id": "5001", "sale_price": "12.99", "display_status": "AWAITING_SHIPMENT"}
    ],
}
ANSWERS = {
    "/order/202309/orders/search": {"orders": [{"id": "101"}]},
    "/order/202507/orders": {"orders": [ORDER]},
    "/return_refund/202309/cancellations/search": {"cancellations": [], "total_count": 0},
    "/return_refund/202309/returns/search": {"return_orders": [], "total_count": 0},
    "/product/202309/inventory/search": {"inventory": [{"product_id": "7", "skus": [LEVEL]}]},
    "/product/202502/products/search": {"products": [{"id": "7", "skus": [SKU]}]},
}


def platform(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"code": 0, "data": ANSWERS[request.url.path]})


@pytest.fixture
def settings(tmp_path: Path) -> ReferenceSettings:
    return ReferenceSettings(
        app_key="6exmplkey",
        app_secret="app-secret-0123456789",
        access_token="GCP_access_first",
        refresh_token="GCP_refresh_first",
        access_token_expires_at=int(time.time()) + 600_000,
        refresh_token_expires_at=int(time.time()) + 900_000,
        shops=(Shop(id="7001", cipher="GCP_cipher_one"),),
        database=tmp_path / "reference.sqlite3",
        encryption_key=Fernet.generate_key().decode(),
        patience=QUICK,
    )


@pytest.fixture
def visitor(settings: ReferenceSettings) -> Iterator[httpx.Client]:
    """A client of the door of a connector that has synchronised."""
    with ReferenceIntegration(settings, transport=httpx.MockTransport(platform)) as connector:
        connector.sync_orders()
        with FrontDoor(connector) as door:
            url = f"http://127.0.0.1:{door.port}"
            with httpx.Client(base_url=url, trust_env=False) as client:
                yield client


def test_a_basket_is_priced(visitor: httpx.Client) -> None:
    answer = visitor.post("/checkout/quote", json={"lines": [{"sku_id": "5001", "quantity": 2}]})

    assert answer.status_code == 200
    assert answer.json()["total_amount"] == "25.98"


def test_a_basket_with_an_unknown_sku_is_refused(visitor: httpx.Client) -> None:
    answer = visitor.post("/checkout/quote", json={"lines": [{"sku_id": "1", "quantity": 1}]})

    assert (answer.status_code, answer.json()["cause"]) == (404, "contract")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"lines": 5}', b'{"lines": [{}]}'])
def test_a_body_that_is_no_basket_is_refused(visitor: httpx.Client, body: bytes) -> None:
    assert visitor.post("/checkout/quote", content=body).status_code == 400


def test_stock_is_told(visitor: httpx.Client) -> None:
    assert visitor.get("/inventory/5001").json() == {"sku_id": "5001", "quantity": 7}


def test_an_unknown_sku_is_not_found(visitor: httpx.Client) -> None:
    assert visitor.get("/inventory/1").status_code == 404


def test_orders_are_told_newest_first(visitor: httpx.Client) -> None:
    answer = visitor.get("/orders", params={"limit": 1})

    assert [order["id"] for order in answer.json()["orders"]] == ["101"]


def test_a_limit_that_is_no_number_is_refused(visitor: httpx.Client) -> None:
    assert visitor.get("/orders", params={"limit": "many"}).status_code == 400


def test_an_order_that_cannot_be_shipped_is_a_conflict(visitor: httpx.Client) -> None:
    assert visitor.post("/orders/101/ship").status_code == 409


def test_health_is_told(visitor: httpx.Client) -> None:
    assert visitor.get("/health").json()["status"] == "ok"


def test_a_genuine_webhook_is_acknowledged_with_an_empty_body(
    visitor: httpx.Client, settings: ReferenceSettings
) -> None:
    body = b'{"type":1,"shop_id":"7001","data":{"order_id":"101","update_time":1}}'
    signature = sign_webhook(settings.app_key, settings.app_secret, body)

    answer = visitor.post("/webhooks/tiktok", content=body, headers={"Authorization": signature})

    assert (answer.status_code, answer.content) == (200, b"")


def test_a_forged_webhook_is_refused(visitor: httpx.Client) -> None:
    assert visitor.post("/webhooks/tiktok", content=b"{}").status_code == 401


def test_an_oversize_body_is_not_read(visitor: httpx.Client) -> None:
    with socket.create_connection((visitor.base_url.host, visitor.base_url.port or 0)) as raw:
        raw.sendall(b"POST /webhooks/tiktok HTTP/1.1\r\nContent-Length: 1000000000000\r\n\r\n")

        assert raw.recv(100).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("path", ["/", "/orders/../secrets", "/inventory/abc"])
def test_other_paths_lead_nowhere(visitor: httpx.Client, path: str) -> None:
    assert visitor.get(path).status_code == 404


def test_stock_is_kept_at_once_and_pushed_later(visitor: httpx.Client) -> None:
    answer = visitor.put("/inventory/5001", json={"quantity": 3})

    assert (answer.status_code, answer.json()) == (202, {"sku_id": "5001", "quantity": 3})
    assert visitor.get("/health").json()["waiting_pushes"] == 1


@pytest.mark.parametrize("body", [{"quantity": -1}, {"quantity": "3"}, {}, []])
def test_a_quantity_that_is_none_is_refused(visitor: httpx.Client, body: object) -> None:
    assert visitor.put("/inventory/5001", json=body).status_code == 400


def test_all_that_it_knows_can_be_exported(visitor: httpx.Client) -> None:
    assert visitor.get("/inventory").json() == {"5001": 7}
    assert [order["id"] for order in visitor.get("/export/orders").json()] == ["101"]
    assert visitor.get("/export/shipments").json() == []


def test_a_sync_can_be_asked_for(visitor: httpx.Client) -> None:
    assert visitor.post("/sync").json() == {"changed": 0}


def test_nothing_else_can_be_put(visitor: httpx.Client) -> None:
    assert visitor.put("/orders/101", json={}).status_code == 404
