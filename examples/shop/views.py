"""What stands on each page."""

from __future__ import annotations

from .accounts import User
from .artwork import HERO, product_art
from .catalogue import PRODUCTS, Product, euros
from .html import Html, html
from .orders import CustomerRow, Order

_HOME = """<section class="hero">{art}
<div class="hero-text"><h1>Stay out a little longer.</h1>
<p>Eight good things for the hours around the fire. We use them ourselves and repair them too.</p>
<p><a class="button" href="#things">See all eight</a>
<button class="button plain" type="button" data-chat>Ask us anything</button></p></div></section>
<section class="wrap" aria-labelledby="things"><h2 id="things">The whole shop</h2>
<ul class="grid">{cards}</ul></section>
<section class="wrap promises" aria-label="What you can rely on">
<div><h3>60 days to change your mind</h3>
<p>Sending things back is free, and nobody asks why.</p></div>
<div><h3>Five years of repairs</h3><p>Our workshop mends before it replaces.</p></div>
<div><h3>People, not forms</h3><p>Write in the corner below. Ada or Grace will answer.</p></div>
</section>"""

_CARD = """<li class="card hue-{hue}"><a href="/products/{slug}"><span class="tile">{art}</span>
<span class="name">{name}</span><span class="price">{price}</span>
<span class="kind">{kind}</span></a></li>"""

_PRODUCT = """<article class="wrap product">
<div class="tile hue-{hue}">{art}</div>
<div class="details"><p class="crumb"><a href="/">Shop</a> / {kind}</p>
<h1>{name}</h1><p class="line">{line}</p><p class="big price">{price}</p><p>{text}</p>
<ul class="facts">{facts}</ul>
<p class="actions"><button class="button" type="button" data-chat>Ask about the {name}</button>
<span class="hint">In stock. Ships tomorrow.</span></p></div></article>
<section class="wrap" aria-labelledby="more"><h2 id="more">Goes well with it</h2>
<ul class="grid">{others}</ul></section>"""

_ORDERS = """<section class="wrap narrow"><h1>Your orders</h1>
<p class="lead">Something wrong with one? Write to us and name the number.</p>
<ul class="orders">{orders}</ul></section>"""

_ORDER = """<li class="order hue-{hue}"><div class="tile">{art}</div>
<div><h2>{quantity} × {name}</h2><p class="kind">Order {number} · {date}</p>
<p><span class="state state-{state}">{status}</span> <b>{total}</b></p></div>
<button class="button small plain" type="button" data-chat>Get help</button></li>"""

_LOGIN = """<section class="wrap narrow"><h1>Who would you like to be?</h1>
<p class="lead">The demo has no passwords. One click logs you in with the shop's own session.</p>
<h2>Agents answer in the console</h2><div class="people">{agents}</div>
<h2>Customers write in the shop</h2><div class="people">{customers}</div>
<p class="tip">Use a private window for the second person: one browser has one session. Or stay a
guest here: <a href="/">back to the shop</a>.</p></section>"""

_PERSON = """<form action="/login/{username}" method="post" data-session>
<button class="person"><img src="{portrait}" alt="" width="56" height="56">
<span><b>{name}</b><span class="kind">{what}</span></span></button></form>"""

_CUSTOMERS = """<section class="wrap"><h1>Customers</h1>
<p class="lead">One SQL query joins the shop's users with the desk's conversations: both live in the
same database.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Customers"><table>
<thead><tr><th>Customer</th><th>Support</th><th class="n">Conversations</th>
<th class="n">Orders</th><th class="n">Spent</th><th>City</th></tr></thead>
<tbody>{rows}</tbody></table></div>
</section>"""

_ROW = """<tr><td><span class="cell"><img src="/portraits/{username}.svg" alt="" width="28"
 height="28">{name}</span></td><td>{waiting}</td><td class="n">{conversations}</td>
<td class="n">{orders}</td><td class="n">{spent}</td><td>{city}</td></tr>"""

_MESSAGE = """<section class="wrap narrow"><h1>{title}</h1><p class="lead">{text}</p>
<p><a class="button" href="{href}">{label}</a></p></section>"""

_HUES = {product.slug: number for number, product in enumerate(PRODUCTS)}


def home() -> Html:
    return html(_HOME, art=HERO, cards=[_card(product) for product in PRODUCTS])


def product_page(product: Product) -> Html:
    place = PRODUCTS.index(product)
    others = [PRODUCTS[(place + step) % len(PRODUCTS)] for step in (1, 3, 4, 6)]
    return html(
        _PRODUCT,
        hue=_HUES[product.slug],
        art=product_art(product.slug, product.kind),
        kind=product.kind,
        name=product.name,
        line=product.line,
        price=euros(product.price),
        text=product.text,
        facts=[html("<li>{fact}</li>", fact=fact) for fact in product.facts],
        others=[_card(other) for other in others],
    )


def orders_page(orders: list[Order]) -> Html:
    return html(
        _ORDERS,
        orders=[
            html(
                _ORDER,
                hue=_HUES[order.product.slug],
                art=product_art(order.product.slug, order.product.kind),
                quantity=order.quantity,
                name=order.product.name,
                number=order.number,
                date=f"{order.ordered_on:%d %b %Y}".lstrip("0"),
                state=order.status.replace(" ", "-"),
                status=order.status,
                total=euros(order.total),
            )
            for order in orders
        ],
    )


def login_page(users: list[User]) -> Html:
    agents = [user for user in users if user.is_staff]
    customers = [user for user in users if not user.is_staff][:3]
    return html(
        _LOGIN,
        agents=[_person(user, str(user.role).capitalize()) for user in agents],
        customers=[_person(user, f"Customer from {user.city}") for user in customers],
    )


def customers_page(rows: list[CustomerRow]) -> Html:
    return html(
        _CUSTOMERS,
        rows=[
            html(
                _ROW,
                username=row.username,
                name=row.name,
                city=row.city,
                orders=row.orders,
                spent=euros(row.spent) if row.orders else "–",
                conversations=row.conversations,
                waiting=(
                    html('<span class="state state-waiting">waits</span>')
                    if row.waiting
                    else html('<span class="muted">all answered</span>')
                ),
            )
            for row in rows
        ],
    )


def message_page(*, title: str, text: str, href: str, label: str) -> Html:
    return html(_MESSAGE, title=title, text=text, href=href, label=label)


def _card(product: Product) -> Html:
    return html(
        _CARD,
        hue=_HUES[product.slug],
        slug=product.slug,
        art=product_art(product.slug, product.kind),
        name=product.name,
        price=euros(product.price),
        kind=product.kind,
    )


def _person(user: User, what: str) -> Html:
    return html(_PERSON, username=user.username, portrait=user.portrait, name=user.name, what=what)
