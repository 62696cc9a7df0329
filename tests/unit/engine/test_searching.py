"""Secrets are found in all that the integration writes, and the streams are given back as found."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tts_chaos.core.clock import ManualClock
from tts_chaos.core.history import Searched
from tts_chaos.core.secrets import SecretBook
from tts_chaos.engine import searching as module
from tts_chaos.engine.recorder import Recorder
from tts_chaos.engine.searching import OutputSearch

SECRET = "SECRET-TOKEN-1"


class Desk:
    """A search with one known secret."""

    def __init__(self, paths: Sequence[Path] = ()) -> None:
        self.recorder = Recorder(ManualClock())
        secrets = SecretBook()
        secrets.add(SECRET, "access_token:1")
        self.search = OutputSearch(self.recorder, secrets, paths)

    def found(self) -> list[tuple[str, str]]:
        """Return channel and source of every leak."""
        self.search.finish()
        searched = self.recorder.history().of(Searched)
        return [(record.channel, record.source) for record in searched if record.leaks]


@contextmanager
def started() -> Iterator[Desk]:
    """Start within the test: between its set-up and its call, capturing changes the streams."""
    desk = Desk()
    desk.search.start()
    try:
        yield desk
    finally:
        desk.search.stop()


def test_a_clean_run_says_how_much_was_searched() -> None:
    with started() as desk:
        sys.stdout.write("four\n")

        assert desk.found() == []
        assert {r.channel: r.characters for r in desk.recorder.history().of(Searched)} == {
            "stdout": 5,
            "stderr": 0,
            "log": 0,
        }


def test_a_secret_on_standard_output_is_found() -> None:
    with started() as desk:
        sys.stdout.write(SECRET)

        assert desk.found() == [("stdout", "stdout")]


def test_a_secret_on_standard_error_is_found() -> None:
    with started() as desk:
        sys.stderr.write(SECRET)

        assert desk.found() == [("stderr", "stderr")]


def test_a_secret_written_as_bytes_is_found() -> None:
    with started() as desk:
        sys.stdout.buffer.write(SECRET.encode())

        assert desk.found() == [("stdout", "stdout")]


def test_a_secret_in_pieces_is_found() -> None:
    with started() as desk:
        sys.stdout.write(SECRET[:6])
        sys.stdout.write(SECRET[6:])

        assert desk.found() == [("stdout", "stdout")]


def test_a_secret_in_a_log_line_is_found() -> None:
    with started() as desk:
        logging.getLogger("shop").warning("using %s", SECRET)

        assert ("log", "log") in desk.found()


def test_a_log_line_that_its_level_suppresses_is_no_leak() -> None:
    with started() as desk:
        logging.getLogger("shop").setLevel(logging.WARNING)

        logging.getLogger("shop").debug("using %s", SECRET)

        assert desk.found() == []


def test_a_log_call_that_cannot_be_formatted_is_searched_as_far_as_it_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    with started() as desk:
        logging.getLogger("shop").warning(f"using {SECRET} %s %s", 1)

        assert ("log", "log") in desk.found()


def test_what_is_written_still_arrives(capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk()
    desk.search.start()

    sys.stdout.write("hello\n")
    sys.stdout.flush()
    desk.search.stop()

    assert capsys.readouterr().out == "hello\n"


def test_output_is_searched_after_somebody_put_another_stream_in_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with started() as desk:
        monkeypatch.setattr(sys, "stdout", io.StringIO())

        desk.search.watch_streams()
        sys.stdout.write(SECRET)

        assert desk.found() == [("stdout", "stdout")]


def test_watching_twice_keeps_each_word_once() -> None:
    with started() as desk:
        desk.search.watch_streams()

        sys.stdout.write("four\n")
        desk.search.finish()

        (out, *_) = desk.recorder.history().of(Searched)
        assert out.characters == 5


def test_the_streams_are_given_back() -> None:
    before = (sys.stdout, sys.stderr)
    desk = Desk()

    desk.search.start()
    desk.search.stop()
    desk.search.stop()

    assert (sys.stdout, sys.stderr) == before


def test_a_stream_that_somebody_else_put_in_place_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    desk.search.start()
    theirs = io.StringIO()
    sys.stdout = theirs

    desk.search.stop()

    assert sys.stdout is theirs


def test_the_logger_is_given_back() -> None:
    before = list(logging.getLogger().handlers)
    desk = Desk()

    desk.search.start()
    desk.search.stop()

    assert logging.getLogger().handlers == before


def test_closing_the_output_closes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk()
    desk.search.start()

    sys.stdout.close()
    sys.stdout.buffer.close()
    desk.search.stop()
    sys.stdout.write("still here\n")

    assert capsys.readouterr().out == "still here\n"


def test_a_secret_in_a_file_is_found_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/tokens.json").write_text(SECRET)
    (tmp_path / "clean.db").write_bytes(b"\x00\xff")

    assert Desk([tmp_path]).found() == [("file", "tokens.json")]


def test_a_single_file_can_be_searched(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    file.write_text(SECRET)

    assert Desk([file]).found() == [("file", "tokens.json")]


def test_a_place_that_does_not_exist_is_no_trouble(tmp_path: Path) -> None:
    assert Desk([tmp_path / "nowhere"]).found() == []


def test_a_file_that_cannot_be_read_is_recorded_as_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone.db").write_text(SECRET)
    desk = Desk([tmp_path])
    monkeypatch.setattr(Path, "open", _refuse)

    assert desk.found() == []
    assert desk.recorder.history().of(Searched)[-1].source == "gone.db"


def _refuse(*_: object) -> object:
    raise PermissionError("locked")


def test_a_huge_file_is_searched_up_to_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FILE_LIMIT_BYTES", 10)
    (tmp_path / "huge.log").write_text("x" * 10 + SECRET)
    desk = Desk([tmp_path])

    assert desk.found() == []
    assert desk.recorder.history().of(Searched)[-1].characters == 10
