"""Publish the probability that leaves are wet, from weather observed on the node.

Where observations come from:

- ``--input FILE`` replays a CSV or NDJSON file;
- without it, the bundle listens on the node for ``env.temperature``, ``env.relative_humidity``,
  ``env.wind.speed.mps`` and ``env.raingauge.total_acc``, which sensor bundles publish. The first
  two are needed; the others improve the answer.

``env.leaf_wetness.probability`` is the only thing published. With PYWAGGLE_LOG_DIR set it goes to
``data.ndjson`` in that folder, and no broker is needed.
"""

import argparse
import hashlib
import logging
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from leaf_wetness import Model, ModelError, Observation, load_model
from observations import (
    HUMIDITY_NAME,
    RAIN_TOTAL_NAME,
    TEMPERATURE_NAME,
    WIND_NAME,
    ObservationError,
    Station,
    load_observations,
)
from waggle.plugin import Plugin

PROBABILITY_NAME = "env.leaf_wetness.probability"
# Beside the sources in the repository; in the image, where the release mounts its model.
DEFAULT_MODEL = Path(__file__).resolve().parent.parent / "data" / "model.json"
LIVE_INTERVAL_S = 300.0

log = logging.getLogger("leaf-wetness")


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """Read the command line; ends the program with status 2 when it makes no sense."""
    parser = argparse.ArgumentParser(prog="leaf-wetness", description=__doc__.split("\n\n")[0])
    parser.add_argument("--input", type=Path, help="CSV or NDJSON file of observations to replay")
    parser.add_argument(
        "--model", type=Path, default=DEFAULT_MODEL, help="model that train.py wrote"
    )
    parser.add_argument(
        "--longitude-deg", type=float, default=0.0, help="east longitude, to know the solar hour"
    )
    parser.add_argument(
        "--interval-s",
        type=float,
        help="least time between two results in seconds (default: 0 for a file, 300 on a node)",
    )
    parser.add_argument("--count", type=int, default=0, help="stop after so many results; 0: never")
    parser.add_argument("--sensor", default="", help="on a node: only this sensor, such as bme680")
    parser.add_argument(
        "--max-age-s",
        type=float,
        default=10.0,
        help="on a node: greatest time between temperature and humidity",
    )
    options = parser.parse_args(arguments)
    if options.count < 0 or (options.interval_s or 0.0) < 0 or options.max_age_s < 0:
        parser.error("--count, --interval-s and --max-age-s cannot be negative")
    if not -180.0 <= options.longitude_deg <= 180.0:
        parser.error("--longitude-deg is not within -180 to 180")
    return options


def listen(plugin: Plugin, station: Station) -> Iterator[Observation]:
    """Yield observations gathered from what is published on the node."""
    plugin.subscribe(TEMPERATURE_NAME, HUMIDITY_NAME, WIND_NAME, RAIN_TOTAL_NAME)
    while True:
        message = plugin.get()
        observation = station.add(
            message.name, message.value, message.timestamp, message.meta.get("sensor", "")
        )
        if observation is not None:
            yield observation


def render_meta(observation: Observation, model_sha256: str) -> dict[str, str]:
    """Say which model gave a value, and what it had to do without."""
    missing = [
        name
        for name, value in (
            ("wind", observation.wind_speed_m_s),
            ("rain", observation.rain_1h_mm),
        )
        if value is None
    ]
    meta = {"model": f"sha256:{model_sha256}"}
    return {**meta, "missing": ",".join(missing)} if missing else meta


def publish_probabilities(
    plugin: Plugin,
    observations: Iterable[Observation],
    model: Model,
    model_sha256: str,
    options: argparse.Namespace,
) -> int:
    """Apply the model to each observation and publish; skip observations that cannot be true.

    Returns:
        How many results were published.
    """
    published = 0
    pause_s = (options.interval_s or 0.0) if options.input is not None else 0.0
    for observation in observations:
        try:
            probability = model.compute_probability(observation, options.longitude_deg)
        except ValueError as error:
            log.warning("observation skipped: %s", error)
            continue
        if published and pause_s:
            time.sleep(pause_s)
        plugin.publish(
            PROBABILITY_NAME,
            round(probability, 4),
            meta=render_meta(observation, model_sha256),
            timestamp=observation.timestamp_ns,
        )
        log.info(
            "%.1f degC, %.0f %% -> leaves wet with probability %.2f",
            observation.temperature_c,
            observation.relative_humidity_percent,
            probability,
        )
        published += 1
        if published == options.count:
            break
    return published


def main(arguments: list[str]) -> int:
    """Run the bundle.

    Returns:
        0 when something was published, 1 when nothing could be, 2 for a bad command line.
    """
    options = parse_arguments(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        model = load_model(options.model)
    except ModelError as error:
        log.error("%s", error)
        return 1
    model_sha256 = hashlib.sha256(options.model.read_bytes()).hexdigest()
    interval_s = LIVE_INTERVAL_S if options.interval_s is None else options.interval_s
    with Plugin() as plugin:
        if options.input is not None:
            observations = load_observations(options.input)
        else:
            observations = listen(plugin, Station(interval_s, options.max_age_s, options.sensor))
        try:
            published = publish_probabilities(plugin, observations, model, model_sha256, options)
        except (ObservationError, OSError) as error:
            log.error("%s", error)
            return 1
    if not published:
        log.error("no observation could be used")
    return 0 if published else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
