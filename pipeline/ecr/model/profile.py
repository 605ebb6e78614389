"""``profiles/*.json``: one measured run of a release on one piece of hardware."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from ecr.model.fields import (
    Digest,
    Line,
    NonNegativeInt,
    PlatformName,
    PositiveInt,
    RecordModel,
)

NonNegativeFloat = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Machine(RecordModel):
    """What the run was found to run on."""

    hardware: Line
    """Id in the hardware registry."""
    board: Line | None = None
    """Board or model, as the machine names itself."""
    cpu: Line
    """Processor."""
    cores: PositiveInt
    """Cores the run could use."""
    memory_bytes: PositiveInt
    """Memory in bytes."""
    gpu: Line | None = None
    """GPU."""
    kernel: Line
    """Kernel release."""
    engine: Line
    """Container engine and version."""
    power_mode: Line | None = None
    """Power mode, such as nvpmodel's."""


class Statistic(RecordModel):
    """Distribution of one quantity over the measured runs."""

    p50: NonNegativeFloat
    """Median."""
    p95: NonNegativeFloat
    """95th percentile."""
    p99: NonNegativeFloat
    """99th percentile."""
    max: NonNegativeFloat
    """Largest value."""


class Series(RecordModel):
    """Values over time, down-sampled."""

    interval_s: Annotated[float, Field(gt=0)]
    """Seconds between two values."""
    values: Annotated[tuple[float | None, ...], Field(max_length=2000)]
    """The values; ``null`` where none could be read."""


class Profile(RecordModel):
    """One measured run."""

    schema_version: Literal[1]
    """Version of this document's schema."""
    id: Line
    """Id of the release."""
    image: Digest
    """Digest of the image that ran."""
    platform: PlatformName
    """Platform of the image."""
    machine: Machine
    """Where it ran."""
    emulated: bool
    """Whether the processor was emulated. Emulated runs are never compared."""
    virtual_waggle: bool
    """Whether it ran on a Virtual Waggle, not on a node."""
    measured: AwareDatetime
    """When the run ended."""
    operator: Line
    """Who ran it."""
    tool: Line
    """Program and version that measured."""
    runs: PositiveInt
    """Measured runs."""
    duration_s: Statistic
    """Duration of a run in seconds."""
    cpu_millicores: Statistic
    """CPU in thousandths of a core."""
    memory_bytes: Statistic
    """Working set in bytes."""
    gpu_memory_bytes: Statistic | None = None
    """GPU memory in bytes."""
    cold_start_s: NonNegativeFloat | None = None
    """Time to the first output of the first run in seconds."""
    energy_joules: NonNegativeFloat | None = None
    """Energy of one run, where the machine has a meter."""
    exit_status: NonNegativeInt
    """Exit status of the last run."""
    series: dict[Line, Series] = Field(default_factory=dict)
    """Time series by quantity."""
    missing: dict[Line, Line] = Field(default_factory=dict)
    """What could not be measured, and why."""
    raw_log: Digest
    """Digest of the raw log."""
