"""Each check finds what was planted for it, says where and how to mend it, and else is silent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.diagnosing import (
    ACCESS,
    ENVIRONMENT,
    NOW_S,
    REFRESH,
    SECRET,
    answer,
    file,
    host,
    look,
    real,
    recording,
    see,
)

from tts_chaos.diagnosis.catalogue import CHECKS, FAMILIES
from tts_chaos.diagnosis.finding import Status
from tts_chaos.diagnosis.observed import (
    CertificateSeen,
    Observed,
    ProxyVariable,
    Unreadable,
)

DAY_S = 86_400


@dataclass(frozen=True)
class Case:
    """Something planted: what is found of it, where, how grave, and which remedy is named."""

    check: str
    seen: Observed
    severity: str
    what: str
    fix: str
    where: str = ""


def env(**changes: str) -> Observed:
    names = {f"TTS_{name.upper()}": value for name, value in changes.items()}
    return see(environment={**ENVIRONMENT, **names})


def code(line: str, name: str = "shop.py") -> Observed:
    return see(file(name, f"# a shop\n{line}\n"))


def mapped(**fields: object) -> Observed:
    whole: dict[str, object] = {
        "id": "orders[].id",
        "status": "orders[].status",
        "currency": "orders[].payment.currency",
        "total_amount": "orders[].payment.total_amount",
        "lines.id": "orders[].line_items[].id",
        "lines.sku_id": "orders[].line_items[].sku_id",
    }
    return see(mapping={"orders": {k: v for k, v in {**whole, **fields}.items() if v is not None}})


def conversions(**fields: object) -> Observed:
    whole: dict[str, object] = {
        "order_id": "orders[].id",
        "email": "orders[].buyer_email",
        "transaction_category": {"constant": "PURCHASE"},
        "timestamp": "orders[].paid_time",
        "amount": "orders[].payment.total_amount",
        "currency": "orders[].payment.currency",
    }
    kept = {k: v for k, v in {**whole, **fields}.items() if v is not None}
    return see(mapping={"conversions": kept})


DETAIL = "https://open-api.tiktokglobalshop.com/order/202507/orders?ids=1"
LINES = [{"id": "9", "sku_id": "7"}]
WHOLE = {
    "id": "1",
    "status": "UNPAID",
    "payment": {"currency": "GBP", "total_amount": "1.00"},
    "line_items": LINES,
}


def recorded(*orders: object) -> Observed:
    body = json.dumps({"code": 0, "message": "", "request_id": "", "data": {"orders": orders}})
    return see(recordings=[recording("orders.yaml", DETAIL, body)])


def asked(**facts: object) -> Observed:
    return see(target=real(), answers=[answer(**facts)], hosts=[host()])


def granted(scopes: str, *, code: int | None = None) -> Observed:
    program = file("shop.py", "\n".join(['get("/order/202507/orders")', "x = 1"]))
    answers = [answer()]
    if code is not None:
        answers.append(answer(operation="order.202507.get_order_detail", scope="seller.order.info",
                              code=code, status=401))  # fmt: skip
    extra = {"TTS_GRANTED_SCOPES": scopes} if scopes else {}
    return see(program, environment={**ENVIRONMENT, **extra}, answers=answers)


def seen_host(**facts: object) -> Observed:
    return see(target=real(), hosts=[host(**facts)])


def certificate(**facts: object) -> Observed:
    return seen_host(certificate=CertificateSeen(**facts))  # type: ignore[arg-type]


def proxied(**values: str) -> Observed:
    return see(proxies=[ProxyVariable(name=k, value=v) for k, v in values.items()])


def by_proxy(**facts: object) -> Observed:
    return see(target=real(), hosts=[host(**facts)], answers=[answer()],
               proxies=[ProxyVariable(name="HTTPS_PROXY", value="http://p:1")])  # fmt: skip


def clock(ahead_s: float, round_trip_ms: int = 100) -> Observed:
    sent_ms = int((NOW_S + 0.5 + ahead_s) * 1000 - round_trip_ms / 2)
    return asked(sent_ms=sent_ms, received_ms=sent_ms + round_trip_ms)


PLANTED = [
    Case("files_readable", see(unreadable=[Unreadable(path="a/.env", reason="Permission denied")]),
         "warning", "a/.env was not looked at: Permission denied", "let the user", "a/.env"),
    # credentials_present
    Case("credentials_present", see(environment={}), "note", "no credentials", "--env-file"),
    Case("credentials_present", see(environment={}, target=real()), "error",
         "no app_secret", "TTS_APP_SECRET"),
    Case("credentials_present", see(environment={k: v for k, v in ENVIRONMENT.items()
                                                 if k != "TTS_REFRESH_TOKEN"}),
         "error", "no refresh_token", "keep both tokens"),
    Case("credentials_present", see(environment={k: v for k, v in ENVIRONMENT.items()
                                                 if k != "TTS_SHOP_CIPHER"}),
         "note", "no shop_cipher", "/authorization/202309/shops"),
    Case("credentials_present", env(app_secret=""), "warning", "TTS_APP_SECRET is set and empty",
         "take the line away", "environment"),
    # credentials_formed
    Case("credentials_formed", env(app_secret=f"{SECRET} "), "error", "white space around",
         "106001", "environment"),
    Case("credentials_formed", env(access_token=f"{ACCESS[:9]} {ACCESS[9:]}"), "error",
         "white space within", "in one piece"),
    Case("credentials_formed", env(refresh_token="your-refresh-token"), "error",
         "text of a template", "real value"),
    Case("credentials_formed", env(app_key='"6hvcejh53nsx'), "error", "quotation mark", "away"),
    Case("credentials_formed", env(app_secret=SECRET[:-1] + "\u200b"), "error", "characters that",
         "copy it once more"),
    Case("credentials_formed", env(access_token=f"Bearer {ACCESS}"), "error", "begins with Bearer",
         "x-tts-access-token"),
    Case("credentials_formed", env(shop_cipher="GCP_ab%2Fcd0123456789"), "warning",
         "percent-encoded", "decoded"),
    Case("credentials_formed", env(app_key="7494049642642441621"), "warning", "service_id",
         "page of your app"),
    Case("credentials_formed", env(app_secret="e59af819"), "warning", "shorter", "copy it"),
    Case("credentials_formed", env(shop_cipher="7494049642642441621"), "error", "a shop's id",
         "`cipher`"),
    Case("credentials_formed", env(app_secret=ACCESS), "error", "is a token", "app secret"),
    Case("credentials_formed", env(refresh_token=ACCESS), "error", "hold the same value",
         "pasted twice"),
    Case("credentials_formed", env(refresh_token="TTP_" + REFRESH[4:]), "warning",
         "different regions", "one consent"),
    Case("credentials_formed", env(access_token="a1b2c3d4e5f6a1b2c3d4e5f6"), "note",
         "none of TTP_", "refresh it"),
    # credentials_agree
    Case("credentials_agree", see(file(".env", f"TTS_APP_SECRET={SECRET[::-1]}\n")), "warning",
         "differs from TTS_APP_SECRET in environment", "keep one", ".env:1"),
    # credentials_kept
    Case("credentials_kept", see(file("shop.py", f'app_secret = "{SECRET}"'), environment={}),
         "error", "written into the program", "secret store", "shop.py:1"),
    Case("credentials_kept",
         see(file("shop.js", f'const appSecret = "{SECRET}"', tracked=True), environment={}),
         "error", "which git keeps", "replaced", "shop.js:1"),
    Case("credentials_kept",
         see(file("tts-chaos.toml", f'[integration.env]\nTTS_APP_SECRET = "{SECRET}"'),
             environment={}),
         "error", "written into the configuration", "{app_secret}", "tts-chaos.toml:2"),
    Case("credentials_kept",
         see(file("tokens.json", json.dumps({"access_token": ACCESS})), environment={}),
         "warning", "lies in a plain file", "encrypt", "tokens.json:1"),
    Case("credentials_kept",
         see(file(".env", f"TTS_APP_SECRET={SECRET}", tracked=True), environment={}),
         "error", "git keeps this file", "git rm --cached .env", ".env"),
    Case("credentials_kept",
         see(file(".env", f"TTS_APP_SECRET={SECRET}", tracked=False, ignored=False),
             environment={}),
         "warning", "next `git add`", ".gitignore", ".env"),
    Case("credentials_kept",
         see(file(".env", f"TTS_APP_SECRET={SECRET}", mode=0o644), environment={}),
         "note", "mode 644", "chmod 600 .env", ".env"),
    # secrets_copied
    Case("secrets_copied", see(file("app.log", f"GET /x\nsecret={SECRET}\n")), "warning",
         "app_secret sha256:", "log", "app.log:2"),
    Case("secrets_copied", see(file("notes.md", f"token: {ACCESS}", tracked=True)), "error",
         "access_token sha256:", "history", "notes.md:1"),
    Case("secrets_copied", see(file("shop.db", f"SQLite format 3\0{SECRET}", is_database=True)),
         "warning", "in a database, not encrypted", "encrypt", "shop.db"),
    Case("secrets_copied", see(file("tests/data.py", 'X = "ROW_' + "abc123" * 5 + '"')), "warning",
         "looks like a token", "replaced", "tests/data.py:1"),
    # tokens_alive
    Case("tokens_alive", env(access_token_expire_in=str(NOW_S - 7_200)), "error",
         "ended 2 hours ago", "/api/v2/token/refresh"),
    Case("tokens_alive", env(access_token_expire_in=str(NOW_S + 3_700)), "warning",
         "ends in 1 hour", "refresh now"),
    Case("tokens_alive", env(refresh_token_expire_in=str(NOW_S + 10 * DAY_S)), "warning",
         "ends in 10 days", "new consent"),
    Case("tokens_alive", env(refresh_token_expire_in=str(NOW_S - 5)), "error",
         "refresh token ended", "consent anew"),
    Case("tokens_alive", env(access_token_expire_in="604800"), "error", "duration",
         "point in time"),
    Case("tokens_alive", env(access_token_expire_in=f"{NOW_S}000"), "error", "milliseconds",
         "divide by 1000"),
    Case("tokens_alive", env(access_token_expire_in=str(2 * NOW_S)), "error", "ahead",
         "added to the present"),
    Case("tokens_alive", env(access_token_expire_in="soon"), "error", "no time", "Unix seconds"),
    Case("tokens_alive", see(environment={"TTS_ACCESS_TOKEN": ACCESS}), "note",
         "nothing tells until when", "access_token_expire_in"),
    # keys_rotated
    Case("keys_rotated", env(secret_rotated_at="2026-09-01"), "warning", "days old",
         "Partner Center"),
    Case("keys_rotated", env(secret_rotated_at="last week"), "error", "no past day", "2027-01-31"),
    Case("keys_rotated",
         see(file(".env", f"APP_SECRET={SECRET}", modified_s=NOW_S - 40 * DAY_S), environment={}),
         "warning", "at least 40 days", "new app secret", ".env:1"),
    Case("keys_rotated", see(environment={"TTS_APP_SECRET": SECRET}), "note",
         "nothing tells how old", "TTS_SECRET_ROTATED_AT"),
    # credentials_accepted
    Case("credentials_accepted", asked(code=105002, status=401), "error", "token has ended",
         "refresh"),
    Case("credentials_accepted", asked(code=105001, status=401), "error", "withdrawn", "consent"),
    Case("credentials_accepted", asked(code=106001, status=401), "error", "app secret is wrong",
         "white space"),
    Case("credentials_accepted",
         asked(code=36009004, status=400, message="Invalid credentials. Invalid `app_key`"),
         "error", "app key is unknown", "service_id"),
    Case("credentials_accepted",
         asked(code=36009004, status=400, message="Invalid timestamp."),
         "error", "outside the platform's window", "leave it alone"),
    Case("credentials_accepted", asked(code=36009033, status=403), "error", "allow list",
         "Partner Center"),
    Case("credentials_accepted", asked(code=105005, status=401), "error", "permission", "scope"),
    Case("credentials_accepted", asked(code=36009043, status=401), "error", "not active",
         "do not refresh"),
    Case("credentials_accepted", asked(code=101000), "error", "another kind of account", "cipher"),
    Case("credentials_accepted", asked(code=36009014, status=400), "error", "version", "update"),
    Case("credentials_accepted", asked(code=36009002, status=429), "warning", "rate",
         "Retry-After"),
    Case("credentials_accepted", asked(code=99999999, message="odd"), "error", "odd",
         "Partner Center"),
    # scopes_granted
    Case("scopes_granted", granted("[seller.product.basic]"), "error", "seller.order.info",
         "consent anew", "shop.py:1"),
    Case("scopes_granted", granted("", code=105005), "error", "seller.order.info", "consent anew"),
    Case("scopes_granted",
         see(operations=["product.create_product"], answers=[answer(), answer(scope="x.y")]),
         "note", "cannot be found out", "granted_scopes"),
    # addresses_spelt
    Case("addresses_spelt", code('get("https://api.tiktokshop.com/v1/orders")'), "error",
         "api.tiktokshop.com is no host",
         "https://open-api.tiktokglobalshop.com/order/202507/orders", "shop.py:2"),
    Case("addresses_spelt", code('HOST = "open-api.tiktokglobalshp.com"'), "error", "no host",
         "write open-api.tiktokglobalshop.com"),
    Case("addresses_spelt", code('x("https://auth.tiktokshop.com/api/v2/token/get")'), "error",
         "no host", "write auth.tiktok-shops.com"),
    Case("addresses_spelt", code('"https://open-api-sandbox.tiktokglobalshop.com"'), "error",
         "no longer answers", "open-api.tiktokglobalshop.com"),
    Case("addresses_spelt", env(api_url="https://open-api.tiktokglobalshop.co"), "error",
         "no host", "open-api.tiktokglobalshop.com", "environment"),
    Case("addresses_spelt", env(api_url="https://auth.tiktok-shops.com"), "error",
         "which is for getting and refreshing tokens", "open-api.tiktokglobalshop.com"),
    Case("addresses_spelt", env(api_url="https://open-api.tiktokglobalshop.com/order"), "warning",
         "has the path", "alone"),
    Case("addresses_spelt", env(api_url="open-api.tiktokglobalshop.com"), "warning", "no scheme",
         "https://"),
    Case("addresses_spelt", env(api_url="https://"), "error", "no address", "https://open-api"),
    Case("addresses_spelt", code('post("/order/202309/order/serach")'), "error", "no path",
         "/order/202309/orders/search"),
    Case("addresses_spelt", code("post(`/products/202309/products/${id}/inventory/update`)",
                                 "shop.js"), "error", "no path",
         "/product/202309/products/{product_id}/inventory/update"),
    Case("addresses_spelt", code('post("/order/202308/orders/search")'), "error", "no such version",
         "versions: 202309"),
    Case("addresses_spelt", code('post("https://open-api.tiktokglobalshop.com/api/orders/search")'),
         "error", "before 202309", "/order/202309/orders/search"),
    # verbs_right
    Case("verbs_right", code('http.post("https://auth.tiktok-shops.com/api/v2/token/refresh")'),
         "error", "asked with POST", "GET", "shop.py:2"),
    Case("verbs_right", code('http.get("/order/202309/orders/search", q)'), "warning",
         "it takes POST", "POST"),
    Case("verbs_right", code('q = {"auth_code": c, "grant_type": "authorization_code"}'), "error",
         "authorization_code", "authorized_code"),
    # https_only
    Case("https_only", env(api_url="http://open-api.tiktokglobalshop.com"), "error", "http://",
         "2026-06-17"),
    Case("https_only", code('x = "http://open-api.tiktokglobalshop.com/order/202507/orders"'),
         "error", "in the open", "https://", "shop.py:2"),
    # network
    Case("names_resolve", seen_host(addresses=(), name_problem="no such host"), "error",
         "does not resolve", "/etc/hosts"),
    Case("names_resolve", seen_host(addresses=("10.0.0.7",)), "warning", "inside this network",
         "/etc/hosts"),
    Case("tcp_open", seen_host(tcp_ms=None, tcp_problem="refused"), "error", "refused", "firewall"),
    Case("tcp_open", seen_host(tcp_ms=None, tcp_problem="timeout"), "error", "timeout", "vanish"),
    Case("tcp_open", seen_host(tcp_ms=None, tcp_problem="unreachable"), "error", "unreachable",
         "route"),
    Case("tcp_open", by_proxy(tcp_ms=None, tcp_problem="timeout"), "note", "through the proxy",
         "HTTPS_PROXY"),
    Case("names_resolve", by_proxy(addresses=(), name_problem="no such host"), "note",
         "but for the proxy", "HTTPS_PROXY"),
    Case("tcp_open", seen_host(tcp_ms=900.0), "warning", "900 ms", "connections open"),
    Case("udp_open", seen_host(quic="silent"), "note", "no answer to QUIC", "fall back"),
    Case("tls_trusted", certificate(problem="expired", detail="d"), "error", "run out", "clock"),
    Case("tls_trusted", certificate(problem="not_yet_valid", detail="d"), "error", "not valid yet",
         "behind"),
    Case("tls_trusted", certificate(problem="wrong_name", detail="d"), "error", "another name",
         "spelling"),
    Case("tls_trusted", certificate(problem="untrusted", detail="d"), "error", "nobody",
         "authority"),
    Case("tls_trusted", certificate(problem="self_signed", detail="d"), "error", "itself",
         "authority"),
    Case("tls_trusted", certificate(problem="other", detail="d"), "error", "cannot be set up",
         "filter"),
    Case("tls_trusted", certificate(expires_s=NOW_S + 3 * DAY_S), "warning", "in 3 days",
         "renewed"),
    Case("proxies_right", proxied(HTTPS_PROXY="proxy:3128", NO_PROXY="localhost"), "error",
         "no address of a proxy", "http://", "environment"),
    Case("proxies_right", proxied(HTTPS_PROXY="http://u:geheim@p:1", NO_PROXY="localhost"),
         "warning", "password of http://p:1", "needs none"),
    Case("proxies_right", proxied(HTTPS_PROXY="http://p:1", NO_PROXY="localhost"), "note",
         "through the proxy http://p:1", "Node"),
    Case("proxies_right", proxied(HTTPS_PROXY="http://p:1", https_proxy="http://q:1"), "warning",
         "differ", "the same"),
    Case("proxies_right", proxied(HTTPS_PROXY="http://p:1"), "note", "NO_PROXY",
         "export NO_PROXY"),
    Case("answers_genuine", asked(failure="no connection", status=0, code=None), "error",
         "no connection", "network"),
    Case("answers_genuine", asked(status=407, code=None), "error", "login", "exempted"),
    Case("answers_genuine", asked(code=None, content_type="text/html"), "error", "text/html",
         "browser"),
    # mapping
    Case("mapping_complete", mapped(**{"lines.sku_id": None}), "error", "lacks lines.sku_id",
         "orders[].line_items[].sku_id"),
    Case("mapping_complete", mapped(total_amount="orders[].payment.total_amout"), "error",
         "tells no field", "orders[].payment.total_amount"),
    Case("mapping_complete", mapped(status=7), "error", "is 7", "orders[].id"),
    Case("mapping_complete", mapped(status=None, statuss="orders[].status"), "error",
         "has 'statuss'", "'status'"),
    Case("mapping_complete", mapped(**{"from": "order.get_order_detial"}), "error",
         "no operation", "did you mean"),
    Case("mapping_complete", see(mapping={"order": {}}), "error", "no kind of record", "orders"),
    Case("mapping_complete", conversions(transaction_category=None), "error",
         "lacks transaction_category", "constant"),
    Case("mapping_complete", conversions(email=None), "error", "lacks email or phone",
         "orders[].buyer_email or orders[].recipient_address.phone_number"),
    Case("mapping_complete", conversions(transaction_category={"constant": ""}), "error",
         "empty constant", "value"),
    Case("fields_recorded", recorded({**WHOLE, "status": ""}), "error",
         "1 of 1 recorded answers lack status", "hold such records back", "orders.yaml"),
    Case("fields_recorded", recorded(WHOLE, {**WHOLE, "line_items": [*LINES, {"id": "8"}]}),
         "warning", "1 of 2 recorded answers lack lines.sku_id", "do not guess"),
    Case("fields_recorded",
         see(recordings=[recording("x.yaml", "https://example.com/a", '{"code": 0}')]), "note",
         "no recorded answer", "tts-chaos record"),
    # clock
    Case("clock_right", clock(40), "error", "40.0 s ahead", "time server"),
    Case("clock_right", clock(-400), "error", "400.0 s behind", "time server"),
    Case("clock_right", clock(20), "warning", "20.0 s ahead", "time server"),
    Case("clock_right", clock(-180), "warning", "180.0 s behind", "time server"),
    Case("clock_right", clock(8), "note", "round trip 100 ms", "time server"),
    # versions
    Case("versions_current", code('get("/finance/202309/payments")'), "error",
         "removed on 2026-08-15", "/finance/202605/payments", "shop.py:2"),
    Case("versions_current", code('get("/order/202309/orders")'), "warning",
         "successor since 202507", "/order/202507/orders"),
    Case("versions_current",
         code('post("/fulfillment/202309/orders/" + id + "/x")\n'
              'post(f"/fulfillment/202309/packages/{i}/shipping_info/update")'),
         "note", "successor of 202610", "/fulfillment/202610/packages", "shop.py:3"),
]  # fmt: skip

CLEAN = [
    ("files_readable", see()),
    ("credentials_present", see()),
    ("credentials_formed", see()),
    ("credentials_agree", see(file(".env", f"TTS_APP_SECRET={SECRET}\n"))),
    ("credentials_kept", see(file("shop.py", 'app_secret = os.environ["TTS_APP_SECRET"]'))),
    ("credentials_kept", see(file("tts-chaos.toml", 'TTS_APP_SECRET = "{app_secret}"'))),
    ("credentials_kept",
     see(file(".env", f"TTS_APP_SECRET={SECRET}", tracked=False, ignored=True))),
    ("secrets_copied", see(file("app.log", "secret={app_secret}\n"), file("x.py", "GCP_PREFIX"))),
    ("secrets_copied", see(file(".env", f"TTS_APP_SECRET={SECRET}\n"))),
    ("secrets_copied", see(file("c.yaml", "version: 1\nx-tts: {}\ntoken: ROW_" + "abc123" * 5))),
    ("tokens_alive", see()),
    ("keys_rotated", see()),
    ("credentials_accepted", asked()),
    ("scopes_granted", granted("[seller.order.info]")),
    ("scopes_granted", granted("", code=36009004)),
    ("addresses_spelt", code('get("https://open-api.tiktokglobalshop.com/order/202507/orders")')),
    ("addresses_spelt", code('get("/product/202309/products/" + id + "/inventory/update")')),
    ("addresses_spelt", code('f"/product/202309/products/{x["id"]}/inventory/update"')),
    ("addresses_spelt", code("`/product/202309/products/${sku.id}/inventory/update`", "a.ts")),
    ("addresses_spelt", code('"/fulfillment/202309/packages/%s/ship"', "a.go")),
    ("addresses_spelt", code("'https://seller-us.tiktok.com/orders' 'https://www.tiktok.com/@x'")),
    ("addresses_spelt", code("'https://business-api.tiktok.com/open_api/v1.3/pixel'")),
    ("addresses_spelt", code("'/api/orders/search' '/users/v1/me' 'https://api.example.com/v1/o'")),
    ("addresses_spelt", see(file("tests/test_shop.py", '"https://api.tiktokshop.com/v1/orders"'))),
    ("addresses_spelt", see(file("README.md", "wrong: https://api.tiktokshop.com/v1/orders"))),
    ("addresses_spelt", env(api_url="http://127.0.0.1:8700", token_url="{token_url}")),
    ("addresses_spelt", env(api_url="https://open-api.tiktokglobalshop.com/")),
    ("verbs_right", code('http.get("/api/v2/token/refresh", params=q)')),
    ("verbs_right", code('http.request("POST", "/order/202309/orders/search")')),
    ("https_only", env(api_url="http://localhost:8700")),
    ("https_only", code('"https://open-api.tiktokglobalshop.com" "http://schema.org/x"')),
    ("names_resolve", seen_host()),
    ("tcp_open", seen_host()),
    ("udp_open", seen_host(quic="answered")),
    ("tls_trusted", certificate(expires_s=NOW_S + 90 * DAY_S)),
    ("proxies_right", see()),
    ("answers_genuine", asked()),
    ("answers_genuine", asked(code=105002, status=401)),
    ("mapping_complete", mapped()),
    ("mapping_complete", conversions()),
    ("mapping_complete",
     conversions(email=None, phone="orders[].recipient_address.phone_number")),
    ("fields_recorded", recorded(WHOLE, WHOLE)),
    ("clock_right", clock(2)),
    ("clock_right", clock(-4)),
    ("versions_current", code('get("/order/202507/orders")')),
]  # fmt: skip


@pytest.mark.parametrize("case", PLANTED, ids=lambda case: f"{case.check}: {case.what}")
def test_what_is_planted_is_found(case: Case) -> None:
    result = look(case.check, case.seen)

    found = [
        finding
        for finding in result.findings
        if case.what in finding.what and finding.severity == case.severity
    ]
    assert found, result
    assert case.fix in found[0].fix
    assert str(found[0].where or "").startswith(case.where)


@pytest.mark.parametrize(("check", "seen"), CLEAN, ids=lambda value: str(value)[:24])
def test_what_is_in_order_is_left_alone(check: str, seen: Observed) -> None:
    result = look(check, seen)

    assert (result.status, result.findings) == (Status.CLEAN, ())


def test_every_check_has_something_planted_and_something_clean() -> None:
    assert {case.check for case in PLANTED} == set(CHECKS)
    assert {check for check, _ in CLEAN} == set(CHECKS)


def test_every_file_of_a_check_is_in_the_catalogue() -> None:
    folder = Path(__file__).parents[3] / "harness/tts_chaos/diagnosis/checks"

    assert {path.stem for path in folder.glob("[a-z]*.py")} == set(CHECKS)
    assert {check.family for check in CHECKS.values()} == set(FAMILIES)


@pytest.mark.parametrize("case", PLANTED, ids=lambda case: f"{case.check}: {case.what}")
def test_no_secret_is_ever_told(case: Case) -> None:
    told = str(look(case.check, case.seen))

    assert not [s for s in (SECRET, ACCESS, REFRESH, "geheim") if s in told]
