"""Whatever a project holds, the checks come to an end, raise nothing and tell no secret."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st
from tests.support.diagnosing import ACCESS, NOW_S, REFRESH, SECRET, answer, file, host, real, see

from tts_chaos.diagnosis.examine import choose_checks, examine
from tts_chaos.diagnosis.report import as_document, as_text
from tts_chaos.scaffold.detection import detect

NAMES = st.sampled_from(
    [".env", "shop.py", "shop.js", "tokens.json", "config.yaml", "tts-chaos.toml", "notes.md", "x"]
)
PIECES = st.sampled_from(
    [
        "TTS_APP_SECRET", "app_secret", "access_token_expire_in", "granted_scopes", "api_url", "=",
        ": ", "[", "]", "{", "}", "${", '"', "'", "`", "\n", "\\", "%", "//", "#", "https://",
        "http://[", "api.tiktokshop.com", "open-api.tiktokglobalshop.com", "/order/202309/orders",
        "/v1/", "/api/v2/token/get", "POST", "openapi:", ":99999999", SECRET, ACCESS, REFRESH,
        "\u2028", "\x00", "null", "-1", "1e999", "99999999999999999999",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(string.printable, max_size=6), max_size=14).map("".join)
VALUES = TEXTS | st.text(max_size=20)
ROLES = st.sampled_from(
    [
        "APP_KEY", "APP_SECRET", "ACCESS_TOKEN", "REFRESH_TOKEN", "SHOP_CIPHER", "SHOP_ID",
        "API_URL", "TOKEN_URL", "ACCESS_TOKEN_EXPIRE_IN", "REFRESH_TOKEN_EXPIRE_IN",
        "SECRET_ROTATED_AT", "GRANTED_SCOPES",
    ]
)  # fmt: skip


@given(
    files=st.dictionaries(NAMES, TEXTS, max_size=4),
    settings=st.dictionaries(ROLES, VALUES, max_size=6),
    mapping=st.none()
    | st.dictionaries(
        st.sampled_from(["orders", "conversions", "stok"]),
        st.dictionaries(st.sampled_from(["id", "from", "email"]), VALUES | st.none(), max_size=3)
        | st.integers(),
        max_size=2,
    ),
    code=st.none() | st.sampled_from([0, 105002, 36009004, 1]) | st.integers(),
    message=VALUES,
)
def test_nothing_in_a_project_stops_the_doctor(
    files: dict[str, str],
    settings: dict[str, str],
    mapping: dict[str, object] | None,
    code: int | None,
    message: str,
) -> None:
    known = {"TTS_APP_SECRET": SECRET, "TTS_ACCESS_TOKEN": ACCESS, "TTS_REFRESH_TOKEN": REFRESH}
    seen = see(
        *(file(name, text) for name, text in files.items()),
        environment={**known, **{f"TIKTOK_{role}": value for role, value in settings.items()}},
        target=real(),
        hosts=[host()],
        answers=[answer(code=code, message=message)],
        mapping=mapping,
    )

    results = examine(seen, choose_checks())

    told = as_text(results, target=seen.target)
    assert as_document(results, target=seen.target, now_s=NOW_S, status=0)["checks"]
    assert [secret for secret in (SECRET, ACCESS, REFRESH) if secret in told] == []


@given(files=st.dictionaries(NAMES | st.sampled_from(["package.json", "go.mod"]), TEXTS))
def test_nothing_in_a_folder_stops_the_detection(files: dict[str, str]) -> None:
    detect(files)
