"""A request as it travels on a kept connection."""

from __future__ import annotations

from tts_chaos.wire.message import ApiRequest

__all__ = ["as_bytes"]


def as_bytes(request: ApiRequest) -> bytes:
    """Return request line, headers and body."""
    lines = [f"{request.method} {request.path}?{request.query} HTTP/1.1", "host: localhost"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    lines += [f"content-length: {len(request.body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + request.body
