"""Lines that an integration tells of its log: each is kept once, and searched for secrets."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.quality.playing import CORRECT, play
from tests.quality.zoo.telling_broken import LogsItsToken

from tts_chaos.core.history import History, Observed, Searched

SCENARIO = "observability/calls-are-logged"


def _lines(history: History) -> list[str]:
    return [line for o in history.of(Observed) if o.name == "logs" for line in o.value]


@pytest.mark.slow
def test_each_line_is_kept_once_however_often_the_log_is_told() -> None:
    result = play(CORRECT["reference"], SCENARIO)

    told = [o for o in result.history.of(Observed) if o.name == "logs"]
    calls = [line for line in _lines(result.history) if '"event": "api_call"' in line]
    assert len(told) > 3
    assert len(calls) == result.calls
    # One instant may see the same call twice; nothing was told as often as there were looks.
    assert max(Counter(calls).values()) < len(told)


@pytest.mark.slow
def test_a_secret_in_a_line_is_found_and_only_its_label_is_kept() -> None:
    result = play(LogsItsToken, SCENARIO)

    found = [s for s in result.history.of(Searched) if s.source == "logs()" and s.leaks]
    assert found
    assert all(leak.secret.startswith("{access_token") for s in found for leak in s.leaks)
    assert any("with {access_token:1}" in line for line in _lines(result.history))
