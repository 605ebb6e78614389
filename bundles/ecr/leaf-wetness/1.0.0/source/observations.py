"""Weather observations: from files, or from what the sensor bundles publish on the node.

Files are CSV with a header, or NDJSON with one object per line, with the names of ``Observation``;
``timestamp`` is RFC 3339 with a zone, ``wind_speed_m_s`` and ``rain_1h_mm`` may be empty or absent.
Training files have a further column, ``leaf_wet``, 0 or 1.
"""

import csv
import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from leaf_wetness import Observation

TEMPERATURE_NAME = "env.temperature"
HUMIDITY_NAME = "env.relative_humidity"
WIND_NAME = "env.wind.speed.mps"
RAIN_TOTAL_NAME = "env.raingauge.total_acc"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR_NS = 3600 * 1_000_000_000


class ObservationError(Exception):
    """A line of an input file is not an observation; the message names file and line."""


def parse_timestamp_ns(text: str) -> int:
    """Convert an RFC 3339 time with a zone to nanoseconds since 1970.

    Raises:
        ValueError: The text is not a time, or has no zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time {text!r} has no zone; append 'Z' for UTC")
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def _parse_optional(value: Any) -> float | None:
    return None if value is None or value == "" else float(value)


def _parse_row(row: dict[str, Any]) -> Observation:
    return Observation(
        timestamp_ns=parse_timestamp_ns(row["timestamp"]),
        temperature_c=float(row["temperature_c"]),
        relative_humidity_percent=float(row["relative_humidity_percent"]),
        wind_speed_m_s=_parse_optional(row.get("wind_speed_m_s")),
        rain_1h_mm=_parse_optional(row.get("rain_1h_mm")),
    )


def _parse_labelled_row(row: dict[str, Any]) -> tuple[Observation, bool]:
    label = row["leaf_wet"]
    if label not in ("0", "1"):
        raise ValueError(f"leaf_wet is {label!r}, not 0 or 1")
    return _parse_row(row), label == "1"


def _load_rows(path: Path) -> Iterator[tuple[int, Any]]:
    with path.open(encoding="utf-8", newline="") as lines:
        if path.suffix.lower() == ".csv":
            reader = csv.DictReader(lines)
            for row in reader:
                yield reader.line_num, row
        else:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line


def _parse_rows(path: Path, parse: Any) -> Iterator[Any]:
    for number, row in _load_rows(path):
        try:
            yield parse(json.loads(row) if isinstance(row, str) else row)
        except KeyError as error:
            raise ObservationError(f"{path}:{number}: there is no {error.args[0]!r}") from error
        except (TypeError, ValueError, AttributeError) as error:
            raise ObservationError(f"{path}:{number}: {error}") from error


def load_observations(path: Path) -> Iterator[Observation]:
    """Read a file of observations one at a time.

    Raises:
        ObservationError: A line is not an observation.
        OSError: The file cannot be read.
    """
    return _parse_rows(path, _parse_row)


def load_labelled(path: Path) -> Iterator[tuple[Observation, bool]]:
    """Read a training file: observations, each with whether the leaf was wet.

    Raises:
        ObservationError: A line is not an observation with its answer.
        OSError: The file cannot be read.
    """
    return _parse_rows(path, _parse_labelled_row)


@dataclass
class Station:
    """Gathers the messages of a node's sensors into observations.

    A new observation is due when temperature and humidity of one sensor are at hand, at most
    ``max_age_s`` apart, and ``interval_s`` has passed. Wind counts while it is younger than ten
    minutes, rain once an hour of totals is known; otherwise they are missing.
    """

    interval_s: float
    max_age_s: float = 10.0
    sensor: str = ""
    """Temperature and humidity only from this sensor; empty for every sensor."""
    _latest: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict)
    _rain_totals: deque[tuple[int, float]] = field(default_factory=deque)
    _due_ns: int = 0

    def add(self, name: str, value: float, timestamp_ns: int, sensor: str) -> Observation | None:
        """Take a message in; return an observation when one is due.

        Args:
            name: Measurement name; names not used here are ignored.
            value: Its value in the unit of the name: degrees Celsius, percent, metres per second,
                millimetres since the gauge was switched on.
            timestamp_ns: Its time.
            sensor: Which sensor sent it, from the metadata; may be empty.
        """
        if name == WIND_NAME:
            self._latest[WIND_NAME, ""] = (float(value), timestamp_ns)
        elif name == RAIN_TOTAL_NAME:
            self._add_rain_total(float(value), timestamp_ns)
        elif name in (TEMPERATURE_NAME, HUMIDITY_NAME) and self.sensor in ("", sensor):
            self._latest[name, sensor] = (float(value), timestamp_ns)
            return self._observe(sensor, timestamp_ns)
        return None

    def _add_rain_total(self, total_mm: float, timestamp_ns: int) -> None:
        if self._rain_totals and total_mm < self._rain_totals[-1][1]:
            self._rain_totals.clear()  # the gauge lost power and began at zero again
        self._rain_totals.append((timestamp_ns, total_mm))
        while len(self._rain_totals) > 1 and self._rain_totals[1][0] <= timestamp_ns - _HOUR_NS:
            self._rain_totals.popleft()

    def _observe(self, sensor: str, timestamp_ns: int) -> Observation | None:
        temperature = self._latest.get((TEMPERATURE_NAME, sensor))
        humidity = self._latest.get((HUMIDITY_NAME, sensor))
        if temperature is None or humidity is None or timestamp_ns < self._due_ns:
            return None
        if abs(temperature[1] - humidity[1]) > self.max_age_s * 1e9:
            return None
        self._due_ns = timestamp_ns + int(self.interval_s * 1e9)
        return Observation(
            timestamp_ns=timestamp_ns,
            temperature_c=temperature[0],
            relative_humidity_percent=humidity[0],
            wind_speed_m_s=self._get_wind(timestamp_ns),
            rain_1h_mm=self._compute_rain_1h_mm(timestamp_ns),
        )

    def _get_wind(self, now_ns: int) -> float | None:
        value, timestamp_ns = self._latest.get((WIND_NAME, ""), (0.0, -_HOUR_NS))
        return value if now_ns - timestamp_ns <= _HOUR_NS // 6 else None

    def _compute_rain_1h_mm(self, now_ns: int) -> float | None:
        if not self._rain_totals:
            return None
        oldest, newest = self._rain_totals[0], self._rain_totals[-1]
        known_for_ns = newest[0] - oldest[0]
        if known_for_ns < _HOUR_NS * 9 // 10 or now_ns - newest[0] > _HOUR_NS // 6:
            return None
        return newest[1] - oldest[1]
