"""Every module of the package that may speak to the database."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from types import ModuleType

import campfire_chat

#: The rooms whose modules hold queries or build statements.
ROOMS = ("access", "database", "ledger", "jobs", "feed", "hooks", "realtime", "features")


@cache
def modules() -> dict[str, ModuleType]:
    """Short name → module: its path below the package, without ``features``."""
    found: dict[str, ModuleType] = {}
    for room in ROOMS:
        package = importlib.import_module(f"campfire_chat.{room}")
        for item in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in item.name:
                found[short(item.name)] = importlib.import_module(item.name)
    return found


def short(module: str) -> str:
    return module.removeprefix("campfire_chat.").removeprefix("features.")


def sources() -> list[Path]:
    return sorted(Path(str(module.__file__)) for module in modules().values())


def place_of(path: Path) -> str:
    """The short name of the module in a file."""
    inside = path.relative_to(Path(campfire_chat.__file__).parent).with_suffix("")
    return short(".".join(inside.parts)).removesuffix(".__init__")
