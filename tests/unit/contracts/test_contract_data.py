"""The facts in `contracts/` are complete, consistent and sourced."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
from openapi_spec_validator.validation.keywords import OpenAPIV31SchemaValidator

from tts_chaos._data import data_folder
from tts_chaos.contracts.answers import ApiError
from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.operation import CipherRule, Operation, Provenance
from tts_chaos.wire.codes import ApiCode, ArticleCode
from tts_chaos.wire.message import API_HOST, AUTH_HOST
from tts_chaos.wire.tokens import ACCESS_REFUSALS
from tts_chaos.wire.webhook import EventType

CONTRACTS = load_contracts()
DOCUMENTS = sorted((data_folder("contracts") / "openapi").glob("*.json"))
OPERATIONS = list(CONTRACTS.operations.values())
ERRORS = list(CONTRACTS.errors.values())
every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.id)
CONFIDENCES = {"high", "medium", "low"}


def test_the_core_of_selling_is_described() -> None:
    assert {
        "token.v2.get",
        "token.v2.refresh",
        "authorization.202309.get_authorized_shops",
        "order.202309.get_order_list",
        "order.202309.get_order_detail",
        "order.202507.get_order_detail",
        "product.202502.search_products",
        "product.202309.update_inventory",
        "fulfillment.202309.ship_package",
        "fulfillment.202610.mark_package_as_shipped",
        "return_refund.202602.search_returns",
        "return_refund.202606.reject_return",
        "event.202309.update_shop_webhook",
    } <= set(CONTRACTS.operations)


@every_operation
def test_an_operation_is_found_by_its_own_path(operation: Operation) -> None:
    path = operation.path.replace("{", "").replace("}", "")

    match = CONTRACTS.match(operation.host, operation.method, path)

    assert match is not None
    assert match.operation is operation


@every_operation
def test_every_schema_of_an_operation_is_a_json_schema(operation: Operation) -> None:
    schemas = [operation.body_schema, operation.response_schema]
    schemas += [parameter.schema for parameter in operation.parameters]

    for schema in schemas:
        jsonschema_rs.meta.validate({} if schema is None else schema)


@every_operation
def test_the_path_names_version_and_category_of_an_operation(operation: Operation) -> None:
    if operation.is_token_call:
        assert operation.path.startswith(f"/api/{operation.version}/token/")
    else:
        assert operation.path.startswith(f"/{operation.domain}/{operation.version}/")
        assert operation.domain in CONTRACTS.categories


UNSCOPED = {"affiliate", "data_reconciliation", "open", "token"}
"""Domains of which no source names any scope."""


@every_operation
def test_an_operation_has_a_scope_where_its_domain_has_any(operation: Operation) -> None:
    assert bool(operation.scopes) == (operation.domain not in UNSCOPED)


def test_the_whole_surface_is_described() -> None:
    in_domains = Counter(operation.domain for operation in OPERATIONS)

    assert len(OPERATIONS) == 419
    assert in_domains["product"] == 81
    assert set(in_domains) - {"token"} == CONTRACTS.categories


def test_every_version_of_the_surface_is_in_use() -> None:
    assert {row.version for row in OPERATIONS} - {"v2"} == set(CONTRACTS.versions)


@every_operation
def test_every_group_of_fields_has_a_source(operation: Operation) -> None:
    groups = {"response"}
    groups |= {"request"} if operation.body_schema is not None else set()
    groups |= {"parameters"} if operation.parameters or "{" in operation.path else set()

    assert groups <= set(operation.fields)


@every_operation
def test_every_code_of_an_operation_is_in_the_table(operation: Operation) -> None:
    assert set(operation.errors.all) <= set(CONTRACTS.errors)


class _Schemas(OpenAPIV31SchemaValidator):
    """Holds schemas against their meta-schema by the compiled validator, fifty times as fast."""

    def _get_schema_checker(self, schema: Any, schema_value: Any) -> Callable[[Any], None]:
        return _check_schema


def _check_schema(value: Any) -> None:
    try:
        jsonschema_rs.meta.validate(value)
    except jsonschema_rs.ValidationError as error:
        raise OpenAPIValidationError(str(error)) from error


_Documents = type(
    "_Documents",
    (OpenAPIV31SpecValidator,),
    {"keyword_validators": {**OpenAPIV31SpecValidator.keyword_validators, "schema": _Schemas}},
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_is_valid_openapi(document: Path) -> None:
    validate(json.loads(document.read_bytes()), cls=_Documents)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param(("components", "schemas", "Broken"), {"type": "no-type"}, id="schema"),
        pytest.param(("components", "schemas", "Broken"), {"required": 1}, id="keyword"),
        pytest.param(("paths", "/x"), {"get": {"parameters": [{"name": "n"}]}}, id="operation"),
        pytest.param(("paths", "/x/{id}"), {"get": {"responses": {}}}, id="path-parameter"),
    ],
)
def test_a_document_that_is_no_openapi_is_found(place: tuple[str, ...], value: Any) -> None:
    document = json.loads(DOCUMENTS[0].read_bytes())
    *folders, name = place
    part = document
    for folder in folders:
        part = part[folder]
    part[name] = value

    with pytest.raises(OpenAPIValidationError):
        validate(document, cls=_Documents)


@every_operation
def test_a_paginated_operation_takes_size_and_token_in_the_query(operation: Operation) -> None:
    names = {parameter.name for parameter in operation.parameters}

    assert operation.is_paginated == ({"page_size", "page_token"} <= names)


@every_operation
def test_the_confidence_of_an_operation_is_one_of_three(operation: Operation) -> None:
    assert operation.confidence in CONFIDENCES
    assert {note.confidence for note in operation.notes} <= CONFIDENCES


@pytest.mark.parametrize(
    ("id", "smallest", "largest", "required"),
    [
        ("order.202309.get_order_list", 1, 100, True),
        ("product.202502.search_products", 1, 100, True),
        ("fulfillment.202309.search_package", 1, 50, True),
        ("return_refund.202309.search_returns", 10, 50, False),
        ("return_refund.202602.search_returns", 10, 50, False),
        ("return_refund.202309.search_cancellations", 1, 50, False),
    ],
)
def test_page_sizes_have_the_documented_limits(
    id: str, smallest: int, largest: int, required: bool
) -> None:
    size = next(p for p in CONTRACTS.operation(id).parameters if p.name == "page_size")

    assert (size.schema["type"], size.schema["minimum"], size.schema["maximum"]) == (
        "integer",
        smallest,
        largest,
    )
    assert size.required is required


@pytest.mark.parametrize(
    "id", ["authorization.202309.get_authorized_shops", "seller.202309.get_active_shops"]
)
def test_account_operations_refuse_a_shop_cipher(id: str) -> None:
    assert CONTRACTS.operation(id).cipher is CipherRule.REFUSED


def test_token_calls_live_on_the_token_host() -> None:
    hosts = {operation.is_token_call: operation.host for operation in OPERATIONS}

    assert hosts == {True: AUTH_HOST, False: API_HOST}


def test_a_scope_taken_from_a_sibling_version_is_marked() -> None:
    older = CONTRACTS.operation("order.202309.get_order_detail")

    assert older.scopes == ("seller.order.info",)
    assert older.scopes_provenance is Provenance.INFERRED


def test_an_older_version_names_its_successor() -> None:
    assert CONTRACTS.operation("order.202309.get_order_detail").superseded_by == "202507"


@pytest.mark.parametrize("error", ERRORS, ids=lambda e: str(e.code))
def test_an_error_has_meaning_and_source(error: ApiError) -> None:
    assert error.meaning
    assert error.confidence in CONFIDENCES
    assert error.http_confidence in CONFIDENCES
    assert error.retryable == (error.reaction == "back_off")


def test_every_code_that_code_names_is_in_the_table() -> None:
    assert set(ApiCode) <= set(CONTRACTS.errors)


def test_every_gateway_refusal_clients_match_on_words_has_its_words() -> None:
    wordless = {
        error.code
        for error in ERRORS
        if error.category == "gateway" and error.message is None and not error.variants
    }

    # No source tells the words of these three; the last one is not even defined anywhere.
    assert wordless == {36009037, 36009043, 36009044, 106011}


def test_every_token_refusal_names_a_row_of_the_table() -> None:
    for code, variant in ACCESS_REFUSALS.values():
        assert not variant or CONTRACTS.errors[code].variant(variant).message


def test_the_variants_of_a_bad_request_are_told_apart_by_words() -> None:
    variants = CONTRACTS.errors[ApiCode.BAD_REQUEST].variants
    counted = Counter(variant.message for variant in variants)

    assert counted.most_common(1)[0][1] == 1


def test_a_known_status_is_told() -> None:
    assert CONTRACTS.errors[ApiCode.TOKEN_EXPIRED].status == 401


def test_a_business_code_is_told_under_200() -> None:
    assert CONTRACTS.errors[21011044].status == 200


def test_an_unknown_gateway_status_is_taken_as_400() -> None:
    assert CONTRACTS.errors[ApiCode.VERB_REFUSED].status == 400


def test_an_unknown_variant_is_refused_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"no variant 'clock'; known: .*timestamp_too_old"):
        CONTRACTS.errors[ApiCode.BAD_REQUEST].variant("clock")


@pytest.mark.parametrize(
    ("code", "variant", "expected"),
    [
        pytest.param(105002, "", ArticleCode.TOKEN_EXPIRED, id="expired-token"),
        pytest.param(105001, "", ArticleCode.TOKEN_MALFORMED, id="unknown-token"),
        pytest.param(36009004, "token_invalid", ArticleCode.TOKEN_MALFORMED, id="malformed-token"),
        pytest.param(36009004, "app_key_invalid", ArticleCode.CLIENT_KEY_WRONG, id="wrong-app-key"),
        pytest.param(105005, "", ArticleCode.FORBIDDEN, id="missing-permission"),
        pytest.param(106001, "", ArticleCode.UNAUTHORISED, id="wrong-signature"),
    ],
)
def test_the_article_profile_replaces_documented_codes(
    code: int, variant: str, expected: ArticleCode
) -> None:
    error = CONTRACTS.article_error(code, variant)

    assert error is not None
    assert error.code == expected


@pytest.mark.parametrize(
    ("code", "variant"),
    [
        pytest.param(36009002, "", id="rate-limit"),
        pytest.param(36009004, "timestamp_too_old", id="clock"),
        pytest.param(21011044, "", id="business-code"),
    ],
)
def test_the_article_profile_leaves_other_codes_alone(code: int, variant: str) -> None:
    assert CONTRACTS.article_error(code, variant) is None


def test_every_code_the_article_replaces_is_documented() -> None:
    for error in CONTRACTS.article_errors:
        for key in error.replaces:
            code, _, variant = key.partition(":")
            if code != "token_missing":
                names = {row.name for row in CONTRACTS.errors[int(code)].variants}
                assert not variant or variant in names


def test_a_missing_token_has_its_own_article_row() -> None:
    error = CONTRACTS.article_error_for("token_missing")

    assert error is not None
    assert error.message == "cannot sign without access token"


def test_all_documented_webhooks_are_there() -> None:
    in_service = [event for event in CONTRACTS.webhooks.values() if not event.legacy]

    assert len(in_service) == 44


def test_every_event_type_that_code_names_has_its_name_in_the_table() -> None:
    named = {event.value: event.name for event in EventType}

    assert {type: CONTRACTS.webhooks[type].name for type in named} == named


def test_every_webhook_schema_is_a_json_schema() -> None:
    for event in CONTRACTS.webhooks.values():
        jsonschema_rs.meta.validate(event.data_schema)


def test_the_order_webhook_carries_ids_and_status_only() -> None:
    event = CONTRACTS.webhook("ORDER_STATUS_CHANGE")

    assert set(event.data_fields) == {
        "order_id",
        "order_status",
        "is_on_hold_order",
        "update_time",
    }


def test_answers_that_are_no_envelope_are_described() -> None:
    plain = CONTRACTS.plain_answers["token_host_unrouted"]

    assert (plain.http_status, plain.body) == (404, "404 page not found")
