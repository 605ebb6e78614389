"""Every rule of the catalog: its code, what it is about, and since when it holds.

A code is never used for something else: ``E`` and three digits are errors, ``W`` and three
digits warnings. The first digit says what is looked at: 0 the file, 1 a value, 2 files and
names, 3 what values mean together. Each has a page, ``site_src/rules/CODE.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

from ecr.findings import Severity

GROUPS = {
    "0": "The file itself",
    "1": "A value",
    "2": "Files and names",
    "3": "What values mean together",
}
"""What the first digit of a code stands for."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule.

    Attributes:
        code: Stable code, such as ``E104``.
        title: What is wrong when it is broken, in a few words.
        since: Version of ECR it came with.
    """

    code: str
    title: str
    since: str = "0.1.0"

    @property
    def severity(self) -> Severity:
        """Severity of its findings."""
        return severity_of(self.code)


def severity_of(code: str) -> Severity:
    """Return the severity a code stands for, by its letter."""
    return Severity.WARNING if code.startswith("W") else Severity.ERROR


_TITLES = {
    "W001": "More findings than are shown",
    "E001": "File that cannot be read as text",
    "E002": "Not valid YAML",
    "E003": "Key that stands twice",
    "E004": "Anchor, alias or tag",
    "E005": "File too large or too deeply nested",
    "E006": "Key that is not text",
    "E007": "Number too large",
    "E101": "Unknown key",
    "E102": "Missing key",
    "E103": "Value of the wrong type",
    "E104": "Unknown platform",
    "E105": "Number where text is needed",
    "E106": "Version that is not semantic",
    "E107": "Source that is not pinned",
    "E108": "Licence that SPDX does not know",
    "E109": "Unknown type of input",
    "E110": "Default that is not of the input's type",
    "E111": "Checksum that is none",
    "E112": "URL that is not https",
    "E113": "Path that leaves its directory",
    "E114": "Value that is not allowed",
    "E115": "ORCID that is none",
    "E116": "Quantity that is none",
    "E117": "Invisible character",
    "E118": "Not exactly one of two keys",
    "E201": "Name that is not the directory's",
    "E202": "Name that looks like another",
    "E203": "Released files that changed",
    "E204": "Missing file",
    "E205": "Bundle without a release",
    "E206": "Link or other thing that is no plain file",
    "E207": "File that is named but not there",
    "E208": "Record that does not follow its schema",
    "E209": "Checksum or size that is not the file's",
    "E210": "Record of something else",
    "E211": "Picture or description that is too large",
    "E212": "Picture that is not what its name says",
    "E213": "SVG with active content",
    "E214": "Profile that changed",
    "E216": "File name that does not work everywhere",
    "W221": "Unexpected file",
    "W222": "Missing picture or description",
    "W223": "Picture of an unsuitable size",
    "W224": "Large file",
    "W225": "Name that looks like one in another namespace",
    "E301": "Item that stands twice",
    "E302": "Binary files and platforms that disagree",
    "E303": "Reference to data that is not there",
    "E304": "Successor that cannot be one",
    "E305": "Permission that cannot be granted so",
    "E306": "Name that no image or job can have",
    "E307": "Decision before its release",
    "E308": "Hardware the registry does not know",
    "E309": "Place where data cannot be mounted",
    "E310": "Place that belongs to the pipeline",
    "E311": "Requirement pip should not be given",
    "E312": "Build argument that cannot be passed",
    "W321": "No licence stated",
    "W322": "Number that loses its spelling",
    "W323": "Expected measurement that is not published",
    "W324": "Python package that is not pinned",
    "W325": "Build argument that looks secret",
    "W326": "Required input with a default",
    "W327": "GPU capability no hardware has",
}

RULES = {code: Rule(code, title) for code, title in _TITLES.items()}
"""Every rule by its code."""
