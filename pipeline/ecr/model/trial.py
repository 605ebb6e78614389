"""What came of running a release's tests: part of ``build.json``.

Everything a program said is a stranger's: it is cleaned and cut short before it gets here.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field

from ecr.model.fields import (
    Digest,
    Flag,
    Line,
    NonNegativeInt,
    Number,
    PositiveInt,
    RecordModel,
    Text,
)

Shown = Annotated[Text, Field(max_length=400)]
"""A line of what a program said."""


class TrialLimits(RecordModel):
    """What a run was allowed; a limit that could not be applied is absent here."""

    time_s: PositiveInt
    """Time limit in seconds."""
    memory_bytes: PositiveInt | None = None
    """Memory limit in bytes, with that of the emulator."""
    emulator_memory_bytes: PositiveInt | None = None
    """Part of the memory limit that is for the emulator."""
    cpu_millicores: PositiveInt | None = None
    """CPU limit in millicores."""
    network: Flag
    """Whether it could use the network."""


class PublishedMeasurement(RecordModel):
    """Everything published under one name."""

    name: Shown
    """Name it was published under."""
    count: PositiveInt
    """How often."""
    first: Number | Shown
    """First value."""
    last: Number | Shown
    """Last value."""
    minimum: Number | None = None
    """Smallest number."""
    maximum: Number | None = None
    """Greatest number."""


class UploadedFile(RecordModel):
    """A file that was handed over for upload."""

    name: Shown
    """Its name."""
    size_bytes: NonNegativeInt
    """Its size in bytes."""


class TrialRecord(RecordModel):
    """One run of one declared test on one platform."""

    name: Line
    """Name of the test."""
    passed: Flag
    """Whether everything that was expected was seen."""
    problems: tuple[Text, ...] = ()
    """What was not as expected."""
    tested: AwareDatetime
    """When the run ended."""
    image: Digest
    """Digest of the manifest of the image that ran."""
    inputs: Digest
    """Digest of everything the run depends on; a test that passed is not run again with the
    same."""
    engine: Line
    """Program and version that ran it."""
    emulated: Flag
    """Whether it ran under emulation."""
    emulator: Line | None = None
    """Program and version that emulated."""
    limits: TrialLimits
    """What the run was allowed."""
    not_applied: dict[Line, Line] = Field(default_factory=dict)
    """Limits that could not be applied, each with the reason."""
    exit_status: int | None = None
    """Exit status; absent when it did not end by itself or did not start."""
    timed_out: Flag = False
    """Whether it was stopped at its time limit."""
    out_of_memory: Flag = False
    """Whether the kernel ended something of it for want of memory."""
    duration_s: Annotated[float, Field(ge=0)]
    """Time it took in seconds."""
    output_bytes: NonNegativeInt
    """Length of everything it wrote to standard output and error."""
    log_tail: Annotated[tuple[Shown, ...], Field(max_length=50)] = ()
    """The last lines of that."""
    measurements: tuple[PublishedMeasurement, ...] = ()
    """What it published, in the order of first appearance."""
    measurements_left_out: NonNegativeInt = 0
    """Messages under further names, too many to list."""
    malformed_messages: NonNegativeInt = 0
    """Lines among the published messages that are none."""
    uploads: tuple[UploadedFile, ...] = ()
    """Files it handed over for upload, by name."""
    uploads_left_out: NonNegativeInt = 0
    """Further files, too many to list."""
    incomplete: Flag = False
    """Whether it left more behind than was looked at."""
