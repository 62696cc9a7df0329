"""A seal over a document: whoever changes a byte of it afterwards is found out.

The seal is a digest over the document's canonical form, and the file must be byte for byte what
`to_bytes` writes. Without a key it is no signature: it tells damage and careless edits, but whoever
edits on purpose can seal anew. With a key (HMAC-SHA256) only a holder of the key can do that.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from tts_chaos.errors import RecordError

__all__ = ["SEAL_KEY_VARIABLE", "is_keyed", "read_sealed", "sealed", "to_bytes"]

SEAL_KEY_VARIABLE = "TTS_CHAOS_SEAL_KEY"
"""Environment variable with the key, where records are to be sealed with one."""

PLAIN, KEYED = "sha256", "hmac-sha256"


def sealed(document: Mapping[str, Any], *, key: str = "") -> dict[str, Any]:
    """Return `document` with its seal under the key `seal`.

    Args:
        document: JSON values.
        key: Makes the seal one that only holders of the key can make.
    """
    bare = {name: value for name, value in document.items() if name != "seal"}
    algorithm = KEYED if key else PLAIN
    return {**bare, "seal": {"algorithm": algorithm, "digest": _digest(bare, algorithm, key)}}


def _digest(bare: Mapping[str, Any], algorithm: str, key: str) -> str:
    canonical = json.dumps(
        bare, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()
    if algorithm == KEYED:
        return hmac.new(key.encode(), canonical, hashlib.sha256).hexdigest()
    return hashlib.sha256(canonical).hexdigest()


def to_bytes(document: Mapping[str, Any]) -> bytes:
    """Return a document as a file has it: keys in order, readable, one line end at the end."""
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def is_keyed(document: Mapping[str, Any]) -> bool:
    """Whether a document was sealed with a key."""
    return bool(document["seal"]["algorithm"] == KEYED)


def read_sealed(data: bytes, *, form: str, path: str, key: str = "") -> dict[str, Any]:
    """Return the document that `data` holds, its seal checked.

    Args:
        data: The file.
        form: The format it must name (`tts-chaos-record/1`).
        path: Name of the file, for messages.
        key: The key; a document sealed with one cannot be checked without.

    Raises:
        RecordError: If it is no such document, of another version, or not as it was sealed.
    """
    document = _parsed(data, form, path)
    seal = document.get("seal")
    algorithm = seal.get("algorithm") if isinstance(seal, dict) else None
    if not isinstance(seal, dict) or algorithm not in (PLAIN, KEYED):
        raise RecordError(
            f"has no seal; expected algorithm and digest, algorithm {PLAIN} or {KEYED}",
            path=path,
            key="$.seal",
        )
    if algorithm == KEYED and not key:
        raise RecordError(
            f"is sealed with a key; set {SEAL_KEY_VARIABLE} to that key to check it",
            path=path,
            key="$.seal",
        )
    expected = sealed(document, key=key if algorithm == KEYED else "")
    if to_bytes(expected) != data:
        raise RecordError(
            f"was changed after it was sealed{_or_other_key(algorithm)}: its seal is "
            f"{str(seal.get('digest'))[:12]}..., its content gives "
            f"{expected['seal']['digest'][:12]}...; take the file as it was written",
            path=path,
        )
    return document


def _or_other_key(algorithm: str) -> str:
    return " (or the key is another)" if algorithm == KEYED else ""


def _parsed(data: bytes, form: str, path: str) -> dict[str, Any]:
    kind, _, version = form.partition("/")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        document = None
    told = document.get("format") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(told, str) or not told.startswith(kind):
        raise RecordError(
            f"is no {kind}: expected a JSON object with format {form!r}; --tts-report DIR writes "
            "one per scenario into DIR/records",
            path=path,
        )
    if told != form:
        raise RecordError(
            f"has format {told!r}, and this version of tts-chaos reads {kind}/{version}; use the "
            f"version that wrote it ({document.get('harness', 'not named')})",
            path=path,
            key="$.format",
        )
    return document
