"""Command line options, ini keys and environment variables, read once into one frozen value.

A value comes from the command line, else the ini file, else the environment, else the default.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tts_chaos.ini_keys import INI_KEYS

__all__ = ["Options", "add_options", "read_options", "refuse_selection_alone"]

WORLDS = ("simulated", "wire", "both")


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for.

    Attributes:
        enabled: Whether `--tts-chaos` was given.
        scenarios: Ids or parts of ids; empty for all.
        tags: Tags of which a scenario must have one; empty for all.
        world: `simulated`, `wire` or `both`; "" where nobody said.
        seed: Decides everything random; drawn and printed where none was given.
        report: Folder for reports, None for none.
        scenario_paths: Folders of the user's own scenarios.
        bundled: Whether the bundled scenarios are played.
        searched_paths: Files and folders searched for secrets after each run.
        toxiproxy_url: Address of a running Toxiproxy server, "" to find or embed one.
        gate: Whether a policy decides, in one word, how the session exits.
        gate_policy: Its file; None for the one in the root folder.
        gate_version: Version of the integration, for the matrix; "" where it is not known.
        reader_map: Whether answers are mutated field by field instead of playing scenarios.
        reader_map_operations: Operations whose answers are mutated; empty for all.
        reader_map_limit: Mutations at most, None for all.
        http3: Whether the twin is served over HTTP/3 as well, in the wire world.
        otel: Where runs are exported to as OpenTelemetry traces; "" for nowhere.
        load: Profile of a load that is rehearsed instead of playing scenarios; "" for none.
        load_faults: Fault script of that load.
        search: How many schedules are drawn, None for no search.
        search_stateful: Whether a state machine draws as many again.
        search_budget_s: Seconds after which no more are drawn, None for no limit.
        explore: Whether every fault is tried at every call.
        explore_pairs: How many pairs of faults are tried after that.
        explore_budget_s: Seconds after which no more are tried, None for no limit.
        found: Folder where what is found is kept.
    """

    enabled: bool
    scenarios: tuple[str, ...]
    tags: tuple[str, ...]
    world: str
    seed: str
    report: Path | None
    scenario_paths: tuple[Path, ...]
    bundled: bool
    searched_paths: tuple[Path, ...]
    toxiproxy_url: str
    gate: bool = False
    gate_policy: Path | None = None
    gate_version: str = ""
    reader_map: bool = False
    reader_map_operations: tuple[str, ...] = ()
    reader_map_limit: int | None = None
    http3: bool = False
    otel: str = ""
    load: str = ""
    load_faults: str = ""
    search: int | None = None
    search_stateful: bool = False
    search_budget_s: float | None = None
    explore: bool = False
    explore_pairs: int = 0
    explore_budget_s: float | None = None
    found: Path = Path()

    @property
    def searches(self) -> bool:
        """Whether schedules are searched instead of playing scenarios."""
        return self.explore or self.search is not None


_GROUPS = {
    "tts-chaos": "chaos scenarios for TikTok Shop integrations",
    "tts-chaos-gate": "chaos scenarios: may this version be released",
    "tts-chaos-reader-map": "chaos scenarios: which fields does the integration believe",
    "tts-chaos-load": "chaos scenarios: a load, rehearsed",
    "tts-chaos-search": "chaos scenarios: find what nobody wrote down",
}
"""Groups of the help of pytest, and their titles."""


def add_options(parser: pytest.Parser) -> None:
    """Declare options and ini keys."""
    groups = {name: parser.getgroup(name, title) for name, title in _GROUPS.items()}
    group = groups["tts-chaos"]
    # A plain flag: with an optional value it would swallow a path that follows it.
    group.addoption(
        "--tts-chaos",
        action="store_true",
        help="Play chaos scenarios against the fixture tts_integration; other tests are deselected",
    )
    group.addoption(
        "--tts-scenario",
        action="append",
        metavar="ID",
        help="Only scenarios with this id, below this folder, or matching this pattern; repeatable",
    )
    group.addoption(
        "--tts-tag", action="append", metavar="TAG", help="Only scenarios with this tag; repeatable"
    )
    group.addoption("--tts-world", metavar="WORLD", help="simulated (default), wire, or both")
    group.addoption("--tts-seed", metavar="SEED", help="Seed that decides everything random")
    group.addoption(
        "--tts-report",
        metavar="DIR",
        help="Write report.html, report.json, and per scenario a history (JSON Lines) and a sealed "
        "record, to DIR",
    )
    group.addoption(
        "--tts-otel",
        metavar="TARGET",
        help="With --tts-chaos: export each run as an OpenTelemetry trace to the address of a "
        "collector (http://127.0.0.1:4318), to file:PATH, or to console",
    )
    _add_gate(groups["tts-chaos-gate"])
    _add_reader_map(groups["tts-chaos-reader-map"])
    groups["tts-chaos-load"].addoption(
        "--tts-load",
        metavar="PROFILE",
        help="With --tts-chaos: rehearse this load (smoke), one item per budget and judge",
    )
    groups["tts-chaos-load"].addoption(
        "--tts-load-faults", metavar="SCRIPT", help="What goes wrong at the peak of that load"
    )
    _add_search(groups["tts-chaos-search"])
    _add_ini_keys(parser)


def _add_gate(group: pytest.OptionGroup) -> None:
    group.addoption(
        "--tts-gate",
        action="store_true",
        help="With --tts-chaos: decide by a policy (tts-gate.toml) whether this may be released; "
        "exit status 0 or 20",
    )
    group.addoption("--tts-gate-policy", metavar="FILE", help="Policy in another file")
    group.addoption(
        "--tts-gate-version",
        metavar="VERSION",
        help="Version of the integration, for the matrix of decisions",
    )


def _add_reader_map(group: pytest.OptionGroup) -> None:
    group.addoption(
        "--tts-reader-map",
        action="store_true",
        help="With --tts-chaos: mutate every field of every answer, one at a time, and show what "
        "the integration makes of it",
    )
    group.addoption(
        "--tts-reader-map-operation",
        action="append",
        metavar="OPERATION",
        help="Only answers of this operation (order.get_order_detail, order.*); repeatable",
    )
    group.addoption(
        "--tts-reader-map-limit", type=int, metavar="N", help="At most N mutations, the first ones"
    )


def _add_search(group: pytest.OptionGroup) -> None:
    group.addoption(
        "--tts-search",
        type=int,
        metavar="N",
        help="With --tts-chaos: draw N schedules of work and faults, and shrink what fails",
    )
    group.addoption(
        "--tts-search-stateful",
        action="store_true",
        help="With --tts-search: let a state machine write N more schedules, step by step",
    )
    group.addoption(
        "--tts-search-budget",
        type=float,
        metavar="SECONDS",
        help="With --tts-search: draw no more schedules after this time",
    )
    group.addoption(
        "--tts-explore",
        action="store_true",
        help="With --tts-chaos: try every fault at every call that a day's work makes",
    )
    group.addoption(
        "--tts-explore-pairs",
        type=int,
        metavar="N",
        help="With --tts-explore: then try N pairs of faults",
    )
    group.addoption(
        "--tts-explore-budget",
        type=float,
        metavar="SECONDS",
        help="With --tts-explore: try nothing more after this time",
    )


def _add_ini_keys(parser: pytest.Parser) -> None:
    for name, key in INI_KEYS.items():
        default = list(key.default) if isinstance(key.default, tuple) else key.default
        parser.addini(name, key.description, type=key.type, default=default)


def refuse_selection_alone(config: pytest.Config) -> None:
    """Refuse a choice of scenarios where none will be played.

    Raises:
        pytest.UsageError: If one was made; else the user's other tests would run, and pass.
    """
    for option in (
        "--tts-scenario",
        "--tts-tag",
        "--tts-reader-map",
        "--tts-search",
        "--tts-explore",
        "--tts-load",
        "--tts-otel",
    ):
        if config.getoption(option):
            raise pytest.UsageError(f"{option} does nothing without --tts-chaos; add it")


def read_options(config: pytest.Config) -> Options:
    """Return the options in force.

    Raises:
        pytest.UsageError: If a value is not valid; lists those that are.
    """
    world = _first(config, "tts_world", "TTS_CHAOS_WORLD")
    if world and world not in WORLDS:
        raise pytest.UsageError(
            f"--tts-world: {world!r} is not valid; expected one of {', '.join(WORLDS)}"
        )
    report = _first(config, "tts_report", "TTS_CHAOS_REPORT")
    return Options(
        enabled=config.getoption("--tts-chaos"),
        scenarios=tuple(config.getoption("--tts-scenario") or ()),
        tags=tuple(config.getoption("--tts-tag") or ()),
        world=world,
        seed=_first(config, "tts_seed", "TTS_CHAOS_SEED") or _inherited_seed(config),
        report=config.rootpath / report if report else None,
        scenario_paths=tuple(config.getini("tts_scenario_paths")),
        bundled=config.getini("tts_bundled_scenarios"),
        searched_paths=tuple(config.getini("tts_searched_paths")),
        toxiproxy_url=os.environ.get("TOXIPROXY_URL", ""),
        gate=config.getoption("--tts-gate"),
        gate_policy=_file(config, "--tts-gate-policy"),
        gate_version=config.getoption("--tts-gate-version") or "",
        reader_map=config.getoption("--tts-reader-map"),
        reader_map_operations=tuple(config.getoption("--tts-reader-map-operation") or ()),
        reader_map_limit=_limit(config),
        otel=config.getoption("--tts-otel") or "",
        load=config.getoption("--tts-load") or "",
        load_faults=config.getoption("--tts-load-faults") or "",
        **_read_search(config),
        http3=config.getini("tts_http3"),
    )


_BELONGS_TO = {
    "--tts-search-stateful": "--tts-search",
    "--tts-search-budget": "--tts-search",
    "--tts-explore-pairs": "--tts-explore",
    "--tts-explore-budget": "--tts-explore",
}


def _read_search(config: pytest.Config) -> dict[str, Any]:
    given = {option: config.getoption(option) for option in (*_BELONGS_TO, "--tts-search")}
    for option, owner in _BELONGS_TO.items():
        if given[option] not in (None, False) and not config.getoption(owner):
            raise pytest.UsageError(f"{option} does nothing without {owner}; add it")
    for option in ("--tts-search", "--tts-explore-pairs"):
        if given[option] is not None and given[option] < 1:
            raise pytest.UsageError(f"{option}: expected 1 or more, got {given[option]}")
    for option in ("--tts-search-budget", "--tts-explore-budget"):
        # A comparison that is false for what is no number as well.
        if given[option] is not None and not 0 < given[option] < float("inf"):
            raise pytest.UsageError(f"{option}: expected seconds above 0, got {given[option]}")
    return {
        "search": given["--tts-search"],
        "search_stateful": given["--tts-search-stateful"],
        "search_budget_s": given["--tts-search-budget"],
        "explore": config.getoption("--tts-explore"),
        "explore_pairs": given["--tts-explore-pairs"] or 0,
        "explore_budget_s": given["--tts-explore-budget"],
        "found": config.rootpath / config.getini("tts_found"),
    }


def _file(config: pytest.Config, option: str) -> Path | None:
    given = config.getoption(option)
    if given and not config.getoption("--tts-gate"):
        raise pytest.UsageError(f"{option} does nothing without --tts-gate; add it")
    return config.invocation_params.dir / given if given else None


def _limit(config: pytest.Config) -> int | None:
    limit: int | None = config.getoption("--tts-reader-map-limit")
    if limit is not None and limit < 1:
        raise pytest.UsageError(f"--tts-reader-map-limit: expected 1 or more, got {limit}")
    return limit


def _first(config: pytest.Config, name: str, variable: str) -> str:
    given = config.getoption(f"--{name.replace('_', '-')}")
    return str(given or config.getini(name) or os.environ.get(variable, ""))


def _inherited_seed(config: pytest.Config) -> str:
    """Return the seed that the controlling process drew, or a fresh one."""
    import secrets  # here, because most sessions of pytest never come here

    inherited = getattr(config, "workerinput", {}).get("tts_seed")
    return str(inherited or secrets.randbelow(10**9))
