"""Write a working start: a fixture for Python, a configuration for any other program.

Asks what it cannot see; every question has an option, and --yes takes the defaults. Nothing that is
there is overwritten without --force.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from tts_chaos.errors import IntegrationFileError, UsageError
from tts_chaos.scaffold.answers import Answers
from tts_chaos.scaffold.detection import detect
from tts_chaos.scaffold.files import files_for, not_offered_line, pytest_is_configured
from tts_chaos.scaffold.program_file import SCHEMAS
from tts_chaos.scaffold.python_files import ASIDE
from tts_chaos.scaffold.questions import Given, interview
from tts_chaos.subjects.external.loader import load_configuration

__all__ = ["add_arguments", "run"]

_SUFFIXES = (".py", ".js", ".mjs", ".cjs", ".ts", ".go", ".php", ".java", ".toml", ".txt", ".json",
             ".xml", ".gradle", ".kts", ".ini", ".cfg", ".mod")  # fmt: skip
_PASSED_OVER = {"node_modules", "vendor", ".venv", "venv", ".git", "target", "build", "dist",
                "__pycache__", "tests", "test"}  # fmt: skip
_PROGRAM_FILE = "tts-chaos.toml"
_NOT_YET = ".tts-new"
"""Ending of a file until all of them are written."""
_LARGEST_BYTES = 512 * 1024
_MOST_FILES = 2_000


_NEXT = """\
Next:
    pytest --tts-chaos --tts-scenario auth/token-expired-401
    pytest --tts-chaos
    tts-chaos doctor"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", nargs="?", default=".", metavar="DIR", help="the project (.)")
    parser.add_argument("--yes", action="store_true", help="ask nothing, take the defaults")
    parser.add_argument("--force", action="store_true", help="overwrite what is there")
    parser.add_argument("--print", action="store_true", help="print the files, write none")
    both = parser.add_argument_group("answers")
    both.add_argument("--kind", metavar="KIND", help="python or program")
    both.add_argument(
        "--offer",
        action="append",
        default=[],
        metavar="NAME[=HOW]",
        help="something it offers: for Python with a method's name, for a program with a request, "
        "`command: ...` or `sql: ... @ sqlite:FILE`; repeatable",
    )
    both.add_argument("--ci", metavar="SYSTEM", help="none, github or gitlab")
    python = parser.add_argument_group("Python")
    python.add_argument("--factory", metavar="MODULE:NAME", help="what makes your integration")
    python.add_argument(
        "--give",
        action="append",
        default=[],
        metavar="NAME=EXPRESSION",
        help="what it is given for a parameter; repeatable",
    )
    python.add_argument("--client", metavar="NAME", help="of the start: httpx or requests")
    program = parser.add_argument_group("any program")
    program.add_argument("--start", metavar="COMMAND", help="what starts it")
    program.add_argument("--base-url", metavar="URL", help="where it listens")
    program.add_argument("--ready", metavar="REQUEST", help="answered once it is ready")
    program.add_argument(
        "--connect", metavar="REQUEST", help="tells one that runs already about the twin"
    )
    program.add_argument("--reach", metavar="HOW", help="environment, or auto for fixed addresses")
    program.add_argument(
        "--env",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="environment variable of the program; repeatable",
    )


def run(options: argparse.Namespace) -> int:
    """Ask, then write; returns 0.

    Raises:
        UsageError: If an answer cannot be used, or a file is there already.
    """
    folder = Path(options.folder)
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder; make it first, or name another")
    there = _read(folder)
    given = Given(
        kind=options.kind,
        factory=options.factory,
        client=options.client,
        start=options.start,
        base_url=options.base_url,
        ready=options.ready,
        connect=options.connect,
        reach=options.reach,
        ci=options.ci,
        offers=options.offer,
        give=options.give,
        env=options.env,
    )
    answers = interview(
        given, detect(there), there, ask=_take_default if options.yes else _ask, say=_say
    )
    files = files_for(answers, there)
    if options.print:
        for name, text in files.items():
            print(f"# ---- {name}\n{text}")
        return 0
    _write(folder, files, force=options.force)
    if _PROGRAM_FILE in files:
        _write_schemas(folder)
    _tell(folder, files, answers, there)
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _take_default(_question: str, default: str) -> str:
    return default


def _ask(question: str, default: str) -> str:
    """Ask on the terminal or a pipe; nothing takes the default.

    Raises:
        UsageError: If there is nobody to answer.
    """
    print(f"{question} [{default}]: ", end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not sys.stdin.isatty():
        _say(line.rstrip("\n"))
    if not line:
        raise UsageError(
            f"the input ended before this was answered: {question}; answer with an option (see "
            "--help), or take the defaults with --yes"
        )
    return line.strip() or default


def _read(folder: Path) -> dict[str, str]:
    """Return the texts of the files that tell what the project is, as far as they can be read."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if _PASSED_OVER & set(inside.parts) or len(inside.parts) > 4:
            continue
        if not path.name.startswith(".env") and path.suffix not in _SUFFIXES:
            continue
        if len(found) >= _MOST_FILES:
            break
        try:
            if path.is_file() and path.stat().st_size <= _LARGEST_BYTES:
                found[inside.as_posix()] = path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            _say(f"{inside} was not looked at: {error.strerror}")
    return found


def _write(folder: Path, files: Mapping[str, str], *, force: bool) -> None:
    """Write all, or nothing where something is in the way.

    Raises:
        UsageError: If a file is there and `force` is not, or it cannot be written.
    """
    taken = [name for name in files if (folder / name).exists()]
    shared = folder / "pyproject.toml"
    if _PROGRAM_FILE in files and _has_table(shared):
        raise UsageError(
            f"{shared} has [tool.tts_chaos.integration] already; change it there, or take it away"
        )
    if taken and not force:
        raise UsageError(
            f"{', '.join(taken)} {'is' if len(taken) == 1 else 'are'} there already and nothing "
            "was written; --print shows what would be, to be merged by hand; --force overwrites"
        )
    fresh = {folder / name: folder / f"{name}{_NOT_YET}" for name in files}
    try:
        for (path, aside), text in zip(fresh.items(), files.values(), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            aside.write_text(text, encoding="utf-8")
        if _PROGRAM_FILE in files:
            load_configuration(fresh[folder / _PROGRAM_FILE])
        for path, aside in fresh.items():
            aside.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write into {folder}: {error.strerror}") from None
    except IntegrationFileError as error:
        # What a later run would refuse is not written at all.
        raise UsageError(str(error).replace(_NOT_YET, "")) from None
    finally:
        for aside in fresh.values():
            aside.unlink(missing_ok=True)


def _write_schemas(folder: Path) -> None:
    """Put the schemas where the first line of the configuration says, over older ones."""
    from tts_chaos.cli.schema import write_schemas  # here, because it reads every catalogue

    write_schemas(folder / SCHEMAS, ("config", "policy", "scenario"))
    print(f"wrote {folder / SCHEMAS}, by which editors complete what you write")


def _has_table(file: Path) -> bool:
    try:
        return "[tool.tts_chaos.integration" in file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def _tell(
    folder: Path, files: Mapping[str, str], answers: Answers, there: Mapping[str, str]
) -> None:
    for name in files:
        print(f"wrote {folder / name}")
    if ASIDE in files:
        print("add to conftest.py:\n    from tts_fixture import tts_integration  # noqa: F401")
    if pytest_is_configured(there):
        print(f"pytest is configured here already; add to it:\n    {not_offered_line(answers)}")
    is_src = answers.factory is not None and not any(
        path.startswith(answers.factory.module.split(".")[0]) for path in there
    )
    if is_src:
        print(
            "your package is in src; install it, or add to pytest's settings:\n    pythonpath = src"
        )
    if answers.kind == "program" and not answers.start:
        print("nothing starts the program: add `start` where the harness shall")
    print(_NEXT)
