"""Publish the heat index and wet-bulb temperature of temperature and humidity readings.

Where readings come from:

- ``--input FILE`` replays a CSV or NDJSON file;
- ``--temperature-c`` with ``--relative-humidity-percent`` gives a single one;
- without either, the bundle listens on the node for ``env.temperature`` and
  ``env.relative_humidity``, which the sensor bundles publish.

Published are ``env.heat_index.celsius`` and, where its formula holds, ``env.wet_bulb.celsius``; no
more. With PYWAGGLE_LOG_DIR set they go to ``data.ndjson`` in that folder, and no broker is needed.
"""

import argparse
import logging
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from heat_index import compute_heat_index_c
from readings import HUMIDITY_NAME, TEMPERATURE_NAME, Pairing, Reading, ReadingError, load_readings
from waggle.plugin import Plugin
from wet_bulb import compute_wet_bulb_c, is_in_range

HEAT_INDEX_NAME = "env.heat_index.celsius"
HEAT_INDEX_META = {"units": "celsius", "method": "nws-rothfusz-1990"}
WET_BULB_NAME = "env.wet_bulb.celsius"
WET_BULB_META = {"units": "celsius", "method": "stull-2011"}
LIVE_INTERVAL_S = 30.0

log = logging.getLogger("heat-index")


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """Read the command line; ends the program with status 2 when it makes no sense."""
    parser = argparse.ArgumentParser(prog="heat-index", description=__doc__.split("\n\n")[0])
    parser.add_argument("--input", type=Path, help="CSV or NDJSON file of readings to replay")
    parser.add_argument("--temperature-c", type=float, help="a single reading: temperature")
    parser.add_argument(
        "--relative-humidity-percent", type=float, help="a single reading: humidity"
    )
    parser.add_argument(
        "--interval-s",
        type=float,
        help="least time between two readings in seconds (default: 0 for a file, 30 on a node)",
    )
    parser.add_argument(
        "--count", type=int, default=0, help="stop after so many readings; 0: never"
    )
    parser.add_argument("--sensor", default="", help="on a node: only this sensor, such as bme680")
    parser.add_argument(
        "--max-age-s", type=float, default=10.0, help="on a node: greatest time between the values"
    )
    options = parser.parse_args(arguments)
    if (options.temperature_c is None) != (options.relative_humidity_percent is None):
        parser.error("--temperature-c and --relative-humidity-percent are needed together")
    if options.input is not None and options.temperature_c is not None:
        parser.error("give --input or a single reading, not both")
    if options.count < 0 or (options.interval_s or 0.0) < 0 or options.max_age_s < 0:
        parser.error("--count, --interval-s and --max-age-s cannot be negative")
    return options


def listen(plugin: Plugin, pairing: Pairing, interval_s: float) -> Iterator[Reading]:
    """Yield readings from what is published on the node, at most one each ``interval_s``."""
    plugin.subscribe(TEMPERATURE_NAME, HUMIDITY_NAME)
    next_ns: dict[str, int] = {}
    while True:
        message = plugin.get()
        sensor = message.meta.get("sensor", "")
        reading = pairing.add(message.name, message.value, message.timestamp, sensor)
        if reading is not None and message.timestamp >= next_ns.get(sensor, 0):
            next_ns[sensor] = message.timestamp + int(interval_s * 1e9)
            yield reading


def publish_readings(
    plugin: Plugin, readings: Iterable[Reading], count: int, pause_s: float
) -> int:
    """Compute and publish what each reading gives; skip readings that cannot be true.

    Args:
        plugin: Where to publish.
        readings: The readings.
        count: Number of readings after which to stop; 0 for no limit.
        pause_s: Time to wait between two readings.

    Returns:
        How many readings gave a result.
    """
    published = 0
    for reading in readings:
        air = (reading.temperature_c, reading.relative_humidity_percent)
        try:
            heat_index_c = compute_heat_index_c(*air)
        except ValueError as error:
            log.warning("reading skipped: %s", error)
            continue
        if published and pause_s:
            time.sleep(pause_s)
        plugin.publish(
            HEAT_INDEX_NAME,
            round(heat_index_c, 2),
            meta=HEAT_INDEX_META,
            timestamp=reading.timestamp_ns,
        )
        log.info("%.1f degC, %.0f %% -> heat index %.1f degC", *air, heat_index_c)
        if is_in_range(*air):
            wet_bulb_c = compute_wet_bulb_c(*air)
            plugin.publish(
                WET_BULB_NAME,
                round(wet_bulb_c, 2),
                meta=WET_BULB_META,
                timestamp=reading.timestamp_ns,
            )
        published += 1
        if published == count:
            break
    return published


def main(arguments: list[str]) -> int:
    """Run the bundle.

    Returns:
        0 when something was published, 1 when nothing could be, 2 for a bad command line.
    """
    options = parse_arguments(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    readings: Iterable[Reading]
    with Plugin() as plugin:
        if options.input is not None:
            readings = load_readings(options.input)
            pause_s = options.interval_s or 0.0
        elif options.temperature_c is not None:
            readings = [Reading(options.temperature_c, options.relative_humidity_percent)]
            pause_s = 0.0
        else:
            interval_s = LIVE_INTERVAL_S if options.interval_s is None else options.interval_s
            readings = listen(plugin, Pairing(options.max_age_s, options.sensor), interval_s)
            pause_s = 0.0
        try:
            published = publish_readings(plugin, readings, options.count, pause_s)
        except (ReadingError, OSError) as error:
            log.error("%s", error)
            return 1
    if not published:
        log.error("no reading could be used")
    return 0 if published else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
