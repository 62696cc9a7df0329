"""The command line: what is wrong is told at once, without a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tts_chaos.cli.main import main


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--profile", "smok"], "did you mean 'smoke'"),
        (["--faults", "outag"], "did you mean 'outage'"),
        (["--compare", "nothing.json"], "nothing.json cannot be read"),
        (["--noise", "nothing.json"], "--noise nothing.json"),
        (["--locustfile", "nothing.py"], "there is no such file"),
        (["--config", "nothing.toml"], "nothing.toml"),
    ],
)
def test_a_wrong_value_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["load", *options]) == 2
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--rate", "0"], "expected a number above 0"),
        (["--duration", "long"], "expected a number above 0"),
        (["--workers", "0"], "expected a whole number from 1 to 64"),
        (["--expect-workers", "-1"], "expected a whole number from 0"),
    ],
)
def test_a_number_that_is_none_is_refused(
    capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["load", *options])

    assert told in capsys.readouterr().err
