"""Markdown of strangers becomes HTML that can do nothing."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecr.stages.publish.pages.formulas import FORMULA_ATTRIBUTES, FORMULA_TAGS
from ecr.stages.publish.pages.markdown import render_markdown

LINK = '<p><a href="{}" rel="nofollow noopener">a</a></p>\n'
NO_LINK = '<p><a rel="nofollow noopener">a</a></p>\n'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        pytest.param(
            "*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>\n", id="emphasis"
        ),
        pytest.param(
            "[a](https://x.org/?a=1&b)",
            LINK.format("https://x.org/?a=1&amp;b"),
            id="a link over https",
        ),
        pytest.param(
            "[a](mailto:a@x.org)", LINK.format("mailto:a@x.org"), id="an address for mail"
        ),
        pytest.param("[a](http://x.org)", NO_LINK, id="http leads nowhere"),
        pytest.param("[a](javascript:x)", NO_LINK, id="javascript leads nowhere"),
        pytest.param("[a](JaVaScRiPt&#58;x)", NO_LINK, id="nor in disguise"),
        pytest.param("[a](data:text/html,x)", NO_LINK, id="data leads nowhere"),
        pytest.param("[a](//x.org)", NO_LINK, id="an address without scheme leads nowhere"),
        pytest.param("[a](../../../admin)", NO_LINK, id="a relative address leads nowhere"),
        pytest.param(
            "a <b onclick=x>b</b>", "<p>a b</p>\n", id="raw HTML is left out, its text stays"
        ),
        pytest.param("<script>x</script>", "\n", id="a script is left out"),
        pytest.param("<style>*{}</style>", "\n", id="a style is left out"),
        pytest.param("a<!-- b -->c", "<p>ac</p>\n", id="comments are left out"),
        pytest.param(
            "![a](https://x.org/p.png)",
            "<p><em>a</em></p>\n",
            id="a foreign picture becomes its words",
        ),
        pytest.param(
            "![a](media/science-image.png)",
            '<p><img src="ecr-media:science-image.png" alt="a"></p>\n',
            id="a picture of the bundle is shown",
        ),
        pytest.param(
            "![a](media/../../x.png)", "<p><em>a</em></p>\n", id="a picture elsewhere is not"
        ),
        pytest.param(
            "![a](ecr-media:x.png)",
            "<p><em>a</em></p>\n",
            id="the place of media cannot be written",
        ),
        pytest.param("~~a~~", "<p><del>a</del></p>\n", id="struck out"),
        pytest.param(
            "# One\n\n## Two",
            "<h3>One</h3>\n<h4>Two</h4>\n",
            id="headings start at the third level",
        ),
        pytest.param("### One", "<h3>One</h3>\n", id="wherever they started"),
        pytest.param("# 1\n\n###### 6", "<h3>1</h3>\n<h6>6</h6>\n", id="and end at the sixth"),
        pytest.param(
            "# T & t\n\n## M\n\nx",
            "<h3>M</h3>\n<p>x</p>\n",
            id="the page's own title is not repeated",
        ),
        pytest.param(
            "|a|\n|-|\n|b|",
            '<div class="ecr-scroll"><table class="ecr-table">\n'
            "<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n"
            "<tbody>\n<tr>\n<td>b</td>\n</tr>\n</tbody>\n</table></div>\n",
            id="a table can be scrolled",
        ),
    ],
)
def test_markdown_becomes(text: str, html: str):
    assert render_markdown(text, "T & t") == html


class _Collector(HTMLParser):
    """Notes every element and attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[tuple[str, str]] = set()

    def handle_starttag(self, tag, attrs):
        self.seen |= {(tag, name) for name, _ in attrs} or {(tag, "")}


@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [
                    "<script>",
                    "</script>",
                    "<img src=x onerror=y>",
                    "[a](",
                    "javascript:",
                    ")",
                    "![",
                    "](",
                    "`",
                    "```\n",
                    "<a href='x' onclick=y>",
                    "&#x6A;",
                    "\n\n",
                    "# ",
                    "<!--",
                    "-->",
                    "<svg/onload=x>",
                    '"',
                    "'",
                    "|",
                    "|-|\n",
                    "<![CDATA[",
                    "]]>",
                    "<?php",
                    "?>",
                    'https://x.org/"onclick=x',
                    "\\",
                    "&",
                    "<math><mi//xlink:href=x>",
                ]
            ),
            st.text(max_size=10),
        ),
        max_size=12,
    )
)
def test_only_harmless_elements_and_attributes_come_out(parts: list[str]):
    collector = _Collector()
    collector.feed(render_markdown("".join(parts)))
    allowed = {
        "a", "blockquote", "br", "code", "del", "div", "em", "h3", "h4", "h5", "h6", "hr", "img",
        "li", "ol", "p", "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
    } | FORMULA_TAGS  # fmt: skip
    attributes = {"", "href", "rel", "src", "alt", "start", "align", "class", "lang", "title"}
    attributes |= set().union(*FORMULA_ATTRIBUTES.values())
    assert {tag for tag, _ in collector.seen} <= allowed
    assert {name for _, name in collector.seen} <= attributes
