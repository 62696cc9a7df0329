"""Record exchanges with the real platform, redacted, as cassettes.

Point your integration at the addresses printed; requests are passed on unchanged. Nothing is sent
anywhere without --i-own-this-shop.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import threading
from pathlib import Path

from tts_chaos.cli.signals import until_interrupted
from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.recordings import Origin
from tts_chaos.errors import UsageError
from tts_chaos.serving.http_reading import Origin as Stand
from tts_chaos.serving.http_server import HttpServer, Listener
from tts_chaos.serving.recording import CassetteFolder, RecordingDoor, check_upstream
from tts_chaos.wire.message import API_HOST, AUTH_HOST

__all__ = ["add_arguments", "record", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--to", required=True, metavar="DIR", help="folder for the cassettes")
    parser.add_argument(
        "--i-own-this-shop",
        action="store_true",
        help="really pass requests on to the platform, with your credentials",
    )
    parser.add_argument("--upstream", default=f"https://{API_HOST}", help="the API host")
    parser.add_argument("--token-upstream", default=f"https://{AUTH_HOST}", help="the token host")
    parser.add_argument("--port", type=int, default=0, help="port for the API host (free one)")
    parser.add_argument("--token-port", type=int, default=0, help="port for the token host")


def run(options: argparse.Namespace) -> int:
    """Record until interrupted; returns 0, or 1 where something could not be kept.

    Raises:
        UsageError: Without consent, or with an unusable upstream or folder.
        BackendUnavailableError: If a port is in use.
    """
    with until_interrupted() as interrupted:
        return record(options, interrupted)


def record(options: argparse.Namespace, interrupted: threading.Event) -> int:
    """Record until the event is set; returns the exit code."""
    if not options.i_own_this_shop:
        raise UsageError(
            "recording sends your requests to the real platform; say --i-own-this-shop if that is "
            "what you want"
        )
    upstreams = {
        API_HOST: check_upstream(options.upstream),
        AUTH_HOST: check_upstream(options.token_upstream),
    }
    folder = _folder(Path(options.to))
    door = RecordingDoor(upstreams, folder)
    server = HttpServer(
        [
            Listener(name="api", door=door, origin=Stand(host=API_HOST), port=options.port),
            Listener(
                name="token", door=door, origin=Stand(host=AUTH_HOST), port=options.token_port
            ),
        ]
    ).start()
    try:
        for name in ("api", "token"):
            host, port = server.address(name)
            print(f"{name}: http://{host}:{port} -> {list(upstreams.values())[name == 'token']}")
        print("recording; Ctrl-C ends it", flush=True)
        while not interrupted.wait(0.2) and server.failure is None:
            pass
    finally:
        server.stop()
        door.close()
    return _tell(door, folder, server.failure)


def _folder(path: Path) -> CassetteFolder:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make the folder {path}: {error.strerror}") from error
    return CassetteFolder(path, load_contracts(), key=secrets.token_hex(16), origin=Origin.RECORDED)


def _tell(door: RecordingDoor, folder: CassetteFolder, failure: BaseException | None) -> int:
    for name, count in folder.files.items():
        print(f"  {name}: {count} exchange{'s' if count > 1 else ''}")
    print(f"{door.passed} passed on, {folder.foreign} of unknown paths left out")
    problems = [*door.refused, *([str(failure)] if failure else [])]
    for problem in problems:
        print(f"tts-chaos record: {problem}", file=sys.stderr)
    return 1 if problems else 0
