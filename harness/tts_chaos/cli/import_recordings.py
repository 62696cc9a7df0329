"""Import HTTP archives (HAR) and VCR cassettes as redacted cassettes, one per operation."""

from __future__ import annotations

import argparse
import secrets
from pathlib import Path

from tts_chaos.cli.recording_files import read_recording
from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.recordings import Origin
from tts_chaos.errors import UsageError
from tts_chaos.serving.recording import CassetteFolder

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a HAR file or a cassette")
    parser.add_argument("--to", required=True, metavar="DIR", help="folder for the cassettes")


def run(options: argparse.Namespace) -> int:
    """Import; returns 0.

    Raises:
        UsageError: If a file is none of these, or holds nothing of this API.
    """
    contracts = load_contracts()
    recordings = [read_recording(Path(name)) for name in options.files]
    folder = CassetteFolder(
        Path(options.to), contracts, key=secrets.token_hex(16), origin=Origin.IMPORTED
    )
    hosts = {row.request.host for recording in recordings for row in recording.exchanges}
    everything = [row for recording in recordings for row in recording.exchanges]
    if not any(
        contracts.match(r.request.host, r.request.method, r.request.path) for r in everything
    ):
        found = ", ".join(sorted(hosts)) or "no exchange"
        raise UsageError(
            f"nothing here is of TikTok Shop's Open API; found {found}, expected calls to "
            "open-api.tiktokglobalshop.com or auth.tiktok-shops.com"
        )
    folder.add(everything)
    for name, count in folder.files.items():
        print(f"  {name}: {count} exchange{'s' if count > 1 else ''}")
    print(f"{sum(folder.files.values())} imported, {folder.foreign} of others left out")
    return 0
