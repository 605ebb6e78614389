"""The codes of importing, their pages and what the code emits are the same set."""

import re
from pathlib import Path

import pytest

from ecr.findings import Severity
from ecr.stages.importing.notes import NOTES

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "site_src" / "rules" / "import"
SECTIONS = ["Why", "Example", "What to do"]
LEAD = {
    Severity.ERROR: "An error: the app is refused, and nothing of it is written.",
    Severity.WARNING: "A warning: the app is imported, and someone should look at this.",
    Severity.NOTE: "A note: the app is imported; this says what was changed on the way.",
}


def test_every_code_is_emitted_and_every_emitted_code_is_known():
    emitted: set[str] = set()
    for path in (ROOT / "pipeline" / "ecr" / "stages" / "importing").glob("*.py"):
        if path.name != "notes.py":
            emitted |= set(re.findall(r"\"(I[0-9]{3})\"", path.read_text("utf-8")))
    assert emitted == set(NOTES)


def test_codes_below_i010_are_those_that_refuse():
    assert {code for code, kind in NOTES.items() if kind.severity is Severity.ERROR} == {
        code for code in NOTES if code < "I010"
    }


def test_every_code_has_a_page_and_every_page_a_code():
    assert {path.stem for path in PAGES.glob("*.md")} == {*NOTES, "index"}


@pytest.mark.parametrize("code", sorted(NOTES))
def test_a_page_says_title_severity_and_all_its_sections(code: str):
    page = (PAGES / f"{code}.md").read_text("utf-8")
    kind = NOTES[code]
    title = kind.title[0].upper() + kind.title[1:]
    assert page.startswith(f"# {code}: {title}\n\n{LEAD[kind.severity]} Since version ")
    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == SECTIONS
    index = (PAGES / "index.md").read_text("utf-8")
    assert f"| [{code}]({code}.md) | {title} |\n" in index


@pytest.mark.parametrize("code", [*sorted(NOTES), "index"])
def test_the_links_of_a_page_lead_somewhere(code: str):
    page = PAGES / f"{code}.md"
    for target in re.findall(r"\]\(([^)#]+\.md)\)", page.read_text("utf-8")):
        assert (page.parent / target).is_file(), target
