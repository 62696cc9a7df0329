"""The keys that the plugin reads from pytest's configuration, as one table.

pytest, the JSON Schema of `pyproject.toml` and the reference all take them from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["INI_KEYS", "IniKey"]


@dataclass(frozen=True, slots=True)
class IniKey:
    """One key.

    Attributes:
        description: What it means, capital first, no period.
        type: As pytest calls it.
        default: What holds without it.
    """

    description: str
    type: Literal["string", "bool", "paths", "args"] = "string"
    default: str | bool | tuple[str, ...] = ""


INI_KEYS: dict[str, IniKey] = {
    "tts_world": IniKey("World in which scenarios run: simulated, wire or both"),
    "tts_seed": IniKey("Seed that decides everything random"),
    "tts_report": IniKey("Folder for reports"),
    "tts_scenario_paths": IniKey("Folders with scenarios of your own", "paths", ()),
    "tts_bundled_scenarios": IniKey("Whether to play the bundled scenarios", "bool", True),
    "tts_http3": IniKey(
        "Whether the twin answers HTTP/3 as well, on real sockets (needs the extra http3)",
        "bool",
        False,
    ),
    "tts_not_offered": IniKey(
        "Capabilities the integration knowingly lacks; scenarios that need them are left out",
        "args",
        (),
    ),
    "tts_found": IniKey("Folder where searches keep what they find", "string", ".tts-chaos/found"),
    "tts_searched_paths": IniKey(
        "Files and folders to search for secrets after each scenario", "paths", ()
    ),
}
