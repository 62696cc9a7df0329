"""A headless Chromium of this machine, driven by playwright; tests skip where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

__all__ = ["chromium"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield a browser; skips the test where none is installed."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no Chromium on the path; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        # A sandbox of its own is not to be had as root; the page is ours.
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
