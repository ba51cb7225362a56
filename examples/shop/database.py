"""The shop's own tables, in the same SQLite file as the desk's, so that SQL can join them."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS shop_users (
    id INTEGER PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    city TEXT NOT NULL,
    role TEXT
);
CREATE TABLE IF NOT EXISTS shop_sessions (
    token TEXT PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES shop_users (id),
    created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS shop_orders (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES shop_users (id),
    product TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    status TEXT NOT NULL,
    ordered_on TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS shop_history (
    written_at TEXT NOT NULL
);
"""

# username, name, city, role in the desk; the ids follow from the order.
_USERS = (
    ("ada", "Ada Okafor", "Copenhagen", "admin"),
    ("grace", "Grace Lindqvist", "Copenhagen", "agent"),
    ("maya", "Maya Fischer", "Berlin", None),
    ("tomas", "Tomás Rivera", "Valencia", None),
    ("yuki", "Yuki Tanaka", "Osaka", None),
    ("lukas", "Lukas Brandt", "Hamburg", None),
    ("chloe", "Chloé Marchand", "Lyon", None),
    ("ingrid", "Ingrid Åberg", "Uppsala", None),
    ("olu", "Olu Adeyemi", "London", None),
    ("bea", "Beatriz Moura", "Porto", None),
    ("piotr", "Piotr Zieliński", "Gdańsk", None),
    ("giulia", "Giulia Conti", "Bologna", None),
    ("sander", "Sander de Wit", "Utrecht", None),
    ("aylin", "Aylin Demir", "İzmir", None),
    ("noor", "Noor Haddad", "Amman", None),
    ("hannah", "Hannah Murphy", "Cork", None),
    ("oksana", "Oksana Bondar", "Lviv", None),
    ("wei", "Wei Zhang", "Chengdu", None),
    ("daniel", "Daniel Novak", "Vienna", None),
    ("freja", "Freja Holm", "Aarhus", None),
    ("minjun", "Min-jun Seo", "Busan", None),
    ("sofia", "Sofia Laine", "Tampere", None),
    ("amelie", "Amélie Girard", "Nantes", None),
    ("james", "James Whitlock", "Leeds", None),
)

# number, username, product, quantity, status, days ago
_ORDERS = (
    (10371, "sander", "lumen-lantern", 1, "delivered", 58),
    (10380, "lukas", "fireside-blanket", 1, "returned", 47),
    (10384, "piotr", "ridge-tent", 1, "delivered", 44),
    (10388, "hannah", "portage-pack", 1, "delivered", 43),
    (10391, "maya", "ridge-tent", 1, "delivered", 41),
    (10398, "tomas", "lumen-lantern", 1, "delivered", 36),
    (10402, "ingrid", "portage-pack", 1, "delivered", 33),
    (10407, "yuki", "kettle-no-4", 1, "delivered", 29),
    (10412, "chloe", "fireside-blanket", 1, "delivered", 36),
    (10419, "bea", "stillwater-chair", 2, "delivered", 25),
    (10431, "olu", "fireside-blanket", 1, "delivered", 28),
    (10440, "giulia", "portage-pack", 1, "delivered", 23),
    (10452, "aylin", "fireside-blanket", 1, "delivered", 18),
    (10458, "amelie", "kettle-no-4", 1, "delivered", 16),
    (10466, "daniel", "ridge-tent", 1, "delivered", 14),
    (10477, "oksana", "ember-mug", 3, "delivered", 12),
    (10481, "freja", "sapling-hatchet", 1, "delivered", 10),
    (10483, "maya", "ember-mug", 4, "delivered", 9),
    (10490, "wei", "kettle-no-4", 1, "delivered", 8),
    (10502, "olu", "lumen-lantern", 1, "packed", 3),
    (10508, "yuki", "ember-mug", 2, "delivered", 6),
    (10511, "tomas", "ridge-tent", 1, "on its way", 2),
    (10514, "maya", "kettle-no-4", 1, "on its way", 1),
    (10519, "chloe", "portage-pack", 1, "packed", 1),
)


class ShopDatabase:
    """Opens a short-lived connection per use, which SQLite does in well under a millisecond."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def connect(self) -> Generator[sqlite3.Connection, None, None]:
        """A connection whose work is committed at the end of the block."""
        connection = sqlite3.connect(self._path, timeout=10)
        connection.row_factory = sqlite3.Row
        try:
            with connection:
                yield connection
        finally:
            connection.close()

    def prepare(self) -> None:
        """Create the tables and, the first time, the people and their orders.

        The desk keeps its conversations in the same file, so it is for its owner alone.
        """
        self._path.touch(mode=0o600)
        with self.connect() as connection:
            connection.executescript(_SCHEMA)
            if connection.execute("SELECT 1 FROM shop_users LIMIT 1").fetchone():
                return
            connection.executemany(
                "INSERT INTO shop_users (username, name, city, role, email) VALUES (?,?,?,?,?)",
                [(*user, f"{user[0]}@mail.example") for user in _USERS],
            )
            today = datetime.now(UTC).date()
            connection.executemany(
                "INSERT INTO shop_orders (id, user_id, product, quantity, status, ordered_on)"
                " SELECT ?, id, ?, ?, ?, ? FROM shop_users WHERE username = ?",
                [
                    (number, product, quantity, status, str(today - timedelta(days=ago)), username)
                    for number, username, product, quantity, status, ago in _ORDERS
                ],
            )

    def has_history(self) -> bool:
        """Whether the past conversations were written to the end."""
        with self.connect() as connection:
            return connection.execute("SELECT 1 FROM shop_history").fetchone() is not None

    def history_is_written(self) -> None:
        with self.connect() as connection:
            connection.execute(
                "INSERT INTO shop_history (written_at) VALUES (?)", (datetime.now(UTC).isoformat(),)
            )
