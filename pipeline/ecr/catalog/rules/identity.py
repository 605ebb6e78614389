"""A manifest names its own directories, so that it can be moved by no accident.

Looks at the document, not the model: whatever else is wrong, a wrong name is told as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecr.catalog.rules.context import report_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecr.catalog.yaml_document import YamlDocument
    from ecr.findings import Finding


def check_identity(document: YamlDocument, expected: Mapping[str, str]) -> Iterator[Finding]:
    """Compare the names in a document with those of its directories.

    Args:
        document: The document.
        expected: What the directories say, by key.
    """
    if not document.is_mapping:
        return
    for key, directory in expected.items():
        value = document.data.get(key)
        if isinstance(value, str) and value != directory and value:
            yield report_at(
                document,
                (key,),
                "E201",
                f"{key} '{value[:80]}' is not the directory's name '{directory[:80]}'",
                f"write '{directory[:80]}', or rename the directory",
            )
        elif key != "version" and value == directory and directory.endswith("-"):
            yield report_at(
                document,
                (key,),
                "E306",
                f"{key} '{directory[:80]}' ends with '-'",
                "end with a letter or digit: names of images and jobs have to",
            )
