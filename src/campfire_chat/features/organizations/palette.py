"""The colours of a widget, made from the one colour that an organisation chooses.

Every text keeps a contrast of at least 4.5 : 1 to its background, as WCAG 2.2 asks for in success
criterion 1.4.3. Contrast and luminance are computed as its definitions say.
"""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

#: The least contrast of a text to its background.
READABLE = 4.5
WHITE, BLACK = "#ffffff", "#000000"
#: Backgrounds and quiet texts of the panel in both themes, as in ``frontend/widget/style.css``.
LIGHT_SURFACE, LIGHT_MUTED = "#ffffff", "#6b6158"
DARK_SURFACE, DARK_MUTED = "#1d1916", "#b5a89d"
#: How much of the colour is in a tinted background, in both themes.
_LIGHT_TINT, _DARK_TINT = 0.12, 0.25
#: How finely a colour is moved until it is readable.
_STEPS = 50

_Rgb = tuple[int, int, int]


class Palette(Struct, frozen=True, kw_only=True):
    """Colours as ``#rrggbb``.

    Attributes:
        accent: The chosen colour, the background of buttons and of the visitor's messages.
        text: The text on it: white if that is readable, otherwise black.
        hover: The background of a button under the pointer.
        light_strong: Texts in the colour, on a white or a tinted background.
        light_tint: The tinted background.
        dark_strong: The same in the dark theme.
        dark_tint: The same in the dark theme.
    """

    accent: str
    text: str
    hover: str
    light_strong: str
    light_tint: str
    dark_strong: str
    dark_tint: str


@lru_cache(maxsize=1024)
def palette_of(accent: str) -> Palette:
    """The colours of a widget whose colour is ``accent``.

    One of black and white is readable on every colour: their contrasts to it multiply to 21, and
    the root of 21 is more than 4.5.
    """
    text = WHITE if contrast(accent, WHITE) >= READABLE else BLACK
    light_tint = mix(LIGHT_SURFACE, accent, _LIGHT_TINT)
    dark_tint = next(
        tint
        for step in range(_STEPS + 1)
        if contrast(DARK_MUTED, tint := mix(DARK_SURFACE, accent, _DARK_TINT * (1 - step / _STEPS)))
        >= READABLE
    )
    return Palette(
        accent=accent,
        text=text,
        hover=mix(accent, BLACK if text == WHITE else WHITE, 0.2),
        light_strong=_readable(accent, BLACK, (LIGHT_SURFACE, light_tint)),
        light_tint=light_tint,
        dark_strong=_readable(accent, WHITE, (DARK_SURFACE, dark_tint)),
        dark_tint=dark_tint,
    )


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mix(one: str, other: str, share: float) -> str:
    """A colour between two, with ``share`` of the second one."""
    mixed = (
        round(first + (second - first) * share)
        for first, second in zip(_rgb(one), _rgb(other), strict=True)
    )
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _readable(color: str, towards: str, backgrounds: tuple[str, ...]) -> str:
    """The colour nearest to ``color`` that is readable on all backgrounds, on the way to black or
    white."""
    return next(
        moved
        for step in range(_STEPS + 1)
        if min(
            contrast(moved := mix(color, towards, step / _STEPS), background)
            for background in backgrounds
        )
        >= READABLE
    )


def _rgb(color: str) -> _Rgb:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _rgb(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
