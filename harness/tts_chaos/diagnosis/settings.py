"""Settings in texts of any kind: `.env` files, JSON, YAML, TOML, and programs; with file and line.

One way to read them all: a name, a sign, a value. What a program takes from elsewhere
(`os.environ[...]`, `{app_secret}`, `$SECRET`) is no value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from tts_chaos.diagnosis.aside import is_aside
from tts_chaos.diagnosis.finding import Place
from tts_chaos.diagnosis.observed import ProjectFile, Setting
from tts_chaos.diagnosis.roles import Role, role_of

__all__ = ["SOURCES", "settings_in", "settings_of_environment", "settings_of_files", "source_of"]

SOURCES = ("environment", "env_file", "config", "data", "code")
"""Where settings come from; what is named first counts."""

_CONFIGURATIONS = ("tts-chaos.toml", "pyproject.toml")
_DATA = (".json", ".yaml", ".yml", ".ini", ".cfg", ".conf", ".properties", ".toml")
_CODE = (
    ".py", ".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".go", ".php", ".rb", ".java", ".kt",
    ".cs", ".rs", ".ex", ".exs", ".scala", ".swift", ".sh", ".ps1", ".pl", ".lua", ".dart",
)  # fmt: skip
_TEMPLATE = re.compile(r"\.(example|sample|template|dist|tmpl)\b")
# Bounded and begun at a boundary: on a long word, an open beginning takes time by its square.
_NAME = (
    r"(?<![\w.\-])[\"'`]?(?P<name>[A-Za-z_][\w.\-]{0,60})(?![\w.\-])[\"'`]?\]?"
    r"\s{0,20}(?:=>|:=|=|:(?!:))\s{0,20}"
)
_QUOTED = re.compile(_NAME + r"(?P<quote>[\"'`])(?P<value>.*?)(?P=quote)")
_BARE = re.compile(_NAME + r"(?P<value>[^\s\"'`,;{}\[\]#()]+)")
_ENV_LINE = re.compile(
    r"\s*(?:export\s+)?(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<value>.*?)\s*$", re.DOTALL
)
_SCOPES = re.compile(r"[\"']?(granted_?scopes)[\"']?\s*[:=]\s*\[(.*?)\]", re.I | re.DOTALL)
_REFERENCE = re.compile(
    r"\$\{?[A-Za-z_].*|\{\{?\s*[\w.]+\s*\}?\}|%\(.*\)s|%\w+%|[A-Z][A-Z0-9]*_[A-Z0-9_]+"
)
_LIKE_A_SECRET = re.compile(r"(?=(?:.*\d){2})[A-Za-z0-9_\-.=+/]{10,}")
LONGEST_LINE = 4_000


def source_of(path: str) -> str | None:
    """Return what kind of source a file is, None where no settings are read from it."""
    name = PurePosixPath(path).name
    if _TEMPLATE.search(name):
        return None
    if name == ".env" or name.startswith(".env.") or name.endswith(".env"):
        return "env_file"
    if name in _CONFIGURATIONS:
        return "config"
    if is_aside(path):
        return None
    if name.endswith(_DATA):
        return "data"
    return "code" if name.endswith(_CODE) else None


def settings_of_environment(environment: Mapping[str, str]) -> list[Setting]:
    """Return the settings among environment variables."""
    return [
        Setting(role=role, name=name, value=value, where=Place("environment"), source="environment")
        for name, value in sorted(environment.items())
        if (role := role_of(name)) is not None
    ]


def settings_of_files(files: Sequence[ProjectFile], *, first: str | None = None) -> list[Setting]:
    """Return the settings in files: by kind of source, those nearer to the root before others.

    Args:
        files: Text files of the project.
        first: Path of an environment file that counts before all others.
    """
    found = [
        row
        for file in files
        if not file.is_database
        for row in settings_in(
            file.path, file.text, "env_file" if file.path == first else source_of(file.path)
        )
    ]
    return sorted(
        found,
        key=lambda row: (
            row.where.file != first,
            SOURCES.index(row.source),
            row.where.file.count("/"),
            row.where.file,
            row.where.line,
        ),
    )


def settings_in(path: str, text: str, source: str | None) -> Iterator[Setting]:
    """Yield the settings in one file, in order of lines.

    Args:
        path: The file.
        text: Its contents.
        source: What kind of source it is, as `source_of` tells; none are read for None.
    """
    if source is None:
        return
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > LONGEST_LINE:
            continue
        for name, value in _pairs(line, source):
            role = role_of(name)
            if role is None or role is Role.GRANTED_SCOPES or not _counts(role, value, source):
                continue
            where = Place(path, number)
            yield Setting(role=role, name=name, value=value, where=where, source=source)
    for match in _SCOPES.finditer(text):
        line_number = text.count("\n", 0, match.start()) + 1
        yield Setting(
            role=Role.GRANTED_SCOPES,
            name=match.group(1),
            value=match.group(2),
            where=Place(path, line_number),
            source=source,
        )


def _pairs(line: str, source: str) -> Iterator[tuple[str, str]]:
    if source == "env_file":
        match = _ENV_LINE.match(line)
        if match:
            yield match.group("name"), _unquoted(match.group("value"))
        return
    if line.lstrip().startswith(("#", "//", "*")) and source != "data":
        return
    taken: list[tuple[int, int]] = []
    for match in _QUOTED.finditer(line):
        taken.append(match.span())
        yield match.group("name"), match.group("value")
    for match in _BARE.finditer(line) if source != "code" else ():
        if not any(begin <= match.start() < end for begin, end in taken):
            yield match.group("name"), match.group("value")


def _unquoted(value: str) -> str:
    """Return a value of an environment file as its common readers do."""
    if value[:1] in "\"'" and value[:1] and value.endswith(value[0]) and len(value) > 1:
        return value[1:-1]
    return re.sub(r"\s+#.*", "", value)


def _counts(role: Role, value: str, source: str) -> bool:
    """Whether a value is one, and not the name of where it comes from."""
    if _REFERENCE.fullmatch(value):
        return False
    if source in ("env_file", "config"):
        return True
    if role in (Role.API_URL, Role.TOKEN_URL):
        return value.startswith("http")
    if role.value.endswith("_at"):
        return value[:1].isdigit()
    return bool(_LIKE_A_SECRET.fullmatch(value))
