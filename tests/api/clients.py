"""Today's clients of Sage's ECR, as their sources read: what they ask for and what they choke on.

Written after ``waggle-sensor/edge-scheduler`` (pkg/cloudscheduler/validator.go,
pkg/datatype/manifest.go and plugin.go and resource.go, pkg/interfacing/http.go),
``sagecontinuum/sage-gui`` (components/apis/ecr.ts, apps/sage/ecr) and ``waggle-sensor/sage-mcp``
(sage_mcp_server/plugin_metadata.py). None of their code is used.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from typing import Any, get_args, get_origin, get_type_hints

import requests

# ------------------------------------------------------------------------- the scheduler's decoder


class DecodeError(Exception):
    """A JSON value of another type than the structure asks for, which Go does not take."""


@dataclass
class Resource:
    """pkg/datatype/resource.go"""

    cpu: str = ""
    memory: str = ""
    gpu_memory: str = ""


@dataclass
class Profile:
    """pkg/datatype/plugin.go; it has no JSON names, and Go ignores case."""

    name: str = ""
    knobs: dict[str, str] = field(default_factory=dict)
    require: Resource = field(default_factory=Resource)


@dataclass
class PluginManifestSource:
    architectures: list[str] = field(default_factory=list)
    branch: str = ""


@dataclass
class PluginManifest:
    """pkg/datatype/manifest.go"""

    name: str = ""
    id: str = ""
    tags: dict[str, bool] = field(default_factory=dict)
    source: PluginManifestSource = field(default_factory=PluginManifestSource)
    required_hardware: dict[str, bool] = field(default_factory=dict)
    profiles: list[Profile] = field(default_factory=list)


@dataclass
class PluginList:
    data: list[PluginManifest] = field(default_factory=list)


def decode(kind: Any, value: Any, where: str = "$") -> Any:
    """Decode as Go's encoding/json does.

    Unknown keys are skipped, ``null`` leaves a value as it is, keys match in any case, and any
    other type is an error.
    """
    if is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(value, dict):
            raise DecodeError(f"{where}: {type(value).__name__} into {kind.__name__}")
        hints = get_type_hints(kind)
        instance = kind()
        known = {one.name.casefold(): one.name for one in fields(kind)}
        for key, inner in value.items():
            name = known.get(key.casefold())
            if name is not None and inner is not None:
                setattr(instance, name, decode(hints[name], inner, f"{where}.{key}"))
        return instance
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is list and isinstance(value, list):
        return [decode(arguments[0], one, f"{where}[{n}]") for n, one in enumerate(value)]
    if origin is dict and isinstance(value, dict):
        return {key: decode(arguments[1], one, f"{where}.{key}") for key, one in value.items()}
    if origin is None and type(value) is kind:
        return value
    raise DecodeError(f"{where}: {type(value).__name__} into {kind}")


class Scheduler:
    """The SES cloud scheduler, as far as it talks to ECR."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.plugins: dict[str, PluginManifest] = {}

    def get(self, path: str) -> Any:
        answer = requests.get(
            f"{self.base_url}/{path}",
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            timeout=10,
        )
        if answer.status_code != 200:
            raise LookupError(f"Returned {answer.status_code}")
        if answer.headers.get("Content-Type") != "application/json":
            raise LookupError(f"Content-Type is not JSON: {answer.headers.get('Content-Type')}")
        return json.loads(answer.content)

    def load_database(self) -> None:
        """At start-up."""
        plugins = decode(PluginList, self.get("api/apps"))
        self.plugins = {plugin.id: plugin for plugin in plugins.data}

    def find_plugin(self, image: str) -> PluginManifest:
        """For the image of a job, such as ``registry.sagecontinuum.org/sage/cloud-cover:1.0.0``."""
        if image in self.plugins:
            return self.plugins[image]
        namespace, last = image.split("/")[-2:]
        name, version = last.split(":")
        plugin: PluginManifest = decode(
            PluginManifest, self.get(f"api/apps/{namespace}/{name}/{version}")
        )
        self.plugins[plugin.id] = plugin
        return plugin

    def runs_on(self, image: str, capabilities: list[str]) -> bool:
        """Whether a node's computer with these capabilities takes the image."""
        known = ("arm64", "amd64", "armv7")
        own = next((one for one in capabilities if one in known), "")
        wanted = self.find_plugin(image).source.architectures
        return any(one.replace("linux/", "") == own for one in wanted)


# --------------------------------------------------------------------------------------- the portal


class Portal:
    """The portal's pages about apps: every line would throw in the browser where it fails here."""

    def __init__(self, base_url: str) -> None:
        self.url = f"{base_url}/api"

    def get(self, path: str) -> Any:
        answer = requests.get(f"{self.url}{path}", timeout=10)
        if not answer.ok:
            raise RuntimeError(answer.json()["error"])
        return answer.json()

    def list_apps(self) -> list[dict[str, Any]]:
        """The page with all apps: the newest of each, with the versions of the others."""
        repositories = self.get("/repositories?")["data"]
        known = {f"{one['namespace']}/{one['name']}": one for one in repositories}
        apps = self.sort(self.get("/apps?public=true")["data"])
        versions: dict[str, list[str]] = {}
        newest = []
        for app in apps:
            repository, version = app["id"].split(":")
            if repository not in versions:
                newest.append(app)
            versions.setdefault(repository, []).append(version)
        shown = []
        for app in newest:
            repository = app["id"].split(":")[0]
            if repository not in known:
                continue
            permissions = known[repository].get("permissions", [])
            public = [
                one
                for one in permissions
                if one["resourceType"] != "namespace" and one["grantee"] == "AllUsers"
            ]
            url = app["source"]["url"]
            url[url.rindex("/") + 1 :].replace(".git", "")
            self.parse_time(app["time_last_updated"])
            shown.append({**app, "versions": versions[repository], "isPublic": bool(public)})
        return shown

    def search(self, query: str) -> list[str]:
        """The search field: a substring of all values."""
        found = []
        for row in self.list_apps():
            text = "".join(
                value if isinstance(value, str) else json.dumps(value) for value in row.values()
            )
            if query.lower() in text.lower():
                found.append(row["id"])
        return found

    def show_app(self, namespace: str, name: str) -> dict[str, Any]:
        """The page of one app, with its tabs."""
        repository = self.get(f"/repositories/{namespace}/{name}")
        versions = self.sort(repository["versions"])
        latest = versions[0]
        markdown = None
        if latest["science_description"]:
            answer = requests.get(
                f"{self.url}/meta-files/{latest['science_description']}", timeout=10
            )
            assert answer.ok
            markdown = answer.text
        image = f"{self.url}/meta-files/{latest['images'][0]}" if latest["images"] else None
        icon = f"{self.url}/meta-files/{latest['thumbnail']}" if latest["thumbnail"] else None
        latest["license"].lower()
        latest["source"]["url"][:40].replace("https://", "")
        for version in versions:
            configuration = self.get(f"/apps/{namespace}/{name}/{version['version']}?view=app")
            assert configuration["version"] == version["version"]
        return {
            "description": latest["description"],
            "markdown": markdown,
            "image": image,
            "icon": icon,
            "authors": [one.split("<")[0] for one in latest["authors"].split(",")],
            "keywords": latest["keywords"].split(","),
            "inputs": [(row["id"], row["type"]) for row in latest["inputs"]],
            "versions": [version["version"] for version in versions],
        }

    def list_versions(self, namespace: str, name: str) -> list[str]:
        data = self.get(f"/apps/{namespace}/{name}")["data"]
        return [one["version"] for one in self.sort(data)]

    @staticmethod
    def sort(apps: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for app in apps:
            assert isinstance(app["time_last_updated"], str), "localeCompare is of strings"
        return sorted(apps, key=lambda app: app["time_last_updated"], reverse=True)

    @staticmethod
    def parse_time(text: str) -> datetime:
        return datetime.fromisoformat(text)


# ----------------------------------------------------------------------------------- the MCP server


def load_mcp_plugins(base_url: str) -> dict[str, dict[str, Any]]:
    """Return what the Sage MCP server keeps of ``/api/apps``; it skips a record it cannot read."""
    kept = {}
    answer = requests.get(f"{base_url}/api/apps", timeout=10)
    assert answer.status_code == 200
    for record in answer.json()["data"]:
        if _is_readable(record):
            description = ""
            if record["science_description"]:
                url = f"{base_url}/api/meta-files/{record['science_description']}"
                description = requests.get(url, timeout=10).text
            kept[record["id"]] = {**record, "science_description_content": description}
    return kept


def _is_readable(record: dict[str, Any]) -> bool:
    source = record.get("source")
    optional_texts = ("authors", "collaborators", "homepage", "license", "keywords")
    return (
        all(isinstance(record.get(key), str) for key in ("id", "name", "namespace", "version"))
        and all(isinstance(record.get(key, ""), str | None) for key in optional_texts)
        and isinstance(record.get("metadata", {}), dict)
        and isinstance(record.get("inputs", []), list)
        and all(
            isinstance(one.get("id"), str) and isinstance(one.get("type"), str)
            for one in record.get("inputs", [])
        )
        and all(isinstance(one, str) for one in record.get("images") or [])
        and isinstance(source, dict)
        and isinstance(source.get("build_args", {}), dict)
        and all(isinstance(one, str) for one in source.get("architectures", []))
        and isinstance(source.get("git_commit"), str | None)
    )
