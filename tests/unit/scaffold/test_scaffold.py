"""What `tts-chaos init` sees, asks and writes, as values."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tts_chaos.diagnosis.roles import Role
from tts_chaos.errors import UsageError
from tts_chaos.scaffold.answers import Answers
from tts_chaos.scaffold.detection import detect
from tts_chaos.scaffold.factory import GIVEN, arguments_of, read_factory
from tts_chaos.scaffold.files import files_for, not_offered_line
from tts_chaos.scaffold.program_file import HOW
from tts_chaos.scaffold.python_files import STARTER_OFFERS
from tts_chaos.scaffold.questions import Given, interview
from tts_chaos.subjects.external.loader import load_configuration
from tts_chaos.typing import ACTIONS, OBSERVATIONS

SHOP = """
class Base:
    def close(self): ...

class Shop(Base):
    def __init__(self, app_key, app_secret, *, base_url, retries=3, db="x"): ...
    async def pull(self): ...
    def orders(self): ...

class Bare:
    def orders(self): ...

def make_shop(twin) -> Shop: ...
"""


def answer(
    given: Given | None = None,
    files: Mapping[str, str] | None = None,
    typed: list[str] | None = None,
) -> Answers:
    """Return the answers of a conversation in which `typed` is typed, then defaults are taken."""
    lines: Iterator[str] = iter(typed or ())
    there = files or {}
    return interview(
        given or Given(),
        detect(there),
        there,
        ask=lambda _question, default: next(lines, "") or default,
        say=lambda _text: None,
    )


@pytest.mark.parametrize(
    ("files", "language", "start"),
    [
        ({"package.json": '{"scripts": {"start": "node server.mjs"}}'}, "node", "node server.mjs"),
        ({"package.json": '{"scripts": {"start": "nodemon ."}}'}, "node", "npm start --silent"),
        ({"package.json": "{}", "index.js": ""}, "node", "node index.js"),
        ({"package.json": "not json"}, "node", ""),
        ({"package.json": "[]"}, "node", ""),
        ({"go.mod": "module x", "main.go": ""}, "go", "go run ."),
        ({"go.mod": "module x", "cmd/shop/main.go": ""}, "go", "go run ./cmd/shop"),
        (
            {"composer.json": "{}", "public/index.php": ""},
            "php",
            "php -S 127.0.0.1:{port} -t public",
        ),
        ({"pom.xml": "<project/>"}, "java", "java -jar target/app.jar"),
        ({"pyproject.toml": ""}, "python", ""),
        ({"shop.py": ""}, "python", ""),
        ({"conftest.py": ""}, "", ""),
        ({}, "", ""),
    ],
)
def test_a_folder_tells_its_language_and_start(
    files: dict[str, str], language: str, start: str
) -> None:
    found = detect(files)

    assert (found.language, found.start) == (language, start)


@pytest.mark.parametrize(
    ("files", "client"),
    [
        ({"shop.py": "import requests\n"}, "requests"),
        ({"shop.py": "from httpx import Client\n"}, "httpx"),
        ({"pyproject.toml": 'dependencies = ["requests>=2"]'}, "requests"),
        ({"requirements.txt": "httpx==0.28\n"}, "httpx"),
        ({"shop.py": "import urllib.request\n"}, ""),
    ],
)
def test_a_folder_tells_its_http_client(files: dict[str, str], client: str) -> None:
    assert detect(files).client == client


def test_the_names_that_a_program_reads_are_found() -> None:
    program = "const key = process.env.TIKTOK_APP_KEY, other = process.env.LAZADA_APP_SECRET"
    example = "TIKTOK_APP_KEY_OLD=1\nTIKTOK_APP_SECRET=\n"

    names = detect({"shop.mjs": program, ".env.example": example, "package.json": "{}"}).names

    assert names == {Role.APP_KEY: "TIKTOK_APP_KEY", Role.APP_SECRET: "TIKTOK_APP_SECRET"}


def test_a_class_tells_what_it_takes_and_has() -> None:
    factory = read_factory(SHOP, "shop", "Shop")

    assert factory.required == ("app_key", "app_secret", "base_url")
    assert factory.methods == {"pull": True, "orders": False, "close": False}
    assert arguments_of(factory, {}) == {
        "app_key": "tts_twin.app_key",
        "app_secret": "tts_twin.app_secret",
        "base_url": "tts_twin.api_url",
        "db": 'tts_workspace / "shop.db"',
    }


def test_a_function_tells_what_it_makes() -> None:
    factory = read_factory(SHOP, "shop", "make_shop")

    assert factory.required == ("twin",)
    assert factory.offers == {"orders": "orders"}
    assert read_factory(SHOP, "shop", "Bare").required == ()


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        (SHOP, "Shpo", "no class and no function 'Shpo'; did you mean 'Shop'"),
        ("x = 1", "Shop", "it has none"),
        ("class Shop(:", "Shop", "is no Python: line 1"),
    ],
)
def test_a_factory_that_is_not_there_is_told(text: str, name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message.replace("(", r"\(")):
        read_factory(text, "shop", name)


def test_what_nobody_can_know_is_asked_for() -> None:
    factory = read_factory("def make(twin, queue): ...", "m", "make")

    with pytest.raises(UsageError, match="make needs queue"):
        arguments_of(factory, {})
    with pytest.raises(UsageError, match="did you mean 'queue'"):
        arguments_of(factory, {"qeue": "1"})
    assert arguments_of(factory, {"queue": "Queue()"}) == {"twin": "tts_twin", "queue": "Queue()"}


def test_what_is_given_is_python() -> None:
    for text in GIVEN.values():
        ast.parse(text)


# -- the conversation ------------------------------------------------------------------------------


def test_defaults_alone_write_a_start() -> None:
    answers = answer()

    assert (answers.kind, answers.client, answers.ci) == ("python", "httpx", "none")
    assert tuple(answers.offers) == tuple(
        name for name in (*ACTIONS, *OBSERVATIONS) if name in STARTER_OFFERS
    )


def test_a_wrong_answer_is_asked_again() -> None:
    answers = answer(
        typed=["pyton", "python", "shop:Shp", "shop:Shop", "sync_orders=pul", "sync_orders=pull"],
        files={"shop.py": SHOP},
    )

    assert answers.offers == {"sync_orders": "pull"}
    assert answers.factory is not None
    assert answers.factory.name == "Shop"


def test_three_wrong_answers_are_enough() -> None:
    with pytest.raises(UsageError, match=r"no usable answer after 3 tries; give it with --kind"):
        answer(typed=["a", "b", "c", "d"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (Given(kind="pyton"), "--kind: 'pyton' is no choice; did you mean 'python'"),
        (Given(ci="jenkins"), "--ci: 'jenkins' is no choice; expected one of none"),
        (Given(factory="shop"), "--factory: 'shop' is not of the form module:name"),
        (Given(factory="shp:Shop"), "--factory: there is no module 'shp' here; did you mean shop"),
        (Given(factory="shop:Shop", offers=["sync_orders"]), "no method 'sync_orders'"),
        (Given(factory="shop:Shop", offers=["sync_orders=x.y"]), "no method"),
        (
            Given(offers=["sync_order"]),
            "--offer: there is no capability 'sync_order'; did you mean",
        ),
        (Given(offers=["ship"]), "the start that is written here has no 'ship'"),
        (Given(give=["a=b"]), "--give goes with --factory"),
        (Given(factory="shop:Shop", give=["nonsense"]), "not of the form NAME=VALUE"),
        (Given(client="urllib"), "--client: 'urllib' is no choice"),
        (Given(kind="program", start='node "x'), "--start: 'node \"x' cannot be split"),
        (Given(kind="program", base_url="https://example.com"), "--base-url: .* on this machine"),
        (Given(kind="program", start="x", ready="/health"), "--ready: '/health' is no request"),
        (Given(kind="program", offers=["orders=/orders"]), "--offer: '/orders' is no request"),
        (Given(kind="program", offers=["orders=sql: select 1"]), "a query and a database"),
        (
            Given(kind="program", offers=["ship=sql: x @ sqlite:y"]),
            "--offer: ship does something; a query only reads",
        ),
        (Given(kind="program", offers=["orders=restart"]), "cannot be had by restarting"),
        (Given(kind="program", offers=["orders=command:"]), "the command is empty"),
        (Given(kind="program", offers=["restart"]), "restart needs a command that starts it"),
        (Given(kind="program", start="", connect="x"), "--connect: 'x' is no request"),
        (Given(kind="program", reach="magic"), "--reach: 'magic' is no choice"),
        (Given(kind="program", env=["NOPE"]), "--env: 'NOPE' is not of the form"),
    ],
)
def test_a_wrong_flag_is_told_by_its_name(given: Given, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        answer(given, files={"shop.py": SHOP})


# -- the files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("client", ["httpx", "requests"])
@pytest.mark.parametrize(
    "offers", [STARTER_OFFERS, ("sync_orders", "orders"), ("push_stock",), ("deliver_webhook",)]
)
def test_the_start_is_python_with_what_is_offered(client: str, offers: tuple[str, ...]) -> None:
    answers = answer(Given(client=client, offers=offers))

    files = files_for(answers, {})

    tree = ast.parse(files["tts_adapter.py"])
    methods = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert set(offers) <= methods
    assert ("push_stock" in methods) == ("push_stock" in offers)
    assert "@" not in files["tts_adapter.py"]
    assert "#[" not in files["tts_adapter.py"]


def test_settings_of_pytest_that_are_there_are_not_hidden() -> None:
    answers = answer()

    assert "pytest.ini" in files_for(answers, {"pyproject.toml": "[project]"})
    assert "pytest.ini" not in files_for(answers, {"pyproject.toml": "[tool.pytest.ini_options]"})
    assert "pytest.ini" not in files_for(answers, {"tox.ini": "[pytest]"})
    assert "quote_checkout" in not_offered_line(answers)


def test_an_own_integration_with_the_harness_names_needs_no_adapter() -> None:
    answers = answer(Given(factory="shop:Bare"), files={"shop.py": SHOP})

    text = files_for(answers, {})["conftest.py"]

    assert "class Adapter" not in text
    assert "integration = Bare()\n    return integration" in text


def test_an_adapter_awaits_what_is_async_and_closes_what_can_be_closed() -> None:
    given = Given(factory="shop:Shop", offers=["sync_orders=pull", "orders"])

    text = files_for(answer(given, files={"shop.py": SHOP}), {})["conftest.py"]

    ast.parse(text)
    assert "async def sync_orders(self):\n        return await self.integration.pull()" in text
    assert "def orders(self):\n        return self.integration.orders()" in text
    assert "yield Adapter(integration)\n    integration.close()" in text


def test_every_way_of_a_program_is_written() -> None:
    given = Given(
        kind="program",
        start='node "my shop.mjs"',
        offers=[
            "sync_orders",
            "push_stock",
            "orders=GET /api/orders",
            "ship=command: node ship.mjs {order_id}",
            "stock=sql: select sku_id, quantity from stock @ sqlite:{workspace}/shop.db",
            "restart",
        ],
        env=["LEVEL=debug"],
        reach="auto",
    )
    files = {"shop.mjs": "process.env.TIKTOK_APP_KEY"}

    table = tomllib.loads(files_for(answer(given, files=files), {})["tts-chaos.toml"])
    found = table["integration"]

    assert found["start"] == 'node "my shop.mjs"'
    assert found["ready"] == "GET /health"
    assert found["env"]["TIKTOK_APP_KEY"] == "{app_key}"
    assert found["env"]["TTS_APP_SECRET"] == "{app_secret}"
    assert (found["env"]["PORT"], found["env"]["LEVEL"]) == ("{port}", "debug")
    assert found["capabilities"] == {
        "sync_orders": "POST /sync",
        "push_stock": {"http": "PUT /stock", "body": "{changes}"},
        "ship": {"command": "node ship.mjs {order_id}"},
        "restart": True,
        "orders": "GET /api/orders",
        "stock": {
            "sql": "select sku_id, quantity from stock",
            "database": "sqlite:{workspace}/shop.db",
        },
    }
    assert found["reach"] == {"how": "auto"}


@pytest.mark.parametrize(
    "given",
    [
        Given(kind="program", start="node shop.mjs"),
        Given(kind="program", start="", base_url="http://127.0.0.1:8080"),
        Given(kind="program", start="php -S 127.0.0.1:{port}", offers=list(HOW)),
        Given(kind="program", offers=["orders=command: cat orders.json"]),
        Given(
            kind="program",
            start="node 'a \\ b.mjs'",
            offers=["ship=command: node ship.mjs {order_id}", "stock=sql: select 1 @ sqlite:x.db"],
        ),
    ],
    ids=["start", "running", "everything", "commands", "odd"],
)
def test_what_is_written_for_a_program_can_be_read(tmp_path: Path, given: Given) -> None:
    file = tmp_path / "tts-chaos.toml"
    file.write_text(files_for(answer(given), {})["tts-chaos.toml"])

    read = load_configuration(file)

    assert set(read.capabilities) == set(answer(given).offers)


def test_every_capability_has_a_usual_way() -> None:
    assert set(HOW) == {*ACTIONS, *OBSERVATIONS}


@pytest.mark.parametrize(
    ("system", "path"),
    [("github", ".github/workflows/tts-chaos.yml"), ("gitlab", "tts-chaos.gitlab-ci.yml")],
)
def test_a_job_lets_the_gate_decide_and_keeps_the_report(system: str, path: str) -> None:
    text = files_for(answer(Given(ci=system)), {})[path]

    assert "pytest --tts-chaos --tts-gate --tts-gate-version" in text
    assert "--tts-report tts-report" in text
    assert "tts-chaos doctor --offline" in text
