# ruff: noqa: E501 - one mistake a line
"""The configuration file: what it means, and what is said of each mistake in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tts_chaos.errors import IntegrationFileError
from tts_chaos.subjects.external.loader import find_configuration, load_configuration
from tts_chaos.subjects.external.model import (
    CommandCall,
    Configuration,
    HttpCall,
    HttpReady,
    LineReady,
    PortReady,
    SqlQuery,
    StartAgain,
)

WHOLE = """
[integration]
start = "node 'my shop.mjs' --port {port}"
folder = "."
ready = "GET /health"
ready_within_s = 5
base_url = "http://127.0.0.1:{port}/app/"
inherit = ["GOPROXY"]

[integration.env]
TTS_API_URL = "{api_url}"
AS_IT_IS = '{"a": {"b": 1}, "c": {}}'

[integration.capabilities]
sync_orders = "POST /sync"
push_stock = { http = "PUT /stock", body = '{"all": {changes}}', headers = { A = "{app_key}" } }
ship = { command = ["node", "ship.mjs", "{order_id}"] }
deliver_webhook = "POST /webhook"
orders = { http = "GET /orders", at = "data.orders" }
stock = { sql = "select sku_id, quantity from stock", database = "sqlite:{workspace}/shop.db" }
restart = true
flush = false

[integration.search]
files = ["logs/*.log", "{workspace}/*.txt"]
urls = ["GET /debug"]
databases = ["postgresql://127.0.0.1/shop"]

[integration.reach]
how = "environment"
"""

SHORTEST = """
[integration]
start = ["node", "shop.mjs", "{port}"]
[integration.capabilities]
orders = "GET /orders"
"""


def _load(folder: Path, text: str, name: str = "tts-chaos.toml") -> Configuration:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return load_configuration(file)


def _refusal(folder: Path, text: str, name: str = "tts-chaos.toml") -> str:
    with pytest.raises(IntegrationFileError) as caught:
        _load(folder, text, name)
    assert str(folder / name) in str(caught.value)
    return str(caught.value).replace(str(folder), "FOLDER")


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    read = _load(tmp_path, WHOLE)

    assert read == Configuration(
        file=tmp_path / "tts-chaos.toml",
        key="integration",
        folder=tmp_path,
        start=("node", "my shop.mjs", "--port", "{port}"),
        ready=HttpReady(path="/health"),
        ready_within_s=5,
        base_url="http://127.0.0.1:{port}/app",
        connect=None,
        env={"TTS_API_URL": "{api_url}", "AS_IT_IS": '{"a": {"b": 1}, "c": {}}'},
        inherit=("GOPROXY",),
        capabilities={
            "sync_orders": HttpCall(method="POST", path="/sync"),
            "push_stock": HttpCall(
                method="PUT",
                path="/stock",
                headers={"A": "{app_key}"},
                body='{"all": {changes}}',
            ),
            "ship": CommandCall(argv=("node", "ship.mjs", "{order_id}")),
            "deliver_webhook": HttpCall(method="POST", path="/webhook"),
            "orders": HttpCall(method="GET", path="/orders", at="data.orders"),
            "stock": SqlQuery(
                query="select sku_id, quantity from stock", database="sqlite:{workspace}/shop.db"
            ),
            "restart": StartAgain(),
        },
        search_files=("logs/*.log", "{workspace}/*.txt"),
        search_databases=("postgresql://127.0.0.1/shop",),
        search_urls=("GET /debug",),
        reach="environment",
    )


def test_the_shortest_file_is_read(tmp_path: Path) -> None:
    read = _load(tmp_path, SHORTEST)

    assert (read.ready, read.ready_within_s, read.base_url) == (
        PortReady(),
        20,
        "http://127.0.0.1:{port}",
    )


def test_the_same_table_may_stand_in_pyproject(tmp_path: Path) -> None:
    text = WHOLE.replace("[integration", "[tool.tts_chaos.integration")

    read = _load(tmp_path, text, "pyproject.toml")

    assert read.key == "tool.tts_chaos.integration"
    assert read.capabilities == _load(tmp_path, WHOLE).capabilities


def test_a_line_of_output_may_say_that_it_is_ready(tmp_path: Path) -> None:
    text = SHORTEST.replace("[integration.cap", 'ready = { line = "listening" }\n[integration.cap')

    assert _load(tmp_path, text).ready == LineReady(text="listening")


def test_commands_alone_need_nothing_that_runs(tmp_path: Path) -> None:
    read = _load(tmp_path, '[integration.capabilities]\norders = { command = "php orders.php" }\n')

    assert (read.start, read.ready) == (None, None)


def test_a_program_that_runs_already_is_told_about_the_twin(tmp_path: Path) -> None:
    read = _load(
        tmp_path,
        '[integration]\nbase_url = "http://localhost:8080"\nconnect = "POST /connect"\n'
        '[integration.capabilities]\norders = "GET /orders"\n',
    )

    assert read.connect == HttpCall(method="POST", path="/connect")


# -- mistakes -------------------------------------------------------------------------------------

OF_A_KEY = {
    # What is written instead of what, where the error points, and what it says.
    "start": ("start =", "strat =", "integration.strat", "Did you mean 'start'?"),
    "folder": ("folder =", "foldr =", "integration.foldr", "Did you mean 'folder'?"),
    "ready": ("ready =", "raedy =", "integration.raedy", "Did you mean 'ready'?"),
    "ready_within_s": ("ready_within_s", "ready_within", ".ready_within", "'ready_within_s'?"),
    "base_url": ("base_url", "baseurl", "integration.baseurl", "Did you mean 'base_url'?"),
    "inherit": ("inherit", "inherits", "integration.inherits", "Did you mean 'inherit'?"),
    "env": (".env]", ".envs]", "integration.envs", "Did you mean 'env'?"),
    "capabilities": (".capabilities]", ".capabilites]", ".capabilites", "'capabilities'?"),
    "search": (".search]", ".serach]", "integration.serach", "Did you mean 'search'?"),
    "search.files": ("files =", "file =", "integration.search.file", "Did you mean 'files'?"),
    "search.urls": ("urls =", "url =", "integration.search.url", "Did you mean 'urls'?"),
    "reach": (".reach]", ".reech]", "integration.reech", "Did you mean 'reach'?"),
    "reach.how": ("how =", "hwo =", "integration.reach.hwo", "Did you mean 'how'?"),
    "integration": ("[integration", "[integrations", "integrations", "Did you mean 'integration'?"),
    "a capability": ("sync_orders", "sync_order", ".sync_order:", "Did you mean 'sync_orders'?"),
    "an observation": ("orders = {", "order = {", "capabilities.order:", "'orders'?"),
    "http": ("http = \"GET", "htpp = \"GET", "capabilities.orders:", "Did you mean 'http'?"),
    "command": ("command =", "comand =", "capabilities.ship:", "Did you mean 'command'?"),
    "sql": ("sql =", "sqll =", "capabilities.stock:", "Did you mean 'sql'?"),
    "database": ("database =", "databse =", "stock.databse", "Did you mean 'database'?"),
    "body": ("body =", "bdy =", "push_stock.bdy", "Did you mean 'body'?"),
    "headers": ("headers =", "header =", "push_stock.header", "Did you mean 'headers'?"),
    "at": ("at =", "att =", "capabilities.orders.att", "Did you mean 'at'?"),
    "a method": ("POST /sync", "PSOT /sync", ".sync_orders:", "Did you mean 'POST'?"),
    "a placeholder in env": ("{api_url}", "{api_ulr}", "env.TTS_API_URL", "{api_url}?"),
    "a placeholder in start": ("{port}\"\nf", "{prot}\"\nf", "integration.start", "{port}?"),
    "a placeholder in a command": ("{order_id}", "{orderid}", "ship.command", "{order_id}?"),
    "a placeholder in a body": ("{changes}", "{change}", "push_stock.body", "{changes}?"),
    "a placeholder in a header": ("{app_key}", "{appkey}", "push_stock.headers", "{app_key}?"),
    "a placeholder of a database": ("{workspace}/s", "{wrkspace}/s", "stock.database", "workspace"),
    "a placeholder of a file": ("{workspace}/*", "{wrkspace}/*", "search.files[1]", "workspace"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", OF_A_KEY)
def test_a_typing_error_is_answered_with_the_right_word(tmp_path: Path, mistake: str) -> None:
    right, wrong, key, told = OF_A_KEY[mistake]
    assert right in WHOLE

    message = _refusal(tmp_path, WHOLE.replace(right, wrong))

    assert key in message
    assert told in message


OF_A_VALUE = {
    "a number for a command": ('start = "node', 'start = 5 #', "integration.start: expected a command"),
    "quotes that do not end": ("'my shop.mjs'", "'my shop", "cannot be split into words"),
    "an empty command": ("start = \"node 'my shop.mjs' --port {port}\"", "start = []", "got nothing"),
    "a folder that is not there": ('folder = "."', 'folder = "none"', "FOLDER/none is none"),
    "a write for readiness": ('"GET /health"', '"POST /health"', "expected GET, which changes nothing"),
    "two kinds of readiness": ('"GET /health"', '{ line = "a", port = true }', 'expected "GET /health"'),
    "a port for readiness": ('"GET /health"', '{ port = 80 }', "ready.port: expected true, got 80"),
    "an empty line": ('"GET /health"', '{ line = " " }', "ready.line: expected text that it writes"),
    "no seconds": ("ready_within_s = 5", "ready_within_s = 0", "above 0 and up to 600"),
    "seconds as text": ("ready_within_s = 5", 'ready_within_s = "5"', "expected a number, got '5'"),
    "another machine": ("127.0.0.1:{port}/app", "shop.example:80", "'shop.example' is not this machine"),
    "another scheme": ("http://127", "ftp://127", "asked over plain http"),
    "no port": ("127.0.0.1:{port}", "127.0.0.1", "expected a port"),
    "a port out of range": ("127.0.0.1:{port}", "127.0.0.1:99999", "expected an address"),
    "a port told to nobody": (" --port {port}", "", "the program is not told which"),
    "a number in env": ('TTS_API_URL = "{api_url}"', "TTS_API_URL = 5", "env.TTS_API_URL"),
    "a secret of webhooks": ("{api_url}", "{webhook_secret}", "signed with the secret of the app"),
    "a path without slash": ("POST /sync", "POST sync", "a path that begins with /"),
    "a path with a space": ("POST /sync", "POST /sync now", "without spaces"),
    "true for a way": ('"POST /sync"', "true", "only restart may be true"),
    "a number for a way": ('"POST /sync"', "5", 'expected "METHOD /path" or a table, got 5'),
    "two ways at once": ('{ http = "GET /orders"', '{ sql = "", http = "GET /o"', "got http and sql"),
    "a query for an action": ('"POST /sync"', '{ sql = "select 1" }', "a query only reads"),
    "a query that writes": ("select sku_id, quantity from stock", "delete from stock", "reads (select"),
    "no database": (', database = "sqlite:{workspace}/shop.db"', "", "'database' is required"),
    "another kind of database": ("sqlite:", "mysql:", '"sqlite:PATH" or "postgresql://'),
    "a database elsewhere": ("sqlite:{workspace}/", "postgresql://db.example/", "not on this machine"),
    "a database by option": ("sqlite:{workspace}/shop.db", "postgresql:///a?host=db.example", "not on"),
    "a database to search elsewhere": ("postgresql://127.0.0.1/", "postgresql://db.example/", "databases[0]: 'postgresql://db.example/shop' is not on this machine"),
    "a file as a database to search": ("postgresql://127.0.0.1/shop", "sqlite:shop.db", 'expected "postgresql://'),
    "a file without a name": ("sqlite:{workspace}/shop.db", "sqlite:", "expected the path of a file"),
    "a body of a webhook": ('"POST /webhook"', '{ http = "POST /w", body = "a" }', "its raw body"),
    "no path in an answer": ('at = "data.orders"', 'at = "data..orders"', "keys joined by dots"),
    "a write as a search": ('"GET /debug"', '"POST /debug"', "urls[0]: expected GET"),
    "an empty pattern": ('"logs/*.log"', '""', "search.files[0]: expected a path"),
    "a reach": ('how = "environment"', 'how = "magic"', "'magic' is not valid; expected one of"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", OF_A_VALUE)
def test_a_wrong_value_is_named_with_what_was_expected(tmp_path: Path, mistake: str) -> None:
    right, wrong, told = OF_A_VALUE[mistake]
    assert right in WHOLE

    assert told in _refusal(tmp_path, WHOLE.replace(right, wrong))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "expected the table [integration], found none"),
        ("[integration", "no valid TOML"),
        ("integration = 5", "integration: expected a table, got 5"),
        ("[integration]", "'capabilities' is required and missing"),
        ("[integration.capabilities]", "expected at least one capability"),
        ("[integration.capabilities]\nrestart = true", "without a `start` command"),
        ('[integration.capabilities]\norders = "GET /o"', "'start' is required and missing"),
        (
            '[integration]\nbase_url = "http://localhost:80"\n'
            '[integration.capabilities]\norders = "GET /o"',
            'add connect = "POST /path"',
        ),
    ],
)
def test_a_file_that_cannot_work_is_refused(tmp_path: Path, text: str, told: str) -> None:
    assert told in _refusal(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[tool.tts-chaos.integration]", "write [tool.tts_chaos.integration]"),
        ("[tool.tts_chaos.intergration]", "Did you mean 'integration'?"),
        ("[tool]\ntts_chaos = 5", "expected a table, got 5"),
    ],
)
def test_a_mistake_in_pyproject_is_named(tmp_path: Path, text: str, told: str) -> None:
    assert told in _refusal(tmp_path, text, "pyproject.toml")


# -- finding --------------------------------------------------------------------------------------


def test_the_first_folder_with_a_configuration_counts(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (tmp_path / "tts-chaos.toml").write_text(SHORTEST)

    assert find_configuration([tmp_path / "a", tmp_path]) == tmp_path / "tts-chaos.toml"
    assert find_configuration([tmp_path / "a"]) is None


def test_two_configurations_in_one_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "tts-chaos.toml").write_text(SHORTEST)
    (tmp_path / "pyproject.toml").write_text(
        SHORTEST.replace("[integration", "[tool.tts_chaos.integration")
    )

    with pytest.raises(
        IntegrationFileError, match=r"configured here and in .*pyproject\.toml; keep"
    ):
        find_configuration([tmp_path])


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tts-chaos.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(IntegrationFileError, match="no valid TOML"):
        load_configuration(tmp_path / "tts-chaos.toml")
