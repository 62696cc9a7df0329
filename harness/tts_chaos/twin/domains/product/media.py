"""Pictures and files of products.

Source: contracts of `product.202309.upload_product_*` (documented; no shop cipher).
"""

from __future__ import annotations

from typing import Any

from tts_chaos.twin.handler import Call, handles
from tts_chaos.twin.uploads import keep_file, keep_picture

__all__ = ["upload_file", "upload_image"]


@handles("product.202309.upload_product_image")
def upload_image(call: Call) -> dict[str, Any]:
    """Keep a picture; its uri names it in products."""
    upload = keep_picture(call)
    return {
        "uri": upload.id,
        "url": upload.url,
        "width": upload.width,
        "height": upload.height,
        "use_case": call.body.get("use_case") or "MAIN_IMAGE",
    }


@handles("product.202309.upload_product_file")
def upload_file(call: Call) -> dict[str, Any]:
    """Keep a document."""
    upload = keep_file(call)
    suffix = call.body["name"].rpartition(".")[2].upper() or "PDF"
    return {"id": upload.id, "url": upload.url, "name": call.body["name"], "format": suffix}
