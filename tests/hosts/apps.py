"""The hosts that the desk has to fit into."""

from __future__ import annotations

import warnings
from typing import Any

from fastapi import Depends, FastAPI, HTTPException
from litestar import Litestar, get
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route

from campfire_chat import Campfire


async def hello(request: Request) -> JSONResponse:
    return JSONResponse({"host": "starlette"})


def starlette_host(campfire: Campfire, path: str) -> Any:
    app = Starlette(routes=[Route("/hello", hello)])
    campfire.mount_to(app, path)
    return app


def starlette_composed(campfire: Campfire, path: str) -> Any:
    """A host that mounts by itself and runs ``campfire.lifespan`` as its own."""
    return Starlette(
        routes=[Route("/hello", hello), Mount(path, campfire)], lifespan=campfire.lifespan
    )


def starlette_with_middleware(campfire: Campfire, path: str) -> Any:
    """A host with sessions and an HTTP middleware, the common troublemakers."""

    async def touch(request: Request, call_next: Any) -> Any:
        response = await call_next(request)
        response.headers["x-host"] = "yes"
        return response

    app = Starlette(
        routes=[Route("/hello", hello)],
        middleware=[
            Middleware(SessionMiddleware, secret_key="the host's own"),
            Middleware(BaseHTTPMiddleware, dispatch=touch),
        ],
    )
    campfire.mount_to(app, path)
    return app


def fastapi_host(campfire: Campfire, path: str, **options: Any) -> Any:
    app = FastAPI(**options)

    @app.get("/hello")
    def hello() -> dict[str, str]:
        return {"host": "fastapi"}

    campfire.mount_to(app, path)
    return app


def fastapi_guarded(campfire: Campfire, path: str) -> Any:
    """A host whose dependencies and exception handlers are none of the desk's business."""

    def refuse(request: Request) -> None:
        if request.url.path != "/hello":
            raise HTTPException(418)

    app = FastAPI(dependencies=[Depends(refuse)])

    @app.get("/hello")
    def hello() -> dict[str, str]:
        return {"host": "fastapi"}

    @app.exception_handler(Exception)
    def swallow(request: Request, error: Exception) -> PlainTextResponse:
        return PlainTextResponse("swallowed", status_code=500)

    campfire.mount_to(app, path)
    return app


def fastapi_root_path(campfire: Campfire, path: str) -> Any:
    with warnings.catch_warnings():
        # Newer versions of FastAPI call the argument deprecated; hosts have it all the same.
        warnings.filterwarnings("ignore", message=".*root_path.*")
        return fastapi_host(campfire, path, root_path="/shop")


def litestar_host(campfire: Campfire, path: str) -> Any:
    @get("/hello", sync_to_thread=False)
    def hello() -> dict[str, str]:
        return {"host": "litestar"}

    # By default it sets up the root logger, which would stay so for every later test.
    return campfire.wrap(Litestar([hello], logging_config=None), path)


def wrapped_starlette(campfire: Campfire, path: str) -> Any:
    return campfire.wrap(Starlette(routes=[Route("/hello", hello)]), path)


async def _bare(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI app that knows nothing but HTTP, lifespans included."""
    assert scope["type"] == "http"
    await PlainTextResponse("bare")(scope, receive, send)


def bare_host(campfire: Campfire, path: str) -> Any:
    return campfire.wrap(_bare, path)


HOSTS = {
    "starlette": starlette_host,
    "starlette-composed": starlette_composed,
    "starlette-middleware": starlette_with_middleware,
    "fastapi": fastapi_host,
    "fastapi-guarded": fastapi_guarded,
    "fastapi-root-path": fastapi_root_path,
    "litestar": litestar_host,
    "wrapped-starlette": wrapped_starlette,
    "bare": bare_host,
}
