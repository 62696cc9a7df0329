"""Nothing secret and nobody personal remains, and what remains still fits together."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_chaos.contracts.recordings import Exchange, Recording
from tts_chaos.contracts.recordings.cassette import write_cassette
from tts_chaos.contracts.recordings.redaction import Redactor, find_remains
from tts_chaos.errors import ContractError
from tts_chaos.wire.message import ApiRequest, ApiResponse

TOKEN = "TTP_live4Wq8ZtR2nB7yKc5LxVd0Gh3J"
CIPHER = "GCP_cipher9Kd83jfQmP2sLr7Tz5Xv"
SECRETS = {
    "x-tts-access-token": TOKEN,
    "shop_cipher": CIPHER,
    "app_secret": "e59af819ccab33f0e59af819ccab33f0",
    "email": "jane.doe@gmail.com",
    "phone": "(+44)1632960077",
    "name": "Jane Doe-Smithers",
    "street": "14 Tanner's Row",
}


def recording(data: dict[str, Any] | None = None, message: str = "Success") -> Recording:
    order = {
        "id": "577104926613847215",
        "buyer_email": SECRETS["email"],
        "recipient_address": {
            "name": SECRETS["name"],
            "phone_number": SECRETS["phone"],
            "address_line1": SECRETS["street"],
        },
        "line_items": [{"product_name": "Mug", "sale_price": "12.00"}],
    }
    answer = {"code": 0, "message": message, "data": {"orders": [order], **(data or {})}}
    return Recording(
        path="orders.yaml",
        exchanges=(
            Exchange(
                request=ApiRequest(
                    method="GET",
                    path="/order/202309/orders",
                    query=f"app_key=6abcdef123&shop_cipher={CIPHER}&sign={'ab' * 32}&ids=1",
                    headers=(
                        ("x-tts-access-token", TOKEN),
                        ("cookie", "session=abcdef123456"),
                        ("content-type", "application/json"),
                    ),
                ),
                response=ApiResponse(
                    status=200,
                    headers=(("set-cookie", "s=1"),),
                    body=json.dumps(answer, ensure_ascii=False).encode(),
                ),
            ),
        ),
    )


def data_of(cleaned: Recording) -> Any:
    return json.loads(cleaned.exchanges[0].response.body)["data"]


def test_no_secret_and_no_buyer_remains() -> None:
    text = write_cassette(Redactor("k").redact(recording())).decode()

    assert [name for name, value in SECRETS.items() if value in text] == []
    assert "cookie" not in text
    assert "ab" * 32 not in text


def test_what_says_nothing_of_anybody_stays() -> None:
    cleaned = Redactor("k").redact(recording())

    (order,) = data_of(cleaned)["orders"]
    assert order["id"] == "577104926613847215"
    assert order["line_items"] == [{"product_name": "Mug", "sale_price": "12.00"}]
    assert cleaned.exchanges[0].request.parameter("ids") == "1"


def test_a_stand_in_is_of_the_same_kind() -> None:
    order = data_of(Redactor("k").redact(recording()))["orders"][0]

    address = order["recipient_address"]
    assert order["buyer_email"].endswith("@example.net")
    assert address["phone_number"][:2] == "(+"
    assert len(address["phone_number"]) == len(SECRETS["phone"])
    assert address["name"].split()[0][0].isupper()


def test_what_was_masked_stays_masked() -> None:
    data = {"recipient": {"full_name": "J*** D***", "phone_number": "(+1)541***27"}}

    cleaned = data_of(Redactor("k").redact(recording(data)))["recipient"]

    assert cleaned["full_name"].count("*") == 6
    assert cleaned["phone_number"].count("*") == 3


def test_equal_values_get_equal_stand_ins() -> None:
    data = {
        "first": {"user_id": "7493310582746652719"},
        "second": {"user_id": "7493310582746652719"},
    }

    cleaned = data_of(Redactor("k").redact(recording(data)))

    assert cleaned["first"] == cleaned["second"] != data["first"]


def test_another_key_gives_other_stand_ins() -> None:
    first, second = (data_of(Redactor(key).redact(recording())) for key in "ab")

    assert first["orders"][0]["buyer_email"] != second["orders"][0]["buyer_email"]


def test_a_secret_that_a_message_repeats_is_found_there_too() -> None:
    cleaned = Redactor("k").redact(recording(message=f"token {TOKEN} is expired"))

    assert TOKEN not in cleaned.exchanges[0].response.body.decode()


def test_a_secret_under_a_name_nobody_knows_is_refused() -> None:
    stray = {"debug": "TTP_other1Wq8ZtR2nB7yKc5LxVd0G"}

    with pytest.raises(
        ContractError, match=r"orders\.yaml, .*a token or cipher would remain .*nothing was written"
    ):
        Redactor("k").redact(recording(stray))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("x TTP_abcdefghijklmnopqrst y", "a token or cipher", id="token"),
        pytest.param("mail bob@shop.co.uk", "an e-mail address", id="e-mail"),
        pytest.param(f"sign={'0f' * 32}", "a signature", id="signature"),
        pytest.param("Authorization: Bearer abcdefghijklmnop", "a bearer token", id="bearer"),
        pytest.param("TTP_redacted_0123456789abcdef", "", id="stand-in"),
        pytest.param("1f2@example.net", "", id="reserved-mail"),
        pytest.param("0" * 64, "", id="no-signature"),
    ],
)
def test_a_second_look_knows_what_secrets_look_like(text: str, found: str) -> None:
    assert find_remains([text], []) == found


@given(
    secret=st.text(
        st.characters(categories=["L", "N"], max_codepoint=0x7F), min_size=8, max_size=40
    ),
    field=st.sampled_from(["access_token", "refresh_token", "phone_number", "full_name", "cpf"]),
)
def test_no_value_of_a_secret_field_ever_remains(secret: str, field: str) -> None:
    cleaned = Redactor("k").redact(recording({"deep": [{"er": {field: f"zz{secret}zz"}}]}))

    assert f"zz{secret}zz" not in cleaned.exchanges[0].response.body.decode()
