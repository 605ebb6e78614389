"""What was measured, what it is compared with, and how that is told: as text and as JSON."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from tests.bench.measure import Measurement, take_median

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MIB_PER_MB = 2**20 / 10**6


@dataclass(slots=True)
class Row:
    """One thing that was run, as often as it was.

    Attributes:
        name: What it is.
        releases: Releases it was given.
        pages: Pages it makes of them; 0 when it makes none.
        runs: One measurement for each run.
    """

    name: str
    releases: int
    pages: int = 0
    runs: list[Measurement] = field(default_factory=list)

    @property
    def median(self) -> Measurement:
        """The median of each quantity, the largest memory."""
        return take_median(self.runs)


@dataclass(frozen=True, slots=True)
class Limit:
    """A figure that is to be kept.

    Attributes:
        name: What is limited.
        measured: The figure; ``None`` when it was not measured.
        limit: The most it may be.
        unit: Unit of both.
    """

    name: str
    measured: float | None
    limit: float
    unit: str

    @property
    def verdict(self) -> str:
        """``met``, ``missed`` or ``not measured``."""
        if self.measured is None:
            return "not measured"
        return "met" if self.measured <= self.limit else "missed"


@dataclass(slots=True)
class Results:
    """Everything of one run of the benchmark.

    Attributes:
        machine: Facts of the machine.
        releases: Size of the largest catalog.
        releases_per_bundle: Releases of each bundle.
        cold: Our publication from nothing, a row for each size, the largest last.
        updates: What we do after a change.
        others: Other generators on the same pages.
        browser: Traffic of a search: query -> figures.
        steps_s: Wall time of each step of the last publication from nothing.
        loops_ms: A fixed loop, timed before each round: how steady the machine was.
        failures: Runs that failed, with their last lines.
    """

    machine: dict[str, Any]
    releases: int
    releases_per_bundle: int
    cold: list[Row] = field(default_factory=list)
    updates: list[Row] = field(default_factory=list)
    others: list[Row] = field(default_factory=list)
    browser: dict[str, dict[str, float]] = field(default_factory=dict)
    steps_s: dict[str, float] = field(default_factory=dict)
    loops_ms: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def full(self) -> Row | None:
        """Our publication of the largest catalog."""
        return self.cold[-1] if self.cold and self.cold[-1].runs else None

    def find(self, rows: Sequence[Row], start: str) -> Row | None:
        """Return the first row that was run and whose name starts so."""
        return next((row for row in rows if row.name.startswith(start) and row.runs), None)

    def limits(self) -> list[Limit]:
        """Return the limits and how they were kept. Their scale is 10,000 releases."""
        full = self.full.median if self.full else None
        wall_s = full.wall_s if full else None
        memory_mb = max(full.peak_pss_mib, full.max_rss_mib) * MIB_PER_MB if full else None
        hugo_s = _wall_s(self.find(self.others, "Hugo, from Markdown"))
        first = max((entry["first_bytes"] for entry in self.browser.values()), default=None)
        sizes = [(row.releases, row.median.cpu_s) for row in self.cold if row.runs]
        return [
            Limit("load, check, pages, index: wall", wall_s, 10, "s"),
            Limit("load, check, pages, index: CPU", full.cpu_s if full else None, 15, "s"),
            Limit("the same with search: wall", wall_s, 30, "s"),
            Limit(
                "wall, as a part of Hugo's from Markdown",
                wall_s / hugo_s if wall_s and hugo_s else None,
                1,
                "times",
            ),
            Limit("memory of all processes together", memory_mb, 300, "MB"),
            Limit("growth of CPU time (exponent)", fit_exponent(sizes), 1.05, ""),
            Limit(
                "one release added, search included",
                _wall_s(self.find(self.updates, "publish, one release added")),
                1,
                "s",
            ),
            Limit(
                "validate --changed, one release",
                _wall_s(self.find(self.updates, "validate")),
                0.5,
                "s",
            ),
            Limit("first result in the browser", first / 1000 if first else None, 400, "kB"),
        ]

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON types."""
        return {
            "machine": self.machine,
            "releases": self.releases,
            "releases_per_bundle": self.releases_per_bundle,
            "rows": [
                {
                    "group": group,
                    "name": row.name,
                    "releases": row.releases,
                    "pages": row.pages,
                    "runs": [
                        {k: v for k, v in asdict(run).items() if k != "stdout"} for run in row.runs
                    ],
                }
                for group, rows in (
                    ("cold", self.cold),
                    ("updates", self.updates),
                    ("others", self.others),
                )
                for row in rows
            ],
            "browser": self.browser,
            "steps_s": self.steps_s,
            "loops_ms": self.loops_ms,
            "failures": self.failures,
            "limits": [{**asdict(limit), "verdict": limit.verdict} for limit in self.limits()],
        }


def _wall_s(row: Row | None) -> float | None:
    return None if row is None else row.median.wall_s


def fit_exponent(points: Sequence[tuple[float, float]]) -> float | None:
    """Return ``b`` of the best ``y = a * x**b`` (least squares of logarithms): 1 is linear.

    ``None`` for fewer than two sizes.
    """
    if len({x for x, _ in points}) < 2:
        return None
    logs = [(math.log(x), math.log(y)) for x, y in points]
    mean_x = sum(x for x, _ in logs) / len(logs)
    mean_y = sum(y for _, y in logs) / len(logs)
    over = sum((x - mean_x) * (y - mean_y) for x, y in logs)
    return over / sum((x - mean_x) ** 2 for x, _ in logs)


def render_text(results: Results) -> str:
    """Return the report a person reads."""
    return "\n".join(_lines(results)) + "\n"


def _lines(results: Results) -> Iterator[str]:
    machine = results.machine
    yield (
        f"{machine['cores']} cores ({machine['processor']}), {machine['file_system']}, "
        f"Python {machine['python']}, Hugo {machine['hugo'] or 'not installed'}, "
        f"mkdocs-material {machine['mkdocs_material']}"
    )
    if results.loops_ms:
        low, high = min(results.loops_ms), max(results.loops_ms)
        yield (
            f"A fixed loop took {low:.0f} to {high:.0f} ms during the run (load before: "
            f"{machine['load_before']}): compare ratios, not seconds, where these differ much."
        )
    yield ""
    yield from _table(results)
    sized = [row for row in results.cold if row.runs]
    if len(sized) > 1:
        small, large = sized[-2:]
        times = large.median.cpu_s / small.median.cpu_s
        each_us = (large.median.cpu_s - small.median.cpu_s) / (large.releases - small.releases)
        yield (
            f"\nFrom {small.releases:,} to {large.releases:,} releases: {times:.2f} times the CPU "
            f"time, {each_us * 1e6:.0f} µs for each further release"
        )
    if results.steps_s:
        steps = ", ".join(f"{name} {seconds:.2f}" for name, seconds in results.steps_s.items())
        yield f"\nOur steps, wall seconds: {steps}"
    for query, figures in results.browser.items():
        yield (
            f"\nSearch for '{query}': {figures['first_bytes'] / 1000:.0f} kB until the result "
            f"({figures['page_bytes'] / 1000:.0f} kB of them with the page), "
            f"{figures['settled_bytes'] / 1000:.0f} kB in all, "
            f"{figures['wait_s']:.2f} s after typing"
        )
    yield ""
    for limit in results.limits():
        measured = "-" if limit.measured is None else f"{limit.measured:.2f}"
        yield f"{limit.verdict:>12}  {limit.name:<42} {measured:>9} of {limit.limit:g} {limit.unit}"
    if results.releases != 10_000:
        yield f"\nThe limits are for 10,000 releases; these are figures of {results.releases:,}."
    for failure in results.failures:
        yield f"\nFAILED: {failure}"


def _table(results: Results) -> Iterator[str]:
    head = ("", "releases", "pages", "runs", "wall s", "CPU s", "RSS MB", "PSS MB", "x ours")
    widths = (44, 9, 8, 5, 9, 9, 8, 8, 8)
    yield _row(head, widths)
    ours = results.full
    for row in (*results.cold, *results.updates, *results.others):
        if not row.runs:
            yield f"{row.name:<44} failed"
            continue
        median = row.median
        ratio = ""
        if ours is not None and row.pages and row.releases == ours.releases:
            ratio = f"{median.wall_s / ours.median.wall_s:.2f}"
        cells = (
            row.name,
            f"{row.releases:,}",
            f"{row.pages:,}" if row.pages else "",
            str(len(row.runs)),
            f"{median.wall_s:.2f}",
            f"{median.cpu_s:.2f}",
            f"{median.peak_rss_mib * MIB_PER_MB:.0f}",
            f"{median.peak_pss_mib * MIB_PER_MB:.0f}",
            ratio,
        )
        yield _row(cells, widths)
        if row in results.others and row.releases != results.releases:
            factor = results.releases / row.releases
            yield (
                f"    extrapolated in proportion to {results.releases:,} releases: "
                f"{median.wall_s * factor:.0f} s wall, {median.cpu_s * factor:.0f} s CPU"
            )


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return f"{first[0]:<{first[1]}}" + "".join(f"{cell:>{width}}" for cell, width in others)
