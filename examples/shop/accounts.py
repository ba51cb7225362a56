"""The shop's users and sessions: what a host brings with it and the desk only asks about."""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response

from campfire_chat import Agent, Role, Visitor

from .database import ShopDatabase

COOKIE = "shop_session"


@dataclass(frozen=True, kw_only=True)
class User:
    id: int
    username: str
    name: str
    email: str
    city: str
    role: str | None
    """Of the staff: ``agent`` or ``admin``. Customers have none."""

    @property
    def is_staff(self) -> bool:
        return self.role is not None

    @property
    def portrait(self) -> str:
        return f"/portraits/{self.username}.svg"

    @property
    def first_name(self) -> str:
        return self.name.split()[0]

    def as_agent(self) -> Agent:
        return Agent(
            id=str(self.id),
            name=self.name,
            avatar_url=self.portrait,
            email=self.email,
            role=Role(self.role),
        )

    def as_visitor(self) -> Visitor:
        return Visitor(id=str(self.id), name=self.name, avatar_url=self.portrait, email=self.email)


class Accounts:
    """Logs users in and out with a signed cookie that names a row of ``shop_sessions``."""

    def __init__(self, database: ShopDatabase, secret_key: str) -> None:
        self._database = database
        self._signer = URLSafeSerializer(secret_key, salt="shop.session")

    def authenticate(self, connection: HTTPConnection) -> Agent | Visitor | None:
        """The whole of what the desk needs to know about the shop's users."""
        user = self.current(connection)
        if user is None:
            return None
        return user.as_agent() if user.is_staff else user.as_visitor()

    def current(self, connection: HTTPConnection) -> User | None:
        """Who is logged in."""
        token = self._token(connection)
        if token is None:
            return None
        with self._database.connect() as database:
            row = database.execute(
                "SELECT shop_users.* FROM shop_sessions JOIN shop_users"
                " ON shop_users.id = shop_sessions.user_id WHERE token = ?",
                (token,),
            ).fetchone()
        return None if row is None else user_of(row)

    def log_in(self, response: Response, username: str, *, secure: bool) -> User | None:
        """Start a session and put its cookie on ``response``; None when there is no such user."""
        token = secrets.token_urlsafe(24)
        with self._database.connect() as database:
            row = database.execute(
                "SELECT * FROM shop_users WHERE username = ?", (username,)
            ).fetchone()
            if row is None:
                return None
            database.execute(
                "INSERT INTO shop_sessions (token, user_id, created_at) VALUES (?, ?, ?)",
                (token, row["id"], datetime.now(UTC).isoformat()),
            )
        response.set_cookie(
            COOKIE, str(self._signer.dumps(token)), httponly=True, samesite="lax", secure=secure
        )
        return user_of(row)

    def log_out(self, connection: HTTPConnection, response: Response) -> None:
        """End the session."""
        token = self._token(connection)
        if token is not None:
            with self._database.connect() as database:
                database.execute("DELETE FROM shop_sessions WHERE token = ?", (token,))
        response.delete_cookie(COOKIE)

    def all(self) -> list[User]:
        """Everybody, staff first."""
        with self._database.connect() as database:
            return [
                user_of(row) for row in database.execute("SELECT * FROM shop_users ORDER BY id")
            ]

    def _token(self, connection: HTTPConnection) -> str | None:
        try:
            return str(self._signer.loads(connection.cookies.get(COOKIE, "")))
        except BadSignature:
            return None


def user_of(row: sqlite3.Row) -> User:
    return User(
        id=row["id"],
        username=row["username"],
        name=row["name"],
        email=row["email"],
        city=row["city"],
        role=row["role"],
    )
