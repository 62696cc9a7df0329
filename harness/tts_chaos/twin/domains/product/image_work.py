"""Work on pictures: a white background at once, texts in another language after a while.

Source: contracts of the operations (documented fields and states); protocol facts, section 5
(documented: 500 translation tasks a day). Assumed: a picture that nobody uploaded is left as it is,
and its translation fails; how long a translation takes; which documented code answers the quota
and an unknown task; the day is that of UTC.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tts_chaos.twin.handler import Call, RefusalError, handles
from tts_chaos.twin.uploads import Upload, address_of

__all__ = ["TranslationTask", "ask_for_translations", "optimize_images", "tell_translations"]

TASK_UNKNOWN = 12038011
QUOTA_REACHED = 12038012
TASKS_PER_DAY = 500
TRANSLATION_MS = 60_000
_DAY_MS = 86_400_000


class TranslationTask(msgspec.Struct, frozen=True, kw_only=True):
    """A picture whose texts are to be in another language. `created_ms` in Unix milliseconds."""

    id: str
    shop_id: str
    image_uri: str
    language: str
    created_ms: int


@handles("product.202404.optimized_images")
def optimize_images(call: Call) -> dict[str, Any]:
    """Put pictures on a white background."""
    return {
        "images": [_optimized(call, row.get("uri", "")) for row in call.body.get("images") or ()]
    }


def _optimized(call: Call, uri: str) -> dict[str, Any]:
    known = call.env.store.get(Upload, "", uri)
    after = f"{uri}-white" if known else uri
    return {
        "original_uri": uri,
        "original_url": address_of(uri),
        "optimized_uri": after,
        "optimized_url": address_of(after),
        "optimize_status": "SUCCESS" if known else "IGNORE",
        **({"width": known.width, "height": known.height} if known else {}),
    }


@handles("product.202505.create_image_translation_tasks")
def ask_for_translations(call: Call) -> dict[str, Any]:
    """Begin one task for each picture and language."""
    wanted = [
        (row["image_uri"], language)
        for row in call.body["images"]
        for language in row["target_languages"]
    ]
    now_ms = call.env.clock.now_ms()
    tasks = call.env.store.list(TranslationTask, call.shop_id)
    today = sum(1 for task in tasks if task.created_ms // _DAY_MS == now_ms // _DAY_MS)
    if today + len(wanted) > TASKS_PER_DAY:
        raise RefusalError(QUOTA_REACHED, f"A shop has {TASKS_PER_DAY} translations a day.")
    return {"translation_tasks": [_begin(call, uri, language) for uri, language in wanted]}


def _begin(call: Call, uri: str, language: str) -> dict[str, Any]:
    task = TranslationTask(
        id=call.env.mint_id(),
        shop_id=call.shop_id,
        image_uri=uri,
        language=language,
        created_ms=call.env.clock.now_ms(),
    )
    call.env.store.put(task, change="image_translation.begun")
    return {"id": task.id, "image_uri": uri, "target_language": language}


@handles("product.202506.get_image_translation_tasks")
def tell_translations(call: Call) -> dict[str, Any]:
    """Return how far tasks have come."""
    ids = call.query.get("translation_task_ids") or ()
    return {"translation_tasks": [_progress(call, id) for id in dict.fromkeys(ids)]}


def _progress(call: Call, id: str) -> dict[str, Any]:
    task = call.env.store.get(TranslationTask, call.shop_id, id)
    if task is None:
        raise RefusalError(TASK_UNKNOWN, f"There is no translation task {id}.")
    told: dict[str, Any] = {
        "id": task.id,
        "target_language": task.language,
        "original_image": {"uri": task.image_uri, "url": address_of(task.image_uri)},
    }
    if call.env.clock.now_ms() - task.created_ms < TRANSLATION_MS:
        return told | {"status": "PROCESSING"}
    if call.env.store.get(Upload, "", task.image_uri) is None:
        return told | {"status": "FAILED", "fail_reason": "The picture does not exist."}
    uri = f"{task.image_uri}-{task.language}"
    return told | {
        "status": "COMPLETED",
        "translated_image": {"uri": uri, "url": address_of(uri)},
    }
