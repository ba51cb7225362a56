"""The words of a page are those of the first language that its reader has and we have."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import campfire_chat
from tests.support.node import TYPESCRIPT

COMMON = Path(campfire_chat.__file__).parent / "frontend" / "common"

CODE = """
const languages = JSON.parse(process.argv[1]);
Object.defineProperty(globalThis, "navigator", { value: { languages } });
const { inLanguage } = await import(process.argv[2]);
console.log(inLanguage({ en: "Jobs", de: "Aufgaben", pt: "Tarefas" }));
"""


@pytest.mark.parametrize(
    ("languages", "shown"),
    [
        (["en-GB", "de"], "Jobs"),
        (["de-CH", "en"], "Aufgaben"),
        (["fr", "pt-BR", "en"], "Tarefas"),
        (["fr", "sv"], "Jobs"),
        (["toString"], "Jobs"),
        ([], "Jobs"),
    ],
)
def test_the_first_language_that_there_is(languages: list[str], shown: str) -> None:
    done = subprocess.run(
        [
            *TYPESCRIPT,
            "--input-type=module",
            *("-e", CODE, json.dumps(languages), (COMMON / "language.ts").as_uri()),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == shown
