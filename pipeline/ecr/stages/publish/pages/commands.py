"""How to run a release: commands and a job to copy.

Everything is quoted for where it will be pasted: arguments for a POSIX shell, values for YAML.
What the author did not declare is not made up; a value the user must supply is shown in
capitals.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from ecr.model.release import ContainerCode, GitSource, Network, ScriptCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecr.catalog.entries import ReleaseEntry
    from ecr.model.release import Input, Needs, Release
    from ecr.stages.publish.outputs import SiteSettings

_PLAIN_YAML = re.compile(r"-{0,2}[A-Za-z/][A-Za-z0-9_./@-]*(?::[A-Za-z0-9_.@-]+)*", re.ASCII)
_YAML_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_UNPRINTABLE_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_NOT_PLUGIN_NAME = re.compile(r"[^a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class RunTexts:
    """What to copy to run a release.

    Attributes:
        image: The image, by digest when it was pushed, else by the tag it will have.
        pushed: Whether the image can be pulled.
        built: Whether images were built at all.
        docker: Command line.
        pluginctl: Command line on a node.
        job: A job of the Sage Edge Scheduler, as YAML.
        from_source: Commands that run it without an image; empty when there are none to give.
    """

    image: str
    pushed: bool
    built: bool
    docker: str
    pluginctl: str
    job: str
    from_source: str


def make_run_texts(entry: ReleaseEntry, settings: SiteSettings) -> RunTexts:
    """Return the commands for one release."""
    release, build = entry.manifest, entry.build
    tag = f"{settings.registry}/{release.namespace}/{release.name}:{release.version}"
    pushed = build is not None and build.repository is not None
    image = tag
    if build is not None and build.repository is not None:
        image = f"{build.repository}:{release.version}"
        if build.digest is not None:
            image = f"{build.repository}@{build.digest}"
    arguments = list_example_arguments(release)
    return RunTexts(
        image=image,
        pushed=pushed,
        built=build is not None and bool(build.images),
        docker=_write_docker(image, release.needs, arguments),
        pluginctl=_write_pluginctl(release.name, image, release.needs, arguments),
        job=_write_job(release, image, arguments),
        from_source="" if pushed else _write_from_source(entry, settings, tag, arguments),
    )


def list_example_arguments(release: Release) -> list[str]:
    """Return arguments that start the release: nothing that has a default is repeated."""
    arguments: list[str] = []
    for item in release.inputs:
        if item.required and item.default is None:
            arguments += [_option(item), item.id.upper().replace("-", "_")]
    return arguments


def _option(item: Input) -> str:
    if item.flag is not None:
        return item.flag
    return f"-{item.id}" if len(item.id) == 1 else f"--{item.id}"


def _join_lines(words: Sequence[Sequence[str]]) -> str:
    return " \\\n  ".join(shlex.join(group) for group in words)


def _write_docker(image: str, needs: Needs, arguments: list[str]) -> str:
    groups = [["docker", "run", "--rm"]]
    if needs.gpu is not None:
        groups.append(["--gpus", "all"])
    groups += [["--device", device] for device in needs.devices if device.startswith("/dev/")]
    if needs.network is Network.NONE:
        groups.append(["--network", "none"])
    return _join_lines([*groups, [image, *arguments]])


def _write_pluginctl(name: str, image: str, needs: Needs, arguments: list[str]) -> str:
    groups = [["sudo", "pluginctl", "run", "--name", name]]
    resources = _list_resources(needs)
    if resources:
        groups.append(["--resource", ",".join(f"{key}={value}" for key, value in resources)])
    if needs.gpu is not None:
        groups.append(["--selector", "resource.gpu=true"])
    if any(device.startswith("/dev/") for device in needs.devices):
        groups.append(["--privileged"])
    end = [image, "--", *arguments] if arguments else [image]
    return _join_lines([*groups, end])


def _list_resources(needs: Needs) -> list[tuple[str, str]]:
    pairs = (("request.cpu", needs.cpu), ("request.memory", needs.memory))
    return [(key, value) for key, value in pairs if value is not None]


def _write_job(release: Release, image: str, arguments: list[str]) -> str:
    plugin = _NOT_PLUGIN_NAME.sub("-", release.name.lower()).strip("-")[:200]
    needs = release.needs
    lines = [
        f"name: {quote_yaml(plugin)}",
        "plugins:",
        f"- name: {quote_yaml(plugin)}",
        "  pluginSpec:",
        f"    image: {quote_yaml(image)}",
    ]
    if arguments:
        lines += ["    args:", *(f"    - {quote_yaml(argument)}" for argument in arguments)]
    if needs.gpu is not None:
        lines += ["    selector:", '      resource.gpu: "true"']
    resources = _list_resources(needs)
    if resources:
        lines += [
            "    resource:",
            *(f"      {key}: {quote_yaml(value)}" for key, value in resources),
        ]
    rule = f"schedule({plugin}): cronjob('{plugin}', '*/10 * * * *')"
    lines += [
        "nodes:",
        "  W000: true  # the nodes to run on",
        "scienceRules:",
        f"- {quote_yaml(rule)}",
        "successCriteria:",
        "- WallClock(1d)",
    ]
    return "\n".join(lines)


def quote_yaml(text: str) -> str:
    """Return text as a YAML scalar that every reader takes for exactly this text."""
    if _PLAIN_YAML.fullmatch(text) and text.lower() not in _YAML_WORDS:
        return text
    # A JSON string is a YAML double-quoted scalar, but with bare characters YAML forbids.
    quoted = orjson.dumps(text).decode()
    return _UNPRINTABLE_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)


def _write_from_source(
    entry: ReleaseEntry, settings: SiteSettings, tag: str, arguments: list[str]
) -> str:
    code = entry.manifest.code
    fetched = _write_fetch(entry, settings)
    if fetched is None:
        return ""
    lines, directory = fetched
    if isinstance(code, ContainerCode):
        return "\n".join([*lines, *_write_image_build(code, directory, tag, arguments)])
    if directory != ".":
        lines.append(shlex.join(["cd", directory]))
    if isinstance(code, ScriptCode):
        return "\n".join([*lines, *_write_script_run(code, arguments)])
    return "\n".join([*lines, *([code.build] if code.build else [])])


def _write_fetch(entry: ReleaseEntry, settings: SiteSettings) -> tuple[list[str], str] | None:
    """Return commands that fetch the source, and its directory in what they fetch."""
    source = entry.manifest.code.source
    if isinstance(source, GitSource):
        folder = _as_path(source.git.rstrip("/").rpartition("/")[2].removesuffix(".git"))
        commands = [
            ["git", "clone", source.git, folder],
            ["cd", folder],
            ["git", "checkout", source.commit],
        ]
        return [shlex.join(command) for command in commands], _as_path(source.directory)
    if settings.repository_url is None:
        return None
    commands = [["git", "clone", settings.repository_url, "catalog"], ["cd", "catalog"]]
    return [shlex.join(command) for command in commands], f"{entry.path}/{source.path}"


def _as_path(path: str) -> str:
    """Keep a path that starts with a dash from being taken for an option."""
    return f"./{path}" if path.startswith("-") else path


def _write_image_build(
    code: ContainerCode, directory: str, tag: str, arguments: list[str]
) -> list[str]:
    file = code.dockerfile if directory == "." else f"{directory}/{code.dockerfile}"
    groups = [["docker", "build", "--tag", tag]]
    if code.dockerfile != "Dockerfile":
        groups.append(["--file", file])
    groups += [["--build-arg", f"{key}={value}"] for key, value in code.build_args.items()]
    return [
        _join_lines([*groups, [directory]]),
        shlex.join(["docker", "run", "--rm", tag, *arguments]),
    ]


def _write_script_run(code: ScriptCode, arguments: list[str]) -> list[str]:
    lines = [f"python{code.python} -m venv .venv"]
    if code.apt:
        lines.insert(0, shlex.join(["sudo", "apt-get", "install", *code.apt]))
    if code.requirements is not None:
        lines.append(shlex.join([".venv/bin/pip", "install", "-r", code.requirements]))
    if code.pip:
        lines.append(shlex.join([".venv/bin/pip", "install", *code.pip]))
    start = arguments or list(code.arguments)
    return [*lines, shlex.join([".venv/bin/python", code.entrypoint, *start])]
