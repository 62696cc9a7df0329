"""Recordings agree with the twin, survive a round trip, and differences are named rightly.

The shipped recordings are replayed. Then a session of the reference integration against a twin on
a socket is recorded through the proxy and verified against a twin lifted from it; one defect and
one drift are planted in a copy, and every kind of secret is planted in another.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
from cryptography.fernet import Fernet

from tts_chaos.cli.recording_files import find_recordings, read_recording
from tts_chaos.contracts.loader import load_contracts
from tts_chaos.contracts.recordings import Exchange, Origin, Recording
from tts_chaos.contracts.recordings.redaction import Redactor
from tts_chaos.engine.verification import Difference, verify_recording
from tts_chaos.errors import ContractError
from tts_chaos.reference import ReferenceIntegration, ReferenceSettings
from tts_chaos.reference.settings import make_shops
from tts_chaos.serving.http_reading import Origin as Stand
from tts_chaos.serving.http_server import HttpServer, Listener
from tts_chaos.serving.recording import CassetteFolder, RecordingDoor
from tts_chaos.serving.standalone import Setup, Standalone
from tts_chaos.wire.message import API_HOST, AUTH_HOST

CONTRACTS = load_contracts()
PLANTED = {
    "access_token": "TTP_live4Wq8ZtR2nB7yKc5LxVd0Gh3J",
    "refresh_token": "ROW_live9Kd83jfQmP2sLr7Tz5Xv1bN",
    "shop_cipher": "GCP_live9Kd83jfQmP2sLr7Tz5Xv1bN",
    "app_secret": "e59af819ccab33f0e59af819ccab33f0",
    "buyer_email": "jane.doe@shop.example.org",
    "phone_number": "(+44)1632960077",
    "full_name": "Jane Doe-Smithers",
    "address_line1": "14 Tanner's Row",
    "cpf": "123.456.789-09",
    "debug": "TTP_hidden4Wq8ZtR2nB7yKc5LxVd0G",
    "note": "write to bob@shop.example.org",
}


def main() -> int:
    """Print what agreed and each miss; return 0 where there is none."""
    shipped = [read_recording(path) for path in find_recordings([])]
    exchanges = sum(len(row.exchanges) for row in shipped)
    found = [verify_recording(row, CONTRACTS) for row in shipped]
    differing = {(row.file, one.exchange) for row in found for one in row.differences}
    with tempfile.TemporaryDirectory() as folder:
        recorded = _record(Path(folder))
    misses = [f"{file}, exchange {number}" for file, number in sorted(differing)]
    misses += [f"round trip: {one.operation} {one.path}" for one in _differences(recorded)]
    misses += [*_planted(recorded), *_secrets(recorded)]
    for miss in misses:
        print(f"MISS {miss}")
    trip = sum(len(row.exchanges) for row in recorded)
    print(
        f"recordings: {exchanges - len(differing)} of {exchanges} shipped exchanges agree with the "
        f"twin; {trip} of a recorded session agree with a lifted one; a planted defect and a "
        f"planted drift are named, {len(PLANTED)} planted secrets refused or replaced: "
        f"{'no' if misses else 'yes'}"
    )
    return 1 if misses else 0


def _record(folder: Path) -> list[Recording]:
    with ExitStack() as undo:
        twin = Standalone(Setup(orders=8, products=3)).start()
        undo.callback(twin.stop)
        there = twin.connection
        kept = CassetteFolder(folder / "out", CONTRACTS, key="proof", origin=Origin.RECORDED)
        door = RecordingDoor({API_HOST: there.api_url, AUTH_HOST: there.token_url}, kept)
        undo.callback(door.close)
        server = HttpServer(
            [
                Listener(name="api", door=door, origin=Stand(host=API_HOST)),
                Listener(name="token", door=door, origin=Stand(host=AUTH_HOST)),
            ]
        ).start()
        undo.callback(server.stop)
        urls = [f"http://{host}:{port}" for host, port in map(server.address, ("api", "token"))]
        settings = ReferenceSettings(
            app_key=there.app_key,
            app_secret=there.app_secret,
            access_token=there.access_token,
            refresh_token=there.refresh_token,
            access_token_expires_at=there.access_token_expires_at,
            refresh_token_expires_at=there.refresh_token_expires_at,
            shops=make_shops([[shop.id, shop.cipher] for shop in there.shops]),
            database=folder / "reference.sqlite3",
            encryption_key=Fernet.generate_key().decode(),
            api_url=urls[0],
            token_url=urls[1],
        )
        with ReferenceIntegration(settings) as reference:
            reference.sync_orders()
        if door.refused:
            raise SystemExit(f"not kept: {door.refused[0]}")
        return [read_recording(path) for path in find_recordings([str(folder / "out")])]


def _differences(recordings: list[Recording]) -> Iterator[Difference]:
    for recording in recordings:
        yield from verify_recording(recording, CONTRACTS).differences


def _planted(recordings: list[Recording]) -> Iterator[str]:
    """Yield what of a planted defect (status) and a planted drift (type) is not named."""
    detail = next(row for row in recordings if "get_order_detail" in row.path)
    first = detail.exchanges[0]
    answered = msgspec.structs.replace(first.response, status=500)
    drifted = msgspec.structs.replace(
        first.response, body=first.response.body.replace(b'"is_cod":false', b'"is_cod":"no"')
    )
    for response, kind in ((answered, "twin defect"), (drifted, "drift")):
        told = verify_recording(_with(detail, first, response=response), CONTRACTS)
        if kind not in {row.kind for row in told.differences}:
            yield f"a planted {kind} is not named"


def _with(recording: Recording, first: Exchange, **changed: object) -> Recording:
    exchange = msgspec.structs.replace(first, **changed)
    return msgspec.structs.replace(recording, exchanges=(exchange, *recording.exchanges[1:]))


def _secrets(recordings: list[Recording]) -> Iterator[str]:
    """Yield every planted secret that a redacted recording still holds."""
    for name, value in PLANTED.items():
        first = recordings[0].exchanges[0]
        body = msgspec.json.encode({"code": 0, "data": {"deep": [{name: value}]}})
        response = msgspec.structs.replace(first.response, body=body)
        try:
            cleaned = Redactor("proof").redact(_with(recordings[0], first, response=response))
        except ContractError:
            continue
        if value in cleaned.exchanges[0].response.body.decode():
            yield f"{name} remains"


if __name__ == "__main__":
    sys.exit(main())
