"""A sealed document is refused once a byte of it is not as it was written."""

from __future__ import annotations

from typing import Any

import pytest

from tts_chaos.errors import RecordError
from tts_chaos.reporting.sealing import is_keyed, read_sealed, sealed, to_bytes

FORM = "tts-chaos-record/1"
DOCUMENT: dict[str, Any] = {"format": FORM, "harness": "1.0", "words": "é", "rows": [1, None, {}]}
PLAIN = to_bytes(sealed(DOCUMENT))
KEYED = to_bytes(sealed(DOCUMENT, key="k"))


def read(data: bytes, key: str = "") -> dict[str, Any]:
    """Read a document as the command does."""
    return read_sealed(data, form=FORM, path="a.json", key=key)


def test_what_was_sealed_is_read_back() -> None:
    assert {name: value for name, value in read(PLAIN).items() if name != "seal"} == DOCUMENT


@pytest.mark.parametrize("flip", [0x01, 0x20, 0x80])
def test_a_changed_byte_is_found_wherever_it_is(flip: int) -> None:
    unnoticed = []
    for place in range(len(PLAIN)):
        changed = bytearray(PLAIN)
        changed[place] ^= flip
        try:
            read(bytes(changed))
        except RecordError:
            continue
        unnoticed.append(place)

    assert unnoticed == []


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(PLAIN + b"\n", id="a line more"),
        pytest.param(PLAIN.replace(b" 1,", b"  1,"), id="a space more"),
        pytest.param(PLAIN.replace(b"\n", b"\r\n"), id="other line ends"),
        pytest.param(PLAIN.replace(b'"rows"', b'"rows": 2, "rows"'), id="a key twice"),
    ],
)
def test_bytes_that_mean_the_same_are_a_change_as_well(changed: bytes) -> None:
    with pytest.raises(RecordError, match="was changed after it was sealed"):
        read(changed)


def test_whoever_has_no_key_cannot_seal_anew() -> None:
    forged = to_bytes(sealed({**read(KEYED, "k"), "words": "x"}, key="guessed"))

    with pytest.raises(RecordError, match="or the key is another"):
        read(forged, "k")


def test_a_seal_with_a_key_is_not_taken_on_trust() -> None:
    with pytest.raises(RecordError, match="set TTS_CHAOS_SEAL_KEY"):
        read(KEYED)


def test_a_seal_without_a_key_is_read_by_whoever_has_one_and_says_so() -> None:
    assert (is_keyed(read(PLAIN, "k")), is_keyed(read(KEYED, "k"))) == (False, True)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "is no tts-chaos-record", id="empty"),
        pytest.param(b"\xff\xfe", "is no tts-chaos-record", id="not text"),
        pytest.param(b"[" * 100_000, "is no tts-chaos-record", id="too deep"),
        pytest.param(b"[1]", "is no tts-chaos-record", id="no object"),
        pytest.param(b'{"format": "tts-chaos-report/1"}', "is no tts-chaos-record", id="a report"),
        pytest.param(
            b'{"format": "tts-chaos-record/9", "harness": "9.9"}',
            r"format 'tts-chaos-record/9'.*use the version that wrote it \(9.9\)",
            id="a later version",
        ),
        pytest.param(b'{"format": "tts-chaos-record/1"}', "has no seal", id="no seal"),
        pytest.param(
            b'{"format": "tts-chaos-record/1", "seal": {"algorithm": "md5"}}',
            "has no seal",
            id="another algorithm",
        ),
    ],
)
def test_what_is_no_record_is_refused_with_what_was_expected(data: bytes, words: str) -> None:
    with pytest.raises(RecordError, match=f"a.json.*{words}"):
        read(data)
