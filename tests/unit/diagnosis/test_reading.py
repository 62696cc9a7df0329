"""Settings and addresses are read from texts of any kind, with their lines."""

from __future__ import annotations

import time

import pytest

from tts_chaos.diagnosis.mentions import mentions_in, segments_of
from tts_chaos.diagnosis.roles import Role, role_of
from tts_chaos.diagnosis.settings import settings_in, source_of
from tts_chaos.diagnosis.spelling import right_host

SECRET = "53ed6be11cda9a8fff1b8a16b55360310eddb5be"


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("TTS_APP_KEY", Role.APP_KEY),
        ("tiktokShopAppSecret", Role.APP_SECRET),
        ("app-key", Role.APP_KEY),
        ("TIKTOK_ACCESS_TOKEN_EXPIRE_IN", Role.ACCESS_TOKEN_EXPIRES_AT),
        ("access_token", Role.ACCESS_TOKEN),
        ("TTS_API_URL", Role.API_URL),
        ("API_URL", None),
        ("LAZADA_APP_KEY", None),
        ("GITHUB_ACCESS_TOKEN", None),
        ("DATABASE_URL", None),
    ],
)
def test_a_name_means_its_role(name: str, role: Role | None) -> None:
    assert role_of(name) is role


@pytest.mark.parametrize(
    ("path", "line", "value"),
    [
        (".env", f"export TTS_APP_SECRET={SECRET}  # from the portal", SECRET),
        (".env.local", f"TTS_APP_SECRET='{SECRET} '", f"{SECRET} "),
        ("config.json", f'{{"app_key": "6hvcejh53nsx", "app_secret":"{SECRET}"}}', SECRET),
        ("config.yaml", f"  app_secret: {SECRET}", SECRET),
        ("app.properties", f"tiktok.app.secret={SECRET}", SECRET),
        ("Shop.java", f'static final String APP_SECRET = "{SECRET}";', SECRET),
        ("shop.php", f"'app_secret' => '{SECRET}',", SECRET),
        ("main.go", f'appSecret := "{SECRET}"', SECRET),
        ("pyproject.toml", f'TTS_APP_SECRET = "{SECRET}"', SECRET),
    ],
)
def test_a_secret_is_read_in_every_language(path: str, line: str, value: str) -> None:
    found = list(settings_in(path, f"\n{line}\n", source_of(path)))

    (secret,) = [row for row in found if row.role is Role.APP_SECRET]
    assert (secret.value, str(secret.where)) == (value, f"{path}:2")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("shop.py", 'app_secret = os.environ["TTS_APP_SECRET"]'),
        ("shop.js", "const appSecret = process.env.TTS_APP_SECRET;"),
        ("shop.py", 'HEADERS = {"access_token": "x-tts-access-token"}'),
        ("shop.py", f'# app_secret = "{SECRET}"'),
        ("compose.yaml", "  TTS_APP_SECRET: ${TTS_APP_SECRET}"),
        ("tts-chaos.toml", 'TTS_APP_SECRET = "{app_secret}"'),
        (".env.example", f"TTS_APP_SECRET={SECRET}"),
        ("tests/test_shop.py", f'app_secret = "{SECRET}"'),
        ("shop.bin", f'app_secret = "{SECRET}"'),
    ],
)
def test_what_comes_from_elsewhere_is_no_value(path: str, line: str) -> None:
    assert list(settings_in(path, line, source_of(path))) == []


def test_scopes_are_read_over_several_lines() -> None:
    text = '{\n "granted_scopes": [\n  "seller.order.info",\n  "seller.shop.info"]}'

    (found,) = settings_in("tokens.json", text, "data")

    assert found.role is Role.GRANTED_SCOPES
    assert "seller.shop.info" in found.value
    assert found.where.line == 2


@pytest.mark.parametrize(
    ("written", "segments"),
    [
        ("/order/202507/orders/${id}/x", ("order", "202507", "orders", "{}", "x")),
        ("/order/202507/orders/%s", ("order", "202507", "orders", "{}")),
        ("/order/202507/orders/:id", ("order", "202507", "orders", "{}")),
        ('/order/202507/orders/{a["b"]}/', ("order", "202507", "orders", "{}")),
    ],
)
def test_what_a_program_fills_in_is_one_part_of_a_path(
    written: str, segments: tuple[str, ...]
) -> None:
    assert segments_of(written) == segments


@pytest.mark.parametrize(
    ("line", "path", "complete"),
    [
        ('get("/order/202507/orders", q)', "/order/202507/orders", True),
        ('get("/product/202309/products/" + id)', "/product/202309/products/", False),
        ("get('/product/202309/products/' . $id)", "/product/202309/products/", False),
        ("get(`/order/202507/orders?ids=${x}`)", "/order/202507/orders", True),
    ],
)
def test_a_path_that_goes_on_is_not_complete(line: str, path: str, complete: bool) -> None:
    (found,) = mentions_in("shop.js", line)

    assert (found.path, found.complete) == (path, complete)


@pytest.mark.parametrize(
    ("host", "meant"),
    [
        ("open-api.tiktokglobalshop.com", None),
        ("services.us.tiktokshop.com", None),
        ("api.tiktokshop.com", "open-api.tiktokglobalshop.com"),
        ("openapi.tiktokglobalshop.com", "open-api.tiktokglobalshop.com"),
        ("auth.tiktokshop.com", "auth.tiktok-shops.com"),
        ("auth-sandbox.tiktok-shops.com", "auth.tiktok-shops.com"),
        ("seller.tiktokglobalshop.com", None),
        ("open-api.tiktok.com", None),
        ("open.tiktokapis.com", None),
        ("api.example.com", None),
    ],
)
def test_a_host_is_right_or_near_a_right_one(host: str, meant: str | None) -> None:
    assert right_host(host) == meant


@pytest.mark.parametrize("line", ["a." * 1990, "a" * 3990, "http://" + "a-" * 1900, '"/' * 1990])
def test_a_long_line_takes_no_longer_than_many_short_ones(line: str) -> None:
    short = "\n".join(line[start : start + 40] for start in range(0, len(line), 40))

    def spent(text: str) -> float:
        begin = time.perf_counter()
        for _ in range(5):
            list(settings_in("x.yaml", text, "data"))
            list(mentions_in("x.py", text))
        return time.perf_counter() - begin

    # By its square it would be a hundred times as long.
    assert spent(line) < 20 * spent(short) + 0.2
