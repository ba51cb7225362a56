"""Django Channels with a group per room, and Django's ORM where messages are stored.

Needs the extra ``benchmarks``.
"""

from __future__ import annotations

import os
import time
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings

from tests.benchmarks.peers import DATABASE, REDIS


def _layer() -> dict[str, Any]:
    if redis := os.environ.get(REDIS):
        return {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            # redis-py allows a pool a hundred connections, which every socket here needs one of.
            "CONFIG": {
                "hosts": [{"address": redis, "max_connections": 4_000}],
                "capacity": 10_000,
            },
        }
    return {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 10_000}}


def _database() -> dict[str, Any]:
    parts = urlsplit(os.environ.get(DATABASE, "postgresql://nobody@127.0.0.1/none"))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": parts.username,
        "PASSWORD": parts.password or "",
        "HOST": parts.hostname,
        "PORT": parts.port or 5432,
        # Without either Django connects anew for every message.
        "OPTIONS": {"pool": True},
    }


settings.configure(
    INSTALLED_APPS=["channels"],
    CHANNEL_LAYERS={"default": _layer()},
    DATABASES={"default": _database()},
    SECRET_KEY="of no use to anybody",
    USE_TZ=True,
)
django.setup()

from channels.generic.websocket import AsyncJsonWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.urls import path  # noqa: E402


class Message(models.Model):
    room = models.TextField()
    client_id = models.TextField()
    body = models.TextField()
    at = models.FloatField()

    class Meta:
        app_label = "benchmark"
        db_table = "messages"


class Unstored(AsyncJsonWebsocketConsumer):
    """A chat room as the tutorial of Channels has it."""

    async def connect(self) -> None:
        self.room = self.scope["url_route"]["kwargs"]["room"]
        self.group = f"room_{self.room}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content: dict[str, Any], **_: Any) -> None:
        await self.keep(content)
        await self.channel_layer.group_send(
            self.group, {"type": "chat.message", "message": content}
        )

    async def keep(self, message: dict[str, Any]) -> None:
        """Nothing is kept."""

    async def chat_message(self, event: dict[str, Any]) -> None:
        await self.send_json(event["message"])

    @classmethod
    async def encode_json(cls, content: Any) -> str:
        # As compact as the other servers write it, and found by the load generator.
        import json

        return json.dumps(content, separators=(",", ":"))


class Stored(Unstored):
    async def keep(self, message: dict[str, Any]) -> None:
        await Message.objects.acreate(
            room=self.room,
            client_id=message["client_id"],
            body=message["body"],
            at=time.time(),
        )


def _app(consumer: type[Unstored]) -> Any:
    routes = URLRouter([path("rooms/<str:room>", consumer.as_asgi())])
    return ProtocolTypeRouter({"http": get_asgi_application(), "websocket": routes})


def unstored() -> Any:
    return _app(Unstored)


def stored() -> Any:
    return _app(Stored)


def create_tables() -> None:
    """Run once, before the server: what ``migrate`` would do."""
    with connection.schema_editor() as editor:
        editor.create_model(Message)


if __name__ == "__main__":
    create_tables()
