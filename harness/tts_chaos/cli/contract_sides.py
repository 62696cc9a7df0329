"""What `tts-chaos diff` compares: a folder of contracts, one OpenAPI document, or recordings."""

from __future__ import annotations

from pathlib import Path

from tts_chaos.cli.recording_files import find_recordings, read_recording
from tts_chaos.contracts.answers import WebhookEvent
from tts_chaos.contracts.diff import Difference, Surface, compare
from tts_chaos.contracts.diff.observed import compare_recordings
from tts_chaos.contracts.loader import Contracts, load_contracts
from tts_chaos.contracts.openapi import decode_document, read_operations, read_webhooks
from tts_chaos.contracts.operation import Operation
from tts_chaos.errors import ContractError, UsageError

__all__ = ["compare_paths", "read_surface"]


def compare_paths(old: Path, new: Path) -> tuple[tuple[Difference, ...], Surface]:
    """Return the differences, and the old contract.

    Raises:
        UsageError: If a path is not there, or recordings stand where a contract must.
        ContractError: If a file is wrong; names file and key.
    """
    if _is_recording(old):
        raise UsageError(
            f"{old} holds recordings; name the contract first and what was recorded second"
        )
    if not _is_recording(new):
        before = read_surface(old)
        return compare(before, read_surface(new)), before
    if not old.is_dir():
        raise UsageError(f"{old} is one document; recordings are compared with a contracts folder")
    contracts = load_contracts(old)
    found = compare_recordings(
        contracts, [read_recording(file) for file in find_recordings([str(new)])]
    )
    return found, _surface(contracts)


def read_surface(path: Path) -> Surface:
    """Return the operations and events in a folder or document.

    Raises:
        UsageError: If the path is not there.
        ContractError: If a file is wrong, or states an operation twice; names file and key.
    """
    if path.is_dir():
        return _surface(load_contracts(path))
    try:
        document = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"cannot read {path}: {error.strerror}; expected a contracts folder, an OpenAPI "
            "document, or a recording"
        ) from None
    root = decode_document(document, path=str(path))
    operations: dict[str, Operation] = {}
    for row in read_operations(root, path=str(path)):
        if row.id in operations:
            raise ContractError(f"operation {row.id!r} is described twice", path=str(path))
        operations[row.id] = row
    webhooks: dict[int, WebhookEvent] = {}
    for event in read_webhooks(root, path=str(path)):
        if event.type in webhooks:
            raise ContractError(f"webhook type {event.type} is described twice", path=str(path))
        webhooks[event.type] = event
    return Surface(operations=operations, webhooks=webhooks)


def _surface(contracts: Contracts) -> Surface:
    return Surface(operations=contracts.operations, webhooks=contracts.webhooks)


def _is_recording(path: Path) -> bool:
    if path.is_dir():
        return not (path / "openapi").is_dir() and any(
            file.suffix in (".yaml", ".yml", ".har") for file in path.rglob("*")
        )
    return path.suffix in (".yaml", ".yml", ".har")
