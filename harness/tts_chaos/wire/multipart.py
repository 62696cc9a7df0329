"""Multipart bodies: parts by name, text as text, files as bytes. Sans-IO.

Source: protocol facts, section 1.1 (documented: such a body is not signed) and section 3.
"""

from __future__ import annotations

from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP

import msgspec

__all__ = ["FilePart", "parse_multipart"]


class FilePart(msgspec.Struct, frozen=True, kw_only=True):
    """A part with a file name.

    Attributes:
        name: File name as sent, without any folder.
        media_type: As declared; `application/octet-stream` where it is not.
        data: The bytes.
    """

    name: str
    media_type: str
    data: bytes


def parse_multipart(content_type: str, body: bytes) -> dict[str, str | FilePart] | None:
    """Return the parts of a body by their names, or None where it is no multipart body.

    Args:
        content_type: The header's value, with its boundary.
        body: The bytes as sent.
    """
    if not content_type.isprintable():
        return None
    head = f"content-type: {content_type}\r\n\r\n".encode("utf-8", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    if not message.is_multipart() or message.defects:
        return None
    parts: dict[str, str | FilePart] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            return None
        parts[name] = _content(part)
    return parts


def _content(part: Message) -> str | FilePart:
    data = part.get_payload(decode=True)
    raw = data if isinstance(data, bytes) else b""
    file_name = part.get_filename()
    if file_name is None:
        return raw.decode("utf-8", "replace")
    return FilePart(
        name=file_name.replace("\\", "/").rpartition("/")[2],
        media_type=part.get_content_type(),
        data=raw,
    )
