"""Reference pages of the documents, made from their JSON Schemas.

What a page says about a key is what the schema says: the text below the field, its type and
limits, its default. Beside it stand the rules that look at the key.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ecr.model.fields import (
    CPU_PATTERN,
    DIGEST_PATTERN,
    GIT_COMMIT_PATTERN,
    MEASUREMENT_PATTERN,
    MEMORY_PATTERN,
    ORCID_PATTERN,
    SHA256_PATTERN,
)
from ecr.model.identity import NAME_PATTERN, NAMESPACE_PATTERN, SEMVER_PATTERN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Schema = dict[str, Any]

INTRODUCTIONS = {
    "namespace": ("namespace.yaml", "Whom bundles belong to. One file for each namespace."),
    "bundle": ("bundle.yaml", "What holds for every release of a bundle. It may change."),
    "release": ("release.yaml", "What an author says about one release. Frozen once merged."),
    "status": ("status.yaml", "What was decided about a release. It may change."),
    "build": ("build.json", "What was archived and built. The pipeline writes it; people do not."),
    "profile": ("profiles/*.json", "One measured run on one piece of hardware. Never changed."),
}
"""For each page, the file it is about and what that is for."""

_WORDS = {
    NAMESPACE_PATTERN: ("name: lower-case letters, digits, `-`", "E114"),
    NAME_PATTERN: ("name: lower-case letters, digits, `-`", "E114"),
    SEMVER_PATTERN: ("semantic version", "E106"),
    SHA256_PATTERN: ("SHA-256, 64 hexadecimal digits", "E111"),
    DIGEST_PATTERN: ("digest, `sha256:` and 64 hexadecimal digits", "E111"),
    GIT_COMMIT_PATTERN: ("commit hash, 40 or 64 hexadecimal digits", "E107"),
    ORCID_PATTERN: ("ORCID", "E115"),
    CPU_PATTERN: ("CPU quantity", "E116"),
    MEMORY_PATTERN: ("memory quantity", "E116"),
    MEASUREMENT_PATTERN: ("measurement name", "E114"),
    "^https://": ("https URL", "E112"),
    r"^3\.[0-9]{1,2}$": ("Python version", "E114"),
    r"^[a-z0-9][a-z0-9+.-]+$": ("name of a Debian package", "E114"),
    r"^/[A-Za-z0-9_./-]+$": ("absolute path", "E114"),
}
"""What a pattern stands for, and the rule a value breaks that does not follow it."""

_FORMATS = {"date": ("day, `YYYY-MM-DD`", "E114"), "email": ("e-mail address", "E114")}

FURTHER = {
    "namespace.namespace": ("E201", "E202"),
    "namespace.grants": ("E301", "E305"),
    "bundle.namespace": ("E201",),
    "bundle.name": ("E201", "E202", "W225", "E306"),
    "bundle.grants": ("E301", "E305"),
    "bundle.successor": ("E304",),
    "release.namespace": ("E201",),
    "release.name": ("E201",),
    "release.version": ("E105", "E201", "E306"),
    "release.license": ("W321",),
    "ContainerCode.build_args": ("E312", "W325"),
    "ScriptCode.pip": ("E311", "W324"),
    "BinaryCode.files": ("E302",),
    "LocalSource.path": ("E207",),
    "Data.name": ("E301",),
    "Data.url": ("E118",),
    "Data.path": ("E118", "E207"),
    "Data.sha256": ("E209",),
    "Data.size_bytes": ("E209",),
    "Data.mount": ("E309",),
    "Input.id": ("E301",),
    "Input.type": ("E109",),
    "Input.default": ("E110",),
    "Input.required": ("W326",),
    "Gpu.capabilities": ("W327",),
    "Expectation.measurements": ("W323",),
    "Profiling.data": ("E303",),
    "Decision.on": ("E307",),
    "Certification.on": ("E307",),
    "Approval.on": ("E307",),
    "status.approvals": ("E307",),
}
"""Rules that need more than the value itself, by object and key."""


def render_reference(schemas: Mapping[str, str]) -> dict[str, str]:
    """Return the text of every page by its file name, such as ``release.md``.

    Args:
        schemas: Text of every schema, by its file name.
    """
    return {
        f"{name}.md": "\n".join(_Page(name, json.loads(schemas[f"{name}.schema.json"])).lines())
        + "\n"
        for name in INTRODUCTIONS
    }


def read_example(name: str) -> str | None:
    """Return a complete manifest, or ``None`` for a record."""
    path = files("ecr.resources") / "examples" / f"{name}.yaml"
    return path.read_text("utf-8") if path.is_file() else None


class _Page:
    """The page of one document."""

    def __init__(self, name: str, schema: Schema) -> None:
        self.name = name
        self.schema = schema
        self.example = read_example(name)

    def lines(self) -> Iterator[str]:
        file, purpose = INTRODUCTIONS[self.name]
        yield from ("---", f"title: {file}", f"description: {purpose}", "---", "")
        yield "<!-- Written by `ecr schema`; change the model, not this page. -->"
        yield from ("", f"# {file}", "", purpose, "")
        yield f"Its [JSON Schema](../schemas/v1/{self.name}.schema.json) says the same to editors."
        if self.example:
            yield "A key that is not in these tables is refused ([E101](../rules/E101.md))."
        yield from ("", "## Keys", "", *self._table(self.name, self.schema))
        for definition in self._find_objects():
            value = self.schema["$defs"][definition]
            yield from ("", f"## {_spell(definition)} {{ #{definition.lower()} }}", "")
            yield from (_markdown(value.get("description", "")), "")
            yield from self._table(definition, value)
        if self.example:
            yield from ("", "## Example", "", f'```yaml title="{file}"')
            yield from (*self.example.splitlines(), "```")

    def _find_objects(self) -> list[str]:
        """Return the objects below the document, in the order in which they are named."""
        found: list[str] = []
        waiting = [self.schema]
        while waiting:
            for name in re.findall(r'"#/\$defs/(\w+)"', json.dumps(waiting.pop(0)["properties"])):
                value = self.schema["$defs"][name]
                if name not in found and "properties" in value:
                    found.append(name)
                    waiting.append(value)
        return found

    def _table(self, owner: str, schema: Schema) -> Iterator[str]:
        yield from ("| key | value | default | what it is |", "|---|---|---|---|")
        required = schema.get("required", ())
        for key, value in schema["properties"].items():
            words, codes = self._describe(value)
            default = "**required**" if key in required else _show_default(value)
            meaning = _markdown(value.get("description", ""))
            if self.example:
                every = dict.fromkeys((*codes, *FURTHER.get(f"{owner}.{key}", ())))
                meaning = " ".join([meaning, *(f"[{c}](../rules/{c}.md)" for c in every)])
            row = (f"`{key}`", words, default, meaning)
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"

    def _describe(self, value: Schema) -> tuple[str, tuple[str, ...]]:
        """Return what a value has to be, in words, and the rules about that."""
        if "$ref" in value:
            name = value["$ref"].rpartition("/")[2]
            target = self.schema["$defs"][name]
            if "properties" in target:
                return f"[{_spell(name).lower()}](#{name.lower()})", ()
            return self._describe(target)
        if "const" in value:
            return f"`{_yaml(value['const'])}`", ()
        if "enum" in value:
            code = "E104" if "linux/amd64" in value["enum"] else "E114"
            return ", ".join(f"`{choice}`" for choice in value["enum"]), (code,)
        choices = value.get("anyOf") or value.get("oneOf")
        if choices:
            parts = [self._describe(choice) for choice in choices if choice.get("type") != "null"]
            words = dict.fromkeys(part[0] for part in parts)
            return " or ".join(words), tuple(code for part in parts for code in part[1])
        return self._describe_plain(value)

    def _describe_plain(self, value: Schema) -> tuple[str, tuple[str, ...]]:
        kind = value.get("type")
        if kind == "array":
            words, codes = self._describe(value.get("items", {}))
            return f"list of {words}{_count(value, 'Items', ' items')}", codes
        if kind == "object":
            inner = value.get("additionalProperties")
            words, codes = self._describe(inner) if isinstance(inner, dict) else ("any value", ())
            keys = "name"
            more: tuple[str, ...] = ()
            if "propertyNames" in value:
                keys, more = self._describe(value["propertyNames"])
            return f"mapping of {keys} to {words}{_count(value, 'Properties')}", (*more, *codes)
        if kind == "string":
            return self._describe_string(value)
        if kind in ("integer", "number"):
            return ("whole number" if kind == "integer" else "number") + _limits(value), ()
        return ("`true` or `false`" if kind == "boolean" else "any value"), ()

    def _describe_string(self, value: Schema) -> tuple[str, tuple[str, ...]]:
        known = _WORDS.get(value.get("pattern", "")) or _FORMATS.get(value.get("format", ""))
        if known:
            return known[0], (known[1],)
        if "NOASSERTION" in value.get("examples", ()):
            return "SPDX expression", ("E108",)
        if "pattern" in value:
            return "text of the form described", ("E114",)
        if "maxLength" in value:
            return f"text, at most {value['maxLength']:,} characters", ()
        # Paths are the only texts of manifests without a pattern and a greatest length.
        return ("relative path", ("E113",)) if self.example else ("text", ())


def _show_default(value: Schema) -> str:
    default = value.get("default")
    if default is None or default in ([], {}, ""):
        return ""
    # The defaults of a nested object stand in its own table.
    return "" if isinstance(default, dict) else f"`{_yaml(default)}`"


def _yaml(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _count(value: Schema, what: str, unit: str = "") -> str:
    least, most = value.get(f"min{what}"), value.get(f"max{what}")
    parts = [f"at least {least}"] if least else []
    parts += [f"at most {most}"] if most else []
    return f" ({', '.join(parts)}{unit})" if parts else ""


def _limits(value: Schema) -> str:
    least, most = value.get("minimum"), value.get("maximum")
    words = ", more than 0" if value.get("exclusiveMinimum") == 0 else ""
    if least is not None:
        words = f", at least {least:,}"
    # 2^53 is the greatest whole number JSON readers agree on; nobody means it as a limit.
    return words + (f", at most {most:,}" if most is not None and most < 2**53 else "")


def _spell(name: str) -> str:
    """``ContainerCode`` becomes ``Container code``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).capitalize()


def _markdown(text: str) -> str:
    line = " ".join(text.split()).replace("``", "`")
    return re.sub(r"(?<![`(<])(https://\S+?)(?=[.,]?(\s|$))", r"<\1>", line)
