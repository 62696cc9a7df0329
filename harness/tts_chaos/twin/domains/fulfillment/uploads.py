"""Proofs of delivery: pictures and files.

Source: contracts of `fulfillment.202309.fulfillment_upload_delivery_*` (documented).
"""

from __future__ import annotations

from typing import Any

from tts_chaos.twin.handler import Call, handles
from tts_chaos.twin.uploads import keep_file, keep_picture

__all__ = ["upload_file", "upload_image"]


@handles("fulfillment.202309.fulfillment_upload_delivery_image")
def upload_image(call: Call) -> dict[str, Any]:
    """Keep a picture."""
    upload = keep_picture(call)
    return {"url": upload.url, "width": upload.width, "height": upload.height}


@handles("fulfillment.202309.fulfillment_upload_delivery_file")
def upload_file(call: Call) -> dict[str, Any]:
    """Keep a file under the name given beside it."""
    return {"url": keep_file(call).url, "name": call.body["name"]}
