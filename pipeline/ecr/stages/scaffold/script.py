"""Reads a Python script without running it: arguments, imports, published names.

Only what is written out literally is found: calls of ``add_argument`` with constants, imports
anywhere in the file, and ``publish("name", ...)``. What is computed is named as a doubt.
"""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ecr.errors import UsageError
from ecr.model.fields import MeasurementName
from ecr.model.release import Input, InputType, fits_input_type

MAX_SCRIPT_BYTES = 2 * 1024 * 1024
_TYPES = {
    "int": InputType.INT,
    "float": InputType.DOUBLE,
    "str": InputType.STRING,
    "Path": InputType.FILE,
    "pathlib.Path": InputType.FILE,
    "argparse.FileType": InputType.FILE,
    "open": InputType.FILE,
}
_FLAGS = ("store_true", "store_false", "BooleanOptionalAction", "argparse.BooleanOptionalAction")
_IGNORED = ("help", "version")
_METADATA = re.compile(r"(?ms)^# /// script$\n(.*?)^# ///$")
_NAME = TypeAdapter(MeasurementName)


@dataclass(slots=True)
class Script:
    """What a script shows of itself.

    Attributes:
        summary: First sentence of its docstring, or empty.
        inputs: Its arguments.
        modules: What it imports, as dotted names.
        packages: Requirements it states itself (PEP 723), when it does.
        python: Python version it states itself, such as ``3.12``, when it does.
        published: Names it publishes, in the order they appear.
        doubts: What could not be read, in sentences with the line.
    """

    summary: str = ""
    inputs: list[dict[str, Any]] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    packages: list[str] | None = None
    python: str | None = None
    published: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def read_script(name: str, content: bytes) -> Script:
    """Read a script.

    Raises:
        UsageError: It is not Python, or too large to be a script.
    """
    if len(content) > MAX_SCRIPT_BYTES:
        raise UsageError(f"'{name}' has {len(content)} bytes, which is no script")
    try:
        tree = ast.parse(content, filename=name)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        where = f" on line {line}" if line else ""
        raise UsageError(
            f"'{name}' is not Python{where}: {error.args[0] if error.args else error}",
            hint="name a Python 3 script, or start without --from-script",
        ) from error
    script = Script(summary=_read_summary(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            script.modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            _read_import_from(node, script)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "add_argument":
                _read_argument(node, script)
            elif node.func.attr == "publish":
                _read_published(node, script)
    _read_metadata(content.decode("utf-8", "replace"), script)
    return script


def _read_summary(tree: ast.Module) -> str:
    text = " ".join((ast.get_docstring(tree) or "").partition("\n\n")[0].split())
    first = re.match(r"(.+?[.!?])(?:\s|$)", text)
    sentence = first[1] if first else text
    return sentence if len(sentence) <= 200 and sentence.isprintable() else ""


def _read_import_from(node: ast.ImportFrom, script: Script) -> None:
    if node.level:
        script.doubts.append(f"line {node.lineno}: a relative import works only in a package")
    elif node.module:
        script.modules += [f"{node.module}.{alias.name}" for alias in node.names]


def _read_published(node: ast.Call, script: Script) -> None:
    first = node.args[0] if node.args else None
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        if first is not None:
            script.doubts.append(f"line {node.lineno}: a published name is computed; add it")
        return
    try:
        name = _NAME.validate_python(first.value)
    except ValidationError:
        script.doubts.append(
            f"line {node.lineno}: '{first.value[:80]}' cannot be published on a node"
        )
        return
    if name not in script.published:
        script.published.append(name)


def _read_argument(node: ast.Call, script: Script) -> None:
    """Read one ``add_argument``; what has no counterpart becomes a doubt."""
    names = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    options = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    where = f"line {node.lineno}"
    if not names or len(names) < len(node.args):
        script.doubts.append(f"{where}: the name of an argument is computed; add it")
        return
    action = _dotted(options.get("action"))
    if action in _IGNORED:
        return
    flag = next((name for name in names if name.startswith("--")), names[0])
    if not flag.startswith("-"):
        script.doubts.append(f"{where}: argument '{flag}' is positional; inputs are --name VALUE")
        return
    identifier = flag.lstrip("-")
    kind = InputType.BOOLEAN if action in _FLAGS else _read_type(options.get("type"), script, where)
    parts: dict[str, Any] = {"id": identifier, "type": kind.value}
    if flag != f"--{identifier}":
        parts["flag"] = flag
    description = _literal(options.get("help"))
    if isinstance(description, str):
        parts["description"] = " ".join(description.replace("%%", "%").split())
    _read_default(options.get("default"), action, kind, parts, script, where)
    if _literal(options.get("required")) is True:
        parts["required"] = True
    _add_input(parts, script, where)


def _add_input(parts: dict[str, Any], script: Script, where: str) -> None:
    if any(other["id"] == parts["id"] for other in script.inputs):
        script.doubts.append(f"{where}: argument '{parts['id']}' stands twice; the first was taken")
        return
    try:
        Input.model_validate(parts)
    except ValidationError:
        script.doubts.append(f"{where}: argument '{parts['id'][:80]}' cannot be an input")
        return
    script.inputs.append(parts)


def _read_type(node: ast.expr | None, script: Script, where: str) -> InputType:
    if node is None:
        return InputType.STRING
    name = _dotted(node.func) if isinstance(node, ast.Call) else _dotted(node)
    kind = _TYPES.get(name)
    if kind is None:
        script.doubts.append(f"{where}: type '{name or 'computed'}' was taken for string")
    return kind or InputType.STRING


def _read_default(
    node: ast.expr | None,
    action: str,
    kind: InputType,
    parts: dict[str, Any],
    script: Script,
    where: str,
) -> None:
    if node is None:
        if action in ("store_true", "store_false"):
            parts["default"] = action == "store_false"
        return
    value = _literal(node)
    if value is None and isinstance(node, ast.Constant):
        return
    if kind is InputType.DOUBLE and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if value is not None and fits_input_type(value, kind):
        parts["default"] = value
    else:
        message = f"{where}: the default of '{parts['id']}' is no plain {kind}; add it"
        script.doubts.append(message)


def _literal(node: ast.expr | None) -> Any:
    if node is None:
        return None
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _dotted(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return ""


def _read_metadata(text: str, script: Script) -> None:
    """Read the block of inline script metadata (PEP 723)."""
    match = _METADATA.search(text)
    if match is None:
        return
    lines = [line[2:] if line.startswith("# ") else line[1:] for line in match[1].splitlines()]
    try:
        data = tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        script.doubts.append("the block of script metadata is not TOML")
        return
    packages = data.get("dependencies")
    if isinstance(packages, list) and all(isinstance(package, str) for package in packages):
        script.packages = packages
    wanted = re.search(r"(?:>=|==|~=)\s*(3\.[0-9]{1,2})", str(data.get("requires-python", "")))
    if wanted is not None:
        script.python = wanted[1]
