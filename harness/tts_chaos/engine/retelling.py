"""What an integration or the platform tells again and again, kept once.

Both are asked after every action, and mostly they tell what they told before. Then the same value
stands in the history again: it is searched for secrets once, and what oracles make of it is made
once.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from tts_chaos.core.history import Json, Observed, Truth
from tts_chaos.core.secrets import SecretBook
from tts_chaos.engine.recorder import Recorder

__all__ = ["Retelling"]

R = TypeVar("R", Observed, Truth)


class Retelling:
    """Records observations and truths.

    Args:
        recorder: Where they go.
        secrets: By which they are redacted.
    """

    def __init__(self, recorder: Recorder, secrets: SecretBook) -> None:
        self._recorder = recorder
        self._secrets = secrets
        # By name: the text told last, the secrets known then, and the record of it.
        self._observed: dict[str, tuple[bytes, int, Observed]] = {}
        self._truth: tuple[bytes, int, Truth] | None = None

    def observe(self, name: str, value: Json) -> None:
        """Record what the integration told of `name`, a JSON value."""
        text = _text_of(value)
        last = self._observed.get(name)
        if last is not None and text and last[:2] == (text, self._secrets.known):
            self._add(Observed(name=name, value=last[2].value)).share(last[2])
            return
        record = self._add(Observed(name=name, value=self._secrets.redact_json(value)))
        self._observed[name] = (text, self._secrets.known, record)

    def tell_truth(self, text: bytes) -> None:
        """Record the platform's ledger, given as JSON."""
        last = self._truth
        if last is not None and last[:2] == (text, self._secrets.known):
            self._add(Truth(ledger=last[2].ledger)).share(last[2])
            return
        ledger = msgspec.json.decode(self._secrets.redact(text.decode()))
        self._truth = (text, self._secrets.known, self._add(Truth(ledger=ledger)))

    def _add(self, record: R) -> R:
        kept = self._recorder.add(record)
        assert isinstance(kept, type(record))
        return kept


def _text_of(value: Json) -> bytes:
    """Return a value as text that no other value has; b"" where it cannot be written."""
    try:
        return msgspec.json.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        return b""
