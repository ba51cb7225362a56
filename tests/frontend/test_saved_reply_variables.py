"""Variables of saved replies: the console's own code in node, on made-up texts."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.package.test_frontend_rooms import FRONTEND
from tests.support.node import evaluate

MODULE: Final = FRONTEND / "console" / "features" / "saved_replies" / "variables.ts"
NAMES: Final = (
    *("contact.name", "contact.first_name", "contact.email"),
    *("agent.name", "agent.first_name", "conversation.subject"),
)
CODE: Final = f"""
    import {{ fill, firstName, NAMES, unknownIn }} from {json.dumps(MODULE.as_uri())};
    let told = "";
    for await (const part of process.stdin) told += part;
    const answers = JSON.parse(told).map(([text, values]) => [fill(text, values), unknownIn(text)]);
    console.log(JSON.stringify({{ answers, names: NAMES, first: firstName("  Ada  Lovelace ") }}));
"""


def ask(cases: list[Any]) -> Any:
    return evaluate(CODE, cases)


def filled(text: str, **values: str | None) -> tuple[str, list[str]]:
    """The text, and the names of the variables that stayed."""
    known = {name: values.get(name.replace(".", "_")) for name in NAMES}
    [[answer, _]] = ask([[text, known]])["answers"]
    return answer["text"], [gap["name"] for gap in answer["gaps"]]


def test_values_fallbacks_and_gaps() -> None:
    assert filled("Hi {{contact.name|there}}!", contact_name="Mia") == ("Hi Mia!", [])
    assert filled("Hi {{ contact.name | there }}!") == ("Hi there!", [])
    assert filled("Hi {{contact.name|}}!") == ("Hi !", [])
    assert filled("Hi {{contact.name}}!", contact_name="  ") == (
        "Hi {{contact.name}}!",
        ["contact.name"],
    )
    # A mistake in a name must be seen, even with a fallback.
    assert filled("Hi {{contact.nmae|there}}!") == ("Hi {{contact.nmae|there}}!", ["contact.nmae"])
    # A value is not looked at for variables.
    assert filled("{{contact.name}}", contact_name="{{agent.name}}", agent_name="Ada") == (
        "{{agent.name}}",
        [],
    )
    assert filled("{{constructor}} {a} {{", contact_name="Mia")[1] == ["constructor"]


def test_the_names_are_those_of_the_documentation() -> None:
    told = ask([])
    assert tuple(told["names"]) == NAMES
    assert told["first"] == "Ada"


WORD = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="{}|\x00"), max_size=8
)
VALUE = st.one_of(st.none(), st.text(st.sampled_from("ab {}|$&.\n"), max_size=8))
VARIABLE = st.tuples(
    st.sampled_from([*NAMES, "contact.nmae", ""]), st.one_of(st.none(), WORD), st.booleans()
)
CASE = st.tuples(
    st.lists(st.one_of(WORD, VARIABLE), max_size=8),
    st.fixed_dictionaries(dict.fromkeys(NAMES, VALUE)),
)


def written(part: Any) -> str:
    if isinstance(part, str):
        return part
    name, fallback, spaced = part
    inner = name if fallback is None else f"{name}|{fallback}"
    return "{{ " + inner + " }}" if spaced else "{{" + inner + "}}"


#: What JavaScript's ``trim`` takes away.
BLANKS: Final = "\t\n\v\f\r \xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)


def expected(part: Any, values: dict[str, str | None]) -> str | None:
    """What stands for a part; None if it stays as it is."""
    if isinstance(part, str):
        return part
    name, fallback, _ = part
    if name not in NAMES:
        return None
    value = (values[name] or "").strip(BLANKS)
    return value or (None if fallback is None else fallback.strip(BLANKS))


@settings(max_examples=20)
@given(st.lists(CASE, min_size=20, max_size=60))
def test_each_variable_becomes_its_value_or_its_fallback_or_stays(
    cases: list[tuple[list[Any], dict[str, str | None]]],
) -> None:
    texts = ["".join(map(written, parts)) for parts, _ in cases]
    found = ask([[text, values] for text, (_, values) in zip(texts, cases, strict=True)])
    for (parts, values), (answer, unknown) in zip(cases, found["answers"], strict=True):
        wanted = [expected(part, values) for part in parts]
        assert answer["text"] == "".join(
            written(part) if now is None else now for part, now in zip(parts, wanted, strict=True)
        )
        stayed = [part for part, now in zip(parts, wanted, strict=True) if now is None]
        assert [gap["name"] for gap in answer["gaps"]] == [name for name, _, _ in stayed]
        assert set(unknown) == {name for name, *_ in stayed if name not in NAMES}
        # The places are in UTF-16 code units, as the field of a browser counts them.
        units = answer["text"].encode("utf-16-le")
        for gap, part in zip(answer["gaps"], stayed, strict=True):
            there = units[2 * gap["from"] : 2 * gap["to"]].decode("utf-16-le")
            assert there == written(part)
            assert re.fullmatch(r"\{\{[^{}]*\}\}", there)
