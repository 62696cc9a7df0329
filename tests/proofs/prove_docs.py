"""Every code block of every page: run as a reader would, or read by what reads it, or marked.

The suite runs what is quick; this runs all. Pages are followed one after the other, each in a
folder of its own.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.pages.blocks import all_pages
from tests.pages.playing import follow

__all__ = ["main"]


def main(names: list[str]) -> int:
    """Follow the pages, or those whose names are given; 0 where every block does what it says."""
    pages = [page for page in all_pages() if page.blocks and (not names or page.name in names)]
    run = marked = left = total = 0
    problems: list[str] = []
    for page in pages:
        begin_s = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            played = follow(page, Path(folder), slow=True)
        took_s = time.monotonic() - begin_s
        print(f"{page.name}: {len(page.blocks)} blocks in {took_s:.0f} s", flush=True)
        for line, reason in {**played.marked, **played.left}.items():
            print(f"  not run: line {line}, {reason}", flush=True)
        for problem in played.problems:
            print(f"  WRONG: {problem}", flush=True)
        problems += played.problems
        total += len(page.blocks)
        run += len(played.run) + len(played.checked)
        marked += len(played.marked)
        left += len(played.left)
    missing = f", {left} left out for want of a program" if left else ""
    print(f"{run} of {total} blocks run, {marked} marked{missing}; {len(problems)} wrong")
    return 0 if not problems and run + marked == total else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
