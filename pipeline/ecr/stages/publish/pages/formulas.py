"""Formulas in science descriptions: LaTeX between dollar signs becomes MathML.

MathML is shown by every current browser without scripts or fonts of ours. The converter is
given strangers' text, so what it makes passes a list of allowed elements like everything else,
and what it cannot convert is shown as it was written.
"""

from __future__ import annotations

import re
from html import escape

import nh3

_MAX_LENGTH = 1000
_OPEN, _CLOSE = "\ue000", "\ue001"
_SPANS = re.compile(
    r"(?P<code>^(?P<fence>```+|~~~+).*?^(?P=fence)|(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"
    r"|\$\$(?P<block>[^$]+)\$\$"
    r"|(?<![\\$])\$(?=\S)(?P<inline>[^$`\n]+(?:\n[^$`\n]+)?)(?<=\S)\$(?!\d)",
    re.DOTALL | re.MULTILINE,
)
_TOKEN = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")

FORMULA_TAGS = {
    "math", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mroot",
    "mrow", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext",
    "mtr", "munder", "munderover",
}  # fmt: skip
FORMULA_ATTRIBUTES = {
    "math": {"display"},
    "mfrac": {"linethickness"},
    "mo": {"stretchy", "fence", "form", "minsize", "maxsize"},
    "mover": {"accent"},
    "mspace": {"width"},
    "mi": {"mathvariant"},
    "mstyle": {"displaystyle", "scriptlevel"},
    "mtd": {"columnalign"},
    "mtable": {"columnalign"},
}
_CLEANER = nh3.Cleaner(tags=FORMULA_TAGS, attributes=FORMULA_ATTRIBUTES)


def take_formulas(text: str) -> tuple[str, list[str]]:
    """Take the formulas out of Markdown, so that it does not see their signs.

    ``$$...$$`` stands alone, ``$...$`` in a line; code is left as it is.

    Returns:
        The text with a mark for each formula, and the formulas as HTML.
    """
    formulas: list[str] = []

    def take(match: re.Match[str]) -> str:
        if match["code"] is not None:
            return match[0]
        formulas.append(_render(match["block"] or match["inline"], block=bool(match["block"])))
        return f"{_OPEN}{len(formulas) - 1}{_CLOSE}"

    plain = text.replace(_OPEN, "").replace(_CLOSE, "")
    return _SPANS.sub(take, plain), formulas


def put_formulas(html: str, formulas: list[str]) -> str:
    """Put the formulas where their marks are."""
    return _TOKEN.sub(lambda match: formulas[int(match[1])], html)


def _spell(formula: str) -> str:
    """Spell what the converter knows under another name."""
    return formula.replace("{aligned}", "{align*}").replace("{gathered}", "{gather*}")


def _render(formula: str, *, block: bool) -> str:
    if len(formula) <= _MAX_LENGTH:
        # Loaded only where there is a formula.
        from latex2mathml.converter import convert  # noqa: PLC0415

        try:
            made = convert(_spell(formula.strip()), display="block" if block else "inline")
        except Exception:  # noqa: S110 - whatever it does not understand is shown as it is
            pass
        else:
            return _CLEANER.clean(made)
    return f"<code>{escape(formula.strip())}</code>"
