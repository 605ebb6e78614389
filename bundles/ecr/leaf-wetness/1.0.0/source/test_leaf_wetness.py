"""Tests of the model, its training and the program: ``python3 -m unittest``; needs no network."""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
from datetime import UTC, datetime
from pathlib import Path

from leaf_wetness import (
    FEATURES,
    ModelError,
    Observation,
    compute_dew_point_c,
    compute_features,
    load_model,
)
from make_training_data import compute_evaporation_mm_h
from make_training_data import main as make_training_data
from observations import ObservationError, Station, load_labelled, load_observations
from train import fit_logistic, load_table, score_model, solve
from train import main as train

HERE = Path(__file__).resolve().parent
DATA = HERE.parent / "data"

# Measured on holdout.csv, a simulated summer the training has not seen.
STATED_ACCURACY = 0.91
STATED_BRIER = 0.065

NOON_NS = int(datetime(2025, 6, 1, 12, tzinfo=UTC).timestamp()) * 1_000_000_000
SECOND_NS = 1_000_000_000


class ModelTest(unittest.TestCase):
    def setUp(self):
        self.model = load_model(DATA / "model.json")

    def test_it_is_as_good_as_stated_and_better_than_the_rule_of_thumb(self):
        scores = score_model(self.model, *load_table(DATA / "holdout.csv"))
        self.assertEqual(scores.rows, 720)
        self.assertGreaterEqual(scores.accuracy, STATED_ACCURACY)
        self.assertLessEqual(scores.brier, STATED_BRIER)
        self.assertGreater(scores.accuracy, scores.rule_accuracy + 0.05)

    def test_probabilities_mean_what_they_say(self):
        # Of the hours called, say, 70 to 90 % probable, about as many are wet.
        rows, answers, _ = load_table(DATA / "holdout.csv")
        pairs = [
            (self.model.compute_probability_of(row), a)
            for row, a in zip(rows, answers, strict=True)
        ]
        for low, high in [(0.0, 0.1), (0.1, 0.5), (0.5, 0.9), (0.9, 1.0)]:
            inside = [(p, a) for p, a in pairs if low <= p <= high]
            forecast = sum(p for p, _ in inside) / len(inside)
            observed = sum(a for _, a in inside) / len(inside)
            with self.subTest(low=low, high=high, n=len(inside)):
                self.assertLess(abs(forecast - observed), 0.15)

    def test_rain_and_humidity_raise_the_probability_and_drying_wind_lowers_it(self):
        usual = Observation(NOON_NS, 18.0, 85.0, 2.0, 0.0)
        wetter = Observation(NOON_NS, 18.0, 98.0, 2.0, 0.0)
        rainy = Observation(NOON_NS, 18.0, 85.0, 2.0, 5.0)
        windy = Observation(NOON_NS, 18.0, 85.0, 8.0, 0.0)
        probability = self.model.compute_probability
        self.assertGreater(probability(wetter), probability(usual))
        self.assertGreater(probability(rainy), probability(usual))
        self.assertLess(probability(windy), probability(usual))

    def test_missing_wind_and_rain_are_allowed(self):
        probability = self.model.compute_probability(Observation(NOON_NS, 18.0, 60.0))
        self.assertTrue(0.0 < probability < 0.5)

    def test_impossible_weather_is_refused(self):
        for change in [(61.0, 50.0), (20.0, 0.0), (20.0, 101.0), (20.0, 50.0, -1.0)]:
            with self.subTest(change=change), self.assertRaises(ValueError):
                self.model.compute_probability(Observation(NOON_NS, *change))

    def test_longitude_turns_utc_into_the_solar_hour(self):
        evening_in_chicago = compute_features(Observation(NOON_NS, 20.0, 50.0), -90.0)
        six_hours_earlier = compute_features(
            Observation(NOON_NS - 6 * 3600 * SECOND_NS, 20.0, 50.0)
        )
        for a, b in zip(evening_in_chicago, six_hours_earlier, strict=True):
            self.assertAlmostEqual(a, b, places=12)

    def test_a_file_that_is_no_model_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.json"
            document = json.loads((DATA / "model.json").read_text(encoding="utf-8"))
            for name, text in [
                ("missing", None),
                ("no JSON", "weights"),
                ("another kind", json.dumps({**document, "format": "other"})),
                ("too few weights", json.dumps({**document, "weights": [1.0]})),
                ("a scale of zero", json.dumps({**document, "scales": [0.0] * len(FEATURES)})),
            ]:
                if text is not None:
                    path.write_text(text, encoding="utf-8")
                with self.subTest(name), self.assertRaisesRegex(ModelError, "model.json"):
                    load_model(path)


class TrainingTest(unittest.TestCase):
    def test_the_data_can_be_made_again(self):
        with tempfile.TemporaryDirectory() as folder:
            make_training_data(Path(folder))
            for name in ("training.csv", "holdout.csv", "sample.csv"):
                with self.subTest(name):
                    self.assertEqual((Path(folder) / name).read_bytes(), (DATA / name).read_bytes())

    def test_the_model_can_be_trained_again(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.json"
            arguments = ["--training", str(DATA / "training.csv")]
            arguments += ["--holdout", str(DATA / "holdout.csv"), "--model", str(path)]
            with contextlib.redirect_stdout(io.StringIO()):
                train(arguments)
            self.assertEqual(path.read_bytes(), (DATA / "model.json").read_bytes())

    def test_newton_finds_the_weights_that_generated_the_answers(self):
        # Frequencies that follow sigma(x) exactly, on a grid: the maximum is at (0, 1).
        rows, answers = [], []
        for x, wet_of_1000 in [(-2.0, 119), (-1.0, 269), (0.0, 500), (1.0, 731), (2.0, 881)]:
            rows += [(x,)] * 1000
            answers += [True] * wet_of_1000 + [False] * (1000 - wet_of_1000)
        intercept, weight = fit_logistic(rows, answers)
        self.assertAlmostEqual(intercept, 0.0, places=6)
        self.assertAlmostEqual(weight, 1.0, places=2)

    def test_a_system_that_needs_row_exchange_is_solved(self):
        self.assertEqual(solve([[0.0, 2.0], [4.0, 0.0]], [6.0, 8.0]), [2.0, 3.0])

    def test_the_physics_has_the_right_signs(self):
        saturated_kpa = 2.0
        self.assertLess(compute_evaporation_mm_h(17.5, saturated_kpa, 1.0, -60.0), 0.0)  # dew
        self.assertGreater(compute_evaporation_mm_h(25.0, 1.5, 2.0, 300.0), 0.3)  # a sunny day
        self.assertAlmostEqual(compute_dew_point_c(20.0, 100.0), 20.0, places=9)
        self.assertAlmostEqual(compute_dew_point_c(20.0, 50.0), 9.3, places=1)


class ObservationsTest(unittest.TestCase):
    def test_empty_fields_are_missing_values(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.csv"
            header = "timestamp,temperature_c,relative_humidity_percent,wind_speed_m_s\n"
            path.write_text(header + "2025-06-01T12:00:00Z,20,50,\n", encoding="utf-8")
            self.assertEqual(list(load_observations(path)), [Observation(NOON_NS, 20.0, 50.0)])

    def test_a_bad_line_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.csv"
            path.write_text("timestamp,temperature_c\n2025-06-01T12:00:00Z,20\n", encoding="utf-8")
            with self.assertRaisesRegex(
                ObservationError, "a.csv:2: there is no 'relative_humidity"
            ):
                list(load_observations(path))
            text = (DATA / "holdout.csv").read_text(encoding="utf-8").replace(",0\n", ",yes\n", 1)
            path.write_text(text, encoding="utf-8")
            with self.assertRaisesRegex(ObservationError, "leaf_wet is 'yes', not 0 or 1"):
                list(load_labelled(path))


class StationTest(unittest.TestCase):
    def setUp(self):
        self.station = Station(interval_s=60.0, max_age_s=5.0)

    def _send(self, second, *messages):
        observations = [
            self.station.add(name, value, second * SECOND_NS, sensor)
            for name, value, sensor in messages
        ]
        return [o for o in observations if o is not None]

    def _air(self, second, sensor="bme680"):
        return self._send(
            second, ("env.temperature", 20.0, sensor), ("env.relative_humidity", 90.0, sensor)
        )

    def test_temperature_and_humidity_suffice(self):
        self.assertEqual(self._air(0), [Observation(0, 20.0, 90.0)])

    def test_the_interval_is_kept(self):
        times = [s for s in range(0, 200, 20) if self._air(s)]
        self.assertEqual(times, [0, 60, 120, 180])

    def test_values_of_different_sensors_or_times_are_not_mixed(self):
        self.assertEqual(self._send(0, ("env.temperature", 20.0, "bme280")), [])
        self.assertEqual(self._send(1, ("env.relative_humidity", 90.0, "bme680")), [])
        self.assertEqual(self._send(9, ("env.relative_humidity", 90.0, "bme280")), [])

    def test_fresh_wind_is_used_and_stale_wind_is_not(self):
        self._send(0, ("env.wind.speed.mps", 2.5, "davis"))
        self.assertEqual(self._air(60)[0].wind_speed_m_s, 2.5)
        self.assertIsNone(self._air(700)[0].wind_speed_m_s)

    def test_rain_is_the_rise_of_the_total_over_an_hour(self):
        for minute in range(0, 91, 5):
            self._send(minute * 60, ("env.raingauge.total_acc", 10.0 + 0.1 * minute, "rg15"))
        self.assertAlmostEqual(self._air(90 * 60)[0].rain_1h_mm, 6.0)

    def test_rain_is_unknown_before_an_hour_and_after_a_restart_of_the_gauge(self):
        self._send(0, ("env.raingauge.total_acc", 10.0, "rg15"))
        self._send(600, ("env.raingauge.total_acc", 12.0, "rg15"))
        self.assertIsNone(self._air(600)[0].rain_1h_mm)
        self._send(3600, ("env.raingauge.total_acc", 13.0, "rg15"))
        self.assertEqual(self._air(3600)[0].rain_1h_mm, 3.0)
        self._send(3700, ("env.raingauge.total_acc", 0.0, "rg15"))
        self.assertIsNone(self._air(3700)[0].rain_1h_mm)


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

    def test_the_sample_gives_a_probability_for_each_hour(self):
        result, published = self._run("--input", str(DATA / "sample.csv"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(published), 48)
        self.assertEqual({line["name"] for line in published}, {"env.leaf_wetness.probability"})
        self.assertTrue(all(0.0 <= line["value"] <= 1.0 for line in published))
        self.assertTrue(published[0]["meta"]["model"].startswith("sha256:"))

    def test_what_is_missing_is_said(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.ndjson"
            row = {"timestamp": "2025-06-01T05:00:00Z", "temperature_c": 12.0}
            path.write_text(json.dumps({**row, "relative_humidity_percent": 97}), encoding="utf-8")
            result, published = self._run("--input", str(path))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(published[0]["meta"]["missing"], "wind,rain")

    def test_a_missing_model_fails_loudly(self):
        result, published = self._run("--model", "/nowhere.json", "--input", "/nowhere.csv")
        self.assertEqual((result.returncode, published), (1, []))
        self.assertIn("/nowhere.json: cannot be read as a model", result.stderr)

    def test_a_longitude_off_the_globe_is_a_bad_command_line(self):
        result, _ = self._run("--longitude-deg", "190")
        self.assertEqual(result.returncode, 2)


if __name__ == "__main__":
    unittest.main()
