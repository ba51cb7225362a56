"""The documentation builds, and what can be set, sent or answered is in it."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import pytest

import campfire_chat
from campfire_chat.access.permissions import LADDER, Permission, all_permissions
from campfire_chat.core.errors import CampfireError, all_errors
from campfire_chat.core.runtime_settings import Scope, Setting
from campfire_chat.core.server_flags import SAFE_FLAGS
from campfire_chat.database.tables import metadata
from campfire_chat.http.endpoints import Endpoint
from campfire_chat.http.in_process import InProcess
from campfire_chat.ledger.events import EventType, all_types
from campfire_chat.realtime import frames
from campfire_chat.runtime import ENDPOINTS, SETTINGS
from campfire_chat.settings import Limits, Settings
from tests.support.rooms import modules
from tests.support.servers import ROOT

REFERENCE = ROOT / "docs" / "reference"


def page(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text("utf-8")


@pytest.mark.parametrize("error", all_errors().values(), ids=lambda error: error.code)
def test_every_error(error: type[CampfireError]) -> None:
    row = re.search(rf"^\| `{error.code}` \| (\d+) \| (\d*) ?\| (yes|no) \|", page("errors"), re.M)
    assert row, f"{error.code} is not in docs/reference/errors.md"
    documented = (int(row[1]), int(row[2]) if row[2] else None, row[3] == "yes")
    assert documented == (error.status, error.close_code, error.final)


@pytest.mark.parametrize("field", msgspec.structs.fields(Settings), ids=lambda field: field.name)
def test_every_setting(field: msgspec.structs.FieldInfo) -> None:
    found = re.search(rf"^### `{field.name}`\n\n(?:Default `(.*?)`)?", page("settings"), re.M)
    assert found, f"{field.name} is not in docs/reference/settings.md"
    value = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
    default = "Limits()" if value == Limits() else repr(value)
    assert found[1] == default.replace("'", '"')


@pytest.mark.parametrize("permission", all_permissions(), ids=lambda one: one.name)
def test_every_permission(permission: Permission) -> None:
    text = (ROOT / "docs" / "how-to" / "permissions.md").read_text("utf-8")
    row = re.search(rf"^\| `{permission.name}` \| (.+?) \| (.+?) \| ?(.*?) ?\|$", text, re.M)
    assert row, f"{permission.name} is not in docs/how-to/permissions.md"
    step = LADDER.index(permission.least)
    roles = ", ".join(f"`{role.value}`" for role in LADDER[step:])
    assert row[2] == (roles if step else "all")
    assert bool(row[3]) == permission.visitors


@pytest.mark.parametrize("field", msgspec.structs.fields(Limits), ids=lambda field: field.name)
def test_every_limit(field: msgspec.structs.FieldInfo) -> None:
    found = re.search(rf"^### `limits.{field.name}`\n\nDefault `(.*?)`", page("settings"), re.M)
    assert found, f"limits.{field.name} is not in docs/reference/settings.md"
    assert found[1] == repr(field.default)


@pytest.mark.parametrize("scope", Scope)
def test_every_runtime_setting(scope: Scope) -> None:
    """Each says everything about itself, and its line in the documentation says the same."""
    heading = {Scope.ORGANIZATION: "## Of an organisation", Scope.AGENT: "## Of an agent"}[scope]
    section = page("runtime-settings").split(heading)[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert rows == [line_of(setting) for setting in SETTINGS.of(scope)]


def line_of(setting: Setting[Any]) -> str:
    """The line of a runtime setting in docs/reference/runtime-settings.md."""
    for told in (setting.permission, setting.edited_in, setting.description):
        assert told.strip(), setting.name
    # What a setting is by default can be chosen as well; null stands for it.
    assert setting.default is None or setting.read(msgspec.to_builtins(setting.default)) == (
        setting.default
    )
    default = msgspec.json.encode(setting.default).decode()
    unset = f" Null means: {setting.unset}".removesuffix(".") if setting.unset else ""
    end = "." if unset and unset[-1].isalpha() else ""
    return (
        f"| `{setting.name}` | `{default}` | `{setting.permission}` | {setting.edited_in} | "
        f"{setting.description}{unset}{end} |"
    )


def test_every_parameter_of_campfire() -> None:
    for name in inspect.signature(campfire_chat.Campfire.__init__).parameters:
        if name not in ("self", "settings"):
            assert f"### `{name}`" in page("settings"), name


def parts_of_the_host_api() -> dict[str, type]:
    """The class of each noun by its name in the Python API."""

    def nobody() -> NoReturn:
        raise AssertionError("nothing is called")

    api: campfire_chat.HostApi[Any] = campfire_chat.HostApi(InProcess(nobody, nobody))
    return {name: type(part) for name, part in vars(api).items() if not name.startswith("_")}


def methods_of(part: type) -> list[str]:
    return [name for name in vars(part) if not name.startswith("_")]


@pytest.mark.parametrize(("name", "part"), parts_of_the_host_api().items())
def test_every_method_of_the_host_api(name: str, part: type) -> None:
    text = (ROOT / "docs" / "how-to" / "host-api.md").read_text("utf-8")
    row = re.search(rf"^\| `{name}` \| (.+) \|$", text, re.M)
    assert row, f"{name} is not in docs/how-to/host-api.md"
    assert sorted(re.findall(r"`(\w+)`", row[1])) == sorted(methods_of(part))
    assert f"::: {part.__module__}.{part.__name__}\n" in page("python")


@pytest.mark.parametrize("name", campfire_chat.__all__)
def test_every_public_name(name: str) -> None:
    assert name == "__version__" or f"::: campfire_chat.{name}\n" in page("python")


@pytest.mark.parametrize("event", all_types(), ids=lambda event: event.name)
def test_every_event(event: EventType) -> None:
    row = re.search(
        rf"^\| (?:`[a-z_.]+`, )*`{re.escape(event.name)}`[,| ].*$", page("events"), re.M
    )
    assert row, f"{event.name} is not in docs/reference/events.md"
    said = re.search(r"\(version (\d+)", row[0])
    assert event.version == (1 if said is None else int(said[1])), "since when has it its fields?"


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.operation)
def test_every_route(endpoint: Endpoint) -> None:
    path = re.sub(r"{\w+_id}", "{id}", endpoint.path)
    assert f"`{endpoint.method} {path}`" in page("rest")


#: The protocol's own frames, and those of the features.
FRAME_MODULES = [frames, *(found for name, found in modules().items() if name.endswith(".frames"))]


def all_frames() -> list[type[msgspec.Struct]]:
    return [
        kind
        for module in FRAME_MODULES
        for kind in vars(module).values()
        if isinstance(kind, type)
        and issubclass(kind, msgspec.Struct)
        and isinstance(kind.__struct_config__.tag, str)
        and kind is not frames.Frame
    ]


@pytest.mark.parametrize("kind", all_frames(), ids=lambda kind: kind.__name__)
def test_every_frame(kind: type[msgspec.Struct]) -> None:
    text = page("websocket")
    assert f"### `{kind.__struct_config__.tag}`" in text
    for field in msgspec.structs.fields(kind):
        assert f"`{field.name}`" in text, field.name


@pytest.mark.parametrize("name", metadata.tables)
def test_every_column(name: str) -> None:
    section = page("tables").split(f"## `{name}`")[1].split("## `")[0]
    for column in metadata.tables[name].columns:
        assert f"`{column.name}`" in section, column.name


def test_the_site_builds(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert pages
    # An include that is not written to the letter is shown as it stands.
    shown = {str(page): re.sub(r"<[^>]+>", "", page.read_text("utf-8")) for page in pages}
    assert [name for name, text in shown.items() if re.search(r"--\s*8\s*&lt;", text)] == []


def test_the_site_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    for path in (ROOT / "docs").rglob("*.md"):
        for url in re.findall(r"!\[[^]]*\]\((https?:[^)]+)\)", path.read_text("utf-8")):
            pytest.fail(f"{path.name} shows a picture from {url}")


def test_the_readmes_block_is_the_tested_example() -> None:
    example = (ROOT / "examples" / "minimal_fastapi.py").read_text("utf-8")
    tested = example.split("# --8<-- [start:app]\n")[1].split("# --8<-- [end:app]")[0]
    assert tested.strip() in (ROOT / "README.md").read_text("utf-8")


def test_links_within_the_repository_lead_somewhere() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", readme):
        assert (ROOT / target).exists(), target


def test_every_command_for_uvicorn_is_safe() -> None:
    """Without these flags a stranger can fill the server's memory."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.py")]
    found = 0
    for path in pages:
        text = path.read_text("utf-8").replace("\\\n", " ")
        for command in re.findall(r"uvicorn [\w.]+:\w+[^\n`]*", text):
            found += 1
            assert SAFE_FLAGS in " ".join(command.split()), f"{path.name}: {command}"
    assert found > 5


#: Words that the documentation does not use, and what it says instead. The first part are
#: expressions that readers had to guess at; the second are synonyms of terms of the glossary.
AVOIDED = {
    r"wide of\b": "far above",
    r"\b(?:is|are|was) met by\b": "exceeded",
    r"\bwho(?:ever)? is alone\b": "a single process",
    r"\ba tenth over\b": "10 % more",
    r"\bmend(?:s|ed|ing)?\b": "repair, correct",
    r"\bhears? nothing\b|\bto hear\b|\bdeaf\b": "receives nothing",
    r"\b(?:is|are) taken for what\b": "is treated as",
    r"\banew\b": "again",
    r"\bghosts?\b": "a participant who is shown as connected",
    r"\bsigns? of life\b": "beat, presence",
    r"\bsilently stale\b": "shows an old state without noticing",
    r"\bgets? too much\b": "exceeds",
    r"\b(?:is|are) let go\b": "is closed",
    r"\bworked off\b": "processed",
    r"\b(?:quick|long) way\b": "optimistic path, locking path",
    r"\bin vain\b": "without success",
    r"\bof ours\b": "of campfire-chat",
    r"\bnobody is there\b": "no client is connected",
    r"\ba room of its own\b|\brooms of their own\b": "a module",
    r"\bthe desk\b|\bdesk's\b": "campfire-chat",
    r"\b(?:an?|the|our|only) plug-?in\b": "campfire-chat",
    r"\bthe package's\b": "campfire-chat's",
    r"\bstrangers?\b": "anonymous visitor",
    r"\bvouch(?:es|ed|ing)?\b": "confirm",
    r"\bthe host(?:'s\b| (?:vouches|supplies|has|gives)\b)": "the host app",
    r"\b(?:chatters?|end users?|help ?desk|support staff)\b": "visitor, agent",
    r"\btenants?\b": "organisation",
    r"\bprincipals?\b": "caller",
}


def prose(path: Path) -> str:
    """The text of a page without code and the addresses of links."""
    text = path.read_text("utf-8")
    for code in (r"```.*?```", r"``.*?``", r"`[^`]*`", r"\]\([^)]*\)", r"<[^>]+>"):
        text = re.sub(code, "", text, flags=re.DOTALL)
    return text


def avoided(text: str, allowed: Sequence[str] = ()) -> list[str]:
    """Each place of a word that is to be avoided, and what to say instead."""
    text = " ".join(text.split())
    return [
        f"{match[0]!r}, say instead: {instead} (…{text[max(0, match.start() - 40) :][:90]}…)"
        for pattern, instead in AVOIDED.items()
        if instead not in allowed
        for match in re.finditer(pattern, text, re.IGNORECASE)
    ]


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_plain_words(path: Path) -> None:
    """Each page uses common words, and the terms of docs/reference/glossary.md."""
    # The glossary may name a synonym where it explains a term.
    allowed = ("organisation", "caller") if path.name == "glossary.md" else ()
    assert avoided(prose(path), allowed) == []


def public_docstrings() -> dict[str, str]:
    """What the page Python API and editors show."""
    public = {name: getattr(campfire_chat, name) for name in campfire_chat.__all__}
    texts = {name: inspect.getdoc(each) or "" for name, each in public.items()}
    for name, method in inspect.getmembers(campfire_chat.Campfire):
        if not name.startswith("_"):
            texts[f"Campfire.{name}"] = inspect.getdoc(method) or ""
    for part in parts_of_the_host_api().values():
        for name in ("", *methods_of(part)):
            described = getattr(part, name) if name else part
            texts[f"{part.__name__}.{name}"] = inspect.getdoc(described) or ""
    texts |= {error.__name__: inspect.getdoc(error) or "" for error in all_errors().values()}
    return {**texts, "Settings": inspect.getdoc(Settings) or ""}


@pytest.mark.parametrize(
    ("name", "text"), [pytest.param(*each, id=each[0]) for each in public_docstrings().items()]
)
def test_plain_docstrings(name: str, text: str) -> None:
    assert avoided(re.sub(r"``.*?``", "", text, flags=re.DOTALL)) == [], name
