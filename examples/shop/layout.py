"""The frame around every page."""

from __future__ import annotations

from .accounts import User
from .artwork import LOGO
from .html import Html, html

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="stylesheet" href="/static/shop.css">
<link rel="icon" href="/static/icon.svg" type="image/svg+xml">
<script src="/static/shop.js" defer></script>
<script src="/support/widget.js" async></script>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<aside class="ribbon" aria-label="About this demo">{ribbon}</aside>
<header class="top">
<a class="brand" href="/">{logo}<span>Fern &amp; Ember</span></a>
<nav aria-label="Main">{links}</nav>
{account}
</header>
<main id="content">{body}</main>
<footer class="bottom">
<p>Fern &amp; Ember is the demo shop of campfire-chat. Nothing here can be bought.</p>
<p><a href="/login">Log in as somebody else</a></p>
</footer>
</body>
</html>"""

_LINK = """<a href="{href}"{current}>{label}</a>"""
_ACCOUNT = """<form class="account" action="/logout" method="post" data-session>
<img src="{portrait}" alt="" width="32" height="32"><span class="who">{name}</span>
<button class="quiet">Log out</button></form>"""
_GUEST = """<div class="account"><a class="button small" href="/login">Log in</a></div>"""


def page(*, title: str, path: str, user: User | None, body: Html) -> Html:
    """A whole page for ``user``, or for a guest."""
    return html(
        _PAGE,
        title=title if path == "/" else f"{title} · Fern & Ember",
        ribbon=_ribbon(user),
        logo=LOGO,
        links=[
            html(
                _LINK,
                href=href,
                label=label,
                current=Html(' aria-current="page"') if href == path else "",
            )
            for href, label in _links(user)
        ],
        account=(
            html(_ACCOUNT, portrait=user.portrait, name=user.first_name) if user else html(_GUEST)
        ),
        body=body,
    )


def _links(user: User | None) -> list[tuple[str, str]]:
    if user is not None and user.is_staff:
        return [("/", "Shop"), ("/customers", "Customers"), ("/support/console/", "Console")]
    return [("/", "Shop"), ("/orders", "Your orders")]


def _ribbon(user: User | None) -> Html:
    if user is None:
        return html(
            "You are a <b>guest</b> in this demo: the chat treats you as an anonymous visitor."
            ' <a href="/login">Become a customer or an agent</a>'
        )
    if user.is_staff:
        return html(
            "You are <b>{name}</b>, who answers here."
            ' <a href="/support/console/">Open the console</a>',
            name=user.name,
        )
    return html(
        'You are <b>{name}</b>, a customer: agents see who is writing. <a href="/login">Switch</a>',
        name=user.name,
    )
