"""Synthetic bundles: what is in them, decided by their number alone.

Bundle 17 is the same in a catalog of a hundred and of ten thousand, on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from random import Random
from typing import TYPE_CHECKING

from tests.bench import vocabulary as words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BOARDS = (
    ("xaviernx", "linux/arm64", "Jetson Xavier NX", "Carmel ARMv8.2", 6, 8, "NVIDIA Volta 384"),
    ("rpi-4gb", "linux/arm64", "Raspberry Pi 4 Model B", "Cortex-A72", 4, 4, None),
    ("rpi-8gb", "linux/arm64", "Raspberry Pi 4 Model B", "Cortex-A72", 4, 8, None),
    ("dell-xr2", "linux/amd64", "PowerEdge XR2", "Intel Xeon Gold 5218", 32, 32, "NVIDIA T4"),
)
"""Hardware id, platform, board, processor, cores, memory in GiB, GPU."""


@dataclass(frozen=True, slots=True)
class SyntheticRelease:
    """What one release has of its own.

    Attributes:
        version: Semantic version.
        added: Day it entered the catalog.
        commit: Commit of its source.
        model_sha256: Checksum of its model.
        model_size_bytes: Size of its model.
        interval_s: Default of its input ``interval``.
        threshold: Default of its input ``threshold``.
        boards: Rows of ``BOARDS`` it was measured on.
        medians_s: Median duration of a run on each of them in seconds.
        seed: Decides the rest of its profiles.
    """

    version: str
    added: str
    commit: str
    model_sha256: str
    model_size_bytes: int
    interval_s: int
    threshold: str
    boards: tuple[int, ...]
    medians_s: tuple[float, ...]
    seed: int


@dataclass(frozen=True, slots=True)
class SyntheticBundle:
    """A bundle and its releases, oldest first.

    Attributes:
        namespace: Namespace.
        name: Name; no two are equal, nor look alike.
        title: Name for people.
        summary: One sentence.
        description: Six sentences of the manifest's ``description``.
        science: About 150 words of Markdown, with emphasis, a list and a link.
        authors: Name, ORCID and affiliation of two people.
        award: Funder and award.
        keywords: Five words to find it by.
        license: SPDX expression.
        platforms: Platforms it is built for.
        sensor: What it looks or listens with.
        quantity: What it measures.
        measurement: Name it publishes.
        cpu: CPU need.
        memory: Memory need.
        releases: Its releases.
    """

    namespace: str
    name: str
    title: str
    summary: str
    description: tuple[str, ...]
    science: str
    authors: tuple[tuple[str, str, str], tuple[str, str, str]]
    award: tuple[str, str]
    keywords: tuple[str, ...]
    license: str
    platforms: tuple[str, ...]
    sensor: str
    quantity: str
    measurement: str
    cpu: str
    memory: str
    releases: tuple[SyntheticRelease, ...]

    @property
    def id(self) -> str:
        """``namespace/name``."""
        return f"{self.namespace}/{self.name}"

    @property
    def repository(self) -> str:
        """URL of its source."""
        return f"https://github.com/{self.namespace}/{self.name}"


def make_bundles(releases: int, releases_per_bundle: int) -> Iterator[SyntheticBundle]:
    """Yield bundles until they have ``releases`` releases; the last may have fewer."""
    for number, start in enumerate(range(0, releases, releases_per_bundle)):
        yield make_bundle(number, min(releases_per_bundle, releases - start))


def make_bundle(number: int, releases: int) -> SyntheticBundle:
    """Return bundle ``number`` with its first ``releases`` releases."""
    random = Random(f"bundle {number}")
    quality, subject, task = _pick_name(number)
    sensor, method = random.choice(words.SENSORS), random.choice(words.METHODS)
    quantity = random.choice(words.QUANTITIES)
    fill = _Filler(random, subject)
    release_random = Random(f"releases {number}")
    return SyntheticBundle(
        namespace=_pick_namespace(number),
        name=f"{quality}-{subject}-{task}",
        title=f"{quality.capitalize()} {subject} {task}",
        summary=f"Reports the {quantity} of {subject} seen by {sensor}, by {method}.",
        description=fill.sentences(6),
        science=_write_science(f"{quality.capitalize()} {subject} {task}", fill, random),
        authors=(_make_person(random), _make_person(random)),
        award=(random.choice(words.FUNDERS), str(random.randrange(1_000_000, 9_999_999))),
        keywords=(subject, *random.sample(words.KEYWORDS, 4)),
        license=random.choices(words.LICENSES, (5, 4, 3, 2, 1))[0],
        platforms=random.choices(
            (
                ("linux/amd64", "linux/arm64"),
                ("linux/amd64", "linux/arm64", "linux/arm/v7"),
                ("linux/arm64", "linux/amd64"),
            ),
            (3, 2, 1),
        )[0],
        sensor=sensor,
        quantity=quantity,
        measurement=f"env.{subject}.{quantity}",
        cpu=random.choice(("250m", "500m", "1", "1500m", "2")),
        memory=random.choice(("150Mi", "300Mi", "600Mi", "1Gi", "2Gi", "6Gi")),
        releases=tuple(_make_release(release_random, index) for index in range(releases)),
    )


def _pick_name(number: int) -> tuple[str, str, str]:
    qualities, subjects, tasks = words.QUALITIES, words.SUBJECTS, words.TASKS
    total = len(qualities) * len(subjects) * len(tasks)
    if number >= total:
        raise ValueError(f"there are words for {total} bundles only")
    # A stride without common divisor visits every combination once, neighbours far apart.
    stride = next(step for step in range(7919, 2 * 7919) if gcd(step, total) == 1)
    place = number * stride % total
    place, task = divmod(place, len(tasks))
    quality, subject = divmod(place, len(subjects))
    return qualities[quality], subjects[subject], tasks[task]


def _pick_namespace(number: int) -> str:
    place, tree = divmod(number % (len(words.TREES) * len(words.PLACES)), len(words.TREES))
    return f"{words.TREES[tree]}-{words.PLACES[place]}"


class _Filler:
    """Makes sentences."""

    def __init__(self, random: Random, subject: str) -> None:
        self._random = random
        self._subject = subject

    def sentences(self, count: int) -> tuple[str, ...]:
        random = self._random
        return tuple(
            sentence.format(
                subject=self._subject,
                sensor=random.choice(words.SENSORS),
                setting=random.choice(words.SETTINGS),
                method=random.choice(words.METHODS),
                quantity=random.choice(words.QUANTITIES),
                minutes=random.randrange(2, 10),
                count=random.randrange(20, 900),
            )
            for sentence in random.sample(words.SENTENCES, count)
        )


def _write_science(title: str, fill: _Filler, random: Random) -> str:
    first, second, third = fill.sentences(4), fill.sentences(2), fill.sentences(2)
    site = random.choice(words.SETTINGS)
    return (
        f"# {title}\n\n"
        f"{' '.join(first)}\n\n"
        f"## How it works\n\n{second[0]} {second[1]}\n\n"
        f"- **Where**: {site}\n- **Who asked for it**: `{random.choice(words.KEYWORDS)}` groups\n\n"
        f"{third[0]} *{third[1]}* See the [Sage project](https://sagecontinuum.org/).\n"
    )


def _make_person(random: Random) -> tuple[str, str, str]:
    name = f"{random.choice(words.GIVEN_NAMES)} {random.choice(words.FAMILY_NAMES)}"
    home = f"{random.choice(words.TREES).capitalize()} {random.choice(words.PLACES).capitalize()}"
    return name, make_orcid(random.randrange(10**7)), home


def make_orcid(number: int) -> str:
    """Return an ORCID with its check digit (ISO 7064 11,2)."""
    digits = f"00000002{number:07d}"
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    text = digits + ("X" if check == 10 else str(check))
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))


def _make_release(random: Random, index: int) -> SyntheticRelease:
    boards: Sequence[int] = random.sample(range(len(BOARDS)), 2)
    return SyntheticRelease(
        version=f"{index // 4}.{index % 4 + 1}.{random.randrange(10)}",
        added=f"202{min(index // 12, 5)}-{index % 12 + 1:02d}-{random.randrange(1, 29):02d}",
        commit=f"{random.getrandbits(160):040x}",
        model_sha256=f"{random.getrandbits(256):064x}",
        model_size_bytes=random.randrange(100_000, 90_000_000),
        interval_s=random.choice((30, 60, 300, 600)),
        threshold=f"0.{random.randrange(11, 99)}",
        boards=tuple(boards),
        medians_s=tuple(round(random.uniform(0.2, 9.0), 3) for _ in boards),
        seed=random.getrandbits(32),
    )
