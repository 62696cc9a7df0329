"""What a folder holds: language, HTTP client, start command, names of settings; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tts_chaos.diagnosis.roles import Role, role_of

__all__ = ["CLIENTS", "MARKERS", "Detected", "detect"]

CLIENTS = ("httpx", "requests", "aiohttp")
"""Python's HTTP clients that are looked for; the first two are caught in process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """What a folder seems to hold.

    Attributes:
        language: `python`, `node`, `go`, `php`, `java`, or "" where nothing tells.
        because: The file that tells.
        client: Python's HTTP client in use, "" where none was seen.
        start: Command that starts the program, "" where none was found.
        names: Names of environment variables that the program reads, by what they are for.
    """

    language: str = ""
    because: str = ""
    client: str = ""
    start: str = ""
    names: Mapping[Role, str] = field(default_factory=dict)


def detect(files: Mapping[str, str]) -> Detected:
    """Return what a folder seems to hold.

    Args:
        files: Texts of its files, by path relative to it.
    """
    names = _setting_names(files)
    for marker, language, start_of in MARKERS:
        if marker in files:
            return Detected(
                language=language,
                because=marker,
                start=start_of(files[marker], files),
                names=names,
                client=_client(files) if language == "python" else "",
            )
    programs = sorted(path for path in files if path.endswith(".py") and not _is_ours(path))
    if programs:
        return Detected(language="python", because=programs[0], client=_client(files), names=names)
    return Detected(names=names)


def _is_ours(path: str) -> bool:
    return path.rpartition("/")[2] in ("conftest.py", "setup.py", "tts_adapter.py")


def _client(files: Mapping[str, str]) -> str:
    for client in CLIENTS:
        pattern = re.compile(rf"^\s*(?:import|from)\s+{client}\b|[\"']{client}\b", re.MULTILINE)
        in_lists = re.compile(rf"^{client}\b", re.MULTILINE)
        for path, text in files.items():
            if path.endswith((".py", "pyproject.toml")) and pattern.search(text):
                return client
            if path.startswith("requirements") and in_lists.search(text):
                return client
    return ""


_READ = re.compile(
    r"(?:environ(?:\.get)?\s*[\[(]|getenv\s*\(|Getenv\(|LookupEnv\(|process\.env\.|process\.env\[|"
    r"\$_ENV\[|env\()\s*[\"']?([A-Z][A-Z0-9_]{3,})"
)
_LINE = re.compile(r"^\s*(?:export\s+)?([A-Z][A-Z0-9_]{3,})\s*=", re.MULTILINE)


def _setting_names(files: Mapping[str, str]) -> dict[Role, str]:
    """Return the names that the program itself reads, else those of its example of `.env`."""
    found: dict[Role, str] = {}
    for path, text in sorted(files.items()):
        for name in _READ.findall(text) if not path.endswith(".md") else ():
            if (role := role_of(name)) is not None:
                found.setdefault(role, name)
    for path, text in sorted(files.items()):
        if path.rpartition("/")[2].startswith(".env"):
            for name in _LINE.findall(text):
                if (role := role_of(name)) is not None:
                    found.setdefault(role, name)
    return found


# -- start commands --------------------------------------------------------------------------------

StartOf = Callable[[str, Mapping[str, str]], str]


def _node_start(text: str, files: Mapping[str, str]) -> str:
    try:
        package = json.loads(text)
    except ValueError:
        package = {}
    if not isinstance(package, dict):
        package = {}
    scripts = package.get("scripts")
    script = scripts.get("start") if isinstance(scripts, dict) else None
    # npm stands between and passes signals on late: what it would run is better.
    if isinstance(script, str) and re.fullmatch(r"node [\w./-]+(?: [\w./-]+)*", script):
        return script
    if script:
        return "npm start --silent"
    main = package.get("main")
    candidates = [str(main)] if main else []
    candidates += ["server.js", "index.js", "server.mjs", "index.mjs", "app.js", "shop.mjs"]
    return next((f"node {name}" for name in candidates if name in files), "")


def _go_start(_text: str, files: Mapping[str, str]) -> str:
    if any(path.endswith(".go") and "/" not in path for path in files):
        return "go run ."
    commands = sorted({p.rpartition("/")[0] for p in files if re.fullmatch(r"cmd/\w+/main\.go", p)})
    return f"go run ./{commands[0]}" if commands else "go run ."


def _php_start(_text: str, files: Mapping[str, str]) -> str:
    root = "public" if any(path.startswith("public/") for path in files) else "."
    return f"php -S 127.0.0.1:{{port}} -t {root}"


def _java_start(_text: str, _files: Mapping[str, str]) -> str:
    return "java -jar target/app.jar"


def _no_start(_text: str, _files: Mapping[str, str]) -> str:
    return ""


MARKERS: tuple[tuple[str, str, StartOf], ...] = (
    ("package.json", "node", _node_start),
    ("go.mod", "go", _go_start),
    ("composer.json", "php", _php_start),
    ("pom.xml", "java", _java_start),
    ("build.gradle", "java", _java_start),
    ("build.gradle.kts", "java", _java_start),
    ("pyproject.toml", "python", _no_start),
    ("requirements.txt", "python", _no_start),
    ("setup.py", "python", _no_start),
)
"""File that tells a language, the language, and how a start command is found; the first wins."""
