"""From a configuration and a few choices to an order for a rehearsal."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tts_chaos.errors import UsageError
from tts_chaos.load.fault_scripts import find_script
from tts_chaos.load.profiles import find_profile
from tts_chaos.load.rehearsal import Order
from tts_chaos.load.settings import read_settings
from tts_chaos.subjects.external.loader import find_configuration, load_configuration

__all__ = ["find_file", "make_order", "refuse_used"]

OWN_FILE = "tts-chaos.toml"


def find_file(folders: Iterable[Path]) -> Path | None:
    """Return the file that configures an integration, or one with [load] alone; None for neither.

    Raises:
        UsageError: If a file cannot be read.
    """
    for folder in folders:
        found = find_configuration([folder])
        if found is not None:
            return found
        if (folder / OWN_FILE).is_file():
            return folder / OWN_FILE
    return None


def make_order(
    file: Path | None, *, profile: str, faults: str, results: Path, drives_twin: bool = False,
    **more: Any,
) -> Order:  # fmt: skip
    """Return the order.

    Args:
        file: With [integration] and [load]; without an integration the bundled one is meant.
        profile: Name of the profile.
        faults: Name of the fault script, "" for none.
        results: Folder for everything that is written.
        drives_twin: Whether users call the twin itself.
        more: Further attributes of `Order`.

    Raises:
        UsageError: If a name is none, the configuration is wrong, or the folder is in use.
    """
    refuse_used(results)
    settings = read_settings(file)
    configuration = None
    if file is not None and not drives_twin and find_configuration([file.parent]) == file:
        configuration = load_configuration(file)
        if not settings.operations:
            raise UsageError(
                f"{file}: the table [load.operations] is missing; it says which requests the "
                'front door takes, for example "inventory.read" = "GET /stock/{sku_id}"; '
                "docs/load.md lists them"
            )
    return Order(
        profile_name=profile,
        profile=find_profile(profile, settings.profiles),
        budgets=settings.budgets,
        results=results,
        configuration=configuration,
        drives_twin=drives_twin,
        operations={} if drives_twin else settings.operations,
        script_name=faults,
        script=find_script(faults, settings.scripts) if faults else None,
        shares=settings.shares,
        headers=settings.headers,
        timeout_s=settings.timeout_s,
        orders=settings.orders,
        products=settings.products,
        **more,
    )


def refuse_used(results: Path) -> None:
    """Refuse a folder with a record in it: two runs in one would be judged as one.

    Raises:
        UsageError: If it has one.
    """
    if results.exists() and any(results.glob("samples*.bin")):
        raise UsageError(f"{results} holds the record of a run already; name another folder")
