"""`tts-chaos init` in a folder, then `pytest --tts-chaos` there, each in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.chaos_project import REFERENCE

ROOT = Path(__file__).parents[3]
SCENARIOS = ("auth/token-expired-401", "overload/rate-limited-429", "webhooks/forged")


def run(folder: Path, *command: str, typed: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a module of this environment in a folder, with nothing else of ours around it."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT / "harness"),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environment,
        input=typed,
        stdin=subprocess.DEVNULL if typed is None else None,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def init(
    folder: Path, *arguments: str, typed: str | None = None
) -> subprocess.CompletedProcess[str]:
    return run(folder, "tts_chaos.cli.main", "init", *arguments, typed=typed)


def play(folder: Path, *scenarios: str, world: str = "") -> subprocess.CompletedProcess[str]:
    chosen = [part for name in scenarios for part in ("--tts-scenario", name)]
    chosen += ["--tts-world", world] if world else []
    plugin = ("-p", "tts_chaos.pytest_plugin.plugin", "-p", "no:cacheprovider")
    return run(folder, "pytest", *plugin, "--tts-chaos", "--tts-seed", "7", *chosen)


@pytest.mark.slow
@pytest.mark.parametrize("client", ["httpx", "requests"])
def test_an_empty_folder_has_a_working_start(tmp_path: Path, client: str) -> None:
    made = init(tmp_path, "--yes", "--client", client)
    played = play(tmp_path, *SCENARIOS)

    assert made.returncode == 0, made.stderr
    assert "pytest --tts-chaos --tts-scenario auth/token-expired-401" in made.stdout
    assert played.returncode == 0, played.stdout
    assert "3 passed" in played.stdout
    assert f"import {client}" in (tmp_path / "tts_adapter.py").read_text()


@pytest.mark.slow
def test_the_start_works_on_real_sockets_too(tmp_path: Path) -> None:
    init(tmp_path, "--yes")

    played = play(tmp_path, "auth/token-expired-401", world="wire")

    assert played.returncode == 0, played.stdout


@pytest.mark.slow
def test_the_start_fails_where_it_is_broken(tmp_path: Path) -> None:
    init(tmp_path, "--yes")
    start = tmp_path / "tts_adapter.py"
    text = start.read_text()
    assert text.count("self.refresh(instead_of=token)") == 1
    start.write_text(text.replace("self.refresh(instead_of=token)", "pass"))

    played = play(tmp_path, "auth/token-expired-401")

    assert played.returncode == 10
    assert "never_refreshed" in played.stdout


@pytest.mark.slow
def test_an_own_integration_is_adapted_and_plays(tmp_path: Path) -> None:
    reference = REFERENCE.partition("@pytest.fixture")[0].replace("import pytest\n", "")
    (tmp_path / "shop.py").write_text(
        reference
        + "def make_shop(twin, workspace):\n"
        + "    return Renamed(make_reference(twin, workspace))\n"
        + "class Renamed:\n"
        + "    def __init__(self, inner): self.inner = inner\n"
        + "    def pull(self): self.inner.sync_orders()\n"
        + "    def believed(self): return self.inner.orders()\n"
        + "    def close(self): self.inner.close()\n"
    )

    made = init(
        tmp_path, "--yes", "--factory", "shop:make_shop",
        "--offer", "sync_orders=pull", "--offer", "orders=believed",
    )  # fmt: skip
    played = play(tmp_path, "auth/token-expired-401")

    assert made.returncode == 0, made.stderr
    assert played.returncode == 0, played.stdout
    assert "1 passed" in played.stdout


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("node") is None, reason="node is not on the path")
def test_a_program_in_node_is_configured_and_plays(tmp_path: Path) -> None:
    for file in (ROOT / "examples" / "node_fetch" / "fixed").glob("*.mjs"):
        shutil.copy(file, tmp_path)
    (tmp_path / "package.json").write_text('{"scripts": {"start": "node shop.mjs"}}')

    made = init(
        tmp_path, "--yes", "--env", "SHOP_STORE={workspace}/shop.json",
        "--env", f"SHOP_KEY={'8f' * 32}", "--offer", "sync_orders", "--offer", "orders",
        "--offer", "push_stock", "--offer", "stock", "--offer", "restart",
    )  # fmt: skip
    played = play(tmp_path, "auth/token-expired-401")
    looked_at = run(tmp_path, "tts_chaos.cli.main", "doctor", "--offline", "--fail-on", "error")

    assert made.returncode == 0, made.stderr
    assert "package.json tells of node" in made.stderr
    assert played.returncode == 0, played.stdout
    assert "1 passed" in played.stdout
    assert looked_at.returncode == 0, looked_at.stdout


@pytest.mark.slow
def test_the_doctors_table_may_stand_beside_an_integration_in_python(tmp_path: Path) -> None:
    init(tmp_path, "--yes")
    (tmp_path / "tts-chaos.toml").write_text('[doctor]\nexclude = ["x/*"]\n')

    assert play(tmp_path, "auth/token-expired-401").returncode == 0


def test_answers_come_through_a_pipe(tmp_path: Path) -> None:
    made = init(tmp_path, typed="python\n\nrequests\nsync_orders, orders\ngithub\n")

    assert made.returncode == 0, made.stderr
    text = (tmp_path / "tts_adapter.py").read_text()
    assert "import requests" in text
    assert "push_stock" not in text
    assert (tmp_path / ".github/workflows/tts-chaos.yml").is_file()


def test_an_input_that_ends_too_early_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    made = init(tmp_path, typed="python\n")

    assert made.returncode == 2
    assert "the input ended before this was answered: Class or function" in made.stderr
    assert "--yes" in made.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_without_force(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("# my tts_integration\n")

    refused = init(tmp_path, "--yes")
    untouched = (tmp_path / "conftest.py").read_text(), len(list(tmp_path.iterdir()))
    forced = init(tmp_path, "--yes", "--force")

    assert refused.returncode == 2
    assert "conftest.py is there already and nothing was written" in refused.stderr
    assert untouched == ("# my tts_integration\n", 1)
    assert forced.returncode == 0
    assert "def tts_integration" in (tmp_path / "conftest.py").read_text()


@pytest.mark.slow
def test_a_conftest_that_is_there_takes_the_fixture_up_by_one_line(tmp_path: Path) -> None:
    own = "import pytest\n\n\n@pytest.fixture\ndef mine():\n    return 1\n"
    (tmp_path / "conftest.py").write_text(own)

    made = init(tmp_path, "--yes")
    line = made.stdout.partition("add to conftest.py:\n")[2].splitlines()[0].strip()
    (tmp_path / "conftest.py").write_text(f"{line}\n{own}")
    played = play(tmp_path, "auth/token-expired-401")

    assert made.returncode == 0, made.stderr
    assert line.startswith("from tts_fixture import tts_integration")
    assert played.returncode == 0, played.stdout


def test_a_folder_that_cannot_take_a_file_keeps_what_it_had(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("# my tts_integration\n")
    (tmp_path / "tts_adapter.py").mkdir()

    done = init(tmp_path, "--yes", "--force")

    assert done.returncode == 2
    assert "cannot write" in done.stderr
    assert [path.name for path in tmp_path.rglob("*.tts-new")] == []


def test_an_integration_that_is_configured_already_is_not_doubled(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.tts_chaos.integration]\nstart = "x {port}"\n')

    done = init(tmp_path, "--yes", "--kind", "program", "--start", "node x")

    assert done.returncode == 2
    assert "has [tool.tts_chaos.integration] already" in done.stderr


def test_a_configuration_that_a_run_would_refuse_is_not_written(tmp_path: Path) -> None:
    done = init(
        tmp_path, "--yes", "--kind", "program", "--start", "node x", "--offer", "orders",
        "--env", "TTS_APP_KEY={app_kye}",
    )  # fmt: skip

    assert done.returncode == 2
    assert "app_kye" in done.stderr
    assert "tts-new" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_print_writes_nothing(tmp_path: Path) -> None:
    shown = init(tmp_path, "--yes", "--print", "--kind", "program", "--start", "node shop.mjs")

    assert shown.returncode == 0
    assert 'start = "node shop.mjs"' in shown.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere", "--yes"), "nowhere is no folder"),
        (("--yes", "--kind", "progam"), "did you mean 'program'"),
        (("--yes", "--offer", "sync_order"), "did you mean 'sync_orders'"),
    ],
)
def test_a_mistake_of_the_caller_ends_with_2(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = init(tmp_path, *arguments)

    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
