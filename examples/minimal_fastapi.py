"""The smallest FastAPI host: a page with the widget, a login, and the desk under /support.

Run it with ``uvicorn minimal_fastapi:app --ws-max-size 65536 --ws-per-message-deflate false``
and open http://127.0.0.1:8000.
"""

# --8<-- [start:app]
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection

from campfire_chat import Agent, Campfire

SECRET = "put 32 random characters here, and keep them out of git"
PAGE = """<!doctype html>
<meta name="viewport" content="width=device-width">
<title>Your site</title>
<h1>Your site</h1>
<script src="/support/widget.js" async></script>
"""


def authenticate(connection: HTTPConnection) -> Agent | None:
    """Your session, your users. None is an anonymous visitor."""
    name = connection.session.get("user")
    return Agent(id=name.lower(), name=name) if name else None


app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key=SECRET)
campfire = Campfire(
    "sqlite:///support.db",
    secret_key=SECRET,
    authenticate=authenticate,
    login_url="/login",
)
campfire.mount_to(app, "/support")


@app.get("/", response_class=HTMLResponse)
def home() -> str:
    return PAGE


@app.get("/login")
def login(request: Request) -> RedirectResponse:  # your login form goes here
    request.session["user"] = "Ada"
    return RedirectResponse("/support/console/")


# --8<-- [end:app]
