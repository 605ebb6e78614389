"""``release.yaml``: everything an author says about one release. Frozen once merged.

A superset of Sage's ``sage.yaml``: what that file can say can be said here, under the same
name where the meaning is the same.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from ecr.model.fields import (
    BundleName,
    CpuQuantity,
    Flag,
    Funding,
    GitCommit,
    HttpsUrl,
    Json,
    Line,
    ManifestModel,
    MeasurementName,
    MemoryQuantity,
    NamespaceName,
    Person,
    PlatformName,
    PositiveInt,
    RelativePath,
    Sha256,
    SpdxExpression,
    Text,
    Version,
    parse_bytes,
    parse_cpu_millicores,
    wrong,
)
from ecr.model.identity import ReleaseId


class GitSource(ManifestModel):
    """Code at a git URL, pinned to a commit."""

    git: HttpsUrl
    """URL to clone, such as https://github.com/waggle-sensor/plugin-cloudcover."""
    commit: GitCommit
    """Full commit hash. Branches and tags move, so they are not enough."""
    ref: Line | None = None
    """Branch or tag the commit was taken from; for people only."""
    directory: RelativePath = "."
    """Directory of the code, and context of the build, inside the repository."""


class LocalSource(ManifestModel):
    """Code that lives in the release's own directory."""

    path: RelativePath
    """Directory of the code, relative to ``release.yaml``."""


def _tag_source(value: Any) -> str:
    keys = value if isinstance(value, dict) else getattr(value, "model_fields_set", ())
    return "local" if "path" in keys and "git" not in keys else "git"


Source = Annotated[
    Annotated[GitSource, Tag("git")] | Annotated[LocalSource, Tag("local")],
    Discriminator(_tag_source),
]


class ContainerCode(ManifestModel):
    """Code that brings its own Dockerfile."""

    kind: Literal["container"]
    """``container``: built from a Dockerfile."""
    source: Source
    """Where the code is."""
    dockerfile: RelativePath = "Dockerfile"
    """Dockerfile, relative to the source's directory."""
    build_args: Annotated[dict[str, Text], Field(default_factory=dict, max_length=100)]
    """Build arguments. They are public: never put a secret here."""
    arguments: tuple[Text, ...] = ()
    """Arguments the container is started with when the user gives none."""


class ScriptCode(ManifestModel):
    """A Python script and what it needs at run time; no Dockerfile is needed."""

    kind: Literal["script"]
    """``script``: a Python entry point."""
    source: Source
    """Where the code is."""
    entrypoint: RelativePath
    """The Python file to run, relative to the source's directory."""
    python: Annotated[str, Field(pattern=r"^3\.[0-9]{1,2}$")] = "3.11"
    """Python version, such as '3.11' (quoted: it is text)."""
    pip: Annotated[tuple[Line, ...], Field(max_length=200)] = ()
    """Packages from PyPI, as PEP 508 requirements, such as 'numpy==2.1.3'."""
    requirements: RelativePath | None = None
    """A requirements file, relative to the source's directory; may hold hashes."""
    apt: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9+.-]+$")], ...], Field(max_length=200)
    ] = ()
    """System packages, by their Debian names."""
    arguments: tuple[Text, ...] = ()
    """Arguments the script is started with when the user gives none."""


class BinaryFile(ManifestModel):
    """A compiled program for one platform."""

    path: RelativePath
    """File, relative to the source's directory."""
    sha256: Sha256
    """Checksum of the file."""
    size_bytes: PositiveInt
    """Size of the file in bytes."""


class BinaryCode(ManifestModel):
    """A compiled program, one file per platform."""

    kind: Literal["binary"]
    """``binary``: a compiled program."""
    source: Source
    """Where the files are, together with what is needed to compile them again."""
    files: Annotated[dict[PlatformName, BinaryFile], Field(min_length=1)]
    """The program, by platform."""
    build: Line | None = None
    """Command that compiles the files again, run in the source's directory."""
    arguments: tuple[Text, ...] = ()
    """Arguments the program is started with when the user gives none."""


Code = Annotated[ContainerCode | ScriptCode | BinaryCode, Discriminator("kind")]


class DataRole(StrEnum):
    """What a piece of data is for."""

    MODEL = "model"
    TRAINING_DATA = "training-data"
    CONFIGURATION = "configuration"
    SAMPLE = "sample"


class Data(ManifestModel):
    """A model, training data, a configuration or a sample input, known by its checksum."""

    name: Line
    """Name, unique in the release."""
    role: DataRole
    """``model``, ``training-data``, ``configuration`` or ``sample``."""
    url: HttpsUrl | None = None
    """Where it can be fetched; or ``path``."""
    path: RelativePath | None = None
    """File in the release's own directory; or ``url``."""
    sha256: Sha256
    """Checksum of the file."""
    size_bytes: PositiveInt
    """Size of the file in bytes."""
    license: SpdxExpression
    """Licence of the data; NOASSERTION when none is stated."""
    origin: Text
    """Where it comes from: who collected or trained it, how, from what."""
    description: Text | None = None
    """What it is."""
    mount: Annotated[str, Field(pattern=r"^/[A-Za-z0-9_./-]+$", max_length=300)] | None = None
    """Absolute path the file has inside the running container."""

    @model_validator(mode="after")
    def _one_place(self) -> Data:
        if (self.url is None) == (self.path is None):
            raise wrong("E118", "data needs exactly one of 'url' and 'path'", "keep one of them")
        return self


class InputType(StrEnum):
    """Type of an input, as in Sage's ECR."""

    BOOLEAN = "boolean"
    INT = "int"
    LONG = "long"
    FLOAT = "float"
    DOUBLE = "double"
    STRING = "string"
    FILE = "File"


_DEFAULT_TYPES: dict[InputType, tuple[type, ...]] = {
    InputType.BOOLEAN: (bool,),
    InputType.INT: (int,),
    InputType.LONG: (int,),
    InputType.FLOAT: (int, float),
    InputType.DOUBLE: (int, float),
    InputType.STRING: (str,),
    InputType.FILE: (str,),
}
_INT_LIMITS = {InputType.INT: 2**31, InputType.LONG: 2**63}


def fits_input_type(value: object, kind: InputType) -> bool:
    """Say whether a YAML value is of an input's type (``int`` is 32 bits, ``long`` 64)."""
    if isinstance(value, bool) and kind is not InputType.BOOLEAN:
        return False
    if not isinstance(value, _DEFAULT_TYPES[kind]):
        return False
    limit = _INT_LIMITS.get(kind)
    return limit is None or (isinstance(value, int) and -limit <= value < limit)


class Input(ManifestModel):
    """An argument of the program: ``--id VALUE``."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", max_length=100)]
    """Name of the argument, without dashes."""
    flag: (
        Annotated[str, Field(pattern=r"^--?[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=100)] | None
    ) = None
    """How the argument is written where that is not ``--id``, such as '-stream'."""
    type: InputType
    """``boolean``, ``int``, ``long``, ``float``, ``double``, ``string`` or ``File``."""
    description: Text = ""
    """What it does."""
    default: bool | int | float | Text | None = Field(default=None, union_mode="smart")
    """Value used when none is given; of the input's type."""
    required: Flag = False
    """Whether the program does not start without it."""

    @model_validator(mode="after")
    def _default_of_type(self) -> Input:
        if self.default is not None and not fits_input_type(self.default, self.type):
            raise wrong(
                "E110",
                f"default {self.default!r} of input '{self.id}' is not of type {self.type}",
                f"write a value of type {self.type}, or change the type",
                at="default",
            )
        return self


class Gpu(ManifestModel):
    """What a release needs of a GPU."""

    memory: MemoryQuantity | None = None
    """GPU memory, such as '2Gi'."""
    capabilities: tuple[Line, ...] = ()
    """Capabilities of the hardware registry, such as 'cuda102'."""
    required: Flag = True
    """Whether it does not run without a GPU."""


class Network(StrEnum):
    """What a release reaches while it runs."""

    NONE = "none"
    NODE = "node"
    INTERNET = "internet"


class Needs(ManifestModel):
    """Hardware the author says a release needs; measured needs are in profiles."""

    cpu: CpuQuantity | None = None
    """CPU, as in Kubernetes: '500m' is half a core."""
    memory: MemoryQuantity | None = None
    """Memory, as in Kubernetes: '300Mi'."""
    gpu: Gpu | None = None
    """GPU, when one is used."""
    devices: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    """Sensors and devices, such as 'camera', 'microphone', '/dev/ttyUSB0'."""
    network: Network = Network.NODE
    """``none``, ``node`` (cameras and services of the node) or ``internet``."""

    @property
    def cpu_millicores(self) -> int | None:
        """CPU in millicores."""
        return None if self.cpu is None else parse_cpu_millicores(self.cpu)

    @property
    def memory_bytes(self) -> int | None:
        """Memory in bytes."""
        return None if self.memory is None else parse_bytes(self.memory)

    @property
    def gpu_memory_bytes(self) -> int | None:
        """GPU memory in bytes."""
        if self.gpu is None or self.gpu.memory is None:
            return None
        return parse_bytes(self.gpu.memory)


class Measurement(ManifestModel):
    """Something the program publishes."""

    name: MeasurementName
    """Name it is published under, such as 'env.cloud.cover'."""
    type: Literal["int", "float", "string"] | None = None
    """Type of the value."""
    unit: Line | None = None
    """Unit, by its UCUM code where it has one."""
    description: Text = ""
    """What it is."""


class Expectation(ManifestModel):
    """What a test must see to pass."""

    exit_status: Annotated[int, Field(strict=True, ge=0, le=255)] = 0
    """Exit status of the program."""
    measurements: tuple[MeasurementName, ...] = ()
    """Names that must be published at least once."""
    output_contains: tuple[Text, ...] = ()
    """Texts that must appear on standard output or error."""


class DeclaredTest(ManifestModel):
    """A run of the release that shows it works, as a Virtual Waggle does it."""

    name: Line
    """Name, unique in the release."""
    arguments: tuple[Text, ...] = ()
    """Arguments of the run."""
    network: Flag = False
    """Whether the run may use the network."""
    timeout_s: Annotated[int, Field(strict=True, ge=1, le=3600)] = 120
    """Time limit in seconds."""
    expect: Expectation = Expectation()
    """What must be seen."""


class Profiling(ManifestModel):
    """The workload a performance profile measures."""

    arguments: tuple[Text, ...] = ()
    """Arguments of a run."""
    data: tuple[Line, ...] = ()
    """Names of the release's data the workload reads."""
    duration_s: Annotated[int, Field(strict=True, ge=1, le=86_400)] | None = None
    """Length of a run in seconds, for programs that do not end by themselves."""
    runs: Annotated[int, Field(strict=True, ge=1, le=1000)] = 3
    """Measured runs."""
    warmup_runs: Annotated[int, Field(strict=True, ge=0, le=100)] = 1
    """Runs before, not counted."""


class Resource(ManifestModel):
    """A sensor or resource asked for in the words of ``sage.yaml``."""

    type: Line
    """Kind of resource, such as 'RGB_image_producer'."""
    properties: dict[str, Json] = Field(default_factory=dict)
    """What else is asked of it, such as a view or a resolution."""


class Release(ManifestModel):
    """One release of a bundle: code, data, needs, tests and what it is for."""

    schema_version: Literal[1]
    """Version of this document's schema."""
    namespace: NamespaceName
    """Namespace; equal to the directory's name."""
    name: BundleName
    """Name of the bundle; equal to the directory's name."""
    version: Version
    """Semantic version; equal to the directory's name. Quote it: it is text."""
    title: Line
    """Name for people."""
    summary: Line
    """One sentence: what it tells a scientist."""
    description: Text = ""
    """More, in Markdown (CommonMark)."""
    authors: Annotated[tuple[Person, ...], Field(min_length=1, max_length=500)]
    """Who wrote it, in the order of citation."""
    contributors: Annotated[tuple[Person, ...], Field(max_length=500)] = ()
    """Who else helped (``collaborators`` in sage.yaml)."""
    funding: Annotated[tuple[Funding, ...], Field(max_length=100)] = ()
    """Who paid."""
    keywords: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    """Words to find it by."""
    license: SpdxExpression
    """SPDX licence expression of the code; NOASSERTION when its author states none."""
    homepage: HttpsUrl | None = None
    """Page about it."""
    code: Code
    """What runs: a container, a Python script or a compiled program."""
    platforms: Annotated[tuple[PlatformName, ...], Field(min_length=1, max_length=10)]
    """OCI platforms it is built for."""
    data: Annotated[tuple[Data, ...], Field(max_length=200)] = ()
    """Models, training data, configuration, samples."""
    inputs: Annotated[tuple[Input, ...], Field(max_length=200)] = ()
    """Arguments a user can give."""
    needs: Needs = Needs()
    """Hardware it needs, as its author says."""
    publishes: Annotated[tuple[Measurement, ...], Field(max_length=500)] = ()
    """Measurements it publishes."""
    tests: Annotated[tuple[DeclaredTest, ...], Field(max_length=100)] = ()
    """Runs that show it works."""
    profiling: Profiling | None = None
    """Workload for performance profiles."""
    resources: Annotated[tuple[Resource, ...], Field(max_length=50)] = ()
    """Resources asked for in the words of sage.yaml."""
    metadata: Annotated[dict[str, Json], Field(default_factory=dict, max_length=100)]
    """Whatever else belongs to it, as names and values."""

    @property
    def id(self) -> ReleaseId:
        """The release's id."""
        return ReleaseId(self.namespace, self.name, self.version)
