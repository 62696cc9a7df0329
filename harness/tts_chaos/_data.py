"""Where the data folders are: the checkout's own, or the copies inside an installed wheel.

The one place that knows. In a checkout `contracts/` and `scenarios/` lie two folders above this
package and are edited there; a wheel carries copies under `tts_chaos/_data/`. The checkout wins, so
that an edited file is never shadowed by a stale copy.
"""

from __future__ import annotations

from pathlib import Path

from tts_chaos.errors import InternalError

__all__ = ["DATA_FOLDERS", "data_folder"]

DATA_FOLDERS = ("contracts", "scenarios")
"""Names of the data folders."""


def data_folder(name: str, *, package: Path | None = None) -> Path:
    """Return the folder that holds the data called `name`.

    Args:
        name: One of `DATA_FOLDERS`.
        package: Folder of this package; None means where it was imported from.

    Raises:
        ValueError: If `name` is none of `DATA_FOLDERS`.
        InternalError: If the installation lacks the folder.
    """
    if name not in DATA_FOLDERS:
        raise ValueError(f"there is no data folder {name!r}; known: {', '.join(DATA_FOLDERS)}")
    home = package or Path(__file__).resolve().parent
    checkout = home.parent.parent
    # An installed package may by chance lie below a folder with a `contracts/` of its own; only a
    # checkout also has this package at harness/tts_chaos.
    if home.parent.name == "harness" and (checkout / "contracts").is_dir():
        return checkout / name
    shipped = home / "_data" / name
    if shipped.is_dir():
        return shipped
    raise InternalError(
        f"the data folder {name!r} is missing: neither {checkout / name} (checkout) nor {shipped} "
        "(installed package) exists. Reinstall pytest-tts-chaos; if that does not help, report it."
    )
