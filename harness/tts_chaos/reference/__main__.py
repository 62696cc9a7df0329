"""Run the connector as a program; see `program`."""

from __future__ import annotations

import sys

from tts_chaos.reference.errors import SettingsError
from tts_chaos.reference.program import run

__all__: list[str] = []

if __name__ == "__main__":
    try:
        run()
    except SettingsError as error:
        sys.exit(f"tts_chaos.reference: {error}")
