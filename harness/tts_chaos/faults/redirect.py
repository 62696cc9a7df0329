"""Something between the integration and the platform answers with another address.

Source: pitfall E13 (inferred): the platform itself is not known to redirect, so that a redirect
comes from a gateway, a moved base address or an attacker.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from tts_chaos.faults.effect import AnswerInstead, Effect, Moment
from tts_chaos.faults.fault import Fault, Trigger, register_fault
from tts_chaos.wire.message import ApiResponse

__all__ = ["Redirected"]


@register_fault
class Redirected(Fault, frozen=True, kw_only=True):
    """Calls are answered with a redirect; nothing is done.

    Attributes:
        status: Kind of redirect; 307 and 308 keep verb and body, the others do not.
        to_host: Host that the redirect names. The path and the query, signature included, stay.
    """

    name: ClassVar[str] = "redirected"
    family: ClassVar[str] = "endpoint"
    cause: ClassVar[str] = "endpoint"
    summary: ClassVar[str] = "calls are answered with a redirect to another host"
    default_trigger: ClassVar[Trigger] = Trigger(host="api")

    status: Literal[301, 302, 303, 307, 308] = 307
    to_host: str = "open-api.tiktokshop.com"

    def effects(self, moment: Moment) -> tuple[Effect, ...]:
        """Answer with the other address."""
        request = moment.request
        query = f"?{request.query}" if request.query else ""
        location = f"https://{self.to_host}{request.path}{query}"
        response = ApiResponse(status=self.status, headers=(("location", location),))
        return (AnswerInstead(response=response),)
