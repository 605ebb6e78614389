"""Probability that leaves are wet: a logistic regression on ordinary weather observations.

What goes into the model, how a model is read from its file and how it is applied. Training is
``train.py``; reading observations is ``observations.py``.
"""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

FORMAT = "leaf-wetness-logistic-1"
FEATURES = (
    "dew_point_depression_c",
    "log_wind",
    "depression_times_log_wind",
    "log_rain",
    "hour_sine",
    "hour_cosine",
)


class ModelError(Exception):
    """The model file cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Observation:
    """Weather of one moment, as a node observes it."""

    timestamp_ns: int
    """Nanoseconds since 1970 in UTC."""
    temperature_c: float
    relative_humidity_percent: float
    wind_speed_m_s: float | None = None
    """Wind near the leaves; None when there is no anemometer."""
    rain_1h_mm: float | None = None
    """Rain of the last hour; None when there is no rain gauge."""


def compute_dew_point_c(temperature_c: float, relative_humidity_percent: float) -> float:
    """Dew point by the Magnus formula, coefficients of Alduchov and Eskridge (1996).

    Args:
        temperature_c: Air temperature in degrees Celsius.
        relative_humidity_percent: Relative humidity, above 0 to 100.

    Returns:
        Dew point in degrees Celsius.
    """
    gamma = math.log(relative_humidity_percent / 100.0) + 17.625 * temperature_c / (
        temperature_c + 243.04
    )
    return 243.04 * gamma / (17.625 - gamma)


def check_observation(observation: Observation) -> None:
    """Refuse values that no weather has.

    Raises:
        ValueError: A value is not finite or out of range; the message says which.
    """
    limits = (
        ("temperature_c", observation.temperature_c, -90.0, 60.0),
        ("relative_humidity_percent", observation.relative_humidity_percent, 0.5, 100.0),
        ("wind_speed_m_s", observation.wind_speed_m_s, 0.0, 115.0),
        ("rain_1h_mm", observation.rain_1h_mm, 0.0, 400.0),
    )
    for name, value, low, high in limits:
        if value is not None and not low <= value <= high:
            raise ValueError(f"{name} {value} is not within {low:g} to {high:g}")


def compute_features(
    observation: Observation, longitude_deg: float = 0.0, default_log_wind: float = 0.0
) -> tuple[float, ...]:
    """Turn an observation into the numbers the regression works on, in the order of ``FEATURES``.

    The hour enters as sine and cosine of solar time, which stands in for the radiation that is not
    observed. A missing wind is replaced by ``default_log_wind``, missing rain by none.

    Args:
        observation: The observation.
        longitude_deg: East longitude of the node, which turns UTC into solar time.
        default_log_wind: What to use for ``log_wind`` without an anemometer.
    """
    depression_c = observation.temperature_c - compute_dew_point_c(
        observation.temperature_c, observation.relative_humidity_percent
    )
    if observation.wind_speed_m_s is None:
        log_wind = default_log_wind
    else:
        log_wind = math.log1p(observation.wind_speed_m_s)
    moment = datetime.fromtimestamp(observation.timestamp_ns // 1_000_000_000, UTC)
    solar_hour = moment.hour + moment.minute / 60.0 + longitude_deg / 15.0
    angle = 2.0 * math.pi * solar_hour / 24.0
    return (
        depression_c,
        log_wind,
        depression_c * log_wind,
        math.log1p(observation.rain_1h_mm or 0.0),
        math.sin(angle),
        math.cos(angle),
    )


@dataclass(frozen=True, slots=True)
class Model:
    """A trained regression: standardised features, one weight each, and an intercept."""

    intercept: float
    weights: tuple[float, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]

    def compute_probability(self, observation: Observation, longitude_deg: float = 0.0) -> float:
        """Probability, 0 to 1, that leaves are wet under this observation.

        Raises:
            ValueError: The observation is out of range.
        """
        check_observation(observation)
        features = compute_features(observation, longitude_deg, self.means[1])
        return self.compute_probability_of(features)

    def compute_probability_of(self, features: tuple[float, ...]) -> float:
        """Probability for features that are computed already."""
        score = self.intercept + sum(
            weight * (value - mean) / scale
            for weight, value, mean, scale in zip(
                self.weights, features, self.means, self.scales, strict=True
            )
        )
        return 1.0 / (1.0 + math.exp(-max(min(score, 500.0), -500.0)))


def load_model(path: Path) -> Model:
    """Read a model that ``train.py`` wrote.

    Raises:
        ModelError: The file is missing, not a model, or for other features.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != FORMAT or tuple(document["features"]) != FEATURES:
            raise ModelError(f"{path}: is a model of another kind, not {FORMAT}")
        columns = [tuple(map(float, document[key])) for key in ("weights", "means", "scales")]
        model = Model(float(document["intercept"]), *columns)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read as a model: {error!r}") from error
    if any(len(column) != len(FEATURES) for column in columns) or min(model.scales) <= 0:
        raise ModelError(f"{path}: has not one weight, mean and positive scale for each feature")
    return model
