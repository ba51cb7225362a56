"""What the shop sells. A real shop would keep this in its database."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Product:
    """``price`` is in cents; ``facts`` are short lines for the product page."""

    slug: str
    name: str
    kind: str
    price: int
    line: str
    text: str
    facts: tuple[str, ...]


PRODUCTS = (
    Product(
        slug="ember-mug",
        name="Ember",
        kind="Enamel mug",
        price=1800,
        line="The first coffee, outside.",
        text="Two coats of enamel over steel, fired at 800 degrees. It chips before it breaks, "
        "and it looks better for it. Holds as much as you need and a little more.",
        facts=("350 ml", "120 g", "Dishwasher safe, not for microwaves"),
    ),
    Product(
        slug="fireside-blanket",
        name="Fireside",
        kind="Wool blanket",
        price=12900,
        line="Enough for two on a bench.",
        text="Woven from undyed wool of three flocks, so the stripes are the colour of the sheep. "
        "Sparks do not bother it. Airing replaces most washing.",
        facts=("140 × 200 cm", "1.3 kg", "100 % wool, woven in one piece"),
    ),
    Product(
        slug="lumen-lantern",
        name="Lumen",
        kind="Brass lantern",
        price=7400,
        line="Six hours of small, warm light.",
        text="A lantern with three parts and no electronics. Turn the wick down and the evening "
        "becomes longer. Every part can be replaced, the glass too.",
        facts=("31 cm with the handle up", "680 g", "Burns 6 hours on one filling"),
    ),
    Product(
        slug="ridge-tent",
        name="Ridge",
        kind="Tent for two",
        price=38900,
        line="Up in four minutes, quiet in the wind.",
        text="One pole, eight pegs and a fly that reaches the ground. It packs down to the size "
        "of a loaf of bread and has seen more storms than we would like.",
        facts=("210 × 130 cm inside", "2.4 kg with pegs and bag", "Three seasons"),
    ),
    Product(
        slug="kettle-no-4",
        name="Kettle No. 4",
        kind="Field kettle",
        price=4600,
        line="Four cups, on any flame.",
        text="Stainless steel with an ash handle that stays cool. The spout pours into a narrow "
        "bottle without spilling, which took us three years.",
        facts=("1.1 l", "420 g", "Gas, wood, ceramic; not induction"),
    ),
    Product(
        slug="portage-pack",
        name="Portage",
        kind="Waxed canvas pack",
        price=16800,
        line="For a long day or a short week.",
        text="Waxed cotton, leather where hands go, and no more pockets than you can remember. "
        "Zips and seams are covered for five years.",
        facts=("28 l", "1.2 kg", "Made to be waxed again"),
    ),
    Product(
        slug="sapling-hatchet",
        name="Sapling",
        kind="Hatchet",
        price=9200,
        line="For kindling and small repairs.",
        text="Forged by hand, ground by somebody who cares. The handle is hickory and comes with "
        "a sheath of leather. Keep it dry and it will outlive you.",
        facts=("34 cm", "600 g", "Carbon steel, hickory"),
    ),
    Product(
        slug="stillwater-chair",
        name="Stillwater",
        kind="Folding chair",
        price=11500,
        line="Low, light, hard to leave.",
        text="Two frames of ash and one sling of canvas. No screws to lose, and it stands on "
        "sand as well as on a balcony.",
        facts=("Folds to 92 × 14 × 14 cm", "2.8 kg", "Holds 130 kg"),
    ),
)

BY_SLUG = {product.slug: product for product in PRODUCTS}


def euros(cents: int) -> str:
    return f"€{cents / 100:,.2f}"
