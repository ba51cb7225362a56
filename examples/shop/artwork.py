"""The pictures of the shop, drawn as SVG so that it needs no files and no network."""

from __future__ import annotations

from .html import Html, html

_FRAME = """<svg class="art" viewBox="0 0 320 260" role="img" aria-label="{label}">
<ellipse class="shadow" cx="160" cy="222" rx="{shadow}" ry="9"/>{shapes}</svg>"""

_SHAPES: dict[str, tuple[int, str]] = {
    "ember-mug": (
        78,
        """<path d="M208 106h20a28 28 0 0 1 28 28v10a34 34 0 0 1-34 34h-16" fill="none"
 stroke="#24424a" stroke-width="13" stroke-linecap="round"/>
<path d="M92 84h120v112a26 26 0 0 1-26 26h-68a26 26 0 0 1-26-26z" fill="#2f5560"/>
<path d="M92 84h34v138h-8a26 26 0 0 1-26-26z" fill="#3d6975"/>
<ellipse cx="152" cy="84" rx="60" ry="13" fill="#f6efe2"/>
<ellipse cx="152" cy="86" rx="50" ry="9" fill="#5a3b29"/>
<path d="M132 64c-9-12 9-18 0-31M158 60c-9-12 9-18 0-31M180 66c-7-10 7-15 0-26" fill="none"
 class="steam" stroke-width="5" stroke-linecap="round"/>
<g fill="#cfe0e0"><circle cx="116" cy="126" r="3"/><circle cx="143" cy="152" r="2"/>
<circle cx="182" cy="132" r="3"/><circle cx="170" cy="184" r="2.5"/>
<circle cx="120" cy="186" r="2"/><circle cx="196" cy="166" r="2"/>
<circle cx="154" cy="118" r="1.8"/></g>""",
    ),
    "fireside-blanket": (
        104,
        """<path d="M70 168h180a22 22 0 0 1 0 54H70z" fill="#b8a58a"/>
<path d="M70 168h180a22 22 0 0 1 20 14H70zM70 205h202a22 22 0 0 1-22 17H70z" fill="#d9cbb3"/>
<path d="M66 114h184a22 22 0 0 1 0 54H66z" fill="#e9dfcc"/>
<path d="M66 128h198v9H66zM66 145h202v9H66z" fill="#8a4b32"/>
<path d="M74 62h172a25 25 0 0 1 0 52H74z" fill="#f4ecdd"/>
<path d="M74 76h192v8H74zM74 92h194v8H74z" fill="#5c6b4a"/>
<path d="M74 62a14 26 0 0 0 0 52M66 114a14 27 0 0 0 0 54M70 168a14 27 0 0 0 0 54" fill="none"
 stroke="#a48f71" stroke-width="3"/>""",
    ),
    "lumen-lantern": (
        58,
        """<defs><radialGradient id="lantern-glow"><stop class="glow-near" offset=".3"/>
<stop class="glow-far" offset="1"/></radialGradient></defs>
<circle cx="160" cy="138" r="118" fill="url(#lantern-glow)"/>
<path d="M112 92a48 62 0 0 1 96 0" fill="none" stroke="#8d6a24" stroke-width="6"/>
<path d="M146 42h28l8 22h-44z" fill="#8d6a24"/><path d="M128 64h64l10 22h-84z" fill="#c4953a"/>
<path d="M128 64h26l-6 22h-30z" fill="#ddb45b"/>
<path d="M120 86h80c14 30 14 66 0 96h-80c-14-30-14-66 0-96z" fill="#fdf3d4" fill-opacity=".86"/>
<path d="M160 104c22 24 26 42 14 58a18 18 0 0 1-28 0c-9-13-4-26 4-34 1 8 4 11 8 12-3-14-1-26 2-36z"
 fill="#ee8a32"/>
<path d="M160 138c10 11 12 20 6 28a9 9 0 0 1-13 0c-5-8 1-15 7-28z" fill="#fcd568"/>
<path d="M136 92c-8 28-8 58 0 86M184 92c8 28 8 58 0 86" fill="none" stroke="#c4953a"
 stroke-width="3"/>
<path d="M116 182h88l8 16H108z" fill="#c4953a"/><path d="M104 198h112v22H104z" fill="#8d6a24"/>
<path d="M104 198h38v22h-38z" fill="#a57d2f"/>""",
    ),
    "ridge-tent": (
        124,
        """<path d="M62 92l12-40 12 40zm-4 30l16-48 16 48z" fill="#5f7a5d"/>
<path d="M72 122h4v22h-4z" fill="#6b4a34"/>
<path d="M252 108l10-34 10 34zm-3 24l13-40 13 40z" fill="#6f8b68"/>
<path d="M260 132h4v16h-4z" fill="#6b4a34"/>
<path d="M162 66L290 222H34z" fill="#c4633a"/><path d="M162 66L34 222h84z" fill="#db7f4f"/>
<path d="M162 66l44 156h-88z" fill="#3b2a25"/><path d="M162 66l44 156h-34c-2-50-4-104-10-156z"
 fill="#f3d9b8"/>
<path d="M162 66V46" stroke="#3b2a25" stroke-width="4" stroke-linecap="round"/>
<path d="M162 46l22 7-22 7z" fill="#5c6b4a"/>
<path d="M34 222l-16 4M290 222l16 4" stroke="#3b2a25" stroke-width="3" stroke-linecap="round"/>
<circle cx="150" cy="196" r="7" fill="#fcd568"/>""",
    ),
    "kettle-no-4": (
        86,
        """<path d="M96 118C96 44 224 44 224 118" fill="none" stroke="#7c5a3c" stroke-width="9"/>
<path d="M118 64c24-17 60-17 84 0" fill="none" stroke="#b98654" stroke-width="15"
 stroke-linecap="round"/>
<path d="M214 154l44-40c6-6 16-3 18 5l2 8c-26 8-34 38-62 60z" fill="#7f9298"/>
<path d="M84 132c0-20 32-32 76-32s76 12 76 32l-8 66c-2 15-14 24-30 24h-76c-16 0-28-9-30-24z"
 fill="#94a8ad"/>
<path d="M84 132c0-13 13-23 36-28-10 30-10 78 4 118h-2c-16 0-28-9-30-24z" fill="#b4c4c7"/>
<ellipse cx="160" cy="106" rx="46" ry="10" fill="#7f9298"/>
<ellipse cx="160" cy="103" rx="42" ry="9" fill="#c7d3d5"/>
<path d="M150 88h20v12h-20z" fill="#7c5a3c"/><circle cx="160" cy="84" r="9" fill="#b98654"/>
<path d="M92 188h136" stroke="#7f9298" stroke-width="3"/>""",
    ),
    "portage-pack": (
        80,
        """<path d="M132 50c0-28 56-28 56 0" fill="none" stroke="#6b4227" stroke-width="9"/>
<path d="M92 102c0-34 22-54 68-54s68 20 68 54v98c0 14-8 22-22 22h-92c-14 0-22-8-22-22z"
 fill="#66754f"/>
<path d="M92 102c0-34 22-54 68-54-26 20-38 96-36 174h-10c-14 0-22-8-22-22z" fill="#7a8961"/>
<path d="M92 100c0-34 22-52 68-52s68 18 68 52v30c-40 16-96 16-136 0z" fill="#586745"/>
<path d="M114 160h92v44c0 8-4 12-12 12h-68c-8 0-12-4-12-12z" fill="#586745"/>
<path d="M114 160h92v14h-92z" fill="#4b593b"/>
<path d="M124 118h13v56h-13zM183 118h13v56h-13z" fill="#8f5a35"/>
<path d="M121 146h19v12h-19zM180 146h19v12h-19z" fill="#d9ab5a"/>
<path d="M146 72h28v18h-28z" fill="#e8d6b3"/><path d="M160 75l8 12h-16z" fill="#c4633a"/>
<path d="M88 118c-16 8-18 60-6 84M232 118c16 8 18 60 6 84" fill="none" stroke="#6b4227"
 stroke-width="8" stroke-linecap="round"/>""",
    ),
    "sapling-hatchet": (
        104,
        """<path d="M74 214c-6-6-4-13 2-18L206 74l18 19-128 116c-7 7-16 10-22 5z" fill="#b98654"/>
<path d="M74 214c-6-6-4-13 2-18L206 74l7 8C160 138 118 174 74 214z" fill="#d3a473"/>
<path d="M84 204l18-17 12 13-17 15c-8 6-16 4-20-1z" fill="#8a4b32"/>
<path d="M186 68l28-26c6-5 13-4 17 1l14 18c22 2 36 14 42 34-16 18-36 26-58 22l-20-20z"
 fill="#6d7b80"/>
<path d="M245 61c22 2 36 14 42 34-16 18-36 26-58 22 18-10 24-32 16-56z" fill="#c7d3d5"/>
<path d="M186 68l28-26c6-5 13-4 17 1l4 5-40 28z" fill="#87959a"/>
<path d="M198 56l34 36" stroke="#4f5b5f" stroke-width="3"/>
<path d="M60 96c18-14 18-32 0-46-18 14-18 32 0 46zm0-40v62" fill="#7a8961" stroke="#586745"
 stroke-width="3"/>""",
    ),
    "stillwater-chair": (
        98,
        """<path d="M96 218L222 70" stroke="#a06a3c" stroke-width="12" stroke-linecap="round"/>
<path d="M238 218L116 112" stroke="#a06a3c" stroke-width="12" stroke-linecap="round"/>
<path d="M92 108l16 14M210 56l22 18" stroke="#7c4f2b" stroke-width="12" stroke-linecap="round"/>
<path d="M224 66c4 62-24 104-74 92-24-6-38-22-50-40l16-10c24 36 76 40 76-50z" fill="#d9cbb3"/>
<path d="M224 66c4 62-24 104-74 92-8-2-15-5-21-9 50 14 80-28 77-88z" fill="#bfae90"/>
<path d="M110 112c26 40 92 48 98-48" fill="none" stroke="#c4633a" stroke-width="5"/>
<circle cx="172" cy="129" r="6" fill="#7c4f2b"/>
<path d="M86 222h24M226 222h24" stroke="#7c4f2b" stroke-width="8" stroke-linecap="round"/>""",
    ),
}


def product_art(slug: str, label: str) -> Html:
    """The picture of a product; ``label`` is read out instead of it."""
    shadow, shapes = _SHAPES[slug]
    return html(_FRAME, label=label, shadow=shadow, shapes=Html(shapes))


# Colours come from the style sheet, so that night falls with the reader's colour scheme.
HERO = Html(
    """<svg class="hero-art" viewBox="0 0 1200 520" preserveAspectRatio="xMaxYMax slice"
 aria-hidden="true">
<defs><radialGradient id="fire-glow"><stop class="glow-near" offset="0"/>
<stop class="glow-far" offset="1"/></radialGradient></defs>
<circle class="sun" cx="1010" cy="160" r="44"/>
<g class="stars"><circle cx="560" cy="52" r="1.6"/><circle cx="640" cy="120" r="2"/>
<circle cx="720" cy="60" r="1.5"/><circle cx="800" cy="150" r="2"/>
<circle cx="850" cy="48" r="1.7"/>
<circle cx="910" cy="190" r="1.5"/><circle cx="1090" cy="56" r="2"/>
<circle cx="1150" cy="150" r="1.7"/>
<circle cx="690" cy="200" r="1.5"/><circle cx="1110" cy="220" r="1.6"/></g>
<path class="hill-4" d="M0 392c180-30 290-20 430-62s280-120 430-72 230 10 340-30v292H0z"/>
<path class="hill-3" d="M0 420c150-44 270 0 410-32s250-84 420-30 250 12 370-22v184H0z"/>
<g class="trees"><path d="M88 424l24-84 24 84zM146 430l18-64 18 64zM44 430l16-54 16 54z
M640 392l16-58 16 58zM1080 384l26-96 26 96zM1140 392l20-72 20 72z"/></g>
<path class="hill-2" d="M0 452c200-48 380-18 560-40s420-50 640-10v118H0z"/>
<path class="tent-back" d="M856 342l-100 122h204z"/>
<path class="tent-front" d="M856 342l-100 122h66z"/>
<path class="tent-door" d="M856 342l32 122h-66z"/>
<path class="hill-1" d="M0 486c240-34 460-6 680-14s360-20 520 2v46H0z"/>
<circle cx="1030" cy="436" r="120" fill="url(#fire-glow)"/>
<path class="log" d="M998 466l64-12 2 9-64 12zM998 454l64 12-2 9-64-12z"/>
<path class="fire" d="M1030 398c20 22 25 40 12 54a17 17 0 0 1-25 0c-9-12-4-24
 4-32 1 7 3 10 7 11-3-12-2-23 2-33z"/></svg>"""
)

LOGO = Html(
    """<svg class="logo" viewBox="0 0 32 32" aria-hidden="true"><path class="logo-fern"
 d="M16 30V9M16 24c-6 0-9-3-10-7 6 0 9 2 10 7zm0 0c6 0 9-3 10-7-6 0-9 2-10 7zm0-8c-4 0-7-2-8-6
 5 0 7 2 8 6zm0 0c4 0 7-2 8-6-5 0-7 2-8 6z"/><path class="logo-ember"
 d="M16 1c3 3 4 5 2 8a3 3 0 0 1-4 0c-1-3 1-4 2-8z"/></svg>"""
)
