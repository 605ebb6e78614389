"""The codes of what importing has to say; each has a page under ``site_src/rules/``.

Codes below ``I010`` refuse the file: there is no faithful way to make a release of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ecr.findings import Severity


@dataclass(frozen=True, slots=True)
class NoteKind:
    """One kind of note.

    Attributes:
        title: What it says, in a few words.
        severity: ``error`` refuses the file, ``warning`` asks for a look, ``note`` tells of a
            change that follows from the rules of this catalog.
    """

    title: str
    severity: Severity


_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

NOTES: dict[str, NoteKind] = {
    "I001": NoteKind("the file is not a sage.yaml", _E),
    "I002": NoteKind("the file is a template that was not filled in", _E),
    "I003": NoteKind("something a release needs is not stated", _E),
    "I004": NoteKind("the source cannot be pinned to a commit", _E),
    "I005": NoteKind("no name can be made of what is written", _E),
    "I006": NoteKind("no version can be made of what is written", _E),
    "I007": NoteKind("the release is in the catalog already", _E),
    "I008": NoteKind("none of the platforms is supported", _E),
    "I009": NoteKind("the outcome is not a valid release", _E),
    "I010": NoteKind("a key stands twice", _W),
    "I011": NoteKind("a key is not known and was kept as metadata", _W),
    "I012": NoteKind("a field has no counterpart and was kept as metadata", _W),
    "I013": NoteKind("a field has an unexpected form", _W),
    "I014": NoteKind("text was cleaned or shortened", _N),
    "I015": NoteKind("text of a template was left in", _W),
    "I020": NoteKind("the name was changed to a valid one", _N),
    "I021": NoteKind("the version was changed to a semantic one", _W),
    "I022": NoteKind("the version was derived", _W),
    "I023": NoteKind("the namespace was derived", _N),
    "I024": NoteKind("a new namespace was given an owner", _W),
    "I030": NoteKind("a person could not be read with certainty", _W),
    "I031": NoteKind("no author is stated", _W),
    "I032": NoteKind("the licence is not stated or not clear", _W),
    "I033": NoteKind("the licence was translated to SPDX", _N),
    "I034": NoteKind("the funding could not be read with certainty", _N),
    "I035": NoteKind("a keyword was left out", _N),
    "I040": NoteKind("an address was written in another form", _N),
    "I041": NoteKind("the source address names another repository", _W),
    "I042": NoteKind("an address cannot be used", _W),
    "I043": NoteKind("a branch or tag could not be compared with the pinned commit", _W),
    "I044": NoteKind("the checkout is not what others can fetch", _W),
    "I045": NoteKind("a platform was renamed or left out", _W),
    "I046": NoteKind("a build argument looks like a secret", _W),
    "I047": NoteKind("the Dockerfile is not there", _W),
    "I050": NoteKind("the type of an input was changed", _W),
    "I051": NoteKind("the default of an input was changed or left out", _W),
    "I052": NoteKind("an input could not be carried over as it is", _W),
    "I060": NoteKind("a file of ecr-meta was left out", _W),
}
"""Every code with its meaning."""
