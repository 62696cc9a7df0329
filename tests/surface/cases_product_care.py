"""What surrounds products: contacts for the law, checks, advice, size charts, work on pictures."""

from __future__ import annotations

from typing import Any

from tests.support.shop_desk import Answer, Desk
from tests.surface.cases import accepted, refused
from tests.surface.cases_listing import MUGS, UPLOAD_IMAGE, listing, picture, variant

MAKERS = {
    "product.202409.create_manufacturer": "manufacturer",
    "product.202409.create_responsible_person": "responsible_person",
}
EDITORS = {
    "product.202409.partial_edit_manufacturer": "manufacturer",
    "product.202409.partial_edit_responsible_person": "responsible_person",
}
FLAT_SEARCHES = {
    "product.202409.search_manufacturers": "manufacturer",
    "product.202409.search_responsible_persons": "responsible_person",
}
SEARCHES = {
    "product.202501.search_manufacturers": "manufacturer",
    "product.202501.search_responsible_persons": "responsible_person",
}
PREREQUISITES_OLD = "product.202309.check_listing_prerequisites"
PREREQUISITES = "product.202312.check_listing_prerequisites"
CHECK = "product.202309.check_product_listing"
DIAGNOSES = "product.202405.product_information_issue_diagnosis"
SEO_WORDS = "product.202405.get_products_seo_words"
TEXTS = "product.202405.get_recommended_product_title_and_description"
DIAGNOSE_ONE = "product.202411.diagnoseand_optimize_product"
CREATE_CHART = "product.202610.create_size_chart_v2"
EDIT_CHART = "product.202610.edit_size_chart_v2"
SEARCH_CHARTS = "product.202407.search_size_charts"
OPTIMIZE = "product.202404.optimized_images"
TRANSLATE = "product.202505.create_image_translation_tasks"
TRANSLATIONS = "product.202506.get_image_translation_tasks"

EARLIER_PRICE = "product.202609.submit_strikethrough_price"
RESTOCKING = (
    "product.202604.update_stock_operation_settings",
    "product.202608.update_stock_operation_settings",
)
PROPERTIES = "product.202609.recommend_required_product_properties"

PHONE = {"country_code": "+353", "local_number": "15551234"}


def contact(kind: str, **changes: Any) -> dict[str, Any]:
    """Return a manufacturer or a responsible person as they are told."""
    address: Any = "4 Quay Street, Galway"
    if kind == "responsible_person":
        address = {"street_address_line1": "4 Quay Street", "postal_code": "H91", "country": "IE"}
    made = {"name": "Quince Works", "email": "law@quince.example", "phone_number": PHONE}
    return {**made, "address": address, **changes}


def keep(desk: Desk, kind: str, **changes: Any) -> str:
    """Keep a contact; return its id."""
    answer = desk.call(f"product.202409.create_{kind}", body=contact(kind, **changes))
    return str(answer.data[f"{kind}_id"])


@accepted(*MAKERS)
def keeps_a_contact(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, body=contact(MAKERS[operation]))


@refused(tuple(MAKERS), 38023043)
def a_contact_without_a_way_to_write(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, body=contact(MAKERS[operation], email="quince"))


def edit(desk: Desk, operation: str, id: str, profile: dict[str, Any]) -> Answer:
    """Edit a contact."""
    path: dict[str, Any] = {f"{EDITORS[operation]}_id": id}
    return desk.call(operation, body=profile, **path)


@accepted(*EDITORS)
def writes_a_contact_in_another_language(desk: Desk, operation: str) -> Answer:
    kind = EDITORS[operation]
    id = keep(desk, kind)
    profile = {"name": "Quitte Werke", "locale": "de-DE"}
    answer = edit(desk, operation, id, profile)
    (row,) = find(desk, f"product.202501.search_{kind}s")
    names = {one["locale"]: one["name"] for one in row["regional_profiles"]}
    assert names == {"en-IE": "Quince Works", "de-DE": "Quitte Werke"}
    return answer


@refused(tuple(EDITORS), 38023051)
def a_contact_of_nobody(desk: Desk, operation: str) -> Answer:
    return edit(desk, operation, "1729", {"name": "Q"})


@refused(tuple(EDITORS), 38023043)
def a_contact_that_loses_its_way_to_write(desk: Desk, operation: str) -> Answer:
    kind = EDITORS[operation]
    return edit(desk, operation, keep(desk, kind), {"email": "quince"})


def find(desk: Desk, operation: str, **filters: Any) -> list[dict[str, Any]]:
    """Return the contacts that a search finds."""
    data = desk.call(operation, query={"page_size": 10}, body=filters).data
    return next(rows for rows in data.values() if isinstance(rows, list))


@accepted(*FLAT_SEARCHES)
def finds_contacts_by_a_word_of_their_names(desk: Desk, operation: str) -> Answer:
    kind = FLAT_SEARCHES[operation]
    keep(desk, kind)
    wanted = keep(desk, kind, name="Sorrel Works")
    assert [row["id"] for row in find(desk, operation, keyword="sorrel")] == [wanted]
    return desk.call(operation, query={"page_size": 10})


@accepted(*SEARCHES)
def finds_contacts_by_id(desk: Desk, operation: str) -> Answer:
    kind = SEARCHES[operation]
    keep(desk, kind)
    wanted = keep(desk, kind)
    found = find(desk, operation, **{f"{kind}_ids": [wanted]})
    assert [row["id"] for row in found] == [wanted]
    return desk.call(operation, query={"page_size": 10})


@accepted(PREREQUISITES)
def tells_that_the_day_has_no_room_left(desk: Desk, operation: str) -> Answer:
    desk.command("set_listing_limit", per_day=0)
    answer = desk.call(operation)
    failed = [row["check_item"] for row in answer.data["check_results"] if row["is_failed"]]
    assert failed == ["PRODUCT_QUANTITY_LIMIT"]
    return answer


@accepted(PREREQUISITES_OLD)
def tells_that_nothing_is_missing(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation)
    assert answer.data["shop"]["logistics"]["pickup_warehouse"] == ""
    return answer


@accepted(CHECK)
def checks_a_listing_without_listing_it(desk: Desk, operation: str) -> Answer:
    before = len(desk.products)
    good = desk.call(operation, body=listing(desk))
    bad = desk.call(operation, body=listing(desk, skus=[variant(desk, inventory=[])]))
    assert (good.data["check_result"], bad.data["check_result"]) == ("PASS", "FAILED")
    assert [row["code"] for row in bad.data["fail_reasons"]] == [12052096]
    assert len(desk.products) == before
    return bad


@accepted(CHECK)
def says_what_would_make_a_listing_better(desk: Desk, operation: str) -> Answer:
    body = listing(desk, title="A mug")
    answer = desk.call(operation, query={"is_diagnosis_required": "true"}, body=body)
    assert [row["field"] for row in answer.data["diagnoses"]] == ["TITLE"]
    return answer


@accepted(DIAGNOSES, SEO_WORDS, TEXTS)
def advises_on_products_of_the_shop_and_no_others(desk: Desk, operation: str) -> Answer:
    id = desk.product().id
    answer = desk.call(operation, query={"product_ids": f"{id},1729"})
    assert [row["id"] for row in answer.data["products"]] == [id]
    return answer


@accepted(DIAGNOSE_ONE)
def judges_a_listing_that_is_not_there_yet(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation, body={"category_id": MUGS, "title": "Mug"})
    assert answer.data["listing_quality"]["current_tier"] == "POOR"
    return answer


@refused(DIAGNOSE_ONE, 12052032)
def judges_a_product_of_nobody(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, body={"category_id": MUGS, "product_id": "1729"})


@refused((DIAGNOSE_ONE, CREATE_CHART, PROPERTIES), 12052023)
def judges_in_a_category_of_nowhere(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, body=chart() | {"category_id": "1729"})


@refused((DIAGNOSE_ONE, CREATE_CHART, PROPERTIES), 12052024)
def judges_in_a_department(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, body=chart() | {"category_id": "600001"})


def chart(**changes: Any) -> dict[str, Any]:
    """Return a size chart as it is told; the title is for calls that want one."""
    table = {"headers": [{"name": "Size"}], "rows": [{"cells": [{"value": "M"}]}]}
    kind = {"measurement_type": "BODY_MEASUREMENTS", "unit_system": "METRIC"}
    return {
        "category_id": "600101",
        "size_chart_mode": "REUSABLE_TEMPLATE",
        "template_name": "Shirts",
        "product_title": "A mug",
        "size_chart_data": {**kind, "table": table},
        **changes,
    }


@accepted(CREATE_CHART)
def keeps_a_size_chart(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, body=chart())


@accepted(EDIT_CHART)
def names_a_size_chart_anew(desk: Desk, operation: str) -> Answer:
    id = desk.call(CREATE_CHART, body=chart()).data["size_chart_id"]
    body = {"size_chart_id": id, "template_name": "Tees", **chart_data()}
    answer = desk.call(operation, body=body)
    (row,) = desk.call(SEARCH_CHARTS, query={"page_size": 10}).data["size_chart"]
    assert (row["template_id"], row["template_name"]) == (id, "Tees")
    return answer


def chart_data() -> dict[str, Any]:
    """Return the table of a size chart alone."""
    return {"size_chart_data": chart()["size_chart_data"]}


@refused(EDIT_CHART, 12052910)
def a_size_chart_of_nobody(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, body={"size_chart_id": "1729", **chart_data()})


@accepted(SEARCH_CHARTS)
def finds_a_size_chart_by_a_word_of_its_name(desk: Desk, operation: str) -> Answer:
    desk.call(CREATE_CHART, body=chart())
    desk.call(CREATE_CHART, body=chart(template_name="Trousers"))
    answer = desk.call(operation, query={"page_size": 10}, body={"keyword": "trou"})
    assert [row["template_name"] for row in answer.data["size_chart"]] == ["Trousers"]
    return answer


def uploaded(desk: Desk) -> str:
    """Upload a picture; return its uri."""
    answer = desk.call(UPLOAD_IMAGE, files={"data": ("mug.png", picture(), "image/png")})
    return str(answer.data["uri"])


@accepted(OPTIMIZE)
def whitens_pictures_that_were_uploaded(desk: Desk, operation: str) -> Answer:
    rows = [
        {"uri": uri, "optimization_mode": ["WHITE_BACKGROUND"]}
        for uri in (uploaded(desk), "tos-twin/unknown")
    ]
    answer = desk.call(operation, body={"images": rows})
    assert [row["optimize_status"] for row in answer.data["images"]] == ["SUCCESS", "IGNORE"]
    return answer


def translate(desk: Desk, *uris: str) -> Answer:
    """Ask for pictures in German."""
    rows = [{"image_uri": uri, "target_languages": ["de-DE"]} for uri in uris]
    return desk.call(TRANSLATE, body={"images": rows})


@accepted(TRANSLATE)
def begins_translations(desk: Desk, _operation: str) -> Answer:
    return translate(desk, uploaded(desk))


@refused(TRANSLATE, 12038012)
def more_translations_than_a_day_allows(desk: Desk, _operation: str) -> Answer:
    return translate(desk, *(f"tos-twin/{number}" for number in range(501)))


@accepted(TRANSLATIONS)
def tells_how_far_translations_have_come(desk: Desk, operation: str) -> Answer:
    begun = translate(desk, uploaded(desk), "tos-twin/unknown").data["translation_tasks"]
    query = {"translation_task_ids": ",".join(task["id"] for task in begun)}
    early = desk.call(operation, query=query).data["translation_tasks"]
    desk.wait(hours=1)
    answer = desk.call(operation, query=query)
    late = answer.data["translation_tasks"]
    assert [task["status"] for task in early] == ["PROCESSING", "PROCESSING"]
    assert [task["status"] for task in late] == ["COMPLETED", "FAILED"]
    return answer


@refused(TRANSLATIONS, 12038011)
def a_translation_of_nobody(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, query={"translation_task_ids": "1729"})


def earlier(desk: Desk, *sku_ids: str, amount: str = "30.00") -> dict[str, Any]:
    """Return proof of the price of variants elsewhere."""
    price = {"amount": amount, "currency": "GBP"}
    deal = {
        **price,
        "transaction_time": "2026-01-02T03:04:05Z",
        "image": {"uri": "tos-twin/receipt"},
    }
    rows = [
        {
            "id": id,
            "external_sku_id": "E-1",
            "external_retail_price": price,
            "external_transaction_price": deal,
        }
        for id in sku_ids
    ]
    return {"external_product_id": "ERP-1", "skus": rows}


@accepted(EARLIER_PRICE)
def keeps_the_price_elsewhere_of_variants_of_the_product(desk: Desk, operation: str) -> Answer:
    product = desk.product()
    body = earlier(desk, product.skus[0].id, "1729")
    answer = desk.call(operation, product_id=product.id, body=body)
    assert [row["detail"]["sku_id"] for row in answer.data["errors"]] == ["1729"]
    return answer


@refused(EARLIER_PRICE, 12052032)
def the_price_elsewhere_of_nobodys_product(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, product_id="1729", body=earlier(desk))


@accepted(*RESTOCKING)
def lets_the_platform_restock_variants_of_the_shop(desk: Desk, operation: str) -> Answer:
    own = desk.product().skus[0].id
    setting = {"enable_auto_restock": True}
    body = {"seller_id": "7", "sku_ids": [own, "1729"], "stock_operation_setting": setting}
    answer = desk.call(operation, body=body)
    assert answer.data["stock_operation"] == {
        "success_sku_ids": [own],
        "failed_sku_ids": ["1729"],
    }
    return answer


@accepted(PROPERTIES)
def recommends_what_a_listing_does_not_state(desk: Desk, operation: str) -> Answer:
    stated = [{"id": "100000", "values": [{"id": "10000001"}]}]
    body = {"category_id": MUGS, "product_title": "A mug", "sales_properties": stated}
    answer = desk.call(operation, body=body)
    assert [row["name"] for row in answer.data["recommended_properties"]] == ["Material"]
    return answer
