"""Writes one self-contained HTML page: template, styles, script, charts and data in one file.

Everything the page shows lies in one block of JSON; nothing in it is ever read as markup. What a
page of another kind needs besides (a search, a load run) is a template that extends `base.html`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from tts_chaos.errors import BackendUnavailableError
from tts_chaos.reporting.charts import EXTRA, chart_library

__all__ = ["render_page", "safe_json"]

FOLDER = Path(__file__).parent / "pages"


def render_page(template: str, data: Any, *, with_charts: bool = True, **values: Any) -> str:
    """Return the page that `template` makes.

    Args:
        template: File name in the folder `pages`.
        data: What the page's script reads; anything msgspec can write as JSON.
        with_charts: Whether the chart library is written into it.
        values: What the template itself names; escaped where it is written.

    Raises:
        BackendUnavailableError: If a package of the extra `report` is not installed.
    """
    try:
        import jinja2
        import markupsafe
    except ImportError:
        raise BackendUnavailableError(
            f"the HTML report needs the package jinja2 for its template: {EXTRA}"
        ) from None
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Only what cannot hold markup of others is written unescaped: our files, and safe JSON.
    trusted = markupsafe.Markup
    return environment.get_template(template).render(
        **values,
        data=trusted(safe_json(data)),
        charts=trusted(_no_end_tag(chart_library()) if with_charts else ""),
        raw=_raw_files(trusted),
    )


def _raw_files(markup: Any) -> Mapping[str, Any]:
    """Return our own style and script files by name, to be written into the page as they are."""
    return {
        file.name: markup(file.read_text(encoding="utf-8"))
        for file in sorted(FOLDER.iterdir())
        if file.suffix in (".css", ".js")
    }


def safe_json(data: Any) -> str:
    """Return JSON that cannot end the script element it stands in, whatever the data says."""
    text = msgspec.json.encode(data).decode()
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _no_end_tag(script: str) -> str:
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")
