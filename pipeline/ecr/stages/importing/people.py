"""Strings that name people, taken apart: ``A B <a@b.org>, C D (Some Lab) and E F``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ecr.stages.importing.checks import fits
from ecr.stages.importing.texts import clean_line, is_placeholder, shorten, split_items

_EMAIL = re.compile(r"[^@\s<>(),;:]+@[^@\s<>(),;:]+\.[^@\s<>(),;:]+")
_URL = re.compile(r"https?://[^\s<>()\[\],;]+")
_BRACKETED = re.compile(r"<([^<>]*)>|\(([^()]*)\)|\[([^\[\]]*)\]")
_AND = re.compile(r"\s+(?:and|&)\s+|^(?:and|&)\s+", re.IGNORECASE)
_ORGANISATION = re.compile(
    r"\b(laborator(?:y|ies)|university|institut(?:e|ion)|cent(?:er|re)|department|school|college|"
    r"corporation|company|foundation|inc|ltd|llc|agency|observatory|for)\b",
    re.IGNORECASE,
)


@dataclass(slots=True)
class People:
    """What a string says about people.

    Attributes:
        people: Parts of each ``Person``.
        doubts: What could not be read with certainty: (code, message).
    """

    people: list[dict[str, str]] = field(default_factory=list)
    doubts: list[tuple[str, str]] = field(default_factory=list)


def parse_people(text: str) -> People:
    """Take a string apart into people; nothing in it is dropped without a doubt that names it."""
    found = People()
    for item in split_items(text):
        for part in _split_and(item):
            _parse_person(part, found)
    return found


def _split_and(item: str) -> list[str]:
    if _ORGANISATION.search(_BRACKETED.sub("", item)):
        return [_AND.sub("", item, count=1) if _AND.match(item) else item]
    return [part for part in _AND.split(item) if part.strip()]


def _parse_person(text: str, found: People) -> None:
    if is_placeholder(text) or is_placeholder(clean_line(_BRACKETED.sub("", text))):
        found.doubts.append(("I015", f"'{shorten(clean_line(text))}' is text of a template"))
        return
    person: dict[str, str] = {}
    rest = _BRACKETED.sub(lambda match: _take_bracketed(match, person, found), text)
    rest = _EMAIL.sub(lambda match: _take(match[0], person, found), rest)
    rest = _URL.sub(lambda match: _take(match[0], person, found), rest)
    name = clean_line(rest)
    bare = name.strip(" ,;*†‡-")
    if bare != name:
        found.doubts.append(("I030", f"marks around '{bare}' were left out of '{name}'"))
    if not bare:
        _attach_to_last(person, text, found)
        return
    if len(bare) > 200:
        found.doubts.append(("I030", f"a name of {len(bare)} characters was cut: '{bare}'"))
        bare = shorten(bare)
    found.people.append({"name": bare, **person})


def _take_bracketed(match: re.Match[str], person: dict[str, str], found: People) -> str:
    inside = clean_line(next(group for group in match.groups() if group is not None))
    if inside:
        _take(inside, person, found, angle=match[0].startswith("<"))
    return " "


def _take(text: str, person: dict[str, str], found: People, *, angle: bool = False) -> str:
    """Put a part where it belongs by what it looks like; returns what replaces it in the name."""
    text = text.removeprefix("mailto:").strip()
    orcid = re.sub(r"^(https?://)?orcid\.org/|^orcid:\s*", "", text, flags=re.IGNORECASE)
    if fits("Email", text):
        _set("email", text, person, found)
    elif fits("Orcid", orcid):
        _set("orcid", orcid, person, found)
    elif _URL.fullmatch(text):
        url = re.sub(r"^http://", "https://", text)
        if url != text:
            found.doubts.append(("I040", f"'{text}' was written as '{url}'"))
        if fits("HttpsUrl", url):
            _set("url", url, person, found)
        else:
            found.doubts.append(("I042", f"'{text}' is not an address"))
    elif angle:
        found.doubts.append(("I030", f"'{text}' is neither an e-mail address nor a URL"))
    elif fits("Line", text):
        found.doubts.append(("I030", f"'{text}' in brackets was taken for an affiliation"))
        _set("affiliation", text, person, found)
    else:
        found.doubts.append(("I030", f"'{text}' was left out"))
    return " "


def _set(key: str, value: str, person: dict[str, str], found: People) -> None:
    if key in person:
        found.doubts.append(("I030", f"a second {key}, '{value}', was left out"))
    else:
        person[key] = value


def _attach_to_last(person: dict[str, str], text: str, found: People) -> None:
    """Give parts that came without a name to the person named before them."""
    if found.people and person:
        for key, value in person.items():
            _set(key, value, found.people[-1], found)
    elif "email" in person:
        found.doubts.append(("I030", f"'{person['email']}' came without a name"))
        found.people.append({"name": person["email"].partition("@")[0], **person})
    elif clean_line(text):
        found.doubts.append(("I030", f"'{clean_line(text)}' names nobody"))
