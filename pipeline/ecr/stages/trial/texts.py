"""Makes fit to be shown and recorded what a stranger's program said."""

from __future__ import annotations

import re

_LONGEST = 300
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def clean(text: str, longest: int = _LONGEST) -> str:
    """Return one line: colours removed, what cannot be seen spelt out, cut to a length."""
    # Cut first as well: a line may be as long as a program likes.
    shown = "".join(
        char if char.isprintable() else _spell(char)
        for char in _COLOURS.sub("", text[: 4 * longest]).replace("\t", " ")
    )
    shown = shown.strip()
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def _spell(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode("ascii")
