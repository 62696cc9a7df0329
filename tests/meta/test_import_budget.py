"""Being installed costs nothing: the entry point imports pytest and the standard library."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("httpx", "httpx2", "respx", "requests", "hypothesis", "locust", "schemathesis", "msgspec",
         "time_machine", "toxiproxy", "httptools", "trustme", "cryptography")  # fmt: skip


def _imported_by(statement: str) -> set[str]:
    program = (
        f"import sys, json, pytest; before = set(sys.modules); {statement}; "
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


def test_the_entry_point_imports_nothing_heavy() -> None:
    imported = _imported_by("import tts_chaos.pytest_plugin.plugin")

    assert imported & set(HEAVY) == set()


def test_the_entry_point_imports_only_its_own_neighbours() -> None:
    imported = _imported_by("import tts_chaos.pytest_plugin.plugin")

    ours = {name for name in imported if name.startswith("tts_chaos.")}
    assert {name.split(".")[1] for name in ours} <= {"pytest_plugin", "errors", "ini_keys"}


def test_a_session_without_the_flag_imports_nothing_heavy(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Other plugins that happen to be installed import what they like.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(
        f"""
        import sys
        def test_nothing_heavy():
            assert [name for name in {HEAVY!r} if name in sys.modules] == []
        """
    )

    done = pytester.runpytest_subprocess(
        "-p", "tts_chaos.pytest_plugin.plugin", "-p", "no:cacheprovider"
    )

    done.assert_outcomes(passed=1)


def test_a_session_without_the_flag_says_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_x(): pass")

    done = pytester.runpytest_subprocess("-p", "tts_chaos.pytest_plugin.plugin")

    assert "tts-chaos:" not in done.stdout.str()


def test_the_package_itself_is_light() -> None:
    assert _imported_by("import tts_chaos") & set(HEAVY) == set()


def test_the_version_comes_from_the_metadata() -> None:
    import tts_chaos

    assert tts_chaos.__version__.count(".") == 2


def test_an_unknown_attribute_of_the_package_is_refused() -> None:
    import tts_chaos

    with pytest.raises(AttributeError):
        tts_chaos.nothing_of_this_name  # noqa: B018


def test_the_plugin_module_stays_small() -> None:
    plugin = Path(__file__).parents[2] / "harness/tts_chaos/pytest_plugin/plugin.py"

    assert len(plugin.read_text(encoding="utf-8").splitlines()) <= 200
