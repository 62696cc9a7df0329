"""Integrations that behave badly: each ends in an outcome that names what it did."""

from __future__ import annotations

import pytest
from tests.support.chaos_project import QUICK, ChaosProject

SHORT = "[limits]\naction_ms = 60000\nwire_action_ms = 400\n[recovery]\nwire_rto_ms = 600\n"
IN_THE_SECOND = """
    def before_sync(self):
        import sys, threading, time
        if self.syncs == 2:
            {}
"""

BOTH_WORLDS = pytest.mark.parametrize("world", ["simulated", "wire"])

HARM = {
    "sleeps-for-ever": (
        "time.sleep(10**8)",
        "safety_violated",
        "action_never_ends: sync_orders() had to be ended by the harness: *",
    ),
    "waits-for-a-lock-for-ever": (
        "lock = threading.Lock(); lock.acquire(); lock.acquire()",
        "safety_violated",
        "action_never_ends: sync_orders() had to be ended by the harness: *",
    ),
    "ends-the-process": (
        "sys.exit(3)",
        "safety_violated",
        "process_ended: sync_orders() had to be ended by the harness: *SystemExit*",
    ),
    "prints-its-token": (
        "print('using', self.inner.tokens()['access_token'])",
        "safety_violated",
        "secret_in_output: {access_token:1} is in stdout *",
    ),
    "writes-its-token-as-bytes": (
        "sys.stderr.buffer.write(self.inner.tokens()['access_token'].encode())",
        "safety_violated",
        "secret_in_output: {access_token:1} is in stderr *",
    ),
    "raises-its-token": (
        "raise ValueError(self.inner.tokens()['access_token'])",
        "safety_violated",
        "secret_in_exception: {access_token:1} is in exception *",
    ),
}


@BOTH_WORLDS
@pytest.mark.parametrize("harm", HARM)
def test_harm_is_told_by_its_rule(project: ChaosProject, harm: str, world: str) -> None:
    code, outcome, told = HARM[harm]
    project.scenario(text=QUICK + SHORT)
    project.integration(IN_THE_SECOND.format(code))

    result = project.run("--tts-world", world, "--tts-report", "out")

    (run,) = project.report()["runs"]
    assert run["outcome"] == outcome
    result.stdout.fnmatch_lines([f"{outcome} *quick [[]{world}]  {told}"])


@BOTH_WORLDS
def test_closing_the_output_harms_nobody(project: ChaosProject, world: str) -> None:
    project.scenario(text=QUICK + SHORT)
    project.integration(IN_THE_SECOND.format("sys.stdout.close(); sys.stderr.close()"))

    result = project.run("--tts-world", world)

    result.assert_outcomes(passed=1)
    assert result.ret == 0


@BOTH_WORLDS
def test_a_thread_left_behind_is_named(project: ChaosProject, world: str) -> None:
    project.scenario(text=QUICK + SHORT)
    patience_s = 2 if world == "wire" else 10**6
    thread = f"target=time.sleep, args=({patience_s},), name='my-poller', daemon=True"
    project.integration(IN_THE_SECOND.format(f"threading.Thread({thread}).start()"))

    result = project.run("--tts-world", world, "-W", "default")

    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(
        [
            "*quick.toml:1: PytestWarning: the integration did not end its threads: my-poller; "
            "end them in the fixture, after the yield"
        ]
    )


@BOTH_WORLDS
def test_an_exception_is_shown_with_the_lines_that_raised_it(
    project: ChaosProject, world: str
) -> None:
    project.scenario(text=QUICK + SHORT)
    project.integration(IN_THE_SECOND.format("raise KeyError('status')"))

    result = project.run("--tts-world", world)

    result.stdout.fnmatch_lines(
        [
            "Calls that went wrong:",
            "  sync_orders() failed: KeyError: 'status'",
            "sync_orders():",
            "Traceback (most recent call last):",
            "    raise KeyError('status')",
            "KeyError: 'status'",
        ]
    )


def test_an_exception_of_the_first_sync_is_why_a_run_was_aborted(project: ChaosProject) -> None:
    project.scenario()
    project.integration("    def before_sync(self):\n        raise ValueError('no such table')\n")

    result = project.run()

    result.stdout.fnmatch_lines(["aborted *; sync_orders() had failed: ValueError: no such table"])
    assert result.ret == 12


@BOTH_WORLDS
def test_an_observation_that_raises_is_told_as_unreadable(
    project: ChaosProject, world: str
) -> None:
    project.scenario(text=QUICK + SHORT)
    project.integration("    def orders(self):\n        raise KeyError('status')\n")

    result = project.run("--tts-world", world)

    result.stdout.fnmatch_lines(["    actual    KeyError: 'status'"])
    assert result.ret == 12


@BOTH_WORLDS
def test_what_is_not_json_is_told_with_what_to_return_instead(
    project: ChaosProject, world: str
) -> None:
    project.scenario(text=QUICK + SHORT)
    project.integration("    def orders(self):\n        return {1, 2}\n")

    result = project.run("--tts-world", world)

    result.stdout.fnmatch_lines(["*$ is a set; its order is not defined: return a sorted list"])
    assert result.ret == 12


def test_a_secret_in_an_exception_is_not_shown_with_it(project: ChaosProject) -> None:
    project.scenario()
    project.integration(
        "    def before_sync(self):\n"
        "        token = self.inner.tokens()['access_token']\n"
        "        open('token', 'w').write(token)\n"
        "        raise ValueError(token)\n"
    )

    result = project.run()

    token = (project.path / "token").read_text()
    assert "{access_token:1}" in result.stdout.str()
    assert token not in result.stdout.str()


FIXTURES = {
    "nothing": (
        "    pass",
        "the fixture tts_integration returned None; end it with `return integration`, *",
    ),
    "a-class": (
        "    return type('Shop', (), {'orders': list})",
        "the fixture tts_integration returned the class Shop itself; return an object of it",
    ),
    "an-object-that-does-nothing-known": (
        "    return type('Shop', (), {'sync_order': print})()",
        "*'Shop', which has none of the methods the harness knows. It has sync_order() (did you "
        "mean sync_orders()?). Give it at least *",
    ),
    "a-method-that-wants-more": (
        "    return type('Shop', (), {'sync_orders': lambda self, since: None})()",
        "*sync_orders(since) is called as sync_orders(): missing a required argument: 'since'",
    ),
    "a-method-that-takes-less": (
        "    return type('Shop', (), {'deliver_webhook': lambda self, body: None})()",
        "*deliver_webhook(body) is called as deliver_webhook(headers, body): too many *",
    ),
}


@pytest.mark.parametrize("returned", FIXTURES)
def test_a_fixture_that_cannot_be_used_is_told_once(project: ChaosProject, returned: str) -> None:
    body, message = FIXTURES[returned]
    project.scenario("a")
    project.scenario("b")
    project.write(
        "conftest.py", f"import pytest\n\n\n@pytest.fixture\ndef tts_integration():\n{body}\n"
    )

    result = project.run()

    result.stdout.fnmatch_lines(
        [message.replace("[", "[[]"), "harness_error *a *", "played 1 of 2 *"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    assert result.ret == 15


def test_an_async_fixture_is_told_to_be_plain(project: ChaosProject) -> None:
    project.scenario()
    project.write(
        "conftest.py",
        "import pytest\n\n\n@pytest.fixture\nasync def tts_integration():\n    return 1\n",
    )

    result = project.run("-W", "ignore::pytest.PytestRemovedIn10Warning")

    assert result.ret != 0
    result.stdout.no_fnmatch_line("*passed *quick*")


@pytest.mark.parametrize("scope", ["class", "module", "package", "session"])
def test_a_fixture_that_outlives_a_scenario_is_refused(project: ChaosProject, scope: str) -> None:
    project.scenario("a")
    project.scenario("b")
    project.write(
        "conftest.py",
        f"import pytest\n\n\n@pytest.fixture(scope={scope!r})\ndef tts_integration():\n"
        "    return 1\n",
    )

    result = project.run()

    result.stdout.fnmatch_lines(
        [f"the fixture tts_integration has scope '{scope}', but every scenario has a platform, *"]
    )
    result.stdout.no_fnmatch_line("*AssertionError*")
    assert result.ret == 15


ASYNC = """
import asyncio

import pytest
from tts_chaos.reference.factory import make_reference


class Shop:
    def __init__(self, inner):
        self.inner = inner

    async def sync_orders(self):
        await asyncio.sleep(0.01)
        self.inner.sync_orders()

    async def orders(self):
        await asyncio.sleep(0.01)
        return self.inner.orders()


@pytest.fixture
def tts_integration(tts_twin, tts_workspace):
    inner = make_reference(tts_twin, tts_workspace)
    try:
        yield Shop(inner)
    finally:
        inner.close()
"""


@BOTH_WORLDS
def test_async_methods_are_awaited(project: ChaosProject, world: str) -> None:
    project.scenario(text=QUICK + SHORT.replace("400", "5000").replace("600", "5000"))
    project.write("conftest.py", ASYNC)

    project.run("--tts-world", world).assert_outcomes(passed=1)


@BOTH_WORLDS
def test_an_exception_of_an_async_method_is_shown_with_its_lines(
    project: ChaosProject, world: str
) -> None:
    project.scenario(text=QUICK + SHORT)
    project.write("conftest.py", ASYNC.replace("self.inner.sync_orders()", "raise OSError('gone')"))

    result = project.run("--tts-world", world)

    result.stdout.fnmatch_lines(["sync_orders():", "    raise OSError('gone')", "OSError: gone"])
