"""Prism, Mockoon and WireMock, answering the twin's own bodies from an OpenAPI document or stubs.

They are installed by npm into the project's ignored folder, once; what is missing is skipped with
a printed reason.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.proofs.twin_speed.servers import Server, free_port, running

from tts_chaos.wire.message import ApiRequest

FOLDER = Path(__file__).parents[3] / ".tts-chaos" / "peers"
PACKAGES = ("@stoplight/prism-cli@5", "@mockoon/cli@9", "wiremock@3")
JAR = "node_modules/wiremock/build/wiremock-standalone-*.jar"
INSTALL_LIMIT_S = 400.0

Answers = Sequence[tuple[ApiRequest, bytes]]


def start_peers(stack: ExitStack, answers: Answers) -> dict[str, Server]:
    """Start what can be had; prints why anything is left out."""
    problem = _install()
    if problem:
        print(f"Prism, Mockoon and WireMock left out: {problem}", flush=True)
        return {}
    document = FOLDER / "stub.json"
    document.write_text(json.dumps(_openapi(answers)))
    _write_mappings(answers)
    servers = {}
    for name, command, port in _commands(document):
        try:
            servers[name] = stack.enter_context(running(command, port))
        except (OSError, RuntimeError) as error:
            print(f"{name} left out: {error}", flush=True)
    return servers


def _commands(document: Path) -> list[tuple[str, list[str], int]]:
    binaries = FOLDER / "node_modules" / ".bin"
    ports = [free_port() for _ in range(3)]
    jar = str(next(FOLDER.glob(JAR), "wiremock.jar"))
    prism = [str(binaries / "prism"), "mock", "-h", "127.0.0.1", "-v", "silent"]
    mockoon = [str(binaries / "mockoon-cli"), "start", "--disable-log-to-file"]
    wiremock = ["java", "-jar", jar, "--bind-address", "127.0.0.1", "--no-request-journal"]
    return [
        ("Prism", [*prism, "-p", str(ports[0]), str(document)], ports[0]),
        ("Mockoon", [*mockoon, "--data", str(document), "--port", str(ports[1])], ports[1]),
        (
            "WireMock",
            [*wiremock, "--port", str(ports[2]), "--root-dir", str(FOLDER / "wiremock")],
            ports[2],
        ),
    ]


def _install() -> str:
    """Install the packages where they are not; returns what is in the way, "" for nothing."""
    if (FOLDER / "node_modules" / ".bin" / "prism").exists() and next(FOLDER.glob(JAR), None):
        return ""
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed"
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(FOLDER), *PACKAGES]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_LIMIT_S)
    except (OSError, subprocess.SubprocessError) as error:
        return f"npm install failed: {error}"
    return ""


def _openapi(answers: Answers) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for request, body in answers:
        content = {"application/json": {"schema": {}, "example": json.loads(body)}}
        operation: dict[str, Any] = {
            "responses": {"200": {"description": "As the twin", "content": content}}
        }
        if request.method == "POST":
            operation["requestBody"] = {"content": {"application/json": {"schema": {}}}}
        paths.setdefault(request.path, {})[request.method.lower()] = operation
    info = {"title": "The same answers", "version": "1"}
    return {"openapi": "3.0.3", "info": info, "paths": paths}


def _write_mappings(answers: Answers) -> None:
    folder = FOLDER / "wiremock" / "mappings"
    folder.mkdir(parents=True, exist_ok=True)
    mappings = [
        {
            "request": {"method": request.method, "urlPath": request.path},
            "response": {
                "status": 200,
                "headers": {"content-type": "application/json"},
                "body": body.decode(),
            },
        }
        for request, body in answers
    ]
    (folder / "stubs.json").write_text(json.dumps({"mappings": mappings}))


def fetch(port: int, request: bytes) -> bytes:
    """Return the body that a server answers to one request."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request.replace(b"host:", b"connection: close\r\nhost:", 1))
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    return answer.partition(b"\r\n\r\n")[2]
