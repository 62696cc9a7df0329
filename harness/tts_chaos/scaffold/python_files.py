"""Files for an integration in Python: `conftest.py`, a start where there is nothing yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tts_chaos.scaffold.answers import Answers
from tts_chaos.typing import ACTION_ARGUMENTS

__all__ = ["ASIDE", "CONFTEST", "STARTER_OFFERS", "fixture_file", "python_files"]

_TEMPLATE = Path(__file__).parent / "templates" / "starter.py.txt"
STARTER_OFFERS = ("sync_orders", "orders", "push_stock", "stock", "deliver_webhook", "tokens")
"""What the written start can do."""

_CLIENTS: Mapping[str, Mapping[str, str]] = {
    "httpx": {
        "client": "httpx",
        "session": "httpx.Client()",
        "no_answer": "httpx.RequestError",
        "body": "content",
        "redirects": "",
    },
    "requests": {
        "client": "requests",
        "session": "requests.Session()",
        "no_answer": "requests.RequestException",
        "body": "data",
        "redirects": ', "allow_redirects": False',
    },
}
_NEEDS = {"deliver_webhook": ("sync_orders", "orders")}
"""A webhook says only that an order changed; it is read as a sync reads it."""


CONFTEST = "conftest.py"
ASIDE = "tts_fixture.py"
"""Where the fixture is written if there is a `conftest.py` already; one line takes it up there."""


def fixture_file(there: Mapping[str, str]) -> str:
    """Return the file for the fixture; a `conftest.py` without one is left to its owner."""
    taken = CONFTEST in there and "tts_integration" not in there[CONFTEST]
    return ASIDE if taken else CONFTEST


def python_files(answers: Answers, there: Mapping[str, str]) -> dict[str, str]:
    """Return the files, by name.

    Args:
        answers: What was answered.
        there: Texts of the files that are there already.
    """
    fixture = fixture_file(there)
    if answers.factory is not None:
        return {fixture: _own(answers)}
    return {fixture: _CONFTEST, "tts_adapter.py": _starter(answers)}


_CONFTEST = '''\
"""Puts the integration before a twin of TikTok Shop: `pytest --tts-chaos` uses it."""

import pytest

from tts_adapter import Adapter


@pytest.fixture
def tts_integration(tts_twin):
    """Give what `tts_twin` has (addresses, keys, tokens, shops) to the integration."""
    adapter = Adapter(tts_twin)
    yield adapter
    adapter.close()
'''


def _starter(answers: Answers) -> str:
    """Return the start with the parts that are offered."""
    wanted = set(answers.offers)
    for name, others in _NEEDS.items():
        if name in wanted:
            wanted.update(others)
    template = _TEMPLATE.read_text(encoding="utf-8")
    head, *parts = re.split(r"^#\[([a-z_,]+)\]\n", template, flags=re.MULTILINE)
    kept = [head]
    for names, text in zip(parts[::2], parts[1::2], strict=True):
        if names == "end" or wanted & set(names.split(",")):
            kept.append(text)
    text = "".join(kept)
    for key, value in _CLIENTS[answers.client].items():
        text = text.replace(f"@{key}@", value)
    return text


def _own(answers: Answers) -> str:
    factory = answers.factory
    assert factory is not None
    same_names = all(name == method for name, method in answers.offers.items())
    adapter = "" if same_names else f"\n\n{_adapter(answers)}"
    made = f"{factory.name}({_call(answers.arguments)})"
    has_close = "close" in (factory.methods or {}) and not (factory.methods or {})["close"]
    given = "integration" if same_names else "Adapter(integration)"
    fixtures = _fixtures(answers.arguments)
    ending = f"    return {given}\n"
    if has_close:
        ending = f"    yield {given}\n    integration.close()\n"
    return (
        '"""Puts the integration before a twin of TikTok Shop: `pytest --tts-chaos` uses it."""\n\n'
        f"import pytest\n\nfrom {factory.module} import {factory.name}\n{adapter}\n\n"
        "@pytest.fixture\n"
        f"def tts_integration({fixtures}):\n"
        '    """Give what `tts_twin` has (addresses, keys, tokens, shops) to the integration."""\n'
        f"    integration = {made}\n{ending}"
    )


def _fixtures(arguments: Mapping[str, str]) -> str:
    text = " ".join(arguments.values())
    return "tts_twin, tts_workspace" if "tts_workspace" in text else "tts_twin"


def _call(arguments: Mapping[str, str]) -> str:
    if not arguments:
        return ""
    if set(arguments.values()) == {"tts_twin"}:
        return ", ".join(f"{name}=tts_twin" for name in arguments)
    lines = "".join(f"        {name}={value},\n" for name, value in arguments.items())
    return f"\n{lines}    "


def _adapter(answers: Answers) -> str:
    methods = (answers.factory.methods if answers.factory else None) or {}
    lines = [
        "class Adapter:",
        '    """Gives scenarios what they ask for, by the integration\'s own methods."""',
        "",
        "    def __init__(self, integration):",
        "        self.integration = integration",
    ]
    for name, method in answers.offers.items():
        order = ACTION_ARGUMENTS.get(name, ())
        takes = "**settings" if order is None else ", ".join(order)
        is_async = methods.get(method, False)
        lines += [
            "",
            f"    {'async ' if is_async else ''}def {name}(self{', ' if takes else ''}{takes}):",
            f"        return {'await ' if is_async else ''}self.integration.{method}({takes})",
        ]
    return "\n".join(lines) + "\n"
