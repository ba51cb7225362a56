"""PostgreSQL URLs that name several database servers, such as ``//one:5432,two:5432/name``.

A connection tries them one by one, each with its own timeout. Otherwise a server that does not
answer would use up the whole time.
"""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit


def one_host_each(url: str) -> list[str]:
    """Split a database URL into one URL for each server. It is read as libpq and asyncpg do."""
    parts = urlsplit(url)._replace(scheme="postgresql")
    user, at, addresses = parts.netloc.rpartition("@")
    if addresses:
        return [
            parts._replace(netloc=f"{user}{at}{item}").geturl() for item in addresses.split(",")
        ]
    return [_with_query(parts, host, port) for host, port in _hosts_of_query(parts)]


def _hosts_of_query(parts: SplitResult) -> list[tuple[str | None, str | None]]:
    """The other notation: ``?host=one,two&port=5432,5432``, or one port for all."""
    query = dict(parse_qsl(parts.query))
    hosts = query["host"].split(",") if "host" in query else [None]
    ports = query["port"].split(",") if "port" in query else [None]
    if len(ports) == 1:
        ports *= len(hosts)
    return list(zip(hosts, ports, strict=True))


def _with_query(parts: SplitResult, host: str | None, port: str | None) -> str:
    query = dict(parse_qsl(parts.query))
    query |= {} if host is None else {"host": host}
    query |= {} if port is None else {"port": port}
    return parts._replace(query=urlencode(query)).geturl()
