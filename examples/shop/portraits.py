"""Portraits for the people of the demo, drawn as SVG from a few numbers."""

from __future__ import annotations

import hashlib

from .html import Html, html

_BACKGROUNDS = ("#d9e4d3", "#f1dcc6", "#d6e3ea", "#eadcea", "#f3e6bd", "#dfe0ee")
_SKINS = ("#f6dcc4", "#f3cfb3", "#e0ac80", "#c68a5c", "#9b6440", "#6f4529")
_HAIR = ("#14171c", "#2c1e18", "#5a3a22", "#a8672f", "#d9ae62", "#8b8b8e")
_CLOTHES = ("#c4633a", "#5c6b4a", "#2f5560", "#8a4b32", "#4a4e73", "#a8863a")
_SHORT, _LONG, _BUN, _CURLY = range(4)
# Skin, hair and its style; clothes and background follow from the name.
_LOOKS = {
    "ada": (5, 0, _CURLY),
    "grace": (1, 4, _BUN),
    "maya": (1, 2, _LONG),
    "tomas": (2, 1, _SHORT),
    "yuki": (0, 0, _LONG),
    "lukas": (0, 4, _SHORT),
    "chloe": (1, 3, _BUN),
    "ingrid": (0, 4, _LONG),
    "olu": (5, 0, _SHORT),
    "bea": (2, 1, _LONG),
    "piotr": (1, 2, _SHORT),
    "giulia": (2, 1, _CURLY),
    "sander": (1, 4, _CURLY),
    "aylin": (2, 0, _LONG),
    "noor": (3, 0, _BUN),
    "hannah": (0, 3, _LONG),
    "oksana": (0, 4, _BUN),
    "wei": (1, 0, _SHORT),
    "daniel": (1, 5, _SHORT),
    "freja": (0, 4, _LONG),
    "minjun": (1, 0, _SHORT),
    "sofia": (0, 2, _BUN),
    "amelie": (3, 0, _CURLY),
    "james": (0, 3, _SHORT),
}
_STYLES = (
    """<path d="M19 30c-2-14 6-20 13-20s15 6 13 20l-3-8c-6 0-14-1-18-5-1 5-3 8-5 13z"
 fill="{hair}"/>""",
    """<path d="M18 42c-4-20 0-32 14-32s18 12 14 32c-2 3-6 3-7 0V27c-5-1-10-3-13-7-1 3-2 5-4 7v15
c-1 3-3 3-4 0z" fill="{hair}"/>""",
    """<circle cx="32" cy="10" r="6" fill="{hair}"/><path d="M19 30c-2-13 5-19 13-19s15 6 13 19
c-2-7-6-10-13-10s-11 3-13 10z" fill="{hair}"/>""",
    """<path d="M18 29a7 7 0 0 1 2-11 8 8 0 0 1 12-7 8 8 0 0 1 12 7 7 7 0 0 1 2 11c-2-6-6-8-14-8
s-12 2-14 8z" fill="{hair}"/>""",
)
_PORTRAIT = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
<rect width="64" height="64" fill="{background}"/>
<path d="M10 64c1-14 9-20 22-20s21 6 22 20z" fill="{clothes}"/>
<path d="M26 38h12v9c-3 4-9 4-12 0z" fill="{skin}"/>
<ellipse cx="32" cy="29" rx="12" ry="14" fill="{skin}"/>{hair}
<g fill="#2b211c"><circle cx="27.500" cy="30" r="1.300"/><circle cx="36.500" cy="30" r="1.300"/></g>
<path d="M28 36c2 2.500 6 2.500 8 0" fill="none" stroke="#2b211c" stroke-width="1.400"
 stroke-linecap="round"/></svg>"""


def portrait(username: str) -> Html:
    """An SVG picture; the same name always looks the same."""
    digest = hashlib.blake2b(username.encode(), digest_size=2).digest()
    skin, hair, style = _LOOKS.get(username, (2, 5, _SHORT))
    return html(
        _PORTRAIT,
        background=_BACKGROUNDS[digest[0] % len(_BACKGROUNDS)],
        skin=_SKINS[skin],
        clothes=_CLOTHES[digest[1] % len(_CLOTHES)],
        hair=html(_STYLES[style], hair=_HAIR[hair]),
    )
