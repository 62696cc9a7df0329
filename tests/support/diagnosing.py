"""Builds what checks look at, and runs one of them."""

from __future__ import annotations

from typing import Any

from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.recordings import Recording
from tts_chaos.contracts.recordings.cassette import read_cassette
from tts_chaos.diagnosis.catalogue import CHECKS
from tts_chaos.diagnosis.examine import examine
from tts_chaos.diagnosis.finding import CheckResult
from tts_chaos.diagnosis.observed import Answer, HostSeen, Observed, ProjectFile, Target
from tts_chaos.diagnosis.settings import settings_of_environment, settings_of_files

__all__ = [
    "ACCESS",
    "ENVIRONMENT",
    "NOW_S",
    "REFRESH",
    "SECRET",
    "answer",
    "file",
    "host",
    "look",
    "real",
    "recording",
    "see",
]

NOW_S = 1_795_000_000
"""November 2026."""
SECRET = "53ed6be11cda9a8fff1b8a16b55360310eddb5be"
ACCESS = "GCP_" + "ggltppt1rdKl735dL8wmB5V1Ku1lSe3bLECqNisLw84A"
REFRESH = "GCP_" + "Pdd8ZxiUqd5ZOQFWr45C1lR8sfIAmt91SAsZw6iV5Tw0"
ENVIRONMENT = {
    "TTS_APP_KEY": "6hvcejh53nsx",
    "TTS_APP_SECRET": SECRET,
    "TTS_ACCESS_TOKEN": ACCESS,
    "TTS_REFRESH_TOKEN": REFRESH,
    "TTS_SHOP_CIPHER": "GCP_5JFu0ihv9oY6LNsn",
    "TTS_ACCESS_TOKEN_EXPIRE_IN": str(NOW_S + 6 * 86_400),
    "TTS_REFRESH_TOKEN_EXPIRE_IN": str(NOW_S + 300 * 86_400),
    "TTS_SECRET_ROTATED_AT": "2026-11-10",
}
"""Settings in which no check finds anything."""


def file(path: str, text: str, **facts: Any) -> ProjectFile:
    """Return a file of the project."""
    return ProjectFile(path=path, text=text, **{"mode": 0o600, "modified_s": NOW_S, **facts})


def see(*files: ProjectFile, environment: dict[str, str] | None = None, **more: Any) -> Observed:
    """Return what is known of a project with these files and this environment."""
    chosen = ENVIRONMENT if environment is None else environment
    settings = [*settings_of_environment(chosen), *settings_of_files(files)]
    return Observed(now_s=NOW_S, contracts=load_contracts(), settings=settings, files=files, **more)


def real(**more: Any) -> Target:
    """Return the real platform as target."""
    return Target(
        kind="real",
        api_url="https://open-api.tiktokglobalshop.com",
        token_url="https://auth.tiktok-shops.com",
        uses_settings=True,
        **more,
    )


def host(**facts: Any) -> HostSeen:
    """Return a host to which all is well."""
    usual = {
        "host": "open-api.tiktokglobalshop.com",
        "port": 443,
        "addresses": ("23.1.2.3",),
        "tcp_ms": 20.0,
    }
    return HostSeen(**{**usual, **facts})


def answer(**facts: Any) -> Answer:
    """Return the answer to the first call, a success."""
    usual = {
        "operation": "authorization.202309.get_authorized_shops",
        "status": 200,
        "content_type": "application/json",
        "code": 0,
        "message": "Success",
        "date_s": NOW_S,
        "sent_ms": NOW_S * 1000 + 450,
        "received_ms": NOW_S * 1000 + 550,
        "data": {"shops": []},
    }
    return Answer(**{**usual, **facts})


def recording(path: str, uri: str, body: str) -> Recording:
    """Return a recording of one answer to a GET."""
    text = f"""
version: 1
interactions:
- request: {{method: GET, uri: "{uri}", headers: {{}}}}
  response:
    status: {{code: 200}}
    headers: {{}}
    body: {{string: '{body}'}}
"""
    return read_cassette(text.encode(), path=path)


def look(check: str, seen: Observed) -> CheckResult:
    """Return what became of one check."""
    (result,) = examine(seen, [CHECKS[check]])
    return result
