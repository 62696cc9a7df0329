"""The last gate: query and body are read and checked by the contract of the operation.

Unknown fields are noted, not refused: the platform ignores them as far as is known (assumed), and a
misspelt filter that is ignored silently is worth telling.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tts_chaos.contracts.operation import Operation
from tts_chaos.contracts.validation import Checked, check_body, check_parts, check_query
from tts_chaos.twin.desk import Admission, Desk
from tts_chaos.twin.handler import RefusalError
from tts_chaos.wire.codes import ApiCode
from tts_chaos.wire.message import ApiRequest
from tts_chaos.wire.multipart import parse_multipart

__all__ = ["read_parameters"]

MULTIPART = "multipart/form-data"
LARGEST_UPLOAD_BYTES = 10 * 1024 * 1024


def read_parameters(desk: Desk, admission: Admission) -> None:
    """Fill `query` and `body` of the admission, or refuse with the field's name.

    Source: error table, 36009004 and 36009022 (documented codes).
    """
    is_lenient = not desk.env.settings.strict
    operation, request = admission.target, admission.request
    _check_media_type(operation, admission, is_lenient=is_lenient)
    pairs = list(request.query_pairs)
    if is_lenient:
        pairs += _defaults(operation, request, admission.notes)
    query = check_query(operation, pairs, lenient=is_lenient)
    if operation.content_type == MULTIPART:
        body = check_parts(operation, _parts(request))
    else:
        body = check_body(operation, request.body, lenient=is_lenient)
    for checked in (query, body):
        _refuse_problems(checked)
        admission.notes.extend(warning.text for warning in checked.warnings)
    admission.query, admission.body = query.value, body.value


def _parts(request: ApiRequest) -> Mapping[str, Any]:
    """Return the parts of an upload.

    Source: error table (documented codes of a wrong media type and of too large an upload; the
    limit itself is assumed).
    """
    content_type = request.header("content-type") or ""
    if not content_type.lower().startswith(MULTIPART):
        raise RefusalError(
            ApiCode.NOT_MULTIPART, diagnosis=f"the content type is {content_type or 'missing'}"
        )
    if len(request.body) > LARGEST_UPLOAD_BYTES:
        raise RefusalError(ApiCode.FILE_TOO_LARGE)
    parts = parse_multipart(content_type, request.body)
    if parts is None:
        raise RefusalError(ApiCode.BODY_UNREADABLE, diagnosis="the body has no readable parts")
    return parts


def _refuse_problems(checked: Checked) -> None:
    if checked.ok:
        return
    first = checked.problems[0]
    variant = "parameter_invalid" if first.code == ApiCode.BAD_REQUEST else ""
    raise RefusalError(
        first.code,
        first.text if variant else None,
        variant=variant,
        diagnosis="; ".join(problem.text for problem in checked.problems),
    )


def _check_media_type(operation: Operation, admission: Admission, *, is_lenient: bool) -> None:
    """Refuse a JSON body that is declared as something else."""
    if not admission.request.body or operation.body_schema is None:
        return
    if operation.content_type == MULTIPART:
        return
    sent = (admission.request.header("content-type") or "").partition(";")[0].strip().lower()
    if sent == operation.content_type:
        return
    if not is_lenient:
        raise RefusalError(
            ApiCode.BODY_UNREADABLE, diagnosis=f"the content type is {sent or 'missing'}"
        )
    admission.notes.append(f"content type {sent or 'missing'}, tolerated")


def _defaults(
    operation: Operation, request: ApiRequest, notes: list[str]
) -> Iterable[tuple[str, str]]:
    """Yield defaults for required parameters that a lenient platform does without."""
    for parameter in operation.parameters:
        is_absent = request.parameter(parameter.name) is None
        if parameter.required and is_absent and "default" in parameter.schema:
            notes.append(f"param query.{parameter.name} is missing, taken as its default")
            yield parameter.name, str(parameter.schema["default"])
