"""Each reach with each program: brought to the twin, or the reach says why it cannot."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.integration.reach.conftest import API_URL, AUTH_URL, OUTSIDE, Start, Twin, run_in

from tts_chaos.errors import BackendUnavailableError
from tts_chaos.injectors.reach.choosing import choose_reach
from tts_chaos.wire.message import API_HOST, AUTH_HOST

PYTHON = ["python-urllib", "python-requests", "python-httpx"]
NODE = ["node-fetch", "node-https"]
HONOUR_PROXIES = ["go", "curl", "php-curl", "java"]
REACHED = [
    *(("namespace", each) for each in (*PYTHON, *NODE, *HONOUR_PROXIES, "php-stream")),
    *(("shim", each) for each in (*PYTHON, *NODE)),
    *(("proxy", each) for each in (*PYTHON, *HONOUR_PROXIES)),
]
NOT_REACHED = [
    *(("shim", each, "redirects exist for Python and Node") for each in HONOUR_PROXIES),
    *(("proxy", each, "take no notice of HTTPS_PROXY") for each in NODE),
]


@pytest.mark.slow
@pytest.mark.parametrize(("how", "program"), REACHED)
def test_an_unmodified_program_reaches_both_hosts_and_nothing_else(
    how: str, program: str, twin: Twin, opened: Start, command_of: Callable[[str], list[str]]
) -> None:
    command = command_of(program)
    reach = opened(how, command)

    done = run_in(reach, [*command, API_URL, AUTH_URL, f"https://{OUTSIDE}/"])

    assert done.stdout.count("0123456789") == 2, done.stdout + done.stderr
    assert twin.hosts_asked() == [API_HOST, AUTH_HOST]
    assert [each.partition(":")[0] for each in reach.refused()] == [OUTSIDE]


@pytest.mark.parametrize(("how", "program", "reason"), NOT_REACHED)
def test_a_reach_that_cannot_work_says_why_and_what_could(
    how: str, program: str, reason: str, command_of: Callable[[str], list[str]]
) -> None:
    with pytest.raises(BackendUnavailableError, match=reason) as caught:
        choose_reach(how, command_of(program))

    assert "use another reach of auto, proxy, shim, namespace" in str(caught.value)
