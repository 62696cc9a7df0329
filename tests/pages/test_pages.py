"""What the pages show works: every block is run, or read by what reads it, or says why not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.pages.blocks import Page, all_pages, read_page
from tests.pages.checking import check_commands, check_shell, commands_in
from tests.pages.playing import follow

PAGES = all_pages()
MARKED_MOST = 20
"""Blocks that are not run; a number that may only shrink."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.blocks], ids=lambda page: page.name
)
def test_a_page_works_as_written(page: Page, tmp_path: Path) -> None:
    played = follow(page, tmp_path)

    assert played.problems == []
    done = {*played.run, *played.checked, *played.marked, *played.left}
    assert done == {block.line for block in page.blocks}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_says_to_type_exists(page: Page) -> None:
    problems = [
        problem
        for span in page.spans
        for command in commands_in(span)
        for problem in check_commands(command)
    ]

    assert problems == []


def test_few_blocks_are_not_run() -> None:
    marked = [
        f"{page.name}:{block.line}"
        for page in PAGES
        for block in page.blocks
        if "not run" in block.markers
    ]

    assert len(marked) <= MARKED_MOST, marked


def _page(text: str) -> Page:
    return read_page("page.md", text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("```sh\nfalse\n```", "ended with 1"),
        ("<!-- run: 3 -->\n```sh\ntrue\n```", "ended with 0 instead of 3"),
        ("```sh\necho a\n```\n\n```text\nb\n```", "not printed"),
        ("```sh\necho b; echo a\n```\n\n```text\na\nb\n```", "not printed"),
        ("```text\nb\n```", "nothing was run before"),
        ("```toml\n[integration]\nstrat = 3\n```", "strat"),
        ("```toml\n[[method]]\nfault = 'token_expird'\n```", "token_expird"),
        ("```toml\nx = 3\n```", "by which schema"),
        ("```js\nlet x\n```", "say which file"),
        ("```python\n1 / 0\n```", "ZeroDivisionError"),
        ("```sh\npip install 'pytest-tts-chaos[serach]'\n```", "no extra 'serach'"),
        ("<!-- not run: so -->\n```sh\ntts-chaos serve --prot 1\n```", "no option --prot"),
        ("<!-- not run: so -->\n```sh\nif\n```", "syntax error"),
        ("<!-- not run: so -->\n```toml\na = = 1\n```", "Invalid value"),
        ("<!-- file: a -->\n```js\nx\n```\n\n<!-- patch: a -->\n```diff\n-y\n+z\n```", "0 times"),
    ],
)
def test_a_page_that_does_not_work_is_found(text: str, told: str, tmp_path: Path) -> None:
    assert any(told in problem for problem in follow(_page(text), tmp_path).problems)


@pytest.mark.parametrize(
    "text",
    [
        "```sh\npip install 'pytest-tts-chaos[search]' httpx\n```",
        "<!-- run: 3 0 -->\n```sh\nexit 3\necho ok\n```\n\n```text\no...\n```",
        '```sh\necho log; echo \'{"a": [1]}\'\n```\n\n```json\n{"a": [1]}\n```',
        "<!-- file: a/b -->\n```js\nx\ny\n```\n\n<!-- patch: a/b -->\n```diff\n x\n-y\n+z\n```\n\n"
        "```sh\ncat a/b\n```\n\n```text\nx\nz\n```",
        "<!-- background: up -->\n```sh\necho up; sleep 600\n```\n\n```sh\ntrue\n```",
    ],
)
def test_a_page_that_works_is_left_alone(text: str, tmp_path: Path) -> None:
    assert follow(_page(text), tmp_path).problems == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("```\nx\n```", "say which language"),
        ("text\n\n    pytest --tts-chaos\n", "write a fence"),
        ("<!-- runs: 1 -->\n```sh\nx\n```", "no marker 'runs'"),
    ],
)
def test_a_page_that_cannot_be_read_is_refused(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        _page(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tts-chaos srve", "is it 'serve'"),
        ("tts-chaos serve --prot 1", "no option --prot"),
        ("FOO=1 pytest --tts-caos", "no option --tts-caos"),
        ("make prove-nothing", "no target 'prove-nothing'"),
        ("cd x && make tset | cat", "no target 'tset'"),
    ],
)
def test_what_does_not_exist_is_found(text: str, told: str) -> None:
    assert told in "".join(check_shell(text))
