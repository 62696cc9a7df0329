"""The command's own help names every subcommand; shells complete what really exists."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.pages.checking import check_shell

from tts_chaos.cli.examples import EXAMPLES
from tts_chaos.cli.main import GROUPS, SUBCOMMANDS, main, make_parser, make_subparser


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


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_the_help_of_a_subcommand_has_examples_that_exist(name: str) -> None:
    text = make_subparser(name).format_help()

    assert EXAMPLES[name], "show at least one"
    for command, what in EXAMPLES[name]:
        assert command in text
        assert what in text
        assert check_shell(command) == []


def test_the_help_has_each_subcommand_once() -> None:
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(SUBCOMMANDS)


def test_the_help_of_a_subcommand_says_defaults() -> None:
    text = make_subparser("load").format_help()

    words = " ".join(text.split())
    assert "or one's own (default: smoke)" in words
    assert "(default: front-door)" in words
    assert "(default: None)" not in words


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["srve"], "did you mean serve?"),
        (["serve", "--prot", "1"], "did you mean --port?"),
        (["serve", "--prot=1"], "did you mean --port?"),
        (["load", "--target", "twn"], "did you mean twin?"),
        (["list", "fualts"], "did you mean faults?"),
        (["completion", "bsh"], "did you mean bash?"),
    ],
)
def test_a_typing_error_is_answered_with_the_right_word(
    typed: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(typed)

    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_what_is_like_nothing_gets_no_hint(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--zzzzzz"])

    assert "did you mean" not in capsys.readouterr().err


def _in_a_shell(shell: str, program: str) -> str:
    done = subprocess.run([shell, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("fish") is None, reason="no fish on the path")
def test_fish_completes_subcommands_options_and_choices(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["completion", "fish"]) == 0
    script = capsys.readouterr().out

    def completed(typed: str) -> list[str]:
        shown = _in_a_shell("fish", f"{script}\ncomplete -C '{typed}'")
        return [line.split("\t")[0] for line in shown.splitlines()]

    assert completed("tts-chaos ga") == ["gate"]
    assert completed("tts-chaos gate --m") == ["--matrix", "--may"]
    assert {"policy", "pyproject"} <= set(completed("tts-chaos schema p"))


def _typed_into_zsh(folder: Path, script: str, keys: str) -> str:
    """Type into a zsh of its own, on a terminal; returns all that it shows."""
    (folder / "completion").write_text(script)
    process, terminal = pty.fork()
    if process == 0:
        os.execvp("zsh", ["zsh", "-f", "-i"])
    shown = ""
    try:
        begin = (
            f"PS1='> '; autoload -U compinit; compinit -D -u; . {folder}/completion; echo re''ady"
        )
        os.write(terminal, f"{begin}\n".encode())
        shown = _read_until(terminal, "ready")
        os.write(terminal, keys.encode())
        shown = _read_until(terminal, "the end")
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(terminal)
    return shown


def _read_until(terminal: int, wanted: str) -> str:
    shown = ""
    until_s = time.monotonic() + 60
    while wanted not in shown and time.monotonic() < until_s:
        if select.select([terminal], [], [], 1)[0]:
            shown += os.read(terminal, 65536).decode(errors="replace")
    return shown


@pytest.mark.skipif(shutil.which("zsh") is None, reason="no zsh on the path")
@pytest.mark.parametrize(
    ("typed", "completed"),
    [("ga", "gate"), ("schema pol", "schema policy"), ("gate --mat", "gate --matrix")],
)
def test_zsh_completes_what_is_typed_into_it(
    typed: str, completed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", "zsh"]) == 0
    script = capsys.readouterr().out
    # Tab, then to the begin of the line, so that what was completed is printed and not run.
    keys = f"tts-chaos {typed}\t\x01print -r -- is \x05; print the' 'end\n"

    shown = _typed_into_zsh(tmp_path, script, keys)

    assert f"is tts-chaos {completed}" in shown
