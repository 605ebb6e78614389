"""Formulas become MathML, and nothing else does."""

from __future__ import annotations

import pytest

from ecr.stages.publish.pages.markdown import render_markdown

INLINE = '<p><math display="inline"><mrow>{}</mrow></math></p>\n'
BLOCK = '<p><math display="block"><mrow>{}</mrow></math></p>\n'
CASES = [
    ("$x_1$", INLINE.format("<msub><mi>x</mi><mn>1</mn></msub>")),
    ("$$a^2$$", BLOCK.format("<msup><mi>a</mi><mn>2</mn></msup>")),
    ("it costs $5 or $6", "<p>it costs $5 or $6</p>\n"),
    ("`$x$`", "<p><code>$x$</code></p>\n"),
    ("```\n$x$\n```", "<pre><code>$x$\n</code></pre>\n"),
    ("$ x $", "<p>$ x $</p>\n"),
    ("\\$x$", "<p>$x$</p>\n"),
    ("$\\foo{$", "<p><code>\\foo{</code></p>\n"),
]
IDS = [
    "a formula in a line",
    "a formula of its own",
    "prices are no formula",
    "code stays",
    "a fenced block stays",
    "space inside is no formula",
    "an escaped sign is no formula",
    "what cannot be converted is shown",
]


@pytest.mark.parametrize(("text", "html"), CASES, ids=IDS)
def test_formula(text: str, html: str) -> None:
    assert render_markdown(text) == html


def test_markdown_does_not_see_the_inside_of_a_formula() -> None:
    html = render_markdown("*a* $b*c*d$")
    assert html.startswith("<p><em>a</em> <math")
    assert html.count("<em>") == 1


def test_aligned_lines_become_a_table() -> None:
    html = render_markdown("$$\n\\begin{aligned}\na &= b \\\\\nc &= d\n\\end{aligned}\n$$")
    assert html.count("<mtr>") == 2
    assert "&amp;" not in html


@pytest.mark.parametrize(
    "formula",
    [
        r"\text{<script>pwned()</script>}",
        r"\href{javascript:pwned()}{x}",
        r"\mathrm{<img src=x onerror=pwned()>}",
        r"\unicode{<script>}",
        r"\text{</math><script>pwned()</script>}",
        r"\style{background:url(https://example.org)}{x}",
    ],
)
def test_formula_cannot_bring_html(formula: str) -> None:
    for text in (f"${formula}$", f"$${formula}$$"):
        html = render_markdown(text)
        for forbidden in ("<script", "<img", "href=", "style=", "onerror=p"):
            assert forbidden not in html.replace("&lt;", ""), html


def test_endless_formula_is_shown_as_it_is() -> None:
    assert render_markdown(f"${'{' * 2000}$").startswith("<p><code>{{{")


def test_author_cannot_forge_a_mark() -> None:
    assert render_markdown("\ue0000\ue001 and $x$").startswith("<p>0 and <math")
