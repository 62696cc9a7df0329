"""The contracts as other tools have to read them: plain OpenAPI 3.1, one document for a host.

Four things differ from the files of `contracts/openapi/`, and nothing is left out:

- The gateway's own parameters (`app_key`, `timestamp`, `sign` and the ciphers) are gone: they are
  what a signing client adds to any call, as it adds the token.
- Status 200 is either the answer described, where the code is 0, or a refusal.
- Integers without a format are bounded as 64-bit integers are.
- `contracts/links.json` is merged in: which answer's field feeds which parameter.
"""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import msgspec

from tts_chaos._data import data_folder
from tts_chaos.contracts.bounds import with_bounds
from tts_chaos.contracts.openapi import COMMON_PARAMETERS
from tts_chaos.contracts.operation import Provenance

__all__ = [
    "Link",
    "domains",
    "link_document",
    "links",
    "links_of",
    "open_document",
    "operation_ids",
]

_FOLDER = data_folder("contracts")
_REFUSAL = {"$ref": "#/components/schemas/Refusal"}


class Link(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One answer's field as another call's argument.

    Attributes:
        source: Operation that answers.
        target: Operation that is called next.
        parameters: By `<place>.<name>`, a runtime expression of OpenAPI.
        body: A body in which texts that start with `$` are runtime expressions; None for none.
        provenance: How well it is known that the one fits the other.
    """

    source: str = msgspec.field(name="from")
    target: str = msgspec.field(name="to")
    provenance: Provenance
    parameters: dict[str, str] = {}
    body: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """Name in OpenAPI, of letters, digits, `.`, `-` and `_`."""
        return f"{self.source}-{self.target}"


class _LinksFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    about: str
    links: tuple[Link, ...]


@cache
def links() -> tuple[Link, ...]:
    """Return the links of `contracts/links.json`."""
    data = (_FOLDER / "links.json").read_bytes()
    return msgspec.json.decode(data, type=_LinksFile).links


def links_of(domain: str) -> tuple[Link, ...]:
    """Return the links that start in a domain."""
    return tuple(link for link in links() if link.source.startswith(f"{domain}."))


@cache
def domains() -> tuple[str, ...]:
    """Return the names of the documents."""
    return tuple(sorted(path.stem for path in (_FOLDER / "openapi").glob("*.json")))


def open_document(domain: str) -> dict[str, Any]:
    """Return one document, ready for other tools."""
    data = (_FOLDER / "openapi" / f"{domain}.json").read_bytes()
    document: dict[str, Any] = copy.deepcopy(msgspec.json.decode(data))
    document.pop("webhooks", None)
    is_token_host = domain == "token"
    for operation in _operations(document).values():
        if not is_token_host:
            operation["parameters"] = _own_parameters(operation, document)
        _allow_refusal(operation)
        _bound(operation)
    for schema in document["components"]["schemas"].values():
        schema.update(with_bounds(schema))
    return document


def link_document(domain: str) -> dict[str, Any]:
    """Return the operations that the links of a domain join, of whichever document, with the links.

    Searches stand there without filters and page tokens: what they find is where the links begin.

    Args:
        domain: Where the links start.
    """
    rows = links_of(domain)
    joined = {id for link in rows for id in (link.source, link.target)}
    merged = _merged(sorted({id.split(".")[0] for id in joined}))
    for verbs in merged["paths"].values():
        for verb in [v for v, row in verbs.items() if row["operationId"] not in joined]:
            del verbs[verb]
    merged["paths"] = {path: verbs for path, verbs in merged["paths"].items() if verbs}
    operations = _operations(merged)
    fed = {link.target for link in rows if link.body is not None}
    for id, operation in operations.items():
        if id not in fed:
            _search_all(operation)
    for link in rows:
        answer = operations[link.source]["responses"]["200"]
        answer.setdefault("links", {})[link.name] = _as_openapi(link)
    return merged


def _merged(names: list[str]) -> dict[str, Any]:
    merged, *others = map(open_document, names)
    for other in others:
        for path, verbs in other["paths"].items():
            merged["paths"].setdefault(path, {}).update(verbs)
        merged["components"]["schemas"] |= other["components"]["schemas"]
    return merged


def _search_all(operation: dict[str, Any]) -> None:
    kept = [row for row in operation["parameters"] if row["name"] != "page_token"]
    operation["parameters"] = kept
    if "requestBody" in operation and _is_search(operation):
        operation["requestBody"]["content"] = {
            "application/json": {"schema": {"type": "object", "maxProperties": 0}}
        }


def _is_search(operation: dict[str, Any]) -> bool:
    return "search" in operation["operationId"] or operation["operationId"].endswith("_list")


def _as_openapi(link: Link) -> dict[str, Any]:
    written: dict[str, Any] = {"operationId": link.target, "parameters": dict(link.parameters)}
    if link.body is not None:
        written["requestBody"] = link.body
        # Otherwise the tool puts the link's part over a body of its own making.
        written["x-schemathesis"] = {"merge_body": False}
    return written


def operation_ids(document: dict[str, Any]) -> list[str]:
    """Return the ids of a document's operations, in its order."""
    return list(_operations(document))


def _operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    rows = [row for verbs in document["paths"].values() for row in verbs.values()]
    return {row["operationId"]: row for row in rows}


def _own_parameters(operation: dict[str, Any], document: dict[str, Any]) -> list[dict[str, Any]]:
    named = document["components"].get("parameters", {})
    rows = [
        named[row["$ref"].rpartition("/")[2]] if "$ref" in row else row
        for row in operation.get("parameters", [])
    ]
    return [dict(row) for row in rows if row["name"] not in COMMON_PARAMETERS]


def _bound(operation: dict[str, Any]) -> None:
    for parameter in operation["parameters"]:
        if "schema" in parameter:
            parameter["schema"] = with_bounds(parameter["schema"])


def _allow_refusal(operation: dict[str, Any]) -> None:
    media = operation["responses"]["200"]["content"]["application/json"]
    is_success = {"properties": {"code": {"const": 0}}, "required": ["code"]}
    media["schema"] = {"if": is_success, "then": media["schema"], "else": _REFUSAL}
