"""Tests of the wet-bulb temperature against the paper and against the psychrometric balance."""

import math
import unittest

from wet_bulb import compute_wet_bulb_c, is_in_range


def _saturation_pressure_hpa(temperature_c: float) -> float:
    """Magnus formula with the coefficients of Alduchov and Eskridge (1996)."""
    return 6.1094 * math.exp(17.625 * temperature_c / (temperature_c + 243.04))


def solve_wet_bulb_c(temperature_c: float, relative_humidity_percent: float) -> float:
    """Solve the balance of heat and vapour at 1013.25 hPa by halving an interval.

    Cooling the air from its temperature to the wet bulb gives the heat that evaporates the water
    needed to saturate it there.
    """

    def mixing_ratio(vapour_pressure_hpa: float) -> float:
        return 0.62197 * vapour_pressure_hpa / (1013.25 - vapour_pressure_hpa)

    humidity = mixing_ratio(
        relative_humidity_percent / 100.0 * _saturation_pressure_hpa(temperature_c)
    )
    heat_capacity = 1005.0 + 1860.0 * humidity
    low_c, high_c = -60.0, temperature_c
    for _ in range(60):
        middle_c = (low_c + high_c) / 2.0
        evaporated = mixing_ratio(_saturation_pressure_hpa(middle_c)) - humidity
        latent_heat = 2.501e6 - 2361.0 * middle_c
        if heat_capacity * (temperature_c - middle_c) > latent_heat * evaporated:
            low_c = middle_c
        else:
            high_c = middle_c
    return middle_c


class WetBulbTest(unittest.TestCase):
    def test_the_worked_example_of_the_paper(self):
        self.assertEqual(round(compute_wet_bulb_c(20.0, 50.0), 1), 13.7)

    def test_it_stays_near_the_psychrometric_balance(self):
        errors_c = [
            abs(compute_wet_bulb_c(t, r) - solve_wet_bulb_c(t, r))
            for t in range(-20, 51)
            for r in range(5, 100)
            if is_in_range(t, r)
        ]
        self.assertEqual(len(errors_c), 5674)
        self.assertLess(max(errors_c), 1.2)
        self.assertLess(sum(errors_c) / len(errors_c), 0.4)

    def test_the_corner_that_is_cut_off_deserves_it(self):
        # At -20 degrees and 5 % the formula would be 4 degrees wrong.
        self.assertFalse(is_in_range(-20.0, 5.0))

    def test_it_is_below_the_temperature_where_air_is_not_saturated(self):
        for t, r in [(-10.0, 60.0), (0.0, 50.0), (25.0, 40.0), (40.0, 20.0)]:
            with self.subTest(t=t, r=r):
                self.assertLess(compute_wet_bulb_c(t, r), t)

    def test_air_outside_the_range_is_refused(self):
        for t, r in [(51.0, 50.0), (-21.0, 90.0), (20.0, 4.0), (20.0, 99.5), (-10.0, 20.0)]:
            with self.subTest(t=t, r=r), self.assertRaises(ValueError):
                compute_wet_bulb_c(t, r)


if __name__ == "__main__":
    unittest.main()
