"""Which values are secret, how they are labelled, and how to find them where they must not be.

Labels are stable (`{access_token:GB1.2}`), so two records that carry the same secret carry the same
label, and equal runs give equal bytes.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from tts_chaos.core.history import Json, Leak

__all__ = ["SecretBook"]

EXCERPT_RADIUS = 32
"""Characters kept on each side of a leak: enough to recognise the line, too few to hold another."""

SHORTEST_SECRET = 8
"""Shorter values occur by chance in ordinary text; labelling them would garble records."""


FEW_FORMS = 32
"""Up to so many spellings, looking for each in a text is ten times faster than one pattern for all,
and hardly any text holds a secret."""

_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
"""Refuses what is no JSON value, where msgspec would turn bytes and dates into text."""


class SecretBook:
    """All secret values of one run, with their labels."""

    def __init__(self) -> None:
        self._labels: dict[str, str] = {}
        self._forms: dict[str, str] = {}
        self._forms_in_json: tuple[str, ...] = ()
        self._compiled: tuple[dict[str, str], re.Pattern[str] | None] = (self._forms, None)

    def add(self, value: str, label: str) -> None:
        """Declare `value` secret; shown as `{label}`. Short values and repeats are ignored."""
        if len(value) < SHORTEST_SECRET or value in self._labels:
            return
        told = "{" + label + "}"
        self._labels[value] = told
        # Replaced, not changed: another thread may be looking through it to write a record.
        forms = dict.fromkeys(_forms_of(value), told)
        self._forms_in_json += tuple(_ENCODE(form)[1:-1] for form in forms)
        self._forms = forms | self._forms

    def label(self, value: str) -> str:
        """Return the label of a secret, or `value` itself where it is none."""
        return self._labels.get(value, value)

    def redact(self, text: str) -> str:
        """Return `text` with every secret, in any of its spellings, replaced by its label."""
        forms = self._forms
        if len(text) < SHORTEST_SECRET:
            return text
        if len(forms) <= FEW_FORMS:
            present = [form for form in forms if form in text]
            if not present:
                return text
            if len(present) == 1:
                # By far the most frequent, and a pattern takes longer to make than a run's look.
                return text.replace(present[0], forms[present[0]])
        known, pattern = self._look_for()
        return pattern.sub(lambda match: known[match.group()], text) if pattern else text

    def redact_json(self, value: Json) -> Json:
        """Return a JSON value with every secret in its texts and keys replaced by its label."""
        return self._redact_each(value) if (copy := self._clean_copy(value)) is None else copy

    @property
    def known(self) -> int:
        """How many secrets are known now: none is ever forgotten."""
        return len(self._labels)

    def _clean_copy(self, value: Json) -> Json:
        """Return a copy of a value whose whole text holds no secret; None where it may hold one.

        Nearly all values are clean, and to look through one long text and read it back takes a
        tenth of the time that looking at each of its parts does.
        """
        if not isinstance(value, dict | list):
            return None
        try:
            text = _ENCODE(value)
            if any(form in text for form in self._forms_in_json):
                return None
            return msgspec.json.decode(text)
        except (TypeError, ValueError, RecursionError, msgspec.MsgspecError):
            return None

    def _redact_each(self, value: Json) -> Json:
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, bytes):
            return self.redact(value.decode("utf-8", "backslashreplace"))
        if isinstance(value, Mapping):
            return {self.redact(str(key)): self._redact_each(v) for key, v in value.items()}
        if isinstance(value, list | tuple):
            return [self._redact_each(member) for member in value]
        return value

    def find(self, text: str) -> tuple[Leak, ...]:
        """Return each different secret that occurs in `text`, with a redacted excerpt."""
        if not any(form in text for form in self._forms):
            return ()
        forms, pattern = self._look_for()
        if pattern is None:
            return ()
        leaks: dict[str, Leak] = {}
        for match in pattern.finditer(text):
            label = forms[match.group()]
            if label not in leaks:
                around = text[
                    max(0, match.start() - 2 * EXCERPT_RADIUS) : match.end() + EXCERPT_RADIUS
                ]
                leaks[label] = Leak(secret=label, excerpt=self.redact(around).strip())
        return tuple(leaks.values())

    def _look_for(self) -> tuple[dict[str, str], re.Pattern[str] | None]:
        """Return the spellings known now with the pattern that finds them, None for none."""
        compiled, forms = self._compiled, self._forms
        if compiled[0] is not forms:
            longest_first = sorted(forms, key=len, reverse=True)
            pattern = re.compile("|".join(re.escape(form) for form in longest_first))
            compiled = self._compiled = (forms, pattern)
        return compiled


def _forms_of(value: str) -> tuple[str, ...]:
    """Spellings in which a secret turns up: as it is, percent-encoded, in Base64."""
    encoded = base64.b64encode(value.encode()).decode().rstrip("=")
    return (value, quote(value, safe=""), encoded)
