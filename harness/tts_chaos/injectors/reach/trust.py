"""Makes programs of many languages trust the twin's certificate authority, by environment alone.

Every variable adds to what the program had; none takes an option away that it was given. Python
programs also load a module at their start, as many name a bundle of authorities of their own.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from tts_chaos.injectors.client_environment import TRUST_VARIABLES
from tts_chaos.injectors.reach.destinations import Address
from tts_chaos.injectors.reach.java_trust import PASSWORD, make_trust_store
from tts_chaos.injectors.reach.shims.sitecustomize import SETTINGS_VARIABLE

__all__ = ["JAVA_OPTIONS", "SHIMS", "Trust", "prepend"]

SHIMS = Path(__file__).with_name("shims")
"""What is loaded into programs."""

JAVA_OPTIONS = "JAVA_TOOL_OPTIONS"
PHP_FOLDERS = "PHP_INI_SCAN_DIR"


class Trust:
    """Files that make programs trust one authority.

    Args:
        ca_file: The authority, a PEM file.
        folder: An empty folder of the run, for what programs read.
        hosts: Where the module that Python loads redirects connections to, by host name; with
            none it leaves connections alone.

    Attributes:
        refused_file: Where such redirects note what they refused.
    """

    def __init__(
        self, ca_file: str, folder: Path, hosts: Mapping[str, Address] | None = None
    ) -> None:
        self.ca_file = ca_file
        self.refused_file = folder / "refused"
        self._settings = folder / "settings.json"
        settings = {
            "hosts": dict(hosts or {}),
            "ca_file": ca_file,
            "refused_file": str(self.refused_file),
        }
        self._settings.write_text(json.dumps(settings), encoding="utf-8")
        self._python_folder = folder / "python"
        self._python_folder.mkdir()
        shutil.copy(SHIMS / "sitecustomize.py", self._python_folder)
        self._java_store = folder / "trust.jks"
        self._java_store.write_bytes(make_trust_store(Path(ca_file).read_text("ascii")))
        self._php_folder = folder / "php"
        self._php_folder.mkdir()
        # PHP reads these in addition to its own; its streams and its curl have a setting each.
        (self._php_folder / "tts-chaos.ini").write_text(
            f'openssl.cafile="{ca_file}"\ncurl.cainfo="{ca_file}"\n', encoding="utf-8"
        )

    def environment(self, before: Mapping[str, str]) -> dict[str, str]:
        """Return `before` with trust added."""
        after = {**before, **dict.fromkeys(TRUST_VARIABLES, self.ca_file)}
        java = (
            f"-Djavax.net.ssl.trustStore={self._java_store} "
            f"-Djavax.net.ssl.trustStorePassword={PASSWORD} -Djavax.net.ssl.trustStoreType=JKS"
        )
        prepend(after, JAVA_OPTIONS, java, " ")
        after[SETTINGS_VARIABLE] = str(self._settings)
        prepend(after, "PYTHONPATH", str(self._python_folder), os.pathsep)
        # An empty part stands for the folders that PHP was built with.
        after[PHP_FOLDERS] = f"{before.get(PHP_FOLDERS, '')}{os.pathsep}{self._php_folder}"
        return after


def prepend(environment: dict[str, str], name: str, value: str, separator: str) -> None:
    """Put a value before what a variable holds; that stays and, read later, may override."""
    held = environment.get(name)
    environment[name] = f"{value}{separator}{held}" if held else value
