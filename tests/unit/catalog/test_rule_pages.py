"""Codes, their pages and what the code emits are the same set; the examples do as they say."""

import re
from pathlib import Path

import pytest

from ecr.catalog.rule_book import GROUPS, RULES
from ecr.findings import Severity
from tests.unit.catalog.sample import SampleCatalog

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "site_src" / "rules"
CODE = re.compile(r"\"([EW][0-9]{3})\"")
EMITTING = ("model", "catalog")


def read_page(code: str) -> str:
    return (PAGES / f"{code}.md").read_text("utf-8")


def read_example(code: str, section: str) -> tuple[str, str] | None:
    """The manifest's name and the text of an example that can be tried out, if it can."""
    found = re.search(
        rf"^## {section}\n\n```yaml title=\"([a-z.]+)\"\n(.*?)^```",
        read_page(code),
        re.MULTILINE | re.DOTALL,
    )
    return (found[1], found[2]) if found else None


def find_emitted() -> set[str]:
    codes: set[str] = set()
    for package in EMITTING:
        for path in (ROOT / "pipeline" / "ecr" / package).rglob("*.py"):
            # These two name rules; they do not raise them.
            if path.name not in ("rule_book.py", "reference.py"):
                codes |= set(CODE.findall(path.read_text("utf-8")))
    return codes


def test_every_emitted_code_is_in_the_rule_book_and_every_code_of_the_book_is_emitted():
    assert find_emitted() == set(RULES)


def test_every_rule_has_a_page_and_every_page_a_rule():
    assert {path.stem for path in PAGES.glob("*.md")} == set(RULES) | {"index"}


def test_the_index_lists_every_rule_with_its_title_in_its_group():
    text = (PAGES / "index.md").read_text("utf-8")
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    listed = {part.partition("\n")[0]: part for part in parts}
    assert list(listed) == list(GROUPS.values())
    for code, rule in RULES.items():
        assert f"| [{code}]({code}.md) | {rule.title} |\n" in listed[GROUPS[code[1]]]
    assert len(re.findall(r"^\| \[", text, re.MULTILINE)) == len(RULES)


@pytest.mark.parametrize("code", sorted(RULES))
def test_a_page_has_the_title_the_severity_and_all_its_sections(code: str):
    page = read_page(code)
    rule = RULES[code]
    assert page.startswith(f"# {code}: {rule.title}\n")
    kind = "An error" if rule.severity is Severity.ERROR else "A warning"
    assert f"\n{kind}: " in page
    assert f"Since version {rule.since}." in page
    sections = re.findall(r"^## (.+)$", page, re.MULTILINE)
    assert sections == ["Why", "Wrong", "Right", "How to fix it"]
    assert page.count("```") == 4


@pytest.mark.parametrize("code", [code for code in sorted(RULES) if read_example(code, "Wrong")])
def test_the_wrong_example_breaks_the_rule(sample: SampleCatalog, code: str):
    example = read_example(code, "Wrong")
    assert example is not None
    sample.overlay(*example)
    assert code in sample.codes()


@pytest.mark.parametrize("code", [code for code in sorted(RULES) if read_example(code, "Right")])
def test_the_right_example_breaks_no_rule(sample: SampleCatalog, code: str):
    example = read_example(code, "Right")
    assert example is not None
    sample.overlay(*example)
    # An example shows one thing: its version need not be the directory's.
    expected = ["E201"] if example[1].startswith("version:") else []
    assert sample.codes() == expected


def test_most_examples_can_be_tried_out():
    tried = [code for code in RULES if read_example(code, "Wrong")]
    assert len(tried) >= 35
