"""Are secrets kept where nobody else reads them?

Source: the article, row 6 (nothing in plain text, keys only where they are protected).
"""

from __future__ import annotations

from collections.abc import Iterable

from tts_chaos.diagnosis.check import Remark, check, error, needs_credentials, note, warning
from tts_chaos.diagnosis.finding import Place, fingerprint
from tts_chaos.diagnosis.observed import Observed, ProjectFile, Setting
from tts_chaos.diagnosis.roles import SECRETS

__all__ = ["look"]

FOR_OTHERS = 0o077
"""Permission bits of a group and of everybody."""


@check(
    name="credentials_kept",
    family="credentials",
    asks="are secrets kept where only the integration reads them?",
    unless=needs_credentials,
)
def look(seen: Observed) -> Iterable[Remark]:
    """Yield the settings that stand in the open, and the files that do not protect them."""
    files = {file.path: file for file in seen.files}
    kept: dict[str, list[Setting]] = {}
    for setting in seen.settings:
        if setting.role in SECRETS and setting.value.strip() and setting.where.file in files:
            kept.setdefault(setting.where.file, []).append(setting)
            yield from _written(setting, files[setting.where.file])
    for path, settings in kept.items():
        yield from _unprotected(files[path], settings)


def _written(setting: Setting, file: ProjectFile) -> Iterable[Remark]:
    what = f"{setting.name} ({fingerprint(setting.value)})"
    if setting.source == "code":
        reach = ", which git keeps" if file.tracked else ""
        yield error(
            f"{what} is written into the program{reach}",
            "read it from the environment or a secret store, then have it replaced: whoever has "
            "the program, or its history, has it",
            setting.where,
        )
    elif setting.source == "config":
        yield error(
            f"{what} is written into the configuration",
            "put a placeholder there, such as {app_secret}; the harness fills in the twin's own",
            setting.where,
        )
    elif setting.source == "data":
        yield warning(
            f"{what} lies in a plain file",
            "encrypt the store of tokens, or use the system's secret store",
            setting.where,
        )


def _unprotected(file: ProjectFile, settings: list[Setting]) -> Iterable[Remark]:
    if settings[0].source == "code":
        return
    names = ", ".join(f"{s.name} ({fingerprint(s.value)})" for s in settings)
    where = Place(file.path)
    if file.tracked:
        yield error(
            f"git keeps this file, with {names}",
            f"git rm --cached {file.path}, name it in .gitignore, and have the secrets replaced: "
            "history keeps the old ones",
            where,
        )
    elif file.ignored is False:
        yield warning(
            f"the next `git add` would take this file along, with {names}",
            f"name {file.path} in .gitignore",
            where,
        )
    if file.mode is not None and file.mode & FOR_OTHERS:
        yield note(
            f"other users of this machine can read this file (mode {file.mode:03o}), with {names}",
            f"chmod 600 {file.path}",
            where,
        )
