"""Files that clients upload: kept by what they are, told by an address that is always the same.

Source: contracts of the upload operations (documented: a `data` part). Which files are refused is
documented by codes only; the conditions are assumed.
"""

from __future__ import annotations

import hashlib

import msgspec

from tts_chaos.twin.handler import Call, RefusalError
from tts_chaos.twin.images import picture_size
from tts_chaos.wire.multipart import FilePart

__all__ = ["Upload", "address_of", "keep_file", "keep_picture"]

NOT_A_PICTURE = 12038002
EMPTY = 12038004


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file the platform keeps. `id` is its uri; `width` and `height` are 0 for documents."""

    id: str
    shop_id: str
    name: str
    media_type: str
    size_bytes: int
    width: int = 0
    height: int = 0

    @property
    def url(self) -> str:
        """Where it can be seen."""
        return address_of(self.id)


def address_of(uri: str) -> str:
    """Return where a file can be seen. The host is reserved for examples."""
    return f"https://files.example.net/{uri}"


def keep_picture(call: Call, *, refused: int = NOT_A_PICTURE) -> Upload:
    """Keep the `data` part as a picture.

    Raises:
        RefusalError: 12038004 if it is empty, the code given if it is no picture.
    """
    part = _data(call)
    size = picture_size(part.data)
    if size is None:
        raise RefusalError(refused, "The file is no picture of a known format.")
    return _keep(call, part, *size)


def keep_file(call: Call) -> Upload:
    """Keep the `data` part as a document.

    Raises:
        RefusalError: 12038004 if it is empty.
    """
    return _keep(call, _data(call), 0, 0)


def _data(call: Call) -> FilePart:
    sent = call.body["data"]
    part = (
        sent
        if isinstance(sent, FilePart)
        else FilePart(name="data", media_type="text/plain", data=str(sent).encode())
    )
    if not part.data:
        raise RefusalError(EMPTY, "The file is empty.")
    return part


def _keep(call: Call, part: FilePart, width: int, height: int) -> Upload:
    digest = hashlib.sha256(part.data).hexdigest()[:32]
    upload = Upload(
        id=f"tos-twin/{digest}",
        shop_id=call.shop_id,
        name=part.name,
        media_type=part.media_type,
        size_bytes=len(part.data),
        width=width,
        height=height,
    )
    if call.env.store.get(Upload, call.shop_id, upload.id) is None:
        call.env.store.put(upload, change="upload.kept")
    return upload
