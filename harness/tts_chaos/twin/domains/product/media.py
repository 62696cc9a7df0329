"""Pictures and files that listings name: kept, told by uri and address.

Source: contracts of the operations (documented: multipart, no shop; the parts are not signed).
Which of the documented codes answers which fault of a file is assumed, and so are the limits.
"""

from __future__ import annotations

from typing import Any

from tts_chaos.twin.handler import Call, RefusalError, TwinEnv, handles
from tts_chaos.twin.uploads import Upload, address_of, keep_file, keep_picture

__all__ = ["image_of", "upload_file", "upload_image"]

PICTURE_TOO_LARGE = 12038014
NOT_A_PICTURE = 12038015
NAME_MISSING = 12019103
FORMAT_REFUSED = 12019105
LARGEST_SIDE_PX = 20_000
_FORMATS = ("PDF", "MP4", "MOV", "MKV", "WMV", "WEBM", "AVI", "3GP", "FLV", "MPEG")


@handles("product.202309.upload_product_image")
def upload_image(call: Call) -> dict[str, Any]:
    """Keep a picture."""
    upload = keep_picture(call, refused=NOT_A_PICTURE)
    if max(upload.width, upload.height) > LARGEST_SIDE_PX:
        text = f"A picture has at most {LARGEST_SIDE_PX} pixels on a side."
        raise RefusalError(PICTURE_TOO_LARGE, text)
    return {
        "uri": upload.id,
        "url": upload.url,
        "width": upload.width,
        "height": upload.height,
        "use_case": call.body.get("use_case") or "MAIN_IMAGE",
    }


@handles("product.202309.upload_product_file")
def upload_file(call: Call) -> dict[str, Any]:
    """Keep a file under the name given beside it; the name's ending tells the format."""
    name = call.body["name"]
    if not name.strip():
        raise RefusalError(NAME_MISSING, "The name of the file is missing.")
    ending = name.rpartition(".")[2].upper() if "." in name else ""
    if ending not in _FORMATS:
        raise RefusalError(FORMAT_REFUSED, f"The name must end in one of {', '.join(_FORMATS)}.")
    upload = keep_file(call)
    return {"id": upload.id, "url": upload.url, "name": name, "format": ending}


def image_of(env: TwinEnv, uri: str) -> dict[str, Any]:
    """Return how a picture is shown: with its size where it was uploaded here.

    A uri that nobody uploaded is shown, too: whether and how the platform refuses one when a
    listing names it is not known (assumed).
    """
    found = env.store.get(Upload, "", uri)
    url = address_of(uri)
    size = {"width": found.width, "height": found.height} if found else {}
    return {"uri": uri, "urls": [url], "thumb_urls": [url], **size}
