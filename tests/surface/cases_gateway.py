"""What any call may meet before it reaches its operation: every refusal of the gateway."""

from __future__ import annotations

from tests.support.shop_desk import Answer, Desk
from tests.surface.cases import GATEWAY, accepted, refused

from tts_chaos.wire.message import ApiRequest
from tts_chaos.wire.signing import encode_query

SHOPS = "/authorization/202309/shops"
SEARCH = "order.202309.get_order_list"
SIZE = {"page_size": 10}


def common(desk: Desk, **changed: object) -> dict[str, object]:
    """Return the common parameters of a call without shop."""
    now_s = desk.clock.now_ms() // 1000
    return {"app_key": desk.twin.credentials().app_key, "timestamp": now_s, **changed}


def unsigned(desk: Desk) -> Answer:
    """Call without `sign`."""
    token = desk.twin.credentials().access_token
    query = encode_query((key, str(value)) for key, value in common(desk).items())
    headers = (("x-tts-access-token", token),)
    return desk.deliver(ApiRequest(method="GET", path=SHOPS, query=query, headers=headers))


@accepted("authorization.202309.get_authorized_shops")
def tells_shops_with_their_ciphers(desk: Desk, operation: str) -> Answer:
    answer = desk.call(operation)
    assert [shop["cipher"] for shop in answer.data["shops"]] == [desk.shop.cipher]
    return answer


@refused(GATEWAY, 36009009)
def a_path_nobody_knows(desk: Desk, _operation: str) -> Answer:
    return desk.send("GET", "/order/202309/ponies", query=common(desk))


@refused(GATEWAY, 36009010)
def a_verb_the_path_does_not_take(desk: Desk, _operation: str) -> Answer:
    return desk.send("DELETE", SHOPS, query=common(desk))


@refused(GATEWAY, 36009014)
def a_version_nobody_knows(desk: Desk, _operation: str) -> Answer:
    return desk.send("GET", "/authorization/202299/shops", query=common(desk))


@refused(GATEWAY, 36009014)
def a_version_of_the_first_api(desk: Desk, _operation: str) -> Answer:
    return desk.send("GET", "/api/orders/search", query=common(desk))


@refused(GATEWAY, 36009014)
def a_version_that_was_retired(desk: Desk, _operation: str) -> Answer:
    desk.command("retire_version", operation=SEARCH)
    return desk.call(SEARCH, query=SIZE)


@refused(GATEWAY, 36009004, "app_key_invalid")
def an_app_nobody_knows(desk: Desk, _operation: str) -> Answer:
    return desk.send("GET", SHOPS, query=common(desk, app_key="6nobody"))


@refused(GATEWAY, 36009004, "sign_missing")
def no_signature(desk: Desk, _operation: str) -> Answer:
    return unsigned(desk)


@refused(GATEWAY, 106001)
def a_signature_of_another_secret(desk: Desk, _operation: str) -> Answer:
    return desk.send("GET", SHOPS, query=common(desk), secret="another")


@refused(GATEWAY, 36009004, "timestamp_negative")
def a_negative_timestamp(desk: Desk, _operation: str) -> Answer:
    return desk.send("GET", SHOPS, query=common(desk, timestamp=-5))


@refused(GATEWAY, 36009004, "timestamp_too_old")
def a_clock_more_than_five_minutes_behind(desk: Desk, _operation: str) -> Answer:
    now_s = desk.clock.now_ms() // 1000
    return desk.send("GET", SHOPS, query=common(desk, timestamp=now_s - 301))


@refused(GATEWAY, 36009004, "timestamp_too_far_ahead")
def a_clock_more_than_thirty_seconds_ahead(desk: Desk, _operation: str) -> Answer:
    now_s = desk.clock.now_ms() // 1000
    return desk.send("GET", SHOPS, query=common(desk, timestamp=now_s + 31))


@refused(GATEWAY, 36009004, "parameter_invalid")
def a_parameter_of_another_type(desk: Desk, _operation: str) -> Answer:
    return desk.call(SEARCH, query={"page_size": "many"})


@refused(GATEWAY, 36009033)
def an_address_off_the_list(desk: Desk, _operation: str) -> Answer:
    desk.command("refuse_ip")
    return desk.call(SEARCH, query=SIZE)


@refused(GATEWAY, 36009004, "token_invalid")
def a_token_nobody_issued(desk: Desk, _operation: str) -> Answer:
    return desk.call(SEARCH, query=SIZE, token="GCP_nobody")


@refused(GATEWAY, 36009004, "token_invalid")
def no_token(desk: Desk, _operation: str) -> Answer:
    return desk.call(SEARCH, query=SIZE, token="")


@refused(GATEWAY, 105001)
def a_token_that_was_withdrawn(desk: Desk, _operation: str) -> Answer:
    desk.command("revoke_access_tokens")
    return desk.call(SEARCH, query=SIZE)


@refused(GATEWAY, 105002)
def a_token_past_its_time(desk: Desk, _operation: str) -> Answer:
    desk.wait(hours=7 * 24)
    return desk.call(SEARCH, query=SIZE)


@refused(GATEWAY, 105005)
def a_scope_that_was_not_granted(desk: Desk, _operation: str) -> Answer:
    desk.command("refuse_scope", scope="seller.order.info")
    return desk.call(SEARCH, query=SIZE)


@refused(GATEWAY, 36009004, "shop_cipher_unexpected")
def a_cipher_where_none_is_wanted(desk: Desk, _operation: str) -> Answer:
    return desk.call(
        "authorization.202309.get_authorized_shops", query={"shop_cipher": desk.shop.cipher}
    )


@refused(GATEWAY, 36009004, "category_asset_cipher_unexpected")
def a_category_where_none_is_wanted(desk: Desk, _operation: str) -> Answer:
    return desk.call(SEARCH, query={**SIZE, "category_asset_cipher": "GCP_x"})


@refused(GATEWAY, 36009004, "shop_id_invalid")
def the_id_of_a_foreign_shop(desk: Desk, _operation: str) -> Answer:
    return desk.call(SEARCH, query={**SIZE, "shop_id": "7000000000000000001"})


@refused(GATEWAY, 106013)
def no_cipher_where_one_is_wanted(desk: Desk, _operation: str) -> Answer:
    return desk.send("POST", "/order/202309/orders/search", query=common(desk, **SIZE), body=b"{}")


@refused(GATEWAY, 101000)
def the_cipher_of_a_foreign_shop(desk: Desk, _operation: str) -> Answer:
    return desk.call(SEARCH, query={**SIZE, "shop_cipher": "GCP_foreign"})


@refused(GATEWAY, 36009002)
def more_calls_than_allowed(desk: Desk, _operation: str) -> Answer:
    desk.command("set_rate_limit", per_s=1)
    desk.call(SEARCH, query=SIZE)
    return desk.call(SEARCH, query=SIZE)


@refused(GATEWAY, 36009022)
def a_body_that_is_no_json(desk: Desk, _operation: str) -> Answer:
    query = common(desk, shop_cipher=desk.shop.cipher, **SIZE)
    return desk.send("POST", "/order/202309/orders/search", query=query, body=b"{")


IMAGES = "/fulfillment/202309/images/upload"


@refused(GATEWAY, 36009023)
def an_upload_as_json(desk: Desk, _operation: str) -> Answer:
    query = common(desk, shop_cipher=desk.shop.cipher)
    return desk.send("POST", IMAGES, query=query, body=b"{}")


@refused(GATEWAY, 36009022)
def an_upload_without_readable_parts(desk: Desk, _operation: str) -> Answer:
    query = common(desk, shop_cipher=desk.shop.cipher)
    content_type = "multipart/form-data; boundary=x"
    return desk.send("POST", IMAGES, query=query, content_type=content_type, body=b"nothing")


@refused(GATEWAY, 36009021)
def an_upload_of_more_than_ten_megabytes(desk: Desk, _operation: str) -> Answer:
    files = {"data": ("big.png", b"\0" * (10 * 1024 * 1024), "image/png")}
    return desk.call("fulfillment.202309.fulfillment_upload_delivery_image", files=files)


@refused(GATEWAY, 36009043)
def a_shop_that_is_closed(desk: Desk, _operation: str) -> Answer:
    desk.command("deactivate_shop")
    return desk.call(SEARCH, query=SIZE)


@refused(GATEWAY, 36009044)
def a_seller_that_is_closed(desk: Desk, _operation: str) -> Answer:
    desk.command("deactivate_seller")
    return desk.call(SEARCH, query=SIZE)


@refused(GATEWAY, 36009037)
def more_calls_than_a_test_shop_may_make_in_an_hour(desk: Desk, _operation: str) -> Answer:
    desk.command("set_sandbox_quota", per_hour=1)
    desk.call(SEARCH, query=SIZE)
    return desk.call(SEARCH, query=SIZE)
