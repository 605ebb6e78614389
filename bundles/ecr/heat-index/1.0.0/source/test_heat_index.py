"""Tests of the heat index: ``python3 -m unittest`` in this directory; needs no network."""

import itertools
import json
import os
import subprocess
import sys
import tempfile
import types
import unittest
from pathlib import Path

from heat_index import (
    compute_heat_index_c,
    compute_heat_index_f,
    fahrenheit_to_celsius,
)
from main import listen
from readings import Pairing, Reading, ReadingError, load_readings, parse_timestamp_ns

HERE = Path(__file__).resolve().parent

# Highest value of sample.csv, and 95 F with 55 %, which the chart gives as 109 F.
SAMPLE_HIGHEST_C = 39.18
SINGLE_C = 42.75

# Temperature in degrees Fahrenheit, humidity in percent, heat index in degrees Fahrenheit: entries
# of the National Weather Service's heat index chart.
NWS_CHART = [
    (80, 40, 80),
    (84, 50, 85),
    (90, 50, 95),
    (90, 90, 122),
    (96, 50, 108),
    (100, 40, 109),
    (104, 50, 131),
    (110, 40, 136),
    (86, 90, 105),
    (88, 100, 121),
]


class HeatIndexTest(unittest.TestCase):
    def test_it_agrees_with_the_chart_of_the_weather_service(self):
        for temperature_f, humidity_percent, expected_f in NWS_CHART:
            with self.subTest(temperature_f=temperature_f, humidity_percent=humidity_percent):
                computed_f = compute_heat_index_f(temperature_f, humidity_percent)
                self.assertEqual(round(computed_f), expected_f)

    def test_very_dry_air_is_adjusted_down(self):
        # By hand: the regression gives 90.1767847 F. At 95 F the root is 1, so that
        # (13 - 5) / 4 = 2 F are taken off.
        self.assertAlmostEqual(compute_heat_index_f(95.0, 5.0), 88.1767847, places=6)

    def test_the_dry_adjustment_ends_without_a_jump(self):
        self.assertAlmostEqual(
            compute_heat_index_f(112.0, 5.0), compute_heat_index_f(112.0 + 1e-9, 5.0), places=6
        )

    def test_very_humid_air_is_adjusted_up(self):
        # The adjustment vanishes at 87 F and at 85 %.
        below = compute_heat_index_f(87.0, 90.0)
        above = compute_heat_index_f(87.0 + 1e-9, 90.0)
        self.assertAlmostEqual(below, above, places=5)
        self.assertGreater(compute_heat_index_f(82.0, 95.0), 93.0)

    def test_cool_air_uses_the_simple_formula(self):
        # 0.5 (50 + 61 - 21.6 + 4.7) = 47.05; averaged with 50 that is 48.525 F.
        self.assertAlmostEqual(compute_heat_index_f(50.0, 50.0), 48.525, places=9)

    def test_celsius_is_only_a_change_of_unit(self):
        expected_c = fahrenheit_to_celsius(compute_heat_index_f(95.0, 55.0))
        self.assertAlmostEqual(compute_heat_index_c(35.0, 55.0), expected_c, places=9)

    def test_impossible_air_is_refused(self):
        for temperature_c, humidity_percent in [
            (61.0, 50.0),
            (-91.0, 50.0),
            (20.0, -0.1),
            (20.0, 100.1),
            (float("nan"), 50.0),
            (20.0, float("inf")),
        ]:
            with self.subTest(t=temperature_c, r=humidity_percent), self.assertRaises(ValueError):
                compute_heat_index_c(temperature_c, humidity_percent)


class ReadingsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def _write(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def test_csv_and_ndjson_give_the_same_readings(self):
        csv_file = self._write(
            "a.csv",
            "timestamp,temperature_c,relative_humidity_percent\n2025-07-23T12:00:00Z,31.5,60\n",
        )
        ndjson_file = self._write(
            "a.ndjson",
            '{"timestamp":"2025-07-23T14:00:00+02:00","temperature_c":31.5,'
            '"relative_humidity_percent":60}\n\n',
        )
        expected = [Reading(31.5, 60.0, 1753272000000000000)]
        self.assertEqual(list(load_readings(csv_file)), expected)
        self.assertEqual(list(load_readings(ndjson_file)), expected)

    def test_microseconds_are_kept_exactly(self):
        self.assertEqual(parse_timestamp_ns("2025-07-23T12:00:00.123457Z"), 1753272000123457000)

    def test_a_bad_line_is_named(self):
        for name, text, message in [
            ("a.csv", "temperature_c\n20\n", "a.csv:2: there is no 'relative_humidity_percent'"),
            (
                "b.csv",
                "temperature_c,relative_humidity_percent\n20,x\n",
                "b.csv:2: could not convert",
            ),
            ("c.ndjson", "{}\n", "c.ndjson:1: there is no 'temperature_c'"),
            ("d.ndjson", "[1]\n", "d.ndjson:1:"),
            ("e.ndjson", "nothing\n", "e.ndjson:1:"),
        ]:
            with self.subTest(name=name), self.assertRaises(ReadingError) as caught:
                list(load_readings(self._write(name, text)))
            self.assertIn(message, str(caught.exception))

    def test_a_time_without_a_zone_is_refused(self):
        path = self._write(
            "a.csv",
            "timestamp,temperature_c,relative_humidity_percent\n2025-07-23T12:00:00,20,50\n",
        )
        with self.assertRaisesRegex(ReadingError, "has no zone"):
            list(load_readings(path))


class PairingTest(unittest.TestCase):
    def test_values_of_one_sensor_are_joined(self):
        pairing = Pairing(max_age_s=5.0)
        self.assertIsNone(pairing.add("env.temperature", 30.0, 10_000_000_000, "bme680"))
        self.assertIsNone(pairing.add("env.relative_humidity", 70.0, 11_000_000_000, "bme280"))
        reading = pairing.add("env.relative_humidity", 50.0, 12_000_000_000, "bme680")
        self.assertEqual(reading, Reading(30.0, 50.0, 12_000_000_000))

    def test_a_message_is_used_once(self):
        pairing = Pairing(max_age_s=5.0)
        pairing.add("env.temperature", 30.0, 0, "")
        pairing.add("env.relative_humidity", 50.0, 1, "")
        self.assertIsNone(pairing.add("env.relative_humidity", 51.0, 2, ""))

    def test_values_too_far_apart_are_not_joined(self):
        pairing = Pairing(max_age_s=5.0)
        pairing.add("env.temperature", 30.0, 0, "")
        self.assertIsNone(pairing.add("env.relative_humidity", 50.0, 6_000_000_000, ""))
        self.assertIsNotNone(pairing.add("env.temperature", 31.0, 7_000_000_000, ""))

    def test_other_sensors_can_be_left_out(self):
        pairing = Pairing(max_age_s=5.0, sensor="bme680")
        pairing.add("env.temperature", 30.0, 0, "bme280")
        self.assertIsNone(pairing.add("env.relative_humidity", 50.0, 1, "bme280"))

    def test_listening_keeps_the_interval_for_each_sensor(self):
        second_ns = 1_000_000_000
        messages = [
            types.SimpleNamespace(
                name=name, value=value, timestamp=s * second_ns, meta={"sensor": "a"}
            )
            for s in range(0, 90, 10)
            for name, value in (("env.temperature", 30.0), ("env.relative_humidity", 50.0))
        ]
        plugin = types.SimpleNamespace(subscribe=lambda *_names: None, get=iter(messages).__next__)
        readings = itertools.islice(listen(plugin, Pairing(5.0), interval_s=30.0), 3)
        self.assertEqual([r.timestamp_ns // second_ns for r in readings], [0, 30, 60])


class ProgramTest(unittest.TestCase):
    """The whole program, with the real pywaggle writing to a folder."""

    def _run(self, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            result = subprocess.run(
                [sys.executable, str(HERE / "main.py"), *arguments],
                env={**os.environ, "PYWAGGLE_LOG_DIR": folder, "TZ": "UTC"},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            data = Path(folder) / "data.ndjson"
            lines = data.read_text(encoding="utf-8").splitlines() if data.exists() else []
        return result, [json.loads(line) for line in lines]

    def test_the_sample_gives_one_value_for_each_reading(self):
        result, published = self._run("--input", str(HERE / "sample.csv"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(published), 48)
        self.assertEqual({line["name"] for line in published}, {"env.heat_index.celsius"})
        self.assertEqual(max(line["value"] for line in published), SAMPLE_HIGHEST_C)
        self.assertTrue(published[0]["timestamp"].startswith("2025-07-23T00:00:00"))

    def test_a_single_reading_is_published(self):
        result, published = self._run("--temperature-c", "35", "--relative-humidity-percent", "55")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([line["value"] for line in published], [SINGLE_C])

    def test_count_stops_early(self):
        _, published = self._run("--input", str(HERE / "sample.csv"), "--count", "3")
        self.assertEqual(len(published), 3)

    def test_a_reading_that_cannot_be_true_fails_loudly(self):
        result, published = self._run("--temperature-c", "35", "--relative-humidity-percent", "155")
        self.assertEqual((result.returncode, published), (1, []))
        self.assertIn("relative humidity 155.0 is not within 0 to 100 %", result.stderr)

    def test_a_missing_file_fails_loudly(self):
        result, _ = self._run("--input", "/nowhere.csv")
        self.assertEqual(result.returncode, 1)
        self.assertIn("/nowhere.csv", result.stderr)

    def test_half_a_reading_is_a_bad_command_line(self):
        result, _ = self._run("--temperature-c", "35")
        self.assertEqual(result.returncode, 2)


if __name__ == "__main__":
    unittest.main()
