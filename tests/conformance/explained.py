"""Failures of Schemathesis that are right of the twin, each with the reason.

A row says which check, on which operation, on what answer. Every row has to be needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from tts_chaos.contracts.operation import matches_operation
from tts_chaos.twin.answers import DECLINED
from tts_chaos.wire.codes import ApiCode

__all__ = ["ANY", "EXPLAINED", "Explained", "explanation_of"]

ANY = "*"
FILE_NAME_REFUSED = 12019105
NOT_THE_ANSWER = -1
"""For checks that make calls of their own: the answer at hand is another one."""

NO_ENVELOPE = -2
"""The code of an answer that is none."""


@dataclass(frozen=True, kw_only=True)
class Explained:
    """Why a check may fail.

    Attributes:
        check: Title that the tool gives the failure.
        operation: Id of the operation, `<domain>.*`, or `*`.
        status: HTTP status of the answer.
        code: Code of the answer.
        reason: Why the answer is right all the same.
        seen_in: Domain in which a run has to need the row; "" where only a longer one does
            (`make prove-conformance`).
        words: What the message of the failure or of the answer has to hold.
    """

    check: str
    reason: str
    seen_in: str
    operation: str = ANY
    status: int = 400
    code: int = ApiCode.BAD_REQUEST
    words: str = ""


UNDECLARED = "Wrong response to undeclared method"
REJECTED = "Schema-valid request rejected"
ACCEPTED = "Schema-violating request accepted"
UNAUTHENTICATED = "Unexpected response to a request without authentication"

NOWHERE = "A well-formed id may name nothing; no other code is known for it (assumed)."
RETIRED = "The version was removed, on the day that its contract says."
IN_PROSE = "The rule is told in prose, not in the schema."

EXPLAINED: tuple[Explained, ...] = (
    Explained(
        check=UNDECLARED,
        code=ApiCode.VERB_REFUSED,
        reason="The code of a wrong verb is documented; neither a status nor `Allow` is.",
        seen_in="seller",
    ),
    Explained(
        check=UNDECLARED,
        operation="token.*",
        status=404,
        code=NO_ENVELOPE,
        reason="The token host says 404 in plain text (recorded).",
        seen_in="token",
    ),
    Explained(
        check=UNAUTHENTICATED,
        status=NOT_THE_ANSWER,
        code=NOT_THE_ANSWER,
        reason="A call without app_key is refused with 400 and 36009004 (recorded).",
        seen_in="seller",
        words="got `400 Bad Request`",
    ),
    Explained(
        check="Server error",
        status=DECLINED,
        code=DECLINED,
        reason="The operation is declined, which the twin says with a status of its own.",
        seen_in="open",
    ),
    Explained(
        check=ACCEPTED,
        operation="token.*",
        status=200,
        reason="The token host tells refusals under status 200 (recorded).",
        seen_in="token",
    ),
    Explained(
        check=REJECTED,
        reason="Only the platform makes page tokens; its schema calls any text one.",
        seen_in="finance",
        words="Invalid page_token",
    ),
    Explained(
        check=ACCEPTED,
        operation="product.202309.upload_product_file",
        status=200,
        code=FILE_NAME_REFUSED,
        reason="A field of a form is text: one that spells `true` is still a string.",
        seen_in="",
        words="violates `type` at /properties/name (was string",
    ),
    Explained(check=REJECTED, reason=IN_PROSE, seen_in="finance", words="Invalid page_size"),
    Explained(
        check=REJECTED,
        operation="event.202309.update_shop_webhook",
        reason=IN_PROSE,
        seen_in="event",
        words="`body.address` must be an https address",
    ),
    Explained(check=REJECTED, reason=NOWHERE, seen_in="order", words="is no order of this shop"),
    Explained(
        check=REJECTED, reason=NOWHERE, seen_in="finance", words="is no statement of this shop"
    ),
    Explained(
        check=REJECTED, reason=NOWHERE, seen_in="promotion", words="The coupon does not exist"
    ),
    Explained(
        check=REJECTED,
        operation="product.listing_schemas",
        code=ApiCode.VERSION_REFUSED,
        reason=RETIRED,
        seen_in="product",
    ),
    Explained(
        check=REJECTED,
        operation="finance.202309.get_payments",
        code=ApiCode.VERSION_REFUSED,
        reason=RETIRED,
        seen_in="finance",
    ),
    Explained(
        check=REJECTED,
        operation="finance.202309.get_transactionsby_statement",
        code=ApiCode.VERSION_REFUSED,
        reason=RETIRED,
        seen_in="finance",
    ),
)


def explanation_of(failure: Any, case: Any, response: Any) -> Explained | None:
    """Return the row that explains a failure, or None."""
    operation = case.operation.definition.raw.get("operationId", "")
    code, message = _read(response.content)
    text = f"{failure.message}\n{message}"
    for row in EXPLAINED:
        is_here = row.operation == ANY or matches_operation(row.operation, operation)
        is_so = row.status == NOT_THE_ANSWER or (row.status, row.code) == (
            response.status_code,
            code,
        )
        if row.check == failure.title and is_here and is_so and row.words in text:
            return row
    return None


def _read(body: bytes) -> tuple[int, str]:
    """Return code and message of an answer."""
    try:
        envelope = msgspec.json.decode(body)
        return int(envelope["code"]), str(envelope["message"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return NO_ENVELOPE, ""
