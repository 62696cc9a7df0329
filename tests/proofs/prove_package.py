"""The package: equal bytes each time, whole, and working where this checkout is out of reach.

Builds wheel and sdist in different circumstances and compares; then installs the wheel with uv into
clean environments: each Python it claims, without extras, with each extra alone, and in the lowest
versions that it claims. `--small` does what CI has time for; `--pythons` and the like do one part.
"""

from __future__ import annotations

import argparse
import configparser
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.proofs.package.building import (
    ROOT,
    Circumstances,
    build,
    build_wheel,
    copy_project,
    members,
    tracked,
)
from tests.proofs.package.environments import (
    Environment,
    interpreter,
    locked_versions,
    lowest_versions,
)
from tests.proofs.package.extras import CORE, EXTRAS, Command, Extra

CLAIMED = ("3.11", "3.12", "3.13")
NEWER = "3.14"
"""Not claimed: tried where there is one."""

BUILDS = (
    Circumstances(
        folder="one", modified_s=1_000_000_000, mode=0o644, variables={"TZ": "UTC", "LC_ALL": "C"}
    ),
    Circumstances(
        folder="another/and deeper",
        modified_s=1_900_000_000,
        mode=0o600,
        variables={"TZ": "Pacific/Apia", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "7"},
        is_reversed=True,
    ),
)
KINDS_OF_FILES = {"harness/tts_chaos": "tts_chaos", "contracts": "tts_chaos/_data/contracts",
                  "scenarios": "tts_chaos/_data/scenarios"}  # fmt: skip
TESTS = tuple(
    f"tests/unit/{part}"
    for part in ("core", "wire", "contracts", "scenarios", "injectors", "serving", "subjects",
                 "reference")
)  # fmt: skip
"""Run against the installed wheel, from the sdist without its `harness`.

They are those of the layers in which packages of others are used.
"""

OF_THE_CHECKOUT = "tests/unit/contracts/test_contract_loading.py::test_the_checkout_holds_the_data"
OF_THE_DATA = "tests/unit/contracts/test_contract_data.py"
"""Asks a validator of others about the data, which needs a newer jsonschema-rs than we do."""

WHERE = "import sys, tts_chaos; print(tts_chaos.__file__); print(*sys.path, sep='\\n')"
EVERY_MODULE = """
import importlib, pkgutil, tts_chaos
for found in pkgutil.walk_packages(tts_chaos.__path__, "tts_chaos."):
    if not found.name.endswith("__main__"):
        try:
            importlib.import_module(found.name)
        except ModuleNotFoundError as error:
            print("MISSING", error.name, found.name)
"""
OF_EXTRAS = {"hdrh", "gevent", "locust", "geventhttpclient", "hypothesis", "aioquic"}
"""Packages without which some module cannot even be imported; each belongs to an extra."""


class Ledger:
    """What was shown and what was not; each line is printed as it is known."""

    def __init__(self) -> None:
        self.shown = 0
        self.failed = 0

    def note(self, claim: str, *, holds: bool, why: str = "") -> None:
        """Count and print a claim, and where it does not hold, what was seen instead."""
        self.shown += holds
        self.failed += not holds
        print(f"{'ok ' if holds else 'BAD'} {claim}", flush=True)
        if not holds and why:
            print("\n".join(f"      {line}" for line in why.strip().splitlines()[-25:]), flush=True)

    def command(self, where: Environment, wanted: Command, claim: str) -> None:
        """Run a command and hold its end against what is wanted."""
        done = where.run(*wanted.call)
        holds = done.status == wanted.status and wanted.says in done.said
        said = f"status {done.status}, wanted {wanted.status} and {wanted.says!r}\n{done.said}"
        self.note(claim, holds=holds, why=said)


def main() -> int:
    """Show all, or the part asked for; 0 where every claim holds."""
    options = _options()
    ledger = Ledger()
    with tempfile.TemporaryDirectory(prefix="package-") as name:
        folder = Path(name)
        wheel, sdist = _builds(folder, ledger)
        _whole(wheel, sdist, ledger)
        if not options.small:
            _described(wheel, sdist, ledger)
        # From here on nothing but the archives is left of the copies they were made from.
        for how in BUILDS:
            shutil.rmtree(folder / how.folder.partition("/")[0])
        for part in _parts(options):
            part(folder, wheel, sdist, ledger)
    print(f"{ledger.shown} of {ledger.shown + ledger.failed} claims about the package hold")
    return 1 if ledger.failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="what CI has time for")
    for part in _PARTS:
        parser.add_argument(f"--{part}", action="store_true", help="this part alone")
    return parser.parse_args()


Part = Callable[[Path, Path, Path, Ledger], None]


def _parts(options: argparse.Namespace) -> Iterator[Part]:
    if options.small:
        yield _core
        return
    chosen = [part for part in _PARTS if getattr(options, part)]
    yield from (_PARTS[part] for part in chosen or _PARTS)


# -- the archives ----------------------------------------------------------------------------------


def _builds(folder: Path, ledger: Ledger) -> tuple[Path, Path]:
    """Build in each of the circumstances; returns wheel and sdist."""
    found: list[list[Path]] = []
    for number, how in enumerate(BUILDS):
        source = copy_project(folder, how)
        found.append(build(source, folder / f"built-{number}", how))
        direct = build_wheel(source, folder / f"direct-{number}", how)
        found.append([direct, *[file for file in found[-1] if file.suffix != ".whl"]])
    first = {file.name: file.read_bytes() for file in found[0]}
    for name, there in first.items():
        others = [f.read_bytes() for built in found[1:] for f in built if f.name == name]
        holds = len(others) == 3 and all(other == there for other in others)
        ledger.note(
            f"{name}: {len(there) / 1e6:.1f} MB, equal bytes from two folders with other times, "
            "permissions, order, zone and language, from the files and from the sdist",
            holds=holds,
        )
    wheel, sdist = sorted(found[0], key=lambda file: file.suffix != ".whl")
    return wheel, sdist


def _whole(wheel: Path, sdist: Path, ledger: Ledger) -> None:
    """Compare what is in the archives with the files of the project."""
    files = {name.as_posix(): (ROOT / name).read_bytes() for name in tracked()}
    packed = members(wheel)
    wanted = {
        f"{into}/{name.removeprefix(f'{start}/')}": content
        for name, content in files.items()
        for start, into in KINDS_OF_FILES.items()
        if name.startswith(f"{start}/")
    }
    own = {name: content for name, content in packed.items() if ".dist-info/" not in name}
    wrong = sorted(n for n in own.keys() | wanted.keys() if own.get(n) != wanted.get(n))
    ledger.note(
        f"the wheel has each of its {len(wanted)} files, and no other", holds=not wrong,
        why="\n".join(wrong),
    )  # fmt: skip
    about = {name.partition(".dist-info/")[2]: packed[name] for name in packed}
    entries = configparser.ConfigParser()
    entries.read_string(about["entry_points.txt"].decode())
    holds = (
        about["licenses/LICENSE"] == files["LICENSE"]
        and "tts_chaos/py.typed" in packed
        and dict(entries["console_scripts"]) == {"tts-chaos": "tts_chaos.cli.main:main"}
        and dict(entries["pytest11"]) == {"tts_chaos": "tts_chaos.pytest_plugin.plugin"}
    )
    ledger.note("licence, types and both entries are in it", holds=holds)
    left_out = sorted(n for n in files.keys() - members(sdist).keys() if not n.startswith(".git"))
    ledger.note(
        f"the sdist has all {len(files)} files of the project", holds=not left_out,
        why="\n".join(left_out),
    )  # fmt: skip
    extras = tomllib.loads(files["pyproject.toml"].decode())["project"]["optional-dependencies"]
    known = {extra.name for extra in EXTRAS} | {"all"}
    ledger.note("every extra is looked at here", holds=known == set(extras), why=str(list(extras)))


def _described(wheel: Path, sdist: Path, ledger: Ledger) -> None:
    """Let twine read the metadata as an index would, and render the long description."""
    command = [sys.executable, "-m", "uv", "tool", "run", "twine", "check", "--strict"]
    done = subprocess.run(
        [*command, str(wheel), str(sdist)], capture_output=True, text=True, check=False
    )
    ledger.note(
        "twine: metadata and long description are in order", holds=done.returncode == 0,
        why=done.stdout + done.stderr,
    )  # fmt: skip


# -- clean environments ----------------------------------------------------------------------------


def _python_here() -> Path:
    return Path(sys.executable)


def _core(folder: Path, wheel: Path, _sdist: Path, ledger: Ledger) -> None:
    """Without extras: what works, and what is said where one is missing."""
    locked = locked_versions(folder / "locked.txt")
    where = _environment(folder / "core", _python_here(), str(wheel), "--constraint", str(locked))
    _out_of_reach(where, ledger)
    _imports(where, ledger)
    for wanted in CORE:
        ledger.command(where, wanted, f"without extras: {_said(wanted)}")
    for extra in EXTRAS:
        if extra.without is not None:
            ledger.command(
                where, extra.without, f"without {extra.name}, it says: {extra.without.says}"
            )


def _out_of_reach(where: Environment, ledger: Ledger) -> None:
    file, *path = where.run("python", "-c", WHERE).said.splitlines()
    inside = Path(file).is_relative_to(where.home)
    outside = not any(part and Path(part).is_relative_to(ROOT) for part in path)
    ledger.note(
        "what is imported is the wheel's; this checkout is out of reach",
        holds=inside and outside,
        why=f"{file}\n{path}",
    )
    agreed = where.disagreements()
    ledger.note("what is installed agrees", holds=agreed.status == 0, why=agreed.said)


def _imports(where: Environment, ledger: Ledger) -> None:
    done = where.run("python", "-c", EVERY_MODULE)
    missing = {line.split()[1] for line in done.said.splitlines() if line.startswith("MISSING")}
    ledger.note(
        f"the core's modules need nothing of the extras; {len(missing)} packages of extras are "
        "asked for by modules of theirs",
        holds=done.status == 0 and missing <= OF_EXTRAS,
        why=done.said,
    )


def _extras(folder: Path, wheel: Path, _sdist: Path, ledger: Ledger) -> None:
    """Each extra alone does what it is for."""
    locked = locked_versions(folder / "locked.txt")
    for extra in EXTRAS:
        asked = (f"{wheel}[{extra.name}]", "--constraint", str(locked))
        where = _environment(folder / f"with-{extra.name}", _python_here(), *asked)
        ledger.command(where, extra.present, f"with {extra.name} alone: {_said(extra.present)}")
    where = _environment(
        folder / "with-all", _python_here(), f"{wheel}[all]", "--constraint", str(locked)
    )
    agreed = where.disagreements()
    ledger.note("all extras go together", holds=agreed.status == 0, why=agreed.said)


def _pythons(folder: Path, wheel: Path, sdist: Path, ledger: Ledger) -> None:
    """Each Python it claims: in today's newest versions, with tests of this project."""
    for version in (*CLAIMED, NEWER):
        python = interpreter(version)
        if python is None:
            if version == NEWER:
                print(f"--- Python {version} is not on this machine, and not claimed", flush=True)
            else:
                ledger.note(f"Python {version} is on this machine", holds=False)
            continue
        where = _environment(folder / f"python-{version}", python, f"{wheel}[xdist,report,search]")
        _out_of_reach(where, ledger)
        for wanted in CORE:
            ledger.command(where, wanted, f"Python {version}: {_said(wanted)}")
        _tests(where, sdist, TESTS, _test_packages(folder), f"Python {version}", ledger)


def _floors(folder: Path, wheel: Path, sdist: Path, ledger: Ledger) -> None:
    """The lowest versions it claims: the core on each Python, then each extra."""
    for version in CLAIMED:
        python = interpreter(version)
        if python is None:
            continue
        lowest = lowest_versions(folder / f"lowest-{version}.txt", python)
        where = _environment(
            folder / f"lowest-{version}", python, str(wheel), "--constraint", str(lowest)
        )
        for wanted in CORE:
            ledger.command(where, wanted, f"lowest versions, Python {version}: {_said(wanted)}")
        _tests(
            where, sdist, TESTS, _test_packages(folder, lowest),
            f"lowest versions, Python {version}", ledger,
        )  # fmt: skip
    for extra in EXTRAS:
        _floor_of(extra, folder, wheel, sdist, ledger)


def _floor_of(extra: Extra, folder: Path, wheel: Path, sdist: Path, ledger: Ledger) -> None:
    lowest = lowest_versions(folder / f"lowest-{extra.name}.txt", _python_here(), extra.name)
    asked = (f"{wheel}[{extra.name}]", "--constraint", str(lowest))
    where = _environment(folder / f"lowest-{extra.name}", _python_here(), *asked)
    claim = f"lowest versions of {extra.name}"
    ledger.command(where, extra.present, f"{claim}: {_said(extra.present)}")
    if extra.tests:
        packages = (*_test_packages(folder, lowest), *extra.packages)
        _tests(where, sdist, extra.tests, packages, claim, ledger)


_PARTS: dict[str, Part] = {
    "core": _core,
    "extras": _extras,
    "pythons": _pythons,
    "floors": _floors,
}


def _environment(home: Path, python: Path, *asked: str) -> Environment:
    home.mkdir(parents=True)
    return Environment.make(home, python, asked)


def _test_packages(folder: Path, lowest: Path | None = None) -> tuple[str, ...]:
    """Return what the tests themselves need, besides what the package brings."""
    constraint = lowest or locked_versions(folder / "locked.txt")
    return (
        "pytest-xdist", "hypothesis", "aiohttp", "httpx2", "jinja2", "anyio", "tenacity",
        "psycopg[binary]", "vl-convert-python", "pytest-randomly",
        "pytest-timeout", "pytest-asyncio",
        "--constraint", str(constraint),
    )  # fmt: skip


def _tests(
    where: Environment,
    sdist: Path,
    tests: tuple[str, ...],
    packages: tuple[str, ...],
    claim: str,
    ledger: Ledger,
) -> None:
    """Run tests as the sdist has them against the wheel; `harness` is not there to be imported."""
    where.install(*packages)
    shutil.unpack_archive(sdist, where.home, filter="data")
    (source,) = where.home.glob("pytest_tts_chaos-*")
    shutil.rmtree(source / "harness")
    done = where.run(
        "python",
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        "-p",
        "no:cacheprovider",
        "--deselect",
        OF_THE_CHECKOUT,
        "--ignore",
        OF_THE_DATA,
        *tests,
        folder=source,
    )
    said = done.said.strip().splitlines()[-1:] or ["nothing"]
    ledger.note(
        f"{claim}: {len(tests)} folders of tests: {said[0]}", holds=done.status == 0, why=done.said
    )
    shutil.rmtree(source)


def _said(wanted: Command) -> str:
    words = [word for word in wanted.call if word not in ("-q", "-p", "no:cacheprovider")]
    return " ".join([*words[:1], "..."] if "-c" in words else words)


if __name__ == "__main__":
    sys.exit(main())
