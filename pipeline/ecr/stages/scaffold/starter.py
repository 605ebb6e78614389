"""Makes the files of a new bundle, for each kind of code."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files as resource_files
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ecr.catalog import layout
from ecr.catalog.additions import NewFile
from ecr.errors import UsageError
from ecr.model.fields import resolve_platform
from ecr.stages.scaffold import manifest
from ecr.stages.scaffold.packages import list_packages, pin_packages
from ecr.stages.scaffold.request import Kind
from ecr.stages.scaffold.script import read_script

if TYPE_CHECKING:
    from pathlib import Path

    from ecr.stages.scaffold.request import Request

SOURCE = "source"
PYWAGGLE = "pywaggle==0.56.3"
"""What the samples publish with; pinned, as every requirement should be."""
_PLATFORMS = ["linux/amd64", "linux/arm64"]


@dataclass(frozen=True, slots=True)
class Start:
    """The files of a new bundle.

    Attributes:
        files: By path relative to the catalog's root.
        doubts: What a person should look at, in sentences.
        release_path: ``release.yaml``, the file to go on with.
    """

    files: dict[str, NewFile]
    doubts: tuple[str, ...]
    release_path: str


def start_bundle(root: Path, request: Request) -> Start:
    """Return the files of a new bundle; those the namespace has already are not among them.

    Raises:
        UsageError: The bundle exists, or something asked for is not valid.
    """
    above = f"{layout.BUNDLES}/{request.bundle.namespace}"
    bundle = f"{above}/{request.bundle.name}"
    if (root / bundle).exists():
        raise UsageError(
            f"{request.bundle} is in the catalog already",
            hint=f"start its next release with: ecr new release {request.bundle} VERSION",
        )
    source, code, platforms, found = _MAKERS[request.kind](request)
    doubts = list(found.pop("doubts", []))
    directory = f"{bundle}/{request.version}"
    release_path = f"{directory}/{layout.RELEASE_FILE}"
    try:
        release = manifest.describe_release(request, code, platforms, **found)
        contents = _render_bundle(root, request, above, bundle, doubts)
    except ValidationError as error:
        details = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in details["loc"])
        hint = str((details.get("ctx") or {}).get("hint") or "") or None
        raise UsageError(f"{where}: {details['msg']}", hint=hint) from error
    contents[release_path] = manifest.render_release(release, release_path, request.kind, doubts)
    status_path = f"{directory}/{layout.STATUS_FILE}"
    contents[status_path] = manifest.render_status(request, status_path)
    files = {path: NewFile(content) for path, content in contents.items()}
    files |= {f"{directory}/{SOURCE}/{path}": file for path, file in source.items()}
    return Start(files, tuple(doubts), release_path)


def render_sample(sample: str, **values: str) -> bytes:
    """Return a file of the samples, with ``@NAME@`` and the like filled in."""
    text = resource_files("ecr.resources").joinpath("scaffold", f"{sample}.txt").read_text("utf-8")
    for key, value in values.items():
        text = text.replace(f"@{key.upper()}@", value)
    return text.encode("utf-8")


def _render_bundle(
    root: Path, request: Request, above: str, bundle: str, doubts: list[str]
) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    namespace_path = f"{above}/{layout.NAMESPACE_FILE}"
    if not (root / namespace_path).exists():
        owner = request.owner
        if owner is None:
            owner = f"user:{request.bundle.namespace}"
            doubts.append(f"{namespace_path} names {owner} as the owner: is that the login?")
        contents[namespace_path] = manifest.render_namespace(request, namespace_path, owner)
    bundle_path = f"{bundle}/{layout.BUNDLE_FILE}"
    contents[bundle_path] = manifest.render_bundle(request, bundle_path)
    title = request.title or request.bundle.name
    description = render_sample("science-description.md", title=title)
    contents[f"{bundle}/{layout.MEDIA}/science-description.md"] = description
    return contents


_Made = tuple[dict[str, NewFile], dict[str, Any], list[str], dict[str, Any]]


def _make_container(_request: Request) -> _Made:
    source = {
        "Dockerfile": NewFile(render_sample("Dockerfile")),
        "main.py": NewFile(render_sample("main.py")),
        "requirements.txt": NewFile(f"{PYWAGGLE}\n".encode()),
    }
    return source, {"kind": Kind.CONTAINER, "source": {"path": SOURCE}}, _PLATFORMS, {}


def _make_script(request: Request) -> _Made:
    code: dict[str, Any] = {
        "kind": Kind.SCRIPT,
        "source": {"path": SOURCE},
        "entrypoint": "main.py",
        "python": "3.11",
        "pip": [PYWAGGLE],
    }
    given = request.script
    if given is None:
        return {"main.py": NewFile(render_sample("main.py"))}, code, _PLATFORMS, {}
    script = read_script(given.name, given.content)
    doubts = list(script.doubts)
    local = {name for name in given.neighbours if name in _tops(script.modules)}
    doubts += [
        f"module '{name}' lies beside the script: copy it to {SOURCE}/" for name in sorted(local)
    ]
    foreign = [module for module in script.modules if module.partition(".")[0] not in local]
    packages, guesses = list_packages(foreign)
    if script.packages is not None:
        packages, guesses = script.packages, []
    doubts += [f"package '{name}' is a guess from 'import {name}'" for name in guesses]
    code |= {"entrypoint": given.name, "pip": pin_packages(packages, given.requirements)}
    code |= {"python": script.python or "3.11"}
    found = {
        "summary": script.summary,
        "inputs": script.inputs,
        "published": script.published,
        "doubts": doubts,
    }
    return {given.name: NewFile(given.content)}, code, _PLATFORMS, found


def _tops(modules: list[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


def _make_binary(request: Request) -> _Made:
    name = request.bundle.name
    source: dict[str, NewFile] = {}
    programs: dict[str, dict[str, Any]] = {}
    for text, content in request.binaries.items():
        platform = resolve_platform(text)
        if platform is None:
            raise UsageError(f"'{text}' is no supported platform", hint="such as linux/arm64")
        path = f"binary/{platform.replace('/', '-')}/{name}"
        source[path] = NewFile(content, executable=True)
        programs[str(platform)] = {
            "path": path,
            "sha256": hashlib.sha256(content).hexdigest(),
            "size_bytes": len(content),
        }
    if not programs:
        raise UsageError(
            "a binary bundle needs at least one compiled program",
            hint="name it with --file linux/amd64=PATH",
        )
    code: dict[str, Any] = {"kind": Kind.BINARY, "source": {"path": SOURCE}, "files": programs}
    if request.sample:
        source["main.c"] = NewFile(render_sample("main.c"))
        source["Makefile"] = NewFile(render_sample("Makefile", name=name))
        return source, code | {"build": "make"}, list(programs), {}
    source["README.md"] = NewFile(render_sample("README.md"))
    return source, code, list(programs), {"inputs": [], "published": []}


_MAKERS = {
    Kind.CONTAINER: _make_container,
    Kind.SCRIPT: _make_script,
    Kind.BINARY: _make_binary,
}
