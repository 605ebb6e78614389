"""Writes synthetic bundles as the files of a catalog, from templates: fast, and as people write."""

from __future__ import annotations

import json
import math
import subprocess
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from tests.bench.pictures import make_png
from tests.bench.synthetic import BOARDS, SyntheticBundle, SyntheticRelease

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMESPACE = """\
schema_version: 1
namespace: {namespace}
title: {title}
owners:
  - user:{namespace}-owner
homepage: https://{namespace}.example.org/
"""

BUNDLE = """\
schema_version: 1
namespace: {namespace}
name: {name}
access: public
maintainers:
  - user:{namespace}-{initial}
"""

RELEASE = """\
schema_version: 1
namespace: {b.namespace}
name: {b.name}
version: "{r.version}"
title: {b.title}
summary: {b.summary}
description: |
  {b.description[0]} {b.description[1]}
  {b.description[2]} {b.description[3]}

  {b.description[4]} {b.description[5]}
authors:
  - name: {b.authors[0][0]}
    orcid: {b.authors[0][1]}
    affiliation: {b.authors[0][2]}
  - name: {b.authors[1][0]}
    orcid: {b.authors[1][1]}
    affiliation: {b.authors[1][2]}
funding:
  - funder: {b.award[0]}
    award: "{b.award[1]}"
keywords: [{keywords}]
license: {b.license}
homepage: https://{b.namespace}.example.org/{b.name}
code:
  kind: container
  source:
    git: {b.repository}
    commit: {r.commit}
    ref: v{r.version}
  dockerfile: Dockerfile
platforms: [{platforms}]
data:
  - name: model
    role: model
    url: https://data.example.org/{b.id}/{r.version}/model.onnx
    sha256: {r.model_sha256}
    size_bytes: {r.model_size_bytes}
    license: CC-BY-4.0
    origin: Trained by the authors on recordings of {b.sensor}, split by week.
    description: Weights of release {r.version}, in ONNX, with the preprocessing they were made for.
    mount: /opt/model.onnx
inputs:
  - id: stream
    type: string
    description: Name or URL of the stream to read.
    default: top_camera
  - id: interval
    type: int
    description: Seconds between two measurements; each is the median of its samples.
    default: {r.interval_s}
  - id: threshold
    type: float
    description: Confidence below which nothing is reported, learnt from labelled scenes.
    default: {r.threshold}
  - id: debug
    type: boolean
    description: Upload the sample beside the measurement, to see what was seen.
    default: false
needs:
  cpu: "{b.cpu}"
  memory: {b.memory}
  network: node
publishes:
  - name: {b.measurement}
    type: float
    unit: "1"
    description: The {b.quantity}, once per interval, as seen by {b.sensor}.
tests:
  - name: one sample
    arguments: [--stream, "file:///data/sample.jpg", --once]
    timeout_s: 120
    expect:
      measurements: [{b.measurement}]
profiling:
  arguments: [--stream, "file:///data/sample.mp4"]
  runs: 5
metadata:
  ontology: {b.measurement}
"""

STATUS = """\
schema_version: 1
added: {added}
"""

_SERIES_VALUES = 170


def write_catalog(root: Path, bundles: Iterable[SyntheticBundle]) -> int:
    """Write bundles below ``root`` and return the number of releases."""
    count = 0
    namespaces: set[str] = set()
    for bundle in bundles:
        directory = root / "bundles" / bundle.namespace
        if bundle.namespace not in namespaces:
            namespaces.add(bundle.namespace)
            title = bundle.namespace.replace("-", " ").title()
            text = NAMESPACE.format(namespace=bundle.namespace, title=title)
            _write(directory / "namespace.yaml", text)
        text = BUNDLE.format(
            namespace=bundle.namespace, name=bundle.name, initial=bundle.authors[0][0][0].lower()
        )
        _write(directory / bundle.name / "bundle.yaml", text)
        _write_media(directory / bundle.name / "media", bundle)
        for release in bundle.releases:
            write_release(root, bundle, release)
            count += 1
    return count


def _write_media(directory: Path, bundle: SyntheticBundle) -> None:
    """Write what a complete bundle has; real pictures are larger, but not more files."""
    colour = Random(bundle.id).getrandbits(24)
    _write(directory / "science-description.md", bundle.science)
    (directory / "icon.png").write_bytes(make_png(512, 512, colour))
    (directory / "science-image.png").write_bytes(make_png(1920, 1080, colour))


def write_release(root: Path, bundle: SyntheticBundle, release: SyntheticRelease) -> None:
    """Write one release with its status and profiles."""
    directory = root / "bundles" / bundle.namespace / bundle.name / release.version
    _write(directory / "release.yaml", render_manifest(bundle, release))
    _write(directory / "status.yaml", STATUS.format(added=release.added))
    for board, median_s in zip(release.boards, release.medians_s, strict=True):
        text = render_profile(bundle, release, board, median_s)
        _write(directory / "profiles" / f"{BOARDS[board][0]}-{release.commit[:8]}.json", text)


def render_manifest(bundle: SyntheticBundle, release: SyntheticRelease) -> str:
    """Return ``release.yaml``: 79 lines."""
    return RELEASE.format(
        b=bundle,
        r=release,
        keywords=", ".join(bundle.keywords),
        platforms=", ".join(bundle.platforms),
    )


def render_profile(
    bundle: SyntheticBundle, release: SyntheticRelease, board: int, median_s: float
) -> str:
    """Return one profile: about 3.5 KB, two thirds of it time series."""
    random = Random(release.seed + board)
    hardware, platform, model, processor, cores, memory_gib, gpu = BOARDS[board]
    peak = random.randrange(80, 900) * 2**20
    profile = {
        "schema_version": 1,
        "id": f"{bundle.id}:{release.version}",
        "image": f"sha256:{random.getrandbits(256):064x}",
        "platform": platform,
        "machine": {
            "hardware": hardware,
            "board": model,
            "cpu": processor,
            "cores": cores,
            "memory_bytes": memory_gib * 2**30,
            "gpu": gpu,
            "kernel": "5.15.148-tegra" if gpu else "6.1.0-rpi7-rpi-v8",
            "engine": "docker 26.1.4",
            "power_mode": "MODE_15W_6CORE" if hardware == "xaviernx" else None,
        },
        "emulated": False,
        "virtual_waggle": False,
        "measured": f"{release.added}T12:{random.randrange(60):02d}:00Z",
        "operator": f"{bundle.namespace}-owner",
        "tool": "ecr 0.1.0",
        "runs": 5,
        "duration_s": _spread(median_s, 3),
        "cpu_millicores": _spread(random.randrange(200, 3000), 1),
        "memory_bytes": _spread(peak, 0),
        "gpu_memory_bytes": _spread(peak // 2, 0) if gpu else None,
        "cold_start_s": round(median_s * 3, 3),
        "energy_joules": round(median_s * 11, 2),
        "exit_status": 0,
        "series": {
            "cpu_millicores": _make_series(random, random.randrange(300, 2500)),
            "memory_mib": _make_series(random, peak / 2**20),
        },
        "missing": {} if gpu else {"gpu_memory_bytes": "the board has no GPU"},
        "raw_log": f"sha256:{random.getrandbits(256):064x}",
    }
    return json.dumps(profile, separators=(",", ":")) + "\n"


def _spread(median: float, digits: int) -> dict[str, float]:
    return {
        name: round(median * factor, digits)
        for name, factor in (("p50", 1), ("p95", 1.21), ("p99", 1.3), ("max", 1.34))
    }


def _make_series(random: Random, level: float) -> dict[str, object]:
    phase = random.random() * 6
    values = [
        round(level * (1 + 0.1 * math.sin(phase + place / 9)), 2) for place in range(_SERIES_VALUES)
    ]
    return {"interval_s": 2.0, "values": values}


def commit_all(root: Path, message: str) -> None:
    """Commit everything below ``root``, in a new repository when there is none."""
    if not (root / ".git").is_dir():
        _git(root, "init", "--quiet", "--initial-branch=main")
    _git(root, "add", "--all")
    _git(root, "-c", "user.name=bench", "-c", "user.email=bench@example.org", "commit", "--quiet",
         "-m", message)  # fmt: skip


def _git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", root, *arguments], check=True, timeout=600)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
