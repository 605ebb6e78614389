"""Markdown of bundle authors to HTML that may stand in a page.

Authors are not trusted with HTML: the renderer (GitHub's own, in C) leaves raw HTML out, and
what it makes passes a list of allowed elements. Links lead to ``https`` and ``mailto`` only; a
picture is shown only when it is one of the bundle's own media, so that no page asks another
host for anything. Headings move to where the page has room for them.
"""

from __future__ import annotations

import re
from html import escape

import cmarkgfm
import nh3

from ecr.stages.publish.pages.formulas import put_formulas, take_formulas

_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img",
    "li", "ol", "p", "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt"},
    "ol": {"start"},
    "td": {"align"},
    "th": {"align"},
}
_MEDIA = re.compile(r"(?:\./)?(?:media/)?((?:science-image|icon)\.(?:png|jpg|svg))")
_LINK = re.compile(r"(?:https://|mailto:)")
_HEADING = re.compile(r"(?<=<)(/?)h([1-6])>")
_FIRST_HEADING = re.compile(r"<h[1-6]>(.*?)</h[1-6]>\n?", re.DOTALL)
_MISSING_IMAGE = re.compile(r'<img(?: alt="([^"]*)")?>')
_TOP = 3
MEDIA_PLACE = "ecr-media:"
"""Stands for the way to the bundle's media until the depth of the page is known."""


def _filter(_element: str, attribute: str, value: str) -> str | None:
    if attribute == "href":
        return value if _LINK.match(value) else None
    if attribute == "src":
        own = _MEDIA.fullmatch(value)
        return MEDIA_PLACE + own[1] if own else None
    return value


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    attribute_filter=_filter,
    url_schemes={"https", "mailto", MEDIA_PLACE[:-1]},
    link_rel="nofollow noopener",
    clean_content_tags={"script", "style"},
)


def render_markdown(text: str, title: str = "") -> str:
    """Return safe HTML of CommonMark text (with GitHub's tables, strikethrough and formulas).

    The highest heading becomes ``<h3>``. A first heading that repeats the title of the page is
    left out. Addresses of media begin with ``MEDIA_PLACE``.
    """
    formulas: list[str] = []
    if "$" in text:
        text, formulas = take_formulas(text)
    html = _CLEANER.clean(cmarkgfm.github_flavored_markdown_to_html(text))
    if "<h" in html:
        html = _adapt_headings(html, title)
    if "<img" in html:
        html = _MISSING_IMAGE.sub(lambda match: f"<em>{match[1] or ''}</em>", html)
    if "<table>" in html:
        html = html.replace("<table>", '<div class="ecr-scroll"><table class="ecr-table">')
        html = html.replace("</table>", "</table></div>")
    return put_formulas(html, formulas) if formulas else html


def _adapt_headings(html: str, title: str) -> str:
    first = _FIRST_HEADING.match(html)
    if first is not None and first[1] == escape(title, quote=False):
        html = html[first.end() :]
    levels = {int(level) for _, level in _HEADING.findall(html)}
    shift = _TOP - min(levels, default=_TOP)
    return _HEADING.sub(lambda match: f"{match[1]}h{min(6, int(match[2]) + shift)}>", html)
