"""Charts of the page as Vega-Lite specifications, and the library that draws them.

Specifications are data: the page fills in their values and draws them in the browser, each when it
is first looked at. The library comes as one script from the package vl-convert-python and is
written into the page, so that nothing is loaded from anywhere.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from tts_chaos.core.verdict import Outcome
from tts_chaos.errors import BackendUnavailableError

__all__ = ["COLOURS", "KINDS", "chart_library", "chart_specifications"]

EXTRA = "pip install 'pytest-tts-chaos[report]'"

LONGEST_S = 300
"""Ten times what a slow machine needs to put the library together."""

COLOURS: dict[str, dict[Outcome, str]] = {
    "light": {
        Outcome.PASSED: "#1a7f5a",
        Outcome.SAFETY_VIOLATED: "#b3261e",
        Outcome.NOT_RECOVERED: "#c25e00",
        Outcome.ABORTED: "#7b3fa0",
        Outcome.INCONCLUSIVE: "#3b6ea5",
        Outcome.NOT_EXERCISED: "#6b7280",
        Outcome.HARNESS_ERROR: "#5a4634",
    },
    "dark": {
        Outcome.PASSED: "#4cc38a",
        Outcome.SAFETY_VIOLATED: "#ff7b72",
        Outcome.NOT_RECOVERED: "#f0a04b",
        Outcome.ABORTED: "#c792ea",
        Outcome.INCONCLUSIVE: "#7fb2e5",
        Outcome.NOT_EXERCISED: "#a0a7b4",
        Outcome.HARNESS_ERROR: "#c9ab8a",
    },
}
"""By theme. Each stands out from its background by 4.5 to 1 or more; words say the same."""

KINDS: dict[str, tuple[str, str, str]] = {
    "ok": ("answered well", "#1a7f5a", "#4cc38a"),
    "refused": ("refused or failed", "#b3261e", "#ff7b72"),
    "lost": ("no whole answer", "#c25e00", "#f0a04b"),
    "forged": ("forged webhook", "#7b3fa0", "#c792ea"),
    "armed": ("fault armed", "#6b7280", "#a0a7b4"),
    "fired": ("fault fires", "#b3261e", "#ff7b72"),
    "lifted": ("fault lifted", "#1a7f5a", "#4cc38a"),
    "begins": ("action begins", "#3b6ea5", "#7fb2e5"),
    "alert": ("alert", "#9a6700", "#e3b341"),
    "waiting": ("not yet whole", "#9a6700", "#e3b341"),
    "whole": ("whole again", "#1a7f5a", "#4cc38a"),
    "step": ("buyer, platform or operator acts", "#3b6ea5", "#7fb2e5"),
    "phase": ("phase begins", "#6b7280", "#a0a7b4"),
}
"""Kind of a moment: what it means, its colour on light and on dark ground."""

LANES = {
    "phase": "phases",
    "fault": "faults",
    "action": "actions",
    "request": "requests",
    "webhook": "webhooks",
    "step": "platform",
    "alert": "alerts",
    "recovery": "recovery",
}
"""Lane of a timeline and its name, from top to bottom."""


def chart_library() -> str:
    """Return the script of the chart library: Vega, Vega-Lite and Vega-Embed.

    Putting it together takes seconds, so it is kept in the user's cache folder by version.

    Raises:
        BackendUnavailableError: If the package is not installed, or does not work.
    """
    try:
        version = metadata.version("vl-convert-python")
    except metadata.PackageNotFoundError:
        raise BackendUnavailableError(
            f"the HTML report needs the package vl-convert-python for its charts: {EXTRA}"
        ) from None
    kept = _cache_folder() / f"charts-{version}.js"
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return kept.read_text(encoding="utf-8")
    script = _put_together()
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        # Written beside and moved, so that a second process never reads half of it.
        half = kept.with_suffix(f".{os.getpid()}")
        half.write_text(script, encoding="utf-8")
        half.replace(kept)
    return script


def _put_together() -> str:
    # In a process of its own: it brings a whole JavaScript engine, which nothing else here needs.
    program = "import sys, vl_convert; sys.stdout.write(vl_convert.javascript_bundle())"
    done = subprocess.run(  # noqa: S603 - our own program, nothing of a user's in it
        [sys.executable, "-X", "utf8", "-c", program],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=LONGEST_S,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise BackendUnavailableError(
            f"the chart library could not be put together by vl-convert-python: {said[0]}"
        )
    return done.stdout


def _cache_folder() -> Path:
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tts-chaos"


def chart_specifications() -> dict[str, Any]:
    """Return the specifications by name; their data sets are filled in by the page."""
    return {"outcomes": _outcomes(), "recovery": _recovery(), "timeline": _timeline()}


def _outcomes() -> dict[str, Any]:
    return {
        "data": {"name": "runs"},
        "mark": {"type": "bar", "cornerRadius": 2},
        "encoding": {
            "y": {"field": "area", "type": "nominal", "title": None, "sort": "ascending"},
            "x": {
                "aggregate": "count",
                "type": "quantitative",
                "title": "runs",
                "axis": {"tickMinStep": 1, "format": "d"},
            },
            "color": {"field": "outcome", "type": "nominal", "legend": None, "scale": {}},
            "order": {"field": "gravity", "type": "quantitative"},
            "tooltip": [
                {"field": "area", "title": "scenarios"},
                {"field": "outcome"},
                {"aggregate": "count", "title": "runs"},
            ],
        },
    }


def _recovery() -> dict[str, Any]:
    shared = {"y": {"field": "area", "type": "nominal", "title": None, "sort": "ascending"}}
    return {
        "data": {"name": "runs"},
        "layer": [
            {
                "mark": {"type": "tick", "thickness": 3, "opacity": 0.75},
                "encoding": {
                    **shared,
                    "x": {
                        "field": "share",
                        "type": "quantitative",
                        "title": "recovery, in % of its objective",
                    },
                    "color": {"field": "outcome", "type": "nominal", "legend": None, "scale": {}},
                    "tooltip": [
                        {"field": "scenario"},
                        {"field": "recovered", "title": "recovered in"},
                        {"field": "objective"},
                    ],
                },
            },
            {
                # A rule has no words of its own to be read out; the list tells what it marks.
                "mark": {"type": "rule", "strokeDash": [5, 4], "aria": False},
                "encoding": {"x": {"datum": 100}, "color": {"value": "currentColor"}},
            },
        ],
    }


def _timeline() -> dict[str, Any]:
    lane = {
        "field": "lane",
        "type": "nominal",
        "title": None,
        "sort": list(LANES.values()),
        "axis": {"grid": True, "ticks": False, "domain": False},
    }
    bars = {
        "data": {"name": "bars"},
        "mark": {"type": "bar", "height": 18, "cornerRadius": 2, "strokeWidth": 1.5},
        "encoding": {
            "y": lane,
            "x": {"field": "from", "type": "quantitative", "title": None},
            "x2": {"field": "to"},
            "color": {"field": "colour", "type": "nominal", "scale": None},
            "stroke": {"field": "edge", "type": "nominal", "scale": None},
            "tooltip": [{"field": "name"}, {"field": "when"}, {"field": "note"}],
        },
    }
    names = {
        "data": {"name": "bars"},
        "transform": [{"filter": "datum.lane == 'phases'"}],
        "mark": {"type": "text", "align": "left", "dx": 3, "fontSize": 11, "clip": True},
        "encoding": {
            "y": lane,
            "x": {"field": "from", "type": "quantitative"},
            "text": {"field": "label"},
        },
    }
    moments = {
        "data": {"name": "moments"},
        "mark": {"type": "point", "filled": True, "size": 46, "opacity": 0.9, "clip": True},
        "encoding": {
            "y": lane,
            "x": {"field": "x", "type": "quantitative"},
            "color": {"field": "kind", "type": "nominal", "legend": None, "scale": {}},
            "shape": {"field": "kind", "type": "nominal", "legend": None, "scale": {}},
            "tooltip": [{"field": "when"}, {"field": "text"}],
        },
        "params": [
            {
                "name": "zoom",
                "select": {
                    "type": "interval",
                    "encodings": ["x"],
                    # A wheel alone goes on scrolling the page.
                    "zoom": "wheel![event.shiftKey]",
                },
                "bind": "scales",
            }
        ],
    }
    marks = {
        "data": {"name": "marks"},
        "mark": {"type": "rule", "strokeWidth": 2, "strokeDash": [5, 3], "aria": False},
        "encoding": {
            "x": {"field": "x", "type": "quantitative"},
            "color": {"field": "colour", "type": "nominal", "scale": None},
            "tooltip": [{"field": "text"}],
        },
    }
    return {"layer": [bars, names, marks, moments]}
