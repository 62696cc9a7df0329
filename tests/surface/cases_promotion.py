"""Promotions: activities with their products, coupons, and what activities lock."""

from __future__ import annotations

from typing import Any

from tests.support.shop_desk import Answer, Desk
from tests.surface.cases import accepted, refused
from tests.surface.cases_product import SET_PRICE, SET_STOCK, price_row

from tts_chaos.twin.domains.promotion.entities import Activity

CREATE = "promotion.202309.create_activity"
SEARCH = "promotion.202309.search_activities"
GET = "promotion.202309.get_activity"
UPDATE = "promotion.202309.update_activity"
STOP = "promotion.202309.deactivate_activity"
PUT = "promotion.202309.update_activity_product"
TAKE = "promotion.202309.remove_activity_product"
REPUBLISH = "promotion.202607.republish_activity"
COUPONS = "promotion.202406.search_coupons"
COUPON = "promotion.202406.get_coupon"

OF_ONE = (GET, UPDATE, STOP, PUT, TAKE, REPUBLISH)
CHANGING = (UPDATE, PUT, TAKE)
DAY_S = 86_400


def terms(desk: Desk, *, begins_in_s: int = 0, lasts_s: int = DAY_S, **more: Any) -> dict[str, Any]:
    """Return the terms of an activity."""
    begin_s = desk.clock.now_ms() // 1000 + begins_in_s
    return {
        "title": "Summer of mugs",
        "activity_type": "FIXED_PRICE",
        "product_level": "VARIATION",
        "begin_time": begin_s,
        "end_time": begin_s + lasts_s,
        **more,
    }


def begun(desk: Desk, **changes: Any) -> str:
    """Make an activity; return its id."""
    return str(desk.call(CREATE, body=terms(desk, **changes)).data["activity_id"])


def row(desk: Desk, **changes: Any) -> dict[str, Any]:
    """Return the first product with its first variant, for an activity."""
    product = desk.product()
    limits = {"quantity_limit": 10, "quantity_per_user": 2}
    sku = {"id": product.skus[0].id, "activity_price_amount": "4.50", **limits}
    return {"id": product.id, **limits, "skus": [sku], **changes}


def put(desk: Desk, id: str, *rows: dict[str, Any]) -> Answer:
    """Put products into an activity."""
    return desk.call(PUT, activity_id=id, body={"activity_id": id, "products": list(rows)})


def running(desk: Desk) -> str:
    """Make an activity that runs, with one variant; return its id."""
    id = begun(desk)
    put(desk, id, row(desk))
    return id


def stopped(desk: Desk) -> str:
    """Make an activity that was stopped; return its id."""
    id = begun(desk)
    desk.call(STOP, activity_id=id)
    return id


def body_for(desk: Desk, operation: str, id: str) -> dict[str, Any] | None:
    """Return a body that the operation takes."""
    bodies: dict[str, dict[str, Any] | None] = {
        GET: None,
        UPDATE: terms(desk),
        PUT: {"activity_id": id, "products": [row(desk)]},
    }
    return bodies.get(operation, {})


def of_one(desk: Desk, operation: str, id: str) -> Answer:
    """Make a call about one activity."""
    return desk.call(operation, activity_id=id, body=body_for(desk, operation, id))


@accepted(CREATE)
def makes_an_activity(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, body=terms(desk))


@refused((CREATE, UPDATE), 17029004)
def an_activity_that_ends_before_it_begins(desk: Desk, operation: str) -> Answer:
    body = terms(desk, lasts_s=-1)
    return desk.call(operation, body=body, **at(desk, operation))


def at(desk: Desk, operation: str) -> dict[str, Any]:
    """Return what the path of a call needs."""
    return {} if operation == CREATE else {"activity_id": begun(desk)}


@accepted(SEARCH)
def finds_activities_page_by_page(desk: Desk, operation: str) -> Answer:
    ids = [begun(desk, title=f"Summer {number}") for number in range(3)]
    first = desk.call(operation, body={"page_size": 2})
    token = first.data["next_page_token"]
    second = desk.call(operation, body={"page_size": 2, "page_token": token})
    pages = [row["id"] for page in (first, second) for row in page.data["activities"]]
    assert pages == ids[::-1]
    return second


@refused(SEARCH, 17029001)
def finds_no_page_by_a_token_of_another_search(desk: Desk, operation: str) -> Answer:
    begun(desk)
    begun(desk)
    token = desk.call(operation, body={"page_size": 1}).data["next_page_token"]
    return desk.call(operation, body={"page_token": token, "activity_type": "FLASHSALE"})


@accepted(GET)
def tells_an_activity_with_its_products(desk: Desk, operation: str) -> Answer:
    answer = of_one(desk, operation, running(desk))
    (product,) = answer.data["products"]
    assert product["skus"][0]["activity_price"] == {"amount": "4.50", "currency": "GBP"}
    assert answer.data["status"] == "ONGOING"
    return answer


@accepted(UPDATE)
def moves_an_activity_to_another_time(desk: Desk, operation: str) -> Answer:
    id = running(desk)
    answer = desk.call(operation, activity_id=id, body=terms(desk, begins_in_s=DAY_S))
    assert of_one(desk, GET, id).data["status"] == "NOT_START"
    return answer


@accepted(STOP)
def stops_an_activity(desk: Desk, operation: str) -> Answer:
    return of_one(desk, operation, running(desk))


@refused(STOP, 17029011)
def stops_an_activity_twice(desk: Desk, operation: str) -> Answer:
    return of_one(desk, operation, stopped(desk))


@refused(OF_ONE, 17029009)
def an_activity_of_nobody(desk: Desk, operation: str) -> Answer:
    return of_one(desk, operation, "1729")


@refused(OF_ONE, 17029028)
def an_activity_of_another_shop(desk: Desk, operation: str) -> Answer:
    elsewhere = Activity(
        id="1729",
        shop_id="7",
        title="Theirs",
        kind="FIXED_PRICE",
        level="SHOP",
        begin_s=0,
        end_s=2**31,
        created_at_s=0,
        updated_at_s=0,
    )
    desk.twin.env.store.put(elsewhere, change="activity.created")
    return of_one(desk, operation, elsewhere.id)


@refused(CHANGING, 17029010)
def an_activity_that_was_stopped(desk: Desk, operation: str) -> Answer:
    return of_one(desk, operation, stopped(desk))


@refused(CHANGING, 17029012)
def an_activity_that_is_over(desk: Desk, operation: str) -> Answer:
    id = begun(desk, lasts_s=600)
    desk.wait(hours=1)
    return of_one(desk, operation, id)


@accepted(PUT)
def puts_a_variant_into_an_activity(desk: Desk, _operation: str) -> Answer:
    answer = put(desk, begun(desk), row(desk))
    assert (answer.data["total_count"], answer.data["status"]) == (1, "ONGOING")
    return answer


@refused(PUT, 17029017)
def puts_a_product_of_nobody_into_an_activity(desk: Desk, _operation: str) -> Answer:
    return put(desk, begun(desk), row(desk, id="1729"))


@refused(PUT, 17029024)
def puts_a_foreign_variant_into_an_activity(desk: Desk, _operation: str) -> Answer:
    sku = {**row(desk)["skus"][0], "id": "1729"}
    return put(desk, begun(desk), row(desk, skus=[sku]))


@refused(PUT, 17029016)
def puts_a_variant_at_no_price_into_an_activity(desk: Desk, _operation: str) -> Answer:
    sku = {**row(desk)["skus"][0], "activity_price_amount": "cheap"}
    return put(desk, begun(desk), row(desk, skus=[sku]))


@refused(PUT, 17029022)
def puts_a_variant_into_two_activities(desk: Desk, _operation: str) -> Answer:
    running(desk)
    return put(desk, begun(desk), row(desk))


@accepted(TAKE)
def takes_a_variant_out_of_an_activity(desk: Desk, operation: str) -> Answer:
    id = running(desk)
    body = {"sku_ids": [desk.product().skus[0].id]}
    answer = desk.call(operation, activity_id=id, body=body)
    assert of_one(desk, GET, id).data["products"] == []
    return answer


@accepted(REPUBLISH)
def begins_an_activity_anew(desk: Desk, operation: str) -> Answer:
    old = running(desk)
    desk.wait(hours=25)
    answer = of_one(desk, operation, old)
    anew = of_one(desk, GET, answer.data["activity_id"]).data
    assert (anew["status"], len(anew["products"])) == ("ONGOING", 1)
    return answer


@refused(REPUBLISH, 17029011)
def begins_an_activity_anew_that_runs(desk: Desk, operation: str) -> Answer:
    return of_one(desk, operation, running(desk))


@refused(REPUBLISH, 17029004)
def begins_an_activity_anew_in_the_past(desk: Desk, operation: str) -> Answer:
    body = {"begin_time": 1, "end_time": 2}
    return desk.call(operation, activity_id=stopped(desk), body=body)


@accepted(COUPONS)
def finds_the_coupon_that_runs(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation, query={"page_size": 10}, body={"status": ["ONGOING"]})
    assert [row["title"] for row in answer.data["coupons"]] == ["Spring thanks"]
    return answer


@accepted(COUPON)
def tells_a_coupon(desk: Desk, operation: str) -> Answer:
    found = desk.call(COUPONS, query={"page_size": 10}).data["coupons"]
    answer = desk.call(operation, coupon_id=found[0]["id"])
    assert answer.data["coupon"]["promo_code"] == found[0]["promo_code"]
    return answer


@refused(COUPON, 36009004, "parameter_invalid")
def a_coupon_of_nobody(desk: Desk, operation: str) -> Answer:
    return desk.call(operation, coupon_id="1729")


@refused(SET_PRICE, 12052038)
def a_price_that_a_promotion_locks(desk: Desk, operation: str) -> Answer:
    running(desk)
    return desk.call(operation, product_id=desk.product().id, body={"skus": [price_row(desk)]})


@accepted(SET_STOCK)
def stock_in_a_promotion_rises_and_does_not_sink(desk: Desk, operation: str) -> Answer:
    running(desk)
    product = desk.product()
    level = desk.stock(product.skus[0])
    answers = [
        desk.call(
            operation,
            product_id=product.id,
            body={"skus": [{"id": level.id, "inventory": [{"quantity": level.available + step}]}]},
        )
        for step in (-1, 1)
    ]
    codes = [[row["code"] for row in answer.data["errors"]] for answer in answers]
    assert codes == [[12052393], []]
    assert desk.stock(level.id).available == level.available + 1
    return answers[1]
