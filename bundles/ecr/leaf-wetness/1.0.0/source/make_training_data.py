"""Make the data the model is trained and judged on: simulated summers, not observations.

No open record of leaf wetness was at hand that may be redistributed, so the data is made by a
physical simulation, and says so wherever it is used. Each hour, weather is drawn from simple
random processes; the water on a leaf then follows from Penman's balance of heat and vapour, as in
the models of Pedro and Gillespie:

- rain wets the leaf up to what it can hold;
- where the balance gives condensation, dew is added; otherwise water evaporates;
- the leaf counts as wet above a small amount of water.

The observer sees temperature, humidity, wind and rain with the errors of ordinary sensors, and
sees neither cloud nor radiation nor the water on the leaf. That is what makes the task hard.

Sources:
    Penman, H. L. (1948). Natural evaporation from open water, bare soil and grass.
    Proc. R. Soc. Lond. A 193, 120-145. https://doi.org/10.1098/rspa.1948.0037
    Pedro, M. J., Gillespie, T. J. (1982). Estimating dew duration. I. Utilizing
    micrometeorological data. Agric. Meteorol. 25, 283-296.

Run as ``python3 make_training_data.py FOLDER``: writes training.csv, holdout.csv and sample.csv.
The same seeds give the same files.
"""

import math
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

HEADER = "timestamp,temperature_c,relative_humidity_percent,wind_speed_m_s,rain_1h_mm"
LATITUDE_DEG = 41.7

AIR_HEAT_CAPACITY_J_M3_K = 1210.0
PSYCHROMETRIC_CONSTANT_KPA_K = 0.066
LATENT_HEAT_J_KG = 2.45e6
LEAF_WIDTH_M = 0.05
LEAF_CAPACITY_MM = 0.20
WET_FROM_MM = 0.01


@dataclass(frozen=True, slots=True)
class Hour:
    """One simulated hour: what a node would observe, and whether the leaf is wet."""

    timestamp: datetime
    temperature_c: float
    relative_humidity_percent: float
    wind_speed_m_s: float
    rain_1h_mm: float
    leaf_wet: bool

    def render_observation(self) -> str:
        """Write what is observed as a CSV row, without the answer."""
        return (
            f"{self.timestamp:%Y-%m-%dT%H:%MZ},{self.temperature_c:.1f},"
            f"{self.relative_humidity_percent:.0f},{self.wind_speed_m_s:.1f},{self.rain_1h_mm:.1f}"
        )


def compute_saturation_pressure_kpa(temperature_c: float) -> float:
    """Saturation vapour pressure over water, by the Magnus formula."""
    return 0.61094 * math.exp(17.625 * temperature_c / (temperature_c + 243.04))


def compute_sun_height(moment: datetime) -> float:
    """Sine of the sun's elevation at the simulated place, in solar time; negative at night."""
    day = moment.timetuple().tm_yday
    declination = math.radians(23.44) * math.sin(2 * math.pi * (day - 81) / 365.0)
    hour_angle = 2 * math.pi * (moment.hour + moment.minute / 60.0 - 12.0) / 24.0
    latitude = math.radians(LATITUDE_DEG)
    return math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(
        declination
    ) * math.cos(hour_angle)


def compute_evaporation_mm_h(
    temperature_c: float,
    vapour_pressure_kpa: float,
    wind_speed_m_s: float,
    net_radiation_w_m2: float,
) -> float:
    """Evaporation from a wet leaf by Penman's combination equation; negative is dew.

    Args:
        temperature_c: Air temperature.
        vapour_pressure_kpa: Vapour pressure of the air.
        wind_speed_m_s: Wind speed at the leaf.
        net_radiation_w_m2: Net radiation of the leaf.

    Returns:
        Millimetres (kilograms per square metre) per hour.
    """
    saturation_kpa = compute_saturation_pressure_kpa(temperature_c)
    slope_kpa_k = saturation_kpa * 17.625 * 243.04 / (temperature_c + 243.04) ** 2
    resistance_s_m = 307.0 * math.sqrt(LEAF_WIDTH_M / max(wind_speed_m_s, 0.1))
    supply = slope_kpa_k * net_radiation_w_m2
    drying = AIR_HEAT_CAPACITY_J_M3_K * (saturation_kpa - vapour_pressure_kpa) / resistance_s_m
    latent_flux_w_m2 = (supply + drying) / (slope_kpa_k + PSYCHROMETRIC_CONSTANT_KPA_K)
    return latent_flux_w_m2 / LATENT_HEAT_J_KG * 3600.0


class Weather:
    """Random weather of an inland summer; each call of ``step`` is one hour."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._air_mass_c = 17.0
        self._dew_point_c = 11.0
        self._cloudiness = 0.0
        self._gusts = 0.0
        self._raining = False

    def _drift(self, value: float, mean: float, memory_h: float, spread: float) -> float:
        """One hour of a random walk that returns to a mean, with a given standard deviation."""
        keep = math.exp(-1.0 / memory_h)
        return mean + (value - mean) * keep + self._dice.gauss(0.0, spread) * math.sqrt(1 - keep**2)

    def step(self, moment: datetime) -> tuple[float, float, float, float, float]:
        """Advance an hour.

        Returns:
            Temperature in degrees Celsius, vapour pressure in kilopascals, wind at the leaf in
            metres per second, rain in millimetres, and cloud from 0 to 1.
        """
        self._air_mass_c = self._drift(self._air_mass_c, 17.0, 60.0, 3.5)
        self._cloudiness = self._drift(self._cloudiness, 0.0, 14.0, 1.6)
        cloud = 1.0 / (1.0 + math.exp(-self._cloudiness))
        swing_c = (2.0 + 6.0 * (1.0 - cloud)) * math.cos(2 * math.pi * (moment.hour - 15) / 24.0)
        temperature_c = self._air_mass_c + swing_c
        self._dew_point_c = self._drift(self._dew_point_c, self._air_mass_c - 5.5, 30.0, 3.0)
        chance = 0.55 if self._raining else 0.05 * cloud**2
        self._raining = self._dice.random() < chance
        rain_mm = self._dice.expovariate(1.0 / 1.6) if self._raining else 0.0
        if self._raining:
            self._dew_point_c += 0.6 * max(temperature_c - 0.8 - self._dew_point_c, 0.0)
        dew_point_c = min(self._dew_point_c, temperature_c)
        self._gusts = self._drift(self._gusts, 0.0, 8.0, 0.55)
        daily = 0.9 + 0.5 * math.cos(2 * math.pi * (moment.hour - 14) / 24.0)
        wind_m_s = max(daily * 1.4 * math.exp(self._gusts), 0.1)
        return temperature_c, compute_saturation_pressure_kpa(dew_point_c), wind_m_s, rain_mm, cloud


def simulate_hours(seed: int, start: datetime, hours: int) -> Iterator[Hour]:
    """Simulate weather and leaf hour by hour.

    Args:
        seed: Seed of the random numbers.
        start: First hour, in solar time written as UTC.
        hours: How many hours.
    """
    dice = random.Random(seed)
    weather = Weather(dice)
    water_mm = 0.0
    for number in range(hours):
        moment = start + timedelta(hours=number)
        temperature_c, vapour_kpa, wind_m_s, rain_mm, cloud = weather.step(moment)
        sun_w_m2 = 500.0 * max(compute_sun_height(moment), 0.0) * (1.0 - 0.75 * cloud)
        net_radiation_w_m2 = sun_w_m2 - 75.0 * (1.0 - 0.85 * cloud)
        for _ in range(6):  # ten minutes each: a leaf dries faster than an hour
            evaporation_mm = compute_evaporation_mm_h(
                temperature_c, vapour_kpa, wind_m_s, net_radiation_w_m2
            )
            water_mm += 0.3 * rain_mm / 6.0 - evaporation_mm / 6.0
            water_mm = min(max(water_mm, 0.0), LEAF_CAPACITY_MM)
        humidity = 100.0 * vapour_kpa / compute_saturation_pressure_kpa(temperature_c)
        yield Hour(
            timestamp=moment,
            temperature_c=temperature_c + dice.gauss(0.0, 0.3),
            relative_humidity_percent=min(max(humidity + dice.gauss(0.0, 2.0), 1.0), 100.0),
            wind_speed_m_s=max(wind_m_s + dice.gauss(0.0, 0.2), 0.0),
            rain_1h_mm=rain_mm if rain_mm >= 0.1 else 0.0,
            leaf_wet=water_mm > WET_FROM_MM,
        )


def write_hours(path: Path, hours: Iterator[Hour], *, answers: bool) -> None:
    """Write simulated hours as CSV, with the answer in the last column when asked."""
    lines = [HEADER + (",leaf_wet" if answers else "")]
    lines += [
        hour.render_observation() + (f",{int(hour.leaf_wet)}" if answers else "") for hour in hours
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(folder: Path) -> None:
    """Write the three files. Training and holdout are two different summers."""
    summer = datetime(2024, 6, 1, tzinfo=UTC)
    folder.mkdir(parents=True, exist_ok=True)
    write_hours(folder / "training.csv", simulate_hours(20240601, summer, 80 * 24), answers=True)
    next_summer = datetime(2025, 6, 1, tzinfo=UTC)
    write_hours(
        folder / "holdout.csv", simulate_hours(20250601, next_summer, 30 * 24), answers=True
    )
    two_days = datetime(2025, 8, 20, tzinfo=UTC)
    write_hours(folder / "sample.csv", simulate_hours(20250820, two_days, 48), answers=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
