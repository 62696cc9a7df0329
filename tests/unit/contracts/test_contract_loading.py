"""Reading contract files, and what is said about bad ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tts_chaos._data import data_folder
from tts_chaos.contracts.loader import EVIDENCE, load_contracts, parse_contracts
from tts_chaos.contracts.openapi import parse_openapi
from tts_chaos.errors import ContractError, InternalError, UsageError

FOLDER = data_folder("contracts")


def read_files() -> dict[str, bytes]:
    named = (path for path in FOLDER.glob("*.json") if path.name != EVIDENCE)
    paths = [*named, *FOLDER.glob("openapi/*.json")]
    return {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in paths}


def make_document() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "servers": [{"url": "https://open-api.tiktokglobalshop.com"}],
        "paths": {
            "/order/202309/orders": {
                "get": {
                    "operationId": "order.202309.get_order_detail",
                    "parameters": [{"name": "ids", "in": "query", "schema": {"type": "array"}}],
                    "responses": {},
                    "x-tts-provenance": {"source": "documented", "confidence": "high"},
                    "x-tts-cipher": "required",
                }
            }
        },
    }


def operation_of(document: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = document["paths"]["/order/202309/orders"]["get"]
    return operation


def test_a_minimal_document_is_read() -> None:
    (operation,) = parse_openapi(json.dumps(make_document()).encode(), path="x.json")

    assert operation.id == "order.202309.get_order_detail"
    assert (operation.domain, operation.version, operation.name) == (
        "order",
        "202309",
        "order.get_order_detail",
    )
    assert [parameter.name for parameter in operation.parameters] == ["ids"]


Spoil = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(
            lambda d: operation_of(d).update({"x-tts-scope": []}),
            r"x\.json, .*get: unknown key 'x-tts-scope'",
            id="misspelt-key",
        ),
        pytest.param(
            lambda d: operation_of(d).pop("x-tts-provenance"),
            r"get\.x-tts-provenance: expected an object, got None",
            id="no-provenance",
        ),
        pytest.param(
            lambda d: operation_of(d).update({"x-tts-cipher": "maybe"}),
            "Invalid enum value 'maybe'",
            id="unknown-cipher-rule",
        ),
        pytest.param(
            lambda d: operation_of(d).update({"operationId": "get_order_detail"}),
            "not of the form <domain>.<version>.<verb_noun>",
            id="id-without-version",
        ),
        pytest.param(
            lambda d: operation_of(d).pop("operationId"),
            "Expected `str`, got `null`",
            id="no-id",
        ),
        pytest.param(
            lambda d: operation_of(d).update({"parameters": [{"$ref": "#/components/x"}]}),
            r"parameters\[0\]: reference '#/components/x' leads nowhere",
            id="dangling-reference",
        ),
        pytest.param(
            lambda d: d["paths"]["/order/202309/orders"].update({"fetch": {}}),
            "'fetch' is no verb",
            id="unknown-verb",
        ),
        pytest.param(lambda d: d.pop("servers"), r"\$\.servers: expected one server", id="no-host"),
        pytest.param(
            lambda d: operation_of(d).update({"requestBody": {"content": {}}}),
            "expected exactly one media type",
            id="body-without-media-type",
        ),
    ],
)
def test_a_bad_document_is_refused_with_file_and_key(spoil: Spoil, message: str) -> None:
    document = make_document()
    spoil(document)

    with pytest.raises(ContractError, match=message):
        parse_openapi(json.dumps(document).encode(), path="x.json")


def test_a_document_that_is_no_json_is_refused() -> None:
    with pytest.raises(ContractError, match=r"x\.json: not a JSON object"):
        parse_openapi(b"openapi: 3.1.0", path="x.json")


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        pytest.param("errors.json", b"{", r"errors\.json: not JSON", id="cut-file"),
        pytest.param(
            "errors.json",
            b'{"errors":[{"code":1}],"plain_answers":[]}',
            r"errors\.json, \$\.errors\[0\]: Object missing required field",
            id="missing-field",
        ),
        pytest.param(
            "declined.json",
            b'{"declined":{},"extra":1}',
            r"declined\.json: Object contains unknown field `extra`",
            id="unknown-field",
        ),
    ],
)
def test_a_bad_table_is_refused_with_file_and_key(path: str, text: bytes, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        parse_contracts({**read_files(), path: text})


@pytest.mark.parametrize(
    ("declined", "message"),
    [
        pytest.param(
            {"order.202309.get_order_lst": "Nobody ever asked for it."},
            r"declined\.json, \$\.declined.*: no operation .*did you mean 'order\.202309\.get_ord",
            id="unknown-operation",
        ),
        pytest.param(
            {"order.202309.get_order_list": "later"}, "expected a reason in words", id="no-reason"
        ),
    ],
)
def test_a_bad_decline_is_refused(declined: dict[str, str], message: str) -> None:
    table = json.dumps({"declined": declined}).encode()

    with pytest.raises(ContractError, match=message):
        parse_contracts({**read_files(), "declined.json": table})


def test_a_code_that_the_table_lacks_is_refused() -> None:
    files = read_files()
    document = json.loads(files["openapi/seller.json"])
    document["paths"]["/seller/202309/shops"]["get"]["x-tts-errors"] = {"documented": [7]}

    with pytest.raises(ContractError, match=r"errors\.json, .*get_active_shops' answers code 7"):
        parse_contracts({**files, "openapi/seller.json": json.dumps(document).encode()})


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        pytest.param("x-tts-evnt", {}, r"unknown key 'x-tts-evnt'", id="misspelt-key"),
        pytest.param(
            "x-tts-event",
            {"type": 2, "subscribable": True, "owner_field": "shop_id"},
            "type and the body's type differ",
            id="two-types",
        ),
    ],
)
def test_a_bad_webhook_is_refused(key: str, value: Any, message: str) -> None:
    files = read_files()
    document = json.loads(files["openapi/event.json"])
    document["webhooks"]["ORDER_STATUS_CHANGE"]["post"][key] = value

    with pytest.raises(ContractError, match=message):
        parse_contracts({**files, "openapi/event.json": json.dumps(document).encode()})


def test_a_webhook_described_twice_is_refused() -> None:
    files = read_files()
    document = json.loads(files["openapi/event.json"])
    document["paths"] = {}

    with pytest.raises(ContractError, match=r"z\.json: webhook type \d+ is described twice"):
        parse_contracts({**files, "openapi/z.json": json.dumps(document).encode()})


def test_a_missing_table_is_named() -> None:
    files = read_files()
    del files["errors.json"]

    with pytest.raises(ContractError, match=r"errors\.json: the file is missing"):
        parse_contracts(files)


def test_a_code_listed_twice_is_refused() -> None:
    files = read_files()
    table = json.loads(files["errors.json"])
    table["errors"].append(table["errors"][0])

    with pytest.raises(ContractError, match="code 0 is listed twice"):
        parse_contracts({**files, "errors.json": json.dumps(table).encode()})


def test_an_operation_described_twice_is_refused() -> None:
    files = read_files()

    with pytest.raises(ContractError, match=r"openapi/order2\.json: operation '.*' is described"):
        parse_contracts({**files, "openapi/order2.json": files["openapi/order.json"]})


def test_two_operations_on_one_path_are_refused() -> None:
    files = read_files()
    twin = make_document()
    operation_of(twin)["operationId"] = "order.202309.another"

    with pytest.raises(ContractError, match=r"claimed by 'order\.202309\.\w+' and 'order\.2"):
        parse_contracts({**files, "openapi/z.json": json.dumps(twin).encode()})


def test_equal_files_have_equal_digests() -> None:
    assert parse_contracts(read_files()).digest == load_contracts().digest


def test_any_changed_byte_changes_the_digest() -> None:
    files = read_files()
    changed = {**files, "errors.json": files["errors.json"] + b" "}

    assert parse_contracts(changed).digest != parse_contracts(files).digest


def test_contracts_are_read_once() -> None:
    assert load_contracts() is load_contracts(FOLDER)


def test_a_folder_without_contracts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="holds no contract"):
        load_contracts(tmp_path)


def test_a_misspelt_operation_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"Did you mean 'order\.202309\.get_order_list'"):
        load_contracts().operation("order.202309.get_ordr_list")


def test_a_misspelt_event_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean 'ORDER_STATUS_CHANGE'"):
        load_contracts().webhook("ORDER_STATUS_CHANGED")


def test_versions_of_an_operation_come_oldest_first() -> None:
    versions = load_contracts().versions_of("product.search_products")

    assert [operation.version for operation in versions] == ["202309", "202312", "202502"]


def test_the_checkout_holds_the_data() -> None:
    assert Path(__file__).resolve().parents[3] / "contracts" == FOLDER


def test_an_installed_package_brings_its_own_data(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "tts_chaos"
    shipped = package / "_data" / "contracts"
    shipped.mkdir(parents=True)
    # A folder of that name two levels up is somebody else's.
    (tmp_path / "contracts").mkdir()

    assert data_folder("contracts", package=package) == shipped


def test_an_installation_without_data_says_where_it_looked(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "tts_chaos"

    with pytest.raises(InternalError, match=r"'scenarios' is missing: neither .* nor .*_data"):
        data_folder("scenarios", package=package)


def test_an_unknown_data_folder_is_refused() -> None:
    with pytest.raises(ValueError, match="no data folder 'recordings'; known: contracts, scen"):
        data_folder("recordings")
