"""Readings of temperature and humidity: from a file, or from what other bundles publish.

Files are CSV with a header, or NDJSON with one object per line; the same three names in both:
``timestamp`` (RFC 3339 with a zone, optional), ``temperature_c``, ``relative_humidity_percent``.

This module does not compute or publish anything.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

TEMPERATURE_NAME = "env.temperature"
HUMIDITY_NAME = "env.relative_humidity"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ReadingError(Exception):
    """A line of an input file is not a reading; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Air at one moment, as a sensor saw it."""

    temperature_c: float
    relative_humidity_percent: float
    timestamp_ns: int | None = None
    """Nanoseconds since 1970 in UTC; None when the source does not say."""


def parse_timestamp_ns(text: str) -> int:
    """Convert an RFC 3339 time with a zone to nanoseconds since 1970.

    Raises:
        ValueError: The text is not a time, or has no zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time {text!r} has no zone; append 'Z' for UTC")
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def _parse_row(row: dict[str, Any]) -> Reading:
    timestamp = row.get("timestamp")
    return Reading(
        temperature_c=float(row["temperature_c"]),
        relative_humidity_percent=float(row["relative_humidity_percent"]),
        timestamp_ns=parse_timestamp_ns(timestamp) if timestamp else None,
    )


def load_readings(path: Path) -> Iterator[Reading]:
    """Read a file of readings one at a time, so that files of any length can be replayed.

    Args:
        path: A ``.csv`` file, or any other name for NDJSON.

    Yields:
        The readings in the order of the file.

    Raises:
        ReadingError: A line is not a reading.
        OSError: The file cannot be read.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        rows: Iterator[tuple[int, Any]]
        if path.suffix.lower() == ".csv":
            reader = csv.DictReader(lines)
            rows = ((reader.line_num, row) for row in reader)
        else:
            rows = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
        for number, row in rows:
            try:
                yield _parse_row(json.loads(row) if isinstance(row, str) else row)
            except KeyError as error:
                raise ReadingError(f"{path}:{number}: there is no {error.args[0]!r}") from error
            except (TypeError, ValueError, AttributeError) as error:
                raise ReadingError(f"{path}:{number}: {error}") from error


@dataclass
class Pairing:
    """Joins separate temperature and humidity messages of a sensor into readings.

    Sensors publish the two values one after the other. They are joined when the same sensor sent
    both and they are at most ``max_age_s`` apart; each message is used once.
    """

    max_age_s: float
    sensor: str = ""
    """Only messages with this sensor in their metadata; empty for every sensor."""
    _waiting: dict[str, dict[str, tuple[float, int]]] = field(default_factory=dict)

    def add(self, name: str, value: float, timestamp_ns: int, sensor: str) -> Reading | None:
        """Take a message in; return a reading when it completes one.

        Args:
            name: Measurement name of the message; names other than the two are ignored.
            value: Its value, in degrees Celsius or percent.
            timestamp_ns: Its time.
            sensor: Which sensor sent it, from the metadata; may be empty.
        """
        if name not in (TEMPERATURE_NAME, HUMIDITY_NAME) or (self.sensor and sensor != self.sensor):
            return None
        values = self._waiting.setdefault(sensor, {})
        values[name] = (float(value), timestamp_ns)
        if len(values) < 2:
            return None
        temperature, humidity = values[TEMPERATURE_NAME], values[HUMIDITY_NAME]
        if abs(temperature[1] - humidity[1]) > self.max_age_s * 1e9:
            return None
        del self._waiting[sensor]
        return Reading(temperature[0], humidity[0], max(temperature[1], humidity[1]))
