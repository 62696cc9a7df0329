"""A toxic as the control interface knows it: its type, stream, toxicity and attributes."""

from __future__ import annotations

from typing import Any

from tts_chaos.serving.fault_proxy.engine.go_json import (
    decode,
    mismatch,
    read_members,
    shortest_float32,
)
from tts_chaos.serving.fault_proxy.engine.refusal import RefusedError
from tts_chaos.serving.fault_proxy.engine.toxics import STAGES

__all__ = ["STREAMS", "Toxic", "read_toxic"]

STREAMS = ("upstream", "downstream")
"""Towards the server, and back to the client; also the order in which toxics are listed."""

_MEMBERS = {
    "attributes": "toxics.NoopToxic",
    "name": "string",
    "type": "string",
    "stream": "string",
    "toxicity": "float32",
}
_UPDATE = {"attributes": "attributes", "toxicity": "float32"}
_UPDATE_TYPE = (
    'struct { Attributes interface {} "json:\\"attributes\\""; '
    'Toxicity float32 "json:\\"toxicity\\"" }'
)


class Toxic:
    """One toxic of one proxy.

    Args:
        name: Unique within the proxy.
        kind: Key of `STAGES`; `type` on the wire.
        stream: `upstream` or `downstream`, in the case in which it was given.
        toxicity: Share of connections it acts on, 0 to 1.
    """

    def __init__(self, name: str, kind: str, stream: str, toxicity: float) -> None:
        self.name = name
        self.kind = kind
        self.stream = stream
        self.toxicity = toxicity
        self.stage_type = STAGES[kind]
        self.attributes = dict.fromkeys(self.stage_type.attributes, 0)

    @property
    def direction(self) -> str:
        """The member of `STREAMS` it acts on."""
        return self.stream.lower()

    def set_attributes(self, value: Any) -> None:
        """Take over the attributes given; the rest stay.

        Raises:
            RefusedError: If one has a wrong type.
        """
        structure = self.stage_type.wire_structure
        given = read_members(
            value,
            self.stage_type.attributes,
            whole=f"toxics.{structure}",
            owner=f"{structure}.attributes.",
        )
        self.attributes.update(given)

    def update(self, body: bytes) -> None:
        """Take over attributes and toxicity from a request body.

        Raises:
            RefusedError: If the body is malformed; attributes of the right type may have changed.
        """
        value = decode(body)
        if value is not None and not isinstance(value, dict):
            raise mismatch(value, _UPDATE_TYPE)
        members = read_members(value, _UPDATE, whole=_UPDATE_TYPE, owner=".")
        self.set_attributes(members.get("attributes"))
        self.toxicity = members.get("toxicity", self.toxicity)

    def to_json(self) -> dict[str, Any]:
        """Return it as the interface shows it."""
        return {
            "attributes": self.attributes,
            "name": self.name,
            "type": self.kind,
            "stream": self.stream,
            "toxicity": shortest_float32(self.toxicity),
        }


def read_toxic(body: bytes) -> Toxic:
    """Return the toxic that a request body describes.

    Raises:
        RefusedError: With status 400 when the body is malformed.
    """
    value = decode(body)
    members = read_members(value, _MEMBERS, whole="toxics.ToxicWrapper", owner="ToxicWrapper.")
    kind = members.get("type", "")
    stream = members.get("stream", "downstream")
    if stream.lower() not in STREAMS:
        raise RefusedError("stream was invalid, can be either upstream or downstream")
    if kind not in STAGES:
        raise RefusedError("invalid toxic type")
    name = members.get("name") or f"{kind}_{stream}"
    toxic = Toxic(name, kind, stream, members.get("toxicity", 1.0))
    toxic.set_attributes(members.get("attributes"))
    return toxic
