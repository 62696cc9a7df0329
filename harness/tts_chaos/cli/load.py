"""Rehearse a sale: do latency budgets hold under load, with faults too, and how long to recover.

Exit codes: 0 every budget held; 10 an order lost or doubled, or another rule of safety broken;
13 cannot tell; 16 a budget not held, or the backlog not drained; 1 and 2 as ever.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tts_chaos.cli.signals import until_interrupted
from tts_chaos.errors import UsageError
from tts_chaos.load.fault_scripts import FAULT_SCRIPTS
from tts_chaos.load.packages import require_packages
from tts_chaos.load.profiles import PROFILES

if TYPE_CHECKING:
    from tts_chaos.load.rehearsal import Order
    from tts_chaos.load.results import Result

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    what = parser.add_argument_group("what is rehearsed")
    what.add_argument("--profile", default="smoke", help=f"{', '.join(PROFILES)}, or one's own")
    what.add_argument("--faults", default="", metavar="SCRIPT",
                      help=f"{', '.join(FAULT_SCRIPTS)}, or one's own")  # fmt: skip
    what.add_argument("--rate", type=_positive, help="requests per second at the plateau")
    what.add_argument("--duration", type=_positive, metavar="S", help="length of the whole")
    what.add_argument("--seed", default="0", help="decides instants, data and faults (0)")
    what.add_argument("--no-abort", action="store_true", help="go on when a budget is hopeless")
    whom = parser.add_argument_group("against whom")
    whom.add_argument("--config", type=Path, help="tts-chaos.toml or pyproject.toml with "
                      "[integration] and [load]; without any, the bundled reference")  # fmt: skip
    whom.add_argument("--target", choices=("front-door", "twin"), default="front-door",
                      help="the integration's front door, or the twin itself")  # fmt: skip
    whom.add_argument("--toxiproxy-url", default="", help="use this Toxiproxy server")
    how = parser.add_argument_group("the generator")
    how.add_argument("--locustfile", type=Path, help="users of your own")
    how.add_argument("--workers", type=_count, default=1, help="processes here (1)")
    how.add_argument("--expect-workers", type=_any_count, default=0, metavar="N",
                     help="workers of other machines to wait for")  # fmt: skip
    how.add_argument("--bind", default="", help="address where they find the master")
    how.add_argument("--bind-port", type=_any_count, default=0, help="its port (a free one)")
    judged = parser.add_argument_group("verdict")
    judged.add_argument("--noise", type=Path, metavar="FILE",
                        help="noise floor of an A/A run, as --aa writes it")  # fmt: skip
    judged.add_argument("--aa", action="store_true",
                        help="run twice, and write how far equal runs differ")  # fmt: skip
    judged.add_argument("--compare", type=Path, metavar="OLD.json",
                        help="say what is faster or slower than in that run")  # fmt: skip
    judged.add_argument("--results", type=Path, metavar="DIR", help="folder for everything written")
    judged.add_argument("--json", action="store_true", help="print the result as JSON")
    judged.add_argument("--quiet", action="store_true", help="no progress")


def run(options: argparse.Namespace) -> int:
    """Rehearse and judge; returns the exit code.

    Raises:
        UsageError: If an option or the configuration is wrong.
        BackendUnavailableError: If Locust is not installed.
    """
    require_packages()
    from tts_chaos.load.comparison import compare, comparison_lines
    from tts_chaos.load.documents import write_documents
    from tts_chaos.load.results import load_result
    from tts_chaos.load.summary import summary_lines

    old = load_result(options.compare) if options.compare else None
    results = options.results or Path("load-results") / time.strftime("%Y%m%d-%H%M%S")
    with until_interrupted() as interrupted:
        result = _rehearse(options, results, interrupted)
        if options.aa and not interrupted.is_set():
            second = _rehearse(options, results / "again", interrupted)
            _write_noise(results, result, second)
    compared = compare(old, result) if old is not None else ()
    write_documents(result, results, compared)
    if options.json:
        print((results / "result.json").read_text(encoding="utf-8"))
    else:
        print("\n".join([*summary_lines(result), *comparison_lines(compared)]))
        print(f"  Reports: {results / 'index.html'}; summary.md, junit.xml, result.json beside it")
    return result.exit_code


def _rehearse(options: argparse.Namespace, results: Path, interrupted: threading.Event) -> Result:
    from tts_chaos.load.rehearsal import Rehearsal

    order = order_of(options, results)
    if not options.quiet:
        _tell(f"{order.profile_name} against {order.against}; everything goes to {results}")
    with Rehearsal(order, interrupted=interrupted) as rehearsal:
        return rehearsal.run(told=None if options.quiet else _tell)


def order_of(options: argparse.Namespace, results: Path) -> Order:
    """Return what options and configuration ask for.

    Raises:
        UsageError: If one of them is wrong.
    """
    from tts_chaos.injectors.reach import choose_reach
    from tts_chaos.load.ordering import find_file, make_order
    from tts_chaos.subjects.reach import DirectReach

    if options.locustfile is not None and not options.locustfile.is_file():
        raise UsageError(f"--locustfile {options.locustfile}: there is no such file")
    order = make_order(
        options.config or find_file([Path.cwd()]),
        profile=options.profile,
        faults=options.faults,
        results=results,
        drives_twin=options.target == "twin",
        rate=options.rate,
        duration_s=options.duration,
        seed=options.seed,
        workers=options.workers,
        awaited=options.expect_workers,
        bind=options.bind,
        bind_port=options.bind_port,
        locustfile=options.locustfile,
        noise=_read_noise(options.noise),
        aborts=not options.no_abort,
        toxiproxy_url=options.toxiproxy_url,
    )
    configuration = order.configuration
    if configuration is None or configuration.reach == DirectReach.name:
        return order
    reach = choose_reach(
        configuration.reach,
        configuration.first_command,
        folder=configuration.folder,
        local_ports=configuration.local_ports,
    )
    return dataclasses.replace(order, reach=reach)


def _write_noise(results: Path, first: Result, second: Result) -> None:
    """Write how far two equal runs differ, per percentile."""
    noise = {}
    pairs = zip(first.budgets, second.budgets, strict=True)
    for one, other in pairs:
        if one.value and other.value and one.budget.key != "errors":
            noise[one.budget.name] = max(one.value, other.value) / min(one.value, other.value) - 1
    path = results / "noise.json"
    path.write_text(json.dumps(noise, indent=1) + "\n", encoding="utf-8")
    print(f"Noise floor: {path}; use it with --noise", file=sys.stderr)


def _read_noise(path: Path | None) -> dict[str, float]:
    if path is None:
        return {}
    try:
        noise = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"--noise {path}: {error.strerror or error}") from None
    except ValueError as error:
        raise UsageError(f"--noise {path} is no JSON: {error}") from None
    is_good = isinstance(noise, dict) and all(isinstance(v, int | float) for v in noise.values())
    if not is_good:
        raise UsageError(f"--noise {path}: expected what --aa writes, budget names with numbers")
    return {str(name): float(value) for name, value in noise.items()}


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return value


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 to 64, got {text!r}")
    return int(text)


def _any_count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number from 0, got {text!r}")
    return int(text)
