"""The manifests a new bundle starts with, with comments that say what to do with them."""

from __future__ import annotations

from typing import Any

from ecr.catalog.yaml_writer import render_manifest, schema_path
from ecr.model.bundle import Bundle
from ecr.model.namespace import Namespace
from ecr.model.release import Release
from ecr.model.status import Status
from ecr.stages.scaffold.request import Kind, Request

SUMMARY = "Say in one sentence what it tells a scientist."
MEASUREMENT = "sys.load.one_minute"
_COMMENTS = {
    "version": ["Quoted: it is text. Once merged, a release never changes; add a new one instead."],
    "title": ["For people. The summary is what lists and searches show."],
    "authors": ["Who wrote it, in the order of citation; 'orcid' and 'affiliation' help to cite."],
    "license": ["SPDX identifier, such as BSD-3-Clause or MIT: https://spdx.org/licenses"],
    "platforms": ["What it is built for: linux/amd64, linux/arm64, linux/arm/v7."],
    "inputs": ["Arguments of the program: --id VALUE. Types: boolean, int, long, float, double,",
               "string, File."],
    "needs": ["What it needs as far as you know; profiles measure it. 'gpu: {}' asks for a GPU;",
              "'devices' lists sensors such as camera or microphone; 'network' is none, node or",
              "internet."],
    "publishes": ["Measurements: parts joined by dots, such as env.temperature."],
    "tests": ["Runs that show it works; they run without a node."],
    "profiling": ["The run a performance profile measures."],
}  # fmt: skip
_FOOTER = [
    "More can be said; remove the comment signs of what you need.",
    "description: More about it, in Markdown.",
    "keywords: [words, to, find, it, by]",
    "homepage: https://example.org/project",
    "funding:",
    "  - funder: National Science Foundation",
    "    award: '1234567'",
    "data:",
    "  - name: the model",
    "    role: model # or training-data, configuration, sample",
    "    url: https://example.org/model.onnx # or path: a file in this directory",
    "    sha256: as printed by sha256sum",
    "    size_bytes: 123456",
    "    license: CC-BY-4.0",
    "    origin: Who trained it, how, on what.",
]


def describe_release(
    request: Request, code: dict[str, Any], platforms: list[str], **found: Any
) -> Release:
    """Return the first release; ``found`` holds what was read from a script.

    Raises:
        pydantic.ValidationError: Something asked for is not valid.
    """
    inputs = found.get("inputs")
    published = found.get("published")
    if inputs is None:
        inputs = [
            {"id": "interval-s", "type": "float", "description": "Seconds between two values.",
             "default": 60.0},
            {"id": "count", "type": "int", "description": "Stop after so many values; 0: never.",
             "default": 0},
        ]  # fmt: skip
    if published is None:
        published = [MEASUREMENT]
    parts: dict[str, Any] = {
        "schema_version": 1,
        "namespace": request.bundle.namespace,
        "name": request.bundle.name,
        "version": request.version,
        "title": request.title or _make_title(request.bundle.name),
        "summary": found.get("summary") or SUMMARY,
        "authors": [request.author],
        "license": "NOASSERTION",
        "code": code,
        "platforms": platforms,
        "inputs": inputs,
        "needs": {"cpu": "500m", "memory": "300Mi"},
        "publishes": [{"name": name} for name in published],
    }
    if request.script is None and (request.sample or not request.binaries):
        run = ["--count", "1"]
        expect = {"measurements": [MEASUREMENT]}
        parts["tests"] = [{"name": "publishes a measurement", "arguments": run, "expect": expect}]
        parts["profiling"] = {"arguments": ["--count", "3", "--interval-s", "1"]}
    return Release.model_validate(parts)


def render_release(release: Release, path: str, kind: Kind, doubts: list[str]) -> bytes:
    """Return ``release.yaml`` with its comments."""
    comments: dict[str, list[str]] = {**_COMMENTS, "code": [_CODE[kind]]}
    footer = list(_FOOTER)
    if doubts:
        footer = ["Look at these, which could not be read from the script with certainty:",
                  *(f"- {doubt}" for doubt in doubts), "", *footer]  # fmt: skip
    schema = schema_path(path, "release")
    return render_manifest(release, schema=schema, comments=comments, footer=footer).encode()


_CODE = {
    Kind.CONTAINER: "Lives beside this file; or write 'git', 'commit', 'directory' under 'source'.",
    Kind.SCRIPT: "A Python file and what it needs; no Dockerfile is needed. Pin every package.",
    Kind.BINARY: "One program per platform. After compiling again, update sha256 and size_bytes.",
}


def render_namespace(request: Request, path: str, owner: str) -> bytes:
    """Return ``namespace.yaml`` of a new namespace."""
    name = request.bundle.namespace
    model = Namespace(schema_version=1, namespace=name, title=name, owners=(owner,))
    comments = {
        "title": ["Name of the institution or project, for people."],
        "owners": ["Who decides: user:LOGIN or team:ORGANISATION/TEAM on GitHub. Check this."],
    }
    schema = schema_path(path, "namespace")
    return render_manifest(model, schema=schema, comments=comments).encode()


def render_bundle(request: Request, path: str) -> bytes:
    """Return ``bundle.yaml``."""
    bundle = request.bundle
    model = Bundle(schema_version=1, namespace=bundle.namespace, name=bundle.name)
    footer = ["maintainers: [user:LOGIN]", "access: protected # nothing of it is published"]
    return render_manifest(model, schema=schema_path(path, "bundle"), footer=footer).encode()


def render_status(request: Request, path: str) -> bytes:
    """Return ``status.yaml``."""
    model = Status(schema_version=1, added=request.today)
    return render_manifest(model, schema=schema_path(path, "status")).encode()


def _make_title(name: str) -> str:
    words = name.replace("-", " ").strip()
    return words[:1].upper() + words[1:] if words else name
