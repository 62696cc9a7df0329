"""Puts together all that can be observed: the shell around `tts_chaos.diagnosis`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from tts_chaos.contracts.loader import Contracts
from tts_chaos.contracts.recordings import Recording
from tts_chaos.diagnosis.checks.scopes_granted import needed_scopes
from tts_chaos.diagnosis.finding import Place
from tts_chaos.diagnosis.observed import Answer, HostSeen, Observed, ProjectFile, ProxyVariable
from tts_chaos.diagnosis.settings import settings_of_environment, settings_of_files
from tts_chaos.errors import UsageError
from tts_chaos.probing.calls import PAUSE_S, WALK, Caller, Credentials
from tts_chaos.probing.configuration import DoctorConfiguration
from tts_chaos.probing.network import look_at_host
from tts_chaos.probing.project_files import read_project
from tts_chaos.probing.targets import LiveTarget

__all__ = ["Asking", "observe_live", "observe_project"]

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How patiently and how far to look.

    Attributes:
        timeout_s: Bound of each step of the network.
        quic: Whether to ask over UDP as well.
    """

    timeout_s: float = 5.0
    quic: bool = False


def observe_project(
    folder: Path,
    environment: Mapping[str, str],
    contracts: Contracts,
    configuration: DoctorConfiguration,
    *,
    env_file: Path | None = None,
    recordings: Sequence[Recording] = (),
    exclude: Sequence[str] = (),
) -> Observed:
    """Return what files and environment tell, without asking anybody.

    Raises:
        UsageError: If the folder or the environment file is not there.
    """
    found = read_project(folder, exclude=(*configuration.exclude, *exclude))
    files, first = found.files, None
    if env_file is not None:
        first = _name_of(folder, env_file)
        if all(file.path != first for file in files):
            files = (_env_file(env_file, first), *files)
    settings = settings_of_files(files, first=first)
    if env_file is not None:
        # Named outright, it counts before what happens to be in the environment.
        chosen = [row for row in settings if row.where.file == first]
        rest = [row for row in settings if row.where.file != first]
        settings = [*chosen, *settings_of_environment(environment), *rest]
    else:
        settings = [*settings_of_environment(environment), *settings]
    return Observed(
        now_s=int(time.time()),
        contracts=contracts,
        settings=settings,
        files=files,
        unreadable=found.unreadable,
        proxies=[
            ProxyVariable(name=name, value=value)
            for name, value in sorted(environment.items())
            if name.lower() in _PROXIES and value
        ],
        mapping=configuration.mapping,
        mapping_place=Place(configuration.file) if configuration.file else None,
        recordings=recordings,
        operations=configuration.operations,
    )


def _name_of(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _env_file(path: Path, name: str) -> ProjectFile:
    try:
        text = path.read_text(encoding="utf-8-sig")
        facts = path.stat()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}; --env-file names a file") from None
    except UnicodeDecodeError:
        raise UsageError(
            f"{path} is no text in UTF-8; --env-file names a file with lines of NAME=value"
        ) from None
    return ProjectFile(
        path=name, text=text, mode=facts.st_mode & 0o777, modified_s=int(facts.st_mtime)
    )


def observe_live(seen: Observed, live: LiveTarget, asking: Asking) -> Observed:
    """Return what is known, with what the network and the platform add."""
    target = live.target
    hosts = [_look(url, live, asking) for url in dict.fromkeys((target.api_url, target.token_url))]
    seen = replace(seen, target=target, hosts=hosts)
    if live.credentials is None:
        return seen
    try:
        caller = _caller(seen, live, live.credentials, asking)
    except ValueError:
        # Raised for a proxy variable that is no address; the check of proxies names it.
        failed = Answer(operation=WALK, failure="a proxy variable cannot be used")
        return replace(seen, answers=[failed])
    try:
        scopes = needed_scopes(seen) if target.uses_settings else ()
        return replace(seen, answers=caller.ask(scopes))
    finally:
        caller.close()


def _caller(seen: Observed, live: LiveTarget, credentials: Credentials, asking: Asking) -> Caller:
    return Caller(
        live.target.api_url,
        credentials,
        seen.contracts,
        ca_file=live.ca_file,
        use_proxy=live.is_far,
        timeout_s=asking.timeout_s,
        pause_s=PAUSE_S if live.is_far else 0.0,
    )


def _look(url: str, live: LiveTarget, asking: Asking) -> HostSeen:
    parts = urlsplit(url)
    return look_at_host(
        parts.hostname or "",
        parts.port or _PORTS[parts.scheme],
        tls=parts.scheme == "https",
        ca_file=live.ca_file,
        timeout_s=asking.timeout_s,
        quic=asking.quic,
    )
