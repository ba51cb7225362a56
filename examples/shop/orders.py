"""Orders, and what SQL can tell once orders and conversations live in one database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .catalogue import BY_SLUG, Product
from .database import ShopDatabase


@dataclass(frozen=True, kw_only=True)
class Order:
    number: int
    product: Product
    quantity: int
    status: str
    ordered_on: date

    @property
    def total(self) -> int:
        return self.product.price * self.quantity


@dataclass(frozen=True, kw_only=True)
class CustomerRow:
    """A customer with orders and conversations counted, for the staff."""

    name: str
    username: str
    city: str
    orders: int
    spent: int
    conversations: int
    waiting: int


def orders_of(database: ShopDatabase, user_id: int) -> list[Order]:
    """One customer's orders, newest first."""
    with database.connect() as connection:
        rows = connection.execute(
            "SELECT * FROM shop_orders WHERE user_id = ? ORDER BY id DESC", (user_id,)
        ).fetchall()
    return [
        Order(
            number=row["id"],
            product=BY_SLUG[row["product"]],
            quantity=row["quantity"],
            status=row["status"],
            ordered_on=date.fromisoformat(row["ordered_on"]),
        )
        for row in rows
    ]


# The desk's tables are ordinary tables: `external_id` is the id that this shop gave the desk.
_CUSTOMERS = """
SELECT shop_users.id, shop_users.name, shop_users.username, shop_users.city,
       COUNT(campfire_conversations.conversation_id) AS conversations,
       COUNT(CASE campfire_conversations.status
             WHEN 'open' THEN campfire_conversations.waiting_since END) AS waiting
FROM shop_users
LEFT JOIN campfire_contacts
       ON campfire_contacts.org_id = 'default'
      AND campfire_contacts.external_id = CAST(shop_users.id AS TEXT)
LEFT JOIN campfire_conversations
       ON campfire_conversations.org_id = campfire_contacts.org_id
      AND campfire_conversations.contact_id = campfire_contacts.contact_id
WHERE shop_users.role IS NULL
GROUP BY shop_users.id
ORDER BY waiting DESC, MAX(campfire_conversations.last_activity_at) DESC
"""


def customers(database: ShopDatabase) -> list[CustomerRow]:
    """Every customer, those who wait for an answer first."""
    with database.connect() as connection:
        rows = connection.execute(_CUSTOMERS).fetchall()
    found: list[CustomerRow] = []
    for row in rows:
        orders = orders_of(database, row["id"])
        found.append(
            CustomerRow(
                name=row["name"],
                username=row["username"],
                city=row["city"],
                orders=len(orders),
                spent=sum(order.total for order in orders),
                conversations=row["conversations"],
                waiting=row["waiting"],
            )
        )
    return found
