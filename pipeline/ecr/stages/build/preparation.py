"""Turns a release's code into what Buildah is asked for: context, Containerfile, base."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from dockerfile_parse import DockerfileParser

from ecr.model.release import BinaryCode, ContainerCode, ScriptCode
from ecr.stages.build.base import prepare_base
from ecr.stages.build.containerfile import (
    PIP_CONTEXT,
    PIP_SECRET,
    PROGRAM,
    TRUST_SECRET,
    describe_user,
    render_program,
    render_script,
)
from ecr.stages.build.context import check_images, check_program, find_file, set_times
from ecr.stages.build.errors import BuildError, PlatformError
from ecr.stages.build.finish import AddedFile
from ecr.stages.build.inputs import choose_base
from ecr.stages.build.program import check_platform
from ecr.tools.pip import find_pip, find_trust, render_pip_configuration
from ecr.tools.qemu import Means

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecr.catalog.entries import ReleaseEntry
    from ecr.stages.build.base import Base
    from ecr.stages.build.settings import BuildSettings
    from ecr.tools.buildah import Buildah
    from ecr.tools.qemu import Ability

_INCLUDES = re.compile(r"^\s*(?:-r|-c|--requirement|--constraint)(?:\s+|=)(\S+)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Preparation:
    """What Buildah is asked for.

    Attributes:
        containerfile: The instructions.
        context: Directory they copy from.
        base: Base image; ``None`` when there is none, or only the Dockerfile knows.
        base_reference: What the last ``FROM`` of a Dockerfile names, to be looked up afterwards.
        build_args: Arguments of the Dockerfile.
        contexts: Further directories to take from.
        secrets: Files the build may read and not keep.
        files: Files to add to the image.
        arguments: Arguments to set when the Containerfile does not.
        runs: Whether programs of the platform run during the build.
    """

    containerfile: Path
    context: Path
    base: Base | None = None
    base_reference: str | None = None
    build_args: Mapping[str, str] = field(default_factory=dict)
    contexts: Mapping[str, Path] = field(default_factory=dict)
    secrets: Mapping[str, Path] = field(default_factory=dict)
    files: tuple[AddedFile, ...] = ()
    arguments: tuple[str, ...] = ()
    runs: bool = True


class Preparer:
    """Prepares one release for one platform."""

    def __init__(
        self,
        entry: ReleaseEntry,
        ability: Ability,
        settings: BuildSettings,
        buildah: Buildah,
        work: Path,
        log: Path,
    ) -> None:
        self._entry = entry
        self._ability = ability
        self._platform = ability.platform.value
        self._settings = settings
        self._buildah = buildah
        self._work = work
        self._log = log

    def prepare(self, context: Path) -> Preparation:
        """Prepare the code in ``context``.

        Raises:
            BuildError: The manifest asks for what is not there or not allowed.
            PlatformError: Programs of the platform would have to run, and cannot here.
            IntegrityError: A program is not the one of the manifest.
            ToolError: The base cannot be had.
        """
        code = self._entry.manifest.code
        if isinstance(code, ContainerCode):
            return self._prepare_container(code, context)
        if isinstance(code, ScriptCode):
            return self._prepare_script(code, context)
        return self._prepare_program(code, context)

    def _prepare_container(self, code: ContainerCode, context: Path) -> Preparation:
        dockerfile = find_file(context, code.dockerfile, "dockerfile")
        text = dockerfile.read_text("utf-8", "replace")
        check_images(text, code.build_args)
        runs = any(step["instruction"] == "RUN" for step in _parse(text).structure)
        if runs:
            self._check_ability()
        set_times(context)
        return Preparation(
            dockerfile,
            context,
            base_reference=find_base_reference(text, code.build_args, self._platform),
            build_args=code.build_args,
            arguments=code.arguments,
            runs=runs,
        )

    def _prepare_script(self, code: ScriptCode, context: Path) -> Preparation:
        find_file(context, code.entrypoint, "entrypoint")
        requirements = (
            [] if code.requirements is None else list_requirements(context, code.requirements)
        )
        set_times(context)
        self._check_ability()
        base = self._prepare_base()
        contexts, secrets = {}, {}
        if requirements or code.pip:
            contexts = {PIP_CONTEXT: find_pip()}
            configuration = self._work / "pip.conf"
            configuration.write_text(render_pip_configuration(), "utf-8")
            secrets = {PIP_SECRET: configuration, TRUST_SECRET: find_trust()}
        return Preparation(
            self._write(render_script(code, base.reference, requirements)),
            context,
            base=base,
            contexts=contexts,
            secrets=secrets,
        )

    def _prepare_program(self, code: BinaryCode, context: Path) -> Preparation:
        expected = code.files.get(self._platform)
        if expected is None:
            raise BuildError(
                "the manifest names no file for it", hint="add it under code.files in release.yaml"
            )
        file = find_file(context, expected.path, "file")
        check_program(file, expected)
        program = check_platform(file.read_bytes(), expected.path, self._platform)
        own = self._work / "program"
        own.mkdir()
        shutil.copyfile(file, own / PROGRAM)
        set_times(own)
        if not program.static:
            self._check_ability()
        base = None if program.static else self._prepare_base()
        name = self._entry.manifest.name
        return Preparation(
            self._write(render_program(code, name, None if base is None else base.reference)),
            own,
            base=base,
            files=() if base is not None else _list_system_files(),
            runs=base is not None,
        )

    def _check_ability(self) -> None:
        ability = self._ability
        if ability.means is Means.MISSING:
            raise PlatformError(
                f"this machine cannot run its programs: {ability.reason}",
                hint=f"enable it: {ability.hint}; or build it on a machine of that platform",
            )

    def _prepare_base(self) -> Base:
        recipe = choose_base(self._entry, self._settings)
        if recipe is None:  # pragma: no cover - a Dockerfile names its own base
            raise BuildError("a container has no base of ours")
        return prepare_base(
            recipe,
            self._platform,
            self._buildah,
            self._settings.cache / "bases",
            log=self._log,
            use_cache=self._settings.use_bases,
        )

    def _write(self, text: str) -> Path:
        file = self._work / "Containerfile"
        file.write_text(text, "utf-8")
        return file


def list_requirements(context: Path, path: str) -> list[str]:
    """Return a requirements file and those it includes, relative to the code.

    Raises:
        BuildError: One is not in the source.
    """
    found: list[str] = []
    waiting = [path]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        text = find_file(context, name, "requirements").read_text("utf-8", "replace")
        found.append(name)
        waiting += [
            str(_normalise(PurePosixPath(name).parent / included))
            for included in _INCLUDES.findall(text)
            if "://" not in included
        ]
    return sorted(found)


def _normalise(path: PurePosixPath) -> PurePosixPath:
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return PurePosixPath(*parts)


def find_base_reference(
    dockerfile: str, build_args: Mapping[str, str], platform: str
) -> str | None:
    """Return the image the last stage of a Dockerfile starts from, or ``None`` for ``scratch``."""
    system, architecture, *variant = platform.split("/")
    known = {
        "TARGETPLATFORM": platform,
        "TARGETOS": system,
        "TARGETARCH": architecture,
        "TARGETVARIANT": variant[0] if variant else "",
        **build_args,
    }
    parser = DockerfileParser(fileobj=StringIO(dockerfile), cache_content=True, build_args=known)
    stages: dict[str, str] = {}
    image = ""
    names = [entry["value"] for entry in parser.structure if entry["instruction"] == "FROM"]
    for parent, words in zip(parser.parent_images, names, strict=False):
        image = stages.get(parent.lower(), parent)
        match = re.search(r"\sAS\s+(\S+)\s*$", words, re.IGNORECASE)
        if match:
            stages[match[1].lower()] = image
    return None if image in ("", "scratch") else image


def _parse(dockerfile: str, build_args: Mapping[str, str] | None = None) -> DockerfileParser:
    return DockerfileParser(
        fileobj=StringIO(dockerfile), cache_content=True, build_args=dict(build_args or {})
    )


def _list_system_files() -> tuple[AddedFile, ...]:
    """Return what even a program without other files is right to expect: its user and ``/tmp``."""
    user, group = describe_user()
    return (
        AddedFile("/etc/group", f"root:x:0:\n{group}\n".encode()),
        AddedFile("/etc/passwd", f"root:x:0:0::/root:/usr/sbin/nologin\n{user}\n".encode()),
        AddedFile("/tmp", None, 0o1777),  # noqa: S108 - the directory of the image
    )
