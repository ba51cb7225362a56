"""Debian's nginx and Caddy, run with the very snippets that the documentation shows."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support.engines import EngineMissing
from tests.support.ports import free_port
from tests.support.servers import PATIENCE, ROOT

SNIPPETS = ROOT / "examples" / "deploy"

#: What stands around an included snippet; every path is in the test's folder.
_NGINX = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 8192; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {includes}
}}
"""


class Balancer:
    """A proxy that runs: its address, and what it logs.

    Attributes:
        url: Where it listens.
        log: Its access log.
        errors: Its error log.
    """

    def __init__(self, port: int, folder: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.log = folder / "shop.log"
        self.errors = folder / "error.log"


@contextlib.contextmanager
def nginx(folder: Path, upstreams: Sequence[int]) -> Iterator[Balancer]:
    """nginx with the snippets; only ports and paths are substituted.

    Raises:
        EngineMissing: There is no nginx here.
    """
    program = _program("nginx", "/usr/sbin/nginx")
    port = free_port()
    includes: list[str] = []
    for name in ("nginx.conf", "nginx-prefix.conf"):
        text = _substituted(name, folder, upstreams)
        written = folder / name
        written.write_text(text.replace("listen 80;", f"listen 127.0.0.1:{port};"), "utf-8")
        includes.append(f"include {written};")
    main = folder / "main.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    main.write_text(
        _NGINX.format(folder=folder, user=user, includes="\n    ".join(includes)), "utf-8"
    )
    balancer = Balancer(port, folder)
    command = [program, "-p", str(folder), "-e", str(balancer.errors), "-c", str(main)]
    with _running(command, folder, port):
        yield balancer


@contextlib.contextmanager
def caddy(folder: Path, upstreams: Sequence[int]) -> Iterator[Balancer]:
    """Caddy with the snippet; only ports, the name and paths are substituted.

    Raises:
        EngineMissing: There is no Caddy here.
    """
    program = _program("caddy", "/usr/bin/caddy")
    port = free_port()
    text = _substituted("Caddyfile", folder, upstreams)
    # Without a name there is no certificate to be had, and no port 80 to be taken for it.
    text = text.replace("shop.example {", f"http://:{port} {{\n\tbind 127.0.0.1", 1)
    written = folder / "Caddyfile"
    written.write_text("{\n\tadmin off\n}\n\n" + text, "utf-8")
    command = [program, "run", "--config", str(written), "--adapter", "caddyfile"]
    with _running(command, folder, port):
        yield Balancer(port, folder)


def _program(name: str, usual: str) -> str:
    found = shutil.which(name) or (usual if Path(usual).exists() else None)
    if found is None:
        raise EngineMissing(f"{name} is not installed")
    return found


def _substituted(name: str, folder: Path, upstreams: Sequence[int]) -> str:
    text = (SNIPPETS / name).read_text("utf-8")
    for documented, port in zip((8001, 8002), upstreams, strict=True):
        text = text.replace(f"127.0.0.1:{documented}", f"127.0.0.1:{port}")
    return text.replace("/var/log/nginx/", f"{folder}/").replace("/var/log/caddy/", f"{folder}/")


@contextlib.contextmanager
def _running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    # Caddy keeps its state at home.
    environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    with (folder / "output.log").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                text = (folder / "output.log").read_text("utf-8", errors="replace")
                raise RuntimeError(f"{command[0]} did not start:\n{text}")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)
