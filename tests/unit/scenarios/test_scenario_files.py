"""Scenario files on disk, and the promise that one wrong letter in a key never goes unseen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_chaos._data import data_folder
from tts_chaos.errors import ScenarioError
from tts_chaos.faults.fault import FAULTS, Fault, register_fault
from tts_chaos.scenarios.loader import find_scenario_files, load_scenario, parse_scenario
from tts_chaos.scenarios.model import FaultStep

BUNDLED = data_folder("scenarios")
FILES = sorted(BUNDLED.rglob("*.toml"))
KEY = re.compile(r"(?m)(?:^|[\[{,.]\s*)([a-z][a-z_-]+)(?=\s*=|\]|\.)")
"""Names of sections, keys at the begin of a line, and keys of inline tables."""

FREE = {"app_key", "app_secret", "access_token", "refresh_token"}
"""Settings of the integration itself, which `reconfigure` takes by any name."""

MINIMAL = 'title = "t"\ndescription = "d"\nwhy = "w"\n[[method]]\naction = "sync_orders"\n'


def _keys_in(text: str) -> Iterator[re.Match[str]]:
    return (
        match
        for match in KEY.finditer(text)
        # A bracket inside quotes is the begin of a list of words, not of a section.
        if text[: match.start(1)].count('"') % 2 == 0 and match.group(1) not in FREE
    )


def _misspell(word: str) -> tuple[str, ...]:
    middle = len(word) // 2
    return (word[:-1], word + "x", word[:middle] + "q" + word[middle + 1 :])


def _is_told(text: str, key: re.Match[str], wrong: str) -> bool:
    changed = text[: key.start(1)] + wrong + text[key.end(1) :]
    try:
        parse_scenario(changed, id="area/name", path="a.toml")
    except ScenarioError as error:
        return wrong in str(error)
    return False


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(BUNDLED).as_posix())
def test_a_wrong_letter_in_any_key_of_a_bundled_file_is_told(file: Path) -> None:
    text = file.read_text(encoding="utf-8")

    unseen = [
        f"{key.group(1)} as {wrong}"
        for key in _keys_in(text)
        for wrong in _misspell(key.group(1))
        if not _is_told(text, key, wrong)
    ]

    assert unseen == []


@given(data=st.data())
def test_any_letter_put_anywhere_into_a_key_is_told(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(FILES)).read_text(encoding="utf-8")
    key = data.draw(st.sampled_from(list(_keys_in(text))))
    word = key.group(1)
    place = data.draw(st.integers(0, len(word)))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz_"))

    assert _is_told(text, key, word[:place] + letter + word[place:])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(BUNDLED).as_posix())
def test_a_bundled_file_loads_under_its_path(file: Path) -> None:
    scenario = load_scenario(file, BUNDLED)

    assert scenario.id == file.relative_to(BUNDLED).as_posix().removesuffix(".toml")


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"missing: no such folder of scenarios"):
        list(find_scenario_files(tmp_path / "missing"))


def test_a_file_in_place_of_a_folder_is_named(tmp_path: Path) -> None:
    file = tmp_path / "one.toml"
    file.write_text(MINIMAL)

    with pytest.raises(ScenarioError, match=r"one\.toml: no such folder of scenarios"):
        list(find_scenario_files(file))


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "one.toml"
    file.write_bytes(b'title = "\xff\xfe"\n')

    with pytest.raises(ScenarioError, match=r"one\.toml: cannot be read as UTF-8 text"):
        load_scenario(file, tmp_path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "one.toml"
    folder.mkdir()

    with pytest.raises(ScenarioError, match=r"one\.toml: cannot be read"):
        load_scenario(folder, tmp_path)


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "one.toml"
    file.write_bytes(b"\xef\xbb\xbf" + MINIMAL.encode())

    assert load_scenario(file, tmp_path).title == "t"


def test_files_are_found_in_every_folder_below_in_order_of_their_paths(tmp_path: Path) -> None:
    for name in ("b/two.toml", "a/deep/one.toml", "a/notes.md"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(MINIMAL)

    found = [file.relative_to(tmp_path).as_posix() for file in find_scenario_files(tmp_path)]

    assert found == ["a/deep/one.toml", "b/two.toml"]


def test_a_setting_named_like_a_condition_is_refused_with_the_fault() -> None:
    class Shadowing(Fault, frozen=True, kw_only=True):
        name: ClassVar[str] = "shadowing"
        family: ClassVar[str] = "test"
        cause: ClassVar[str] = "network"
        summary: ClassVar[str] = "s"
        call: int = 1

    with pytest.raises(ValueError, match="calls a setting 'call', as triggers do"):
        register_fault(Shadowing)

    assert "shadowing" not in FAULTS


def test_a_condition_given_replaces_only_itself_in_the_default_trigger() -> None:
    text = MINIMAL.replace(
        "[[method]]", '[[method]]\nfault = "connection_reset"\nfor_ms = 5000\n[[method]]', 1
    )
    default = FAULTS["connection_reset"].default_trigger

    step = parse_scenario(text, id="a", path="a.toml").method[0]

    assert isinstance(step, FaultStep)
    assert (step.trigger.for_ms, step.trigger.times) == (5000, default.times)
