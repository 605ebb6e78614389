"""Funding strings, taken apart into funder and award: ``NSF 1935984, NSF 2436842``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ecr.stages.importing.checks import fits
from ecr.stages.importing.texts import clean_line, shorten

_AWARD = re.compile(r"(?<![\w.-])(?:[A-Z]{2,6}-)?(?:[0-9]{5,10}|[0-9]{4}-[0-9]{3,6})(?![\w-])")
_URL = re.compile(r"https?://[^\s<>()\[\],;]+")
_FILLER = re.compile(
    r"\b(?:grants?|awards?|no\.?|nos\.?|number|numbers|under|and|contract)\b|[#:,&()]",
    re.IGNORECASE,
)


@dataclass(slots=True)
class FundingParts:
    """What a string says about who paid.

    Attributes:
        entries: Parts of each ``Funding``.
        doubts: What could not be read with certainty: (code, message).
    """

    entries: list[dict[str, str]] = field(default_factory=list)
    doubts: list[tuple[str, str]] = field(default_factory=list)


def parse_funding(text: str) -> FundingParts:
    """Take a funding string apart; several awards of one funder become several entries."""
    found = FundingParts()
    for item in re.split(r"[;\n]", text):
        if clean_line(item):
            _parse_item(clean_line(item), found)
    return found


def _parse_item(item: str, found: FundingParts) -> None:
    url = None
    match = _URL.search(item)
    if match is not None:
        url = re.sub(r"^http://", "https://", match[0])
        if not fits("HttpsUrl", url):
            url = None
        elif url != match[0]:
            found.doubts.append(("I040", f"'{match[0]}' was written as '{url}'"))
        item = clean_line(item.replace(match[0], " ", 1)) if url else item
    awards = list(_AWARD.finditer(item))
    start, funder, new = 0, "", []
    for award in awards:
        before = item[start : award.start()]
        named = clean_line(_FILLER.sub(" ", before))
        funder = named or funder
        new.append({"funder": funder, "award": award[0]})
        start = award.end()
    rest = clean_line(_FILLER.sub(" ", item[start:])).strip(" .")
    if not new or any(not entry["funder"] for entry in new):
        new = [{"funder": shorten(item)}] if item else [{"funder": shorten(url or "")}]
        if len(item) > len(new[0]["funder"]):
            found.doubts.append(("I034", f"'{item}' was cut"))
    elif rest:
        found.doubts.append(("I034", f"'{rest}' of '{item}' was left out"))
    if url is not None:
        new[0]["url"] = url
    found.entries += new
