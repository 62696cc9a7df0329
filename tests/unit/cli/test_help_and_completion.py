"""The command's own help names every subcommand; shells complete what really exists."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tts_chaos.cli.main import SUBCOMMANDS, main, make_parser


def test_the_help_says_of_each_subcommand_what_it_does() -> None:
    text = make_parser().format_help()

    lines = {line.split()[0]: line.split(maxsplit=1)[1:] for line in text.splitlines() if line}
    assert [name for name in SUBCOMMANDS if not lines.get(name)] == []
    assert all(len(line) <= 120 for line in text.splitlines())


def _complete(script: str, *typed: str) -> list[str]:
    program = (
        f"{script}\nCOMP_WORDS=({' '.join(map(repr, typed))}); COMP_CWORD={len(typed) - 1}; "
        '_tts_chaos; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on the path")
def test_bash_completes_subcommands_options_and_choices(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out

    assert _complete(script, "tts-chaos", "ga") == ["gate"]
    assert _complete(script, "tts-chaos", "gate", "--m") == ["--matrix", "--may"]
    assert _complete(script, "tts-chaos", "schema", "p") == [
        "plan",
        "plan-settings",
        "policy",
        "pyproject",
    ]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_are_told_of_every_subcommand(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == 0

    script = capsys.readouterr().out
    assert [name for name in SUBCOMMANDS if name not in script] == []
    assert "may" in script
