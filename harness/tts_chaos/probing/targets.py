"""Whom the live checks ask: a twin of our own, a twin that is served, or the real platform."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from tts_chaos.diagnosis.observed import Setting, Target
from tts_chaos.diagnosis.roles import Role
from tts_chaos.errors import UsageError
from tts_chaos.probing.calls import Credentials
from tts_chaos.typing import TwinConnection
from tts_chaos.wire.message import API_HOST, AUTH_HOST

__all__ = ["LiveTarget", "check_loopback", "own_twin", "real_platform", "served_twin"]

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTarget:
    """Whom to ask, and with what.

    Attributes:
        target: Where it is.
        credentials: What calls are signed with, None where they lack something.
        ca_file: Authority to trust, None for those of the machine.
        is_far: Whether it is reached over the network, perhaps through a proxy, and to be spared.
    """

    target: Target
    credentials: Credentials | None
    ca_file: str | None = None
    is_far: bool = False


@contextlib.contextmanager
def own_twin() -> Iterator[LiveTarget]:
    """Start a twin for as long as it is asked.

    Raises:
        BackendUnavailableError: If it cannot listen.
    """
    from tts_chaos.serving.standalone import Setup, Standalone

    twin = Standalone(Setup(orders=1, products=1, tls=True))
    try:
        twin.start()
        yield _of_twin(twin.connection)
    finally:
        twin.stop()


def _of_twin(connection: TwinConnection) -> LiveTarget:
    return LiveTarget(
        target=Target(kind="twin", api_url=connection.api_url, token_url=connection.token_url),
        credentials=Credentials(
            app_key=connection.app_key,
            app_secret=connection.app_secret,
            access_token=connection.access_token,
            shop_cipher=connection.shop_cipher,
        ),
        ca_file=connection.ca_file,
    )


def served_twin(
    control_url: str, binding: Mapping[Role, Setting], *, timeout_s: float
) -> LiveTarget:
    """Return a twin that `tts-chaos serve` serves.

    It is asked with the project's own credentials where the project's settings point to it.

    Args:
        control_url: Address of its control API, on this machine.
        binding: The project's settings.
        timeout_s: Bound of asking it.

    Raises:
        UsageError: If nothing of the kind answers there.
    """
    check_loopback("--url", control_url)
    told = _ask(control_url.rstrip("/") + "/credentials", timeout_s)
    try:
        target = Target(
            kind="twin",
            api_url=told["api_url"],
            token_url=told["token_url"],
            uses_settings=_points_to(binding, told["api_url"]),
        )
        own = Credentials(
            app_key=told["app_key"],
            app_secret=told["app_secret"],
            access_token=told["access_token"],
            shop_cipher=told["shops"][0]["cipher"] if told["shops"] else "",
        )
    except (KeyError, TypeError, IndexError):
        raise UsageError(_NO_CONTROL.format(url=control_url)) from None
    credentials = credentials_of(binding) if target.uses_settings else own
    return LiveTarget(target=target, credentials=credentials, ca_file=told.get("ca_file"))


_NO_CONTROL = (
    "{url} is no control API of a twin; start one with `tts-chaos serve`, and name the address "
    "that it prints as control_url"
)


def _ask(url: str, timeout_s: float) -> Any:
    try:
        with httpx.Client(trust_env=False, timeout=timeout_s) as client:
            return json.loads(client.get(url).content)
    except httpx.HTTPError as error:
        raise UsageError(
            f"nothing answers at {url}: {type(error).__name__}; start a twin with `tts-chaos "
            "serve`, and name the address that it prints as control_url"
        ) from error
    except (httpx.InvalidURL, ValueError) as error:
        raise UsageError(_NO_CONTROL.format(url=url.removesuffix("/credentials"))) from error


def _points_to(binding: Mapping[Role, Setting], api_url: str) -> bool:
    setting = binding.get(Role.API_URL)
    if setting is None:
        return False
    try:
        ours, theirs = urlsplit(setting.value.strip()), urlsplit(api_url)
        return ours.port == theirs.port and ours.hostname in _LOOPBACK
    except ValueError:
        # What is wrong with it, the check of addresses tells.
        return False


def real_platform(
    binding: Mapping[Role, Setting], *, stand_in: str | None = None, ca_file: str | None = None
) -> LiveTarget:
    """Return the real platform, or what stands in for it on this machine.

    Args:
        binding: The project's settings.
        stand_in: Base URL of a server on loopback that is asked in its place.
        ca_file: Authority that the stand-in's certificate is signed by.

    Raises:
        UsageError: If the stand-in is not on this machine.
    """
    if stand_in is not None:
        check_loopback("--stand-in", stand_in)
    if ca_file is not None and not Path(ca_file).is_file():
        raise UsageError(f"--stand-in-ca is {ca_file!r}; expected a file with a certificate")
    return LiveTarget(
        target=Target(
            kind="real",
            api_url=stand_in or f"https://{API_HOST}",
            token_url=stand_in or f"https://{AUTH_HOST}",
            uses_settings=True,
        ),
        credentials=credentials_of(binding),
        ca_file=ca_file,
        is_far=stand_in is None,
    )


def credentials_of(binding: Mapping[Role, Setting]) -> Credentials | None:
    """Return the project's own credentials, None where one of them is missing or unusable."""
    values = {role: setting.value.strip() for role, setting in binding.items()}
    needed = (Role.APP_KEY, Role.APP_SECRET, Role.ACCESS_TOKEN)
    if not all(values.get(role) and values[role].isascii() for role in needed):
        return None
    return Credentials(
        app_key=values[Role.APP_KEY],
        app_secret=values[Role.APP_SECRET],
        access_token=values[Role.ACCESS_TOKEN],
        shop_cipher=values.get(Role.SHOP_CIPHER, ""),
    )


def check_loopback(option: str, url: str) -> None:
    """Refuse an address that is not on this machine.

    Raises:
        UsageError: If it is elsewhere, or no address.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in ("http", "https") or host not in _LOOPBACK:
        raise UsageError(
            f"{option} is {url!r}; expected an address on this machine, such as "
            "http://127.0.0.1:8799"
        )
