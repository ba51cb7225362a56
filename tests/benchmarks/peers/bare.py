"""Bare ASGI: what the server and the load generator can do at most."""

from __future__ import annotations

from typing import Any


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Sends every message back."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        await send({"type": "websocket.send", "text": message["text"]})
