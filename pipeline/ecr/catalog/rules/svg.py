"""SVG pictures that only draw: no scripts, no handlers, nothing from elsewhere.

The site shows icons as images, where browsers run nothing; but a picture can also be opened
by itself, and then it acts in the name of the site.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from ecr.catalog.rules.context import report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecr.findings import Finding

_ACTIVE_ELEMENTS = frozenset(
    {
        "audio",
        "base",
        "canvas",
        "embed",
        "foreignobject",
        "handler",
        "iframe",
        "link",
        "listener",
        "meta",
        "object",
        "script",
        "video",
    }
)
_ANIMATIONS = frozenset({"set", "animate", "animatetransform", "animatemotion"})
_DECLARATION = re.compile(r"<!(?:DOCTYPE|ENTITY)|<\?(?!xml\s)", re.IGNORECASE)
_LOCAL = re.compile(r"#|data:image/(?:png|jpeg|gif);base64,", re.IGNORECASE)
_OUTSIDE = re.compile(r"javascript:|url\(\s*[\"']?(?![\"'#\s])", re.IGNORECASE)
_OUTSIDE_STYLE = re.compile(rf"@import|expression\s*\(|\\|{_OUTSIDE.pattern}", re.IGNORECASE)
"""A backslash can spell any of the others."""
_SVG = "{http://www.w3.org/2000/svg}svg"


def check_svg(path: str, content: bytes) -> Iterator[Finding]:
    """Check an SVG file."""
    hint = "save it again as plain SVG"
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield report(path, "E212", "the file is not an SVG picture in UTF-8", hint)
        return
    declaration = _DECLARATION.search(text)
    if declaration is not None:
        message = f"the picture holds '{declaration[0]}', which could load or run something"
        yield report(path, "E213", message, "remove it; a picture needs none")
        return
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - no document type, so no entities
    except (ElementTree.ParseError, ValueError, RecursionError):
        yield report(path, "E212", "the file is not well-formed XML, so no SVG picture", hint)
        return
    if root.tag != _SVG:
        yield report(path, "E212", "the file is not an SVG picture", hint)
        return
    for problem in sorted(set(_find_problems(root))):
        hint = "remove it: a picture of the catalog only draws"
        yield report(path, "E213", f"the picture holds {problem}", hint)


def _find_problems(root: ElementTree.Element) -> Iterator[str]:
    for element in root.iter():
        name = _local(str(element.tag))
        if name in _ACTIVE_ELEMENTS:
            yield f"an element '{name}'"
        if name == "style" and _OUTSIDE_STYLE.search("".join(element.itertext())):
            yield "a style that reaches outside"
        for key, value in element.attrib.items():
            attribute = _local(key)
            if attribute.startswith("on"):
                yield f"a handler '{attribute[:40]}'"
            elif attribute in ("href", "src") and not _LOCAL.match(value.strip()):
                yield f"a reference to outside in '{attribute}'"
            elif (_OUTSIDE_STYLE if attribute == "style" else _OUTSIDE).search(value):
                yield f"an attribute '{attribute[:40]}' that reaches outside"
            elif name in _ANIMATIONS and attribute == "attributename" and "href" in value.lower():
                yield "an animation of a reference"


def _local(name: str) -> str:
    return name.rpartition("}")[2].lower()
