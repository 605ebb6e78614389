"""A manifest as tidy YAML text: block style, one way to write every value.

What is written here is read back by ``ecr.catalog.yaml_document`` as exactly the same
values. A reader of YAML 1.1 (PyYAML, many editors) gets the same as well, so whatever one of
the two would take for something else (``yes``, ``1.10``, ``2026-01-31``, ``12:30``) is quoted.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from ecr.catalog.yaml_document import YamlNumberText

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecr.model.fields import ManifestModel

WIDTH = 100
"""Column at which long text is folded."""
_INDENT = "  "
_LONGEST_INT = 18
_LONGEST_SIMPLE_KEY = 120
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./+@()=~^%$;!?*'\" ,:#&-]*", re.ASCII)
_NOT_PLAIN = re.compile(r": |:$| #| $|^/$")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_UNPRINTABLE = re.compile(
    r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    # Not seen, or turning the direction of what is read; a manifest may not hold them as they are.
    r"|[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}


def render_manifest(
    model: ManifestModel,
    *,
    schema: str | None = None,
    comments: Mapping[str, Sequence[str]] | None = None,
    footer: Sequence[str] = (),
) -> str:
    """Return the YAML text of a manifest; what equals its default is left out.

    Args:
        model: The manifest.
        schema: Address of its JSON Schema, as a URL or a path relative to the file; editors
            that know the modeline then complete and check while one types.
        comments: Lines to put above a top-level key, without ``#``.
        footer: Lines to put at the end, as comments.

    Raises:
        ValueError: A value cannot be written so that it is read back as the same.
    """
    data = model.model_dump(mode="json", exclude_defaults=True)
    lines = [] if schema is None else [f"# yaml-language-server: $schema={schema}"]
    for key, value in data.items():
        lines += _render_comment((comments or {}).get(key, ()), bool(lines))
        lines += _render_pair(key, value)
    lines += _render_comment(footer, blank_before=True)
    return "\n".join(lines) + "\n"


def render_yaml(data: Mapping[str, Any]) -> str:
    """Return the YAML text of a mapping of plain values.

    Raises:
        ValueError: A value cannot be written so that it is read back as the same.
    """
    return "\n".join(_render_mapping(data)) + "\n"


def schema_path(manifest: str, kind: str) -> str:
    """Return the path from a manifest's directory to the schema of its ``kind``.

    Args:
        manifest: Path of the manifest, relative to the catalog's root.
        kind: ``namespace``, ``bundle``, ``release`` or ``status``.
    """
    return "../" * manifest.count("/") + f"site_src/schemas/v1/{kind}.schema.json"


def _render_comment(lines: Sequence[str], blank_before: bool) -> list[str]:
    if not lines:
        return []
    written = [f"# {line}".rstrip() for line in lines]
    return ["", *written] if blank_before else written


def _render_mapping(data: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for key, value in data.items():
        lines += _render_pair(key, value)
    return lines or ["{}"]


def _render_pair(key: str, value: Any) -> list[str]:
    if not isinstance(key, str):
        raise ValueError(f"the key {key!r} is not text")
    name = _render_text(key)
    if len(name) > _LONGEST_SIMPLE_KEY:
        return [f"? {name}", *_attach(":", value)]
    return _attach(f"{name}:", value)


def _attach(start: str, value: Any) -> list[str]:
    """Put a value behind ``key:``; on lines of its own when it is a block."""
    if isinstance(value, dict) and value:
        return [start, *_indent(_render_mapping(value))]
    if isinstance(value, list | tuple) and value:
        return [start, *_indent(_render_sequence(value))]
    first, *rest = _render_scalar(value)
    return [f"{start} {first}", *rest]


def _render_sequence(values: Sequence[Any]) -> list[str]:
    lines: list[str] = []
    for value in values:
        if isinstance(value, dict) and value:
            block = _render_mapping(value)
        elif isinstance(value, list | tuple) and value:
            block = _render_sequence(value)
        else:
            block = _render_scalar(value)
            lines += [f"- {block[0]}", *block[1:]]
            continue
        lines += [f"- {block[0]}", *_indent(block[1:])]
    return lines


def _indent(lines: Sequence[str]) -> list[str]:
    return [_INDENT + line if line else line for line in lines]


def _render_scalar(value: Any) -> list[str]:
    if isinstance(value, str):
        return _render_block(value) or [_render_text(value)]
    if value is None:
        return ["null"]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, int):
        text = str(value)
        if len(text.lstrip("-")) > _LONGEST_INT:
            raise ValueError(f"the whole number {text} has more than {_LONGEST_INT} digits")
        return [text]
    if isinstance(value, float):
        return [_render_float(value)]
    if isinstance(value, dict):
        return ["{}"]
    if isinstance(value, list | tuple):
        return ["[]"]
    raise ValueError(f"a {type(value).__name__} has no place in a manifest")


def _render_float(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"the number {value} has no place in a manifest")
    written = value.text if isinstance(value, YamlNumberText) else ""
    if re.fullmatch(r"-?(0|[1-9][0-9]*)\.[0-9]+", written):
        return written
    text = repr(float(value))
    mantissa, exponent, power = text.partition("e")
    if exponent and "." not in mantissa:
        mantissa += ".0"  # YAML 1.1 takes 1e+16 for text
    return mantissa + exponent + power


def _render_block(text: str) -> list[str] | None:
    """Return text of several lines as ``|``, and one long line as ``>``, where that is exact."""
    if _UNPRINTABLE.search(text) or "\t" in text:
        return None
    if "\n" in text:
        return _render_literal(text)
    words = text.split(" ")
    if len(text) < WIDTH or "" in words or "\xa0" in text:
        return None
    lines, line = [], words[0]
    for word in words[1:]:
        if len(line) + 1 + len(word) > WIDTH - 2 * len(_INDENT):
            lines.append(line)
            line = word
        else:
            line += " " + word
    return [">-", *_indent([*lines, line])] if lines else None


def _render_literal(text: str) -> list[str] | None:
    body = text.rstrip("\n")
    ending = len(text) - len(body)
    lines = body.split("\n")
    if not body.strip() or any(line != line.rstrip(" ") for line in lines):
        return None
    if lines[0] == "" or lines[0].startswith(" "):
        return None  # would need an indentation indicator, which few readers know
    header = "|" + ("-", "", "+")[min(ending, 2)]
    tail = [""] * (ending - 1)
    return [header, *_indent(lines), *tail]


def _render_text(text: str) -> str:
    if _UNPRINTABLE.search(text) or "\n" in text or "\t" in text:
        return '"' + "".join(_escape(character) for character in text) + '"'
    if _PLAIN.fullmatch(text) and not _NOT_PLAIN.search(text) and text.lower() not in _WORDS:
        return text
    if "'" in text and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"


def _escape(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if not _UNPRINTABLE.match(character):
        return character
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        raise ValueError("half a surrogate pair is not text")
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
