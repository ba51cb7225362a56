"""The application: the shop's routes, and the desk mounted beside them."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from campfire_chat import Campfire

from . import views
from .accounts import Accounts, User
from .catalogue import BY_SLUG
from .database import ShopDatabase
from .html import Html
from .layout import page
from .orders import customers, orders_of
from .policy import SecurityHeaders
from .portraits import portrait
from .seeding import seed

_STATIC = Path(__file__).parent / "static"


def create_app(directory: Path, *, history: bool = True, bus_url: str | None = None) -> Starlette:
    """The shop, keeping everything in ``directory``.

    Args:
        directory: Gets ``shop.db``, which the shop and the desk share, and the secret key.
        history: Whether the desk starts with conversations of the past weeks.
        bus_url: The desk's bus; without one it is a file beside the database.
    """
    directory.mkdir(parents=True, exist_ok=True)
    database = ShopDatabase(directory / "shop.db")
    database_url = f"sqlite:///{(directory / 'shop.db').resolve().as_posix()}"
    secret_key = _secret_key(directory / "secret.key")
    accounts = Accounts(database, secret_key)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None, None]:
        database.prepare()
        if history and not database.has_history():
            await seed(database_url, accounts.all())
            database.history_is_written()
        yield

    pages = _Pages(database, accounts)
    app = Starlette(
        routes=pages.routes,
        lifespan=lifespan,
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={404: pages.not_found},
    )
    campfire = Campfire(
        database_url,
        secret_key=secret_key,
        authenticate=accounts.authenticate,
        bus_url=bus_url,
        login_url="/login",
    )
    campfire.mount_to(app, "/support")
    return app


class _Pages:
    """One method per page; what is on it stands in ``views``."""

    def __init__(self, database: ShopDatabase, accounts: Accounts) -> None:
        self._database = database
        self._accounts = accounts
        # Plain functions: Starlette runs them in a thread, where SQLite may take its time.
        self.routes = [
            Route("/", self.home),
            Route("/products/{slug}", self.product),
            Route("/orders", self.orders),
            Route("/customers", self.customers),
            Route("/login", self.login),
            Route("/login/{username}", self.log_in, methods=["POST"]),
            Route("/logout", self.log_out, methods=["POST"]),
            Route("/portraits/{username}.svg", self.portrait),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ]

    def home(self, request: Request) -> Response:
        return self._page(request, "Fern & Ember", views.home())

    def product(self, request: Request) -> Response:
        product = BY_SLUG.get(request.path_params["slug"])
        if product is None:
            raise HTTPException(404)
        return self._page(request, product.name, views.product_page(product))

    def orders(self, request: Request) -> Response:
        user = self._accounts.current(request)
        if user is None:
            body = views.message_page(
                title="Your orders",
                text="Log in as a customer to see what you ordered.",
                href="/login",
                label="Log in",
            )
        else:
            body = views.orders_page(orders_of(self._database, user.id))
        return self._page(request, "Your orders", body, user=user)

    def customers(self, request: Request) -> Response:
        user = self._accounts.current(request)
        if user is None or not user.is_staff:
            return RedirectResponse("/login", 303)
        body = views.customers_page(customers(self._database))
        return self._page(request, "Customers", body, user=user)

    def login(self, request: Request) -> Response:
        return self._page(request, "Log in", views.login_page(self._accounts.all()))

    def log_in(self, request: Request) -> Response:
        response = RedirectResponse("/", 303)
        username = request.path_params["username"]
        secure = request.url.scheme == "https"
        user = self._accounts.log_in(response, username, secure=secure)
        if user is None:
            return RedirectResponse("/login", 303)
        if user.is_staff:
            response.headers["location"] = "/support/console/"
        return response

    def log_out(self, request: Request) -> Response:
        response = RedirectResponse("/", 303)
        self._accounts.log_out(request, response)
        return response

    def portrait(self, request: Request) -> Response:
        picture = portrait(request.path_params["username"])
        return Response(
            picture, media_type="image/svg+xml", headers={"cache-control": "max-age=3600"}
        )

    def not_found(self, request: Request, error: Exception) -> Response:
        body = views.message_page(
            title="Nothing grows here",
            text="The page is gone or never was.",
            href="/",
            label="Back to the shop",
        )
        return self._page(request, "Not found", body, status=404)

    def _page(
        self,
        request: Request,
        title: str,
        body: Html,
        *,
        user: User | None = None,
        status: int = 200,
    ) -> Response:
        user = user or self._accounts.current(request)
        content = page(title=title, path=request.url.path, user=user, body=body)
        return HTMLResponse(content, status_code=status)


def _secret_key(path: Path) -> str:
    """The key that is kept in ``path``, made the first time for nobody else to read."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(32), "ascii")
    return path.read_text("ascii")
