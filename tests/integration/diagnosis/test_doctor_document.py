"""docs/doctor.md names what there is; tests/pages follows it as a reader does."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from tts_chaos.cli.doctor import add_arguments as add_doctor
from tts_chaos.cli.init import add_arguments as add_init
from tts_chaos.diagnosis.catalogue import CHECKS

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "doctor.md").read_text(encoding="utf-8")


def test_the_chapter_names_every_check() -> None:
    named = set(re.findall(r"^\| `([a-z_]+)` \|", TEXT, re.MULTILINE))

    assert named == set(CHECKS)


def test_every_option_that_the_chapter_names_is_one() -> None:
    known = set()
    for add in (add_doctor, add_init):
        parser = argparse.ArgumentParser()
        add(parser)
        known |= set(re.findall(r"--[a-z][a-z-]+", parser.format_help()))

    named = set(re.findall(r"--[a-z][a-z-]+", TEXT)) - {"--tts-chaos", "--tts-scenario"}

    assert named - known == set()
