"""Plain `locust -f locustfile.py`, without `tts-chaos load` around it: what it drives and says."""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from tts_chaos.errors import ConfigError
from tts_chaos.load.budgets import read_budgets
from tts_chaos.load.plan import Plan, Target
from tts_chaos.load.planning import make_plan
from tts_chaos.load.profiles import find_profile
from tts_chaos.load.results import measure, result_of, write_result
from tts_chaos.load.summary import summary_lines
from tts_chaos.load.targets import FRONT_DOOR, TWIN
from tts_chaos.scenarios.shape import Place

__all__ = ["make_plain_plan", "print_summary"]

_ASK_S = 10.0


def make_plain_plan(options: Any, host: str | None) -> Plan:
    """Return the plan that Locust's options describe: its target, and stages with a profile.

    Raises:
        ConfigError: If it is not said what to drive.
        UsageError: If there is no such profile.
    """
    results = Path(options.tts_results) / time.strftime("locust-%Y%m%d-%H%M%S")
    target = _target(options, host)
    if options.tts_profile:
        profile = find_profile(options.tts_profile)
        return make_plan(
            options.tts_profile, profile, target, results=results, rate=options.tts_rate or None
        )
    return Plan(profile="", stages=(), target=target, results=str(results))


def _target(options: Any, host: str | None) -> Target:
    control, is_twin = options.tts_control.rstrip("/"), options.tts_target == "twin"
    if is_twin and not control:
        raise ConfigError("--tts-target twin needs --tts-control, the control API of the twin")
    if not host and not is_twin:
        raise ConfigError("say what to drive: --host http://127.0.0.1:8080, the front door")
    skus = tuple(sku for sku in options.tts_skus.split(",") if sku)
    keys: dict[str, Any] = {}
    order_ids: tuple[str, ...] = ()
    if control:
        shop = next(iter(_ask(f"{control}/state")["shops"].values()))
        skus = skus or tuple(shop["stock"])
        order_ids = tuple(order["id"] for order in shop["orders"])
        keys = _ask(f"{control}/credentials")
    if not skus:
        raise ConfigError("name SKUs: --tts-skus 1,2, or --tts-control, where the twin tells them")
    half = max(1, len(skus) // 2)
    return Target(
        base_url=(host or keys["api_url"]).rstrip("/"),
        operations=TWIN if is_twin else FRONT_DOOR,
        app_key=keys["app_key"] if is_twin else "",
        app_secret=keys["app_secret"] if is_twin else "",
        access_token=keys["access_token"] if is_twin else "",
        shop_cipher=keys["shops"][0]["cipher"] if is_twin else "",
        control_url=control,
        bought=skus[:half],
        stocked=dict.fromkeys(skus[half:], ""),
        order_ids=order_ids,
    )


def _ask(url: str) -> Any:
    try:
        with urllib.request.urlopen(url, timeout=_ASK_S) as answer:  # noqa: S310 - an operator's
            return json.load(answer)
    except (OSError, ValueError) as error:
        raise ConfigError(f"the twin's control API at {url} does not answer: {error}") from None


def print_summary(plan: Plan) -> int:
    """Print the verdict of a plain run, from our own record; returns the exit code."""
    folder = Path(plan.results)
    budgets = read_budgets({}, Place("", "budgets"))
    result = result_of(plan, measure(folder), budgets)
    write_result(result, folder / "result.json")
    sys.stderr.write("\n".join(summary_lines(result)) + f"\n  Record: {folder}\n")
    return result.exit_code
