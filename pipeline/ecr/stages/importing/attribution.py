"""People, keywords and funding of a ``sage.yaml``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecr.stages.importing.addresses import name_owner
from ecr.stages.importing.checks import fits
from ecr.stages.importing.funding import parse_funding
from ecr.stages.importing.ledger import is_empty
from ecr.stages.importing.people import People, parse_people
from ecr.stages.importing.texts import clean_line, read_text, split_items, write_scalar

if TYPE_CHECKING:
    from ecr.stages.importing.ledger import Ledger, Loc
    from ecr.stages.importing.places import Place

MAX_KEYWORDS = 50
MAX_PEOPLE = 500
MAX_FUNDING = 100
_PERSON_KEYS = {"email": "Email", "orcid": "Orcid", "affiliation": "Line", "url": "HttpsUrl"}


def convert_credits(ledger: Ledger, place: Place, code: dict[str, Any] | None) -> dict[str, Any]:
    """Return ``authors``, ``contributors``, ``keywords`` and ``funding``."""
    authors = _convert_people(ledger, "authors", ("author",))
    if not authors:
        url = ((code or {}).get("source") or {}).get("git") or place.repository
        owner = name_owner(url) if url else None
        if owner is None:
            ledger.note("I003", ("authors",), "no author is stated", "a release needs one")
        else:
            message = f"no author is stated; the owner of the repository, '{owner}', stands in"
            ledger.note("I031", ("authors",), message, "ask the owner who wrote it")
            authors = [{"name": owner}]
    return {
        "authors": authors,
        "contributors": _convert_people(ledger, "collaborators", ("collaborator", "contributors")),
        "keywords": _convert_keywords(ledger),
        "funding": _convert_funding(ledger),
    }


def _find(ledger: Ledger, key: str, aliases: tuple[str, ...]) -> Loc | None:
    """Return the place of a field that is stated, under its name or a near one."""
    for name in (key, *aliases):
        if not is_empty(ledger.get(name)):
            if name != key:
                ledger.note("I013", (name,), f"'{name}' was read as '{key}'", key=True)
            return (name,)
    ledger.carry(key)
    return None


def _items(ledger: Ledger, loc: Loc) -> list[Loc]:
    value = ledger.get(*loc)
    return [(*loc, index) for index in range(len(value))] if isinstance(value, list) else [loc]


def _convert_people(ledger: Ledger, key: str, aliases: tuple[str, ...]) -> list[dict[str, str]]:
    place = _find(ledger, key, aliases)
    people: list[dict[str, str]] = []
    for loc in () if place is None else _items(ledger, place):
        value = ledger.get(*loc)
        if isinstance(value, dict):
            parsed = _read_person(ledger, loc, value)
        else:
            parsed = parse_people("" if value is None else read_text(ledger, loc))
        for code, message in parsed.doubts:
            ledger.note(code, loc, message)
        room = MAX_PEOPLE - len(people)
        for person in parsed.people[room:]:
            ledger.note(
                "I030", loc, f"only {MAX_PEOPLE} people fit; '{person['name']}' is left out"
            )
        people += parsed.people[:room]
    return people


def _read_person(ledger: Ledger, loc: Loc, value: dict[str, Any]) -> People:
    """Read a person written as a mapping; keys that are not known are left for the rest."""
    parsed = parse_people("")
    if "name" in value:
        parsed = parse_people(read_text(ledger, (*loc, "name")))
    for key, kind in _PERSON_KEYS.items():
        text = clean_line(write_scalar(value.get(key)) or "")
        if not text or not parsed.people:
            continue
        if fits(kind, text):
            ledger.carry(*loc, key)
            parsed.people[0].setdefault(key, text)
        else:
            ledger.keep("I030", (*loc, key), f"'{text}' is no {key}; kept under metadata.sage")
    return parsed


def _convert_keywords(ledger: Ledger) -> list[str]:
    place = _find(ledger, "keywords", ("keyword", "tags"))
    keywords: dict[str, str] = {}
    for loc in () if place is None else _items(ledger, place):
        value = ledger.get(*loc)
        for item in [] if value is None else split_items(read_text(ledger, loc)):
            word = clean_line(item)
            if word.casefold() in keywords:
                ledger.note("I035", loc, f"keyword '{word}' stands twice")
            elif len(keywords) >= MAX_KEYWORDS:
                ledger.note("I035", loc, f"only {MAX_KEYWORDS} fit; '{word}' was left out")
            elif fits("Line", word):
                keywords[word.casefold()] = word
            elif word:
                ledger.note("I035", loc, f"keyword '{word}' is too long and was left out")
    return list(keywords.values())


def _convert_funding(ledger: Ledger) -> list[dict[str, str]]:
    place = _find(ledger, "funding", ("funder",))
    entries: list[dict[str, str]] = []
    for loc in () if place is None else _items(ledger, place):
        parsed = parse_funding("" if ledger.get(*loc) is None else read_text(ledger, loc))
        for code, message in parsed.doubts:
            ledger.note(code, loc, message)
        room = MAX_FUNDING - len(entries)
        for entry in parsed.entries[room:]:
            ledger.note("I034", loc, f"only {MAX_FUNDING} fit; '{entry['funder']}' is left out")
        entries += parsed.entries[:room]
    return entries
