"""A sender and a client id as one key."""

from __future__ import annotations


def client_key(sender_key: str, client_id: str) -> str:
    """Sender and client id in one text.

    Sender ids are printable, so the last separator is unambiguous, and two senders never have the
    same key. The client id comes first. Those of the widget and the console begin with the time,
    so the index grows at its end, and fewer pages of it are written.
    """
    return f"{client_id}\x1f{sender_key}"


def client_id_of(key: str) -> str:
    return key.rpartition("\x1f")[0]
