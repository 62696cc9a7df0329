"""The connector as a program: its settings come from the environment."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tts_chaos.reference.errors import SettingsError
from tts_chaos.reference.program import settings_of

GIVEN = {
    "TTS_API_URL": "https://localhost:1/",
    "TTS_TOKEN_URL": "https://localhost:2",
    "TTS_APP_KEY": "key",
    "TTS_APP_SECRET": "secret",
    "TTS_ACCESS_TOKEN": "access",
    "TTS_REFRESH_TOKEN": "refresh",
    "TTS_SHOPS": "7:c7,8:c8",
    "TTS_DATABASE": "x.sqlite3",
}


def test_shops_and_addresses_are_read() -> None:
    settings = settings_of(GIVEN)

    assert [(shop.id, shop.cipher) for shop in settings.shops] == [("7", "c7"), ("8", "c8")]
    assert settings.api_url == "https://localhost:1"


@pytest.mark.parametrize("name", GIVEN)
def test_a_missing_variable_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        settings_of({key: value for key, value in GIVEN.items() if key != name})


def test_the_program_says_what_it_lacks_without_a_traceback() -> None:
    command = [sys.executable, "-m", "tts_chaos.reference"]
    done = subprocess.run(command, env={"PYTHONPATH": ":".join(sys.path)}, capture_output=True,
                          text=True, check=False)  # fmt: skip

    assert done.returncode == 1
    assert done.stderr == ("tts_chaos.reference: the environment variable TTS_APP_KEY is missing\n")
