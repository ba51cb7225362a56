"""Certificates nobody else trusts, and TLS in front of a server that has none."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple


class Certificate(NamedTuple):
    """Files in PEM.

    Attributes:
        chain: The certificate of a server.
        key: Its key.
        authority: The certificate of who issued it.
    """

    chain: Path
    key: Path
    authority: Path


def certificate(folder: Path, name: str) -> Certificate:
    """A server certificate by an authority of its own.

    Args:
        folder: Where the files go.
        name: The host or address it is for.
    """
    import trustme

    authority = trustme.CA()
    issued = authority.issue_cert(name)
    files = Certificate(*(folder / f"{name}-{part}.pem" for part in Certificate._fields))
    for blob in issued.cert_chain_pems:
        blob.write_to_path(files.chain, append=True)
    issued.private_key_pem.write_to_path(files.key)
    authority.cert_pem.write_to_path(files.authority)
    return files


@contextlib.asynccontextmanager
async def terminator(upstream: int, shown: Certificate) -> AsyncIterator[int]:
    """Takes TLS off and hands on to a port of this machine; yields its own port.

    Runs on the loop of the test. The Valkey of the wheel is built without TLS.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(shown.chain, shown.key)
    serving: set[asyncio.Task[None]] = set()
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        writers.append(writer)
        with contextlib.suppress(OSError):
            far_reader, far = await asyncio.open_connection("127.0.0.1", upstream)
            writers.append(far)
            await asyncio.gather(_pump(reader, far), _pump(far_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        for writer in writers:
            writer.transport.abort()
        # The transports close their sockets in a turn of their own.
        await asyncio.sleep(0)
        await asyncio.sleep(0)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(64 * 1024):
            writer.write(data)
            await writer.drain()
    writer.close()
