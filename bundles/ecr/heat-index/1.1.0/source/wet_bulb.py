"""Wet-bulb temperature from temperature and relative humidity, by Stull's formula.

The wet-bulb temperature is what a thermometer wrapped in wet cloth shows in moving air. It bounds
the cooling that sweating can give, so that it says more about danger than the heat index in air
that is both hot and moist.

Source:
    Stull, R. (2011). Wet-Bulb Temperature from Relative Humidity and Air Temperature.
    J. Appl. Meteor. Climatol. 50, 2267-2269. https://doi.org/10.1175/JAMC-D-11-0143.1

The formula was fitted at sea-level pressure (1013.25 hPa). Within ``is_in_range`` it stays within
1.2 degrees Celsius of the psychrometric balance at that pressure, 0.4 on average; the tests solve
that balance and check it.

Pure functions: no input, no output, no clock.
"""

import math

LOWEST_TEMPERATURE_C = -20.0
HIGHEST_TEMPERATURE_C = 50.0
LOWEST_HUMIDITY_PERCENT = 5.0
HIGHEST_HUMIDITY_PERCENT = 99.0


def is_in_range(temperature_c: float, relative_humidity_percent: float) -> bool:
    """Say whether the formula holds for this air.

    It was fitted from -20 to 50 degrees Celsius and 5 to 99 percent, and is poor where air is both
    cold and dry. A straight line, 27.7 % at freezing and 2.27 % less per degree, cuts that corner
    off: beyond it the error reaches 4 degrees.

    Args:
        temperature_c: Air temperature in degrees Celsius.
        relative_humidity_percent: Relative humidity, 0 to 100.
    """
    return (
        LOWEST_TEMPERATURE_C <= temperature_c <= HIGHEST_TEMPERATURE_C
        and LOWEST_HUMIDITY_PERCENT <= relative_humidity_percent <= HIGHEST_HUMIDITY_PERCENT
        and relative_humidity_percent >= 27.7 - 2.27 * temperature_c
    )


def compute_wet_bulb_c(temperature_c: float, relative_humidity_percent: float) -> float:
    """Compute the wet-bulb temperature in degrees Celsius (equation 1 of the paper).

    Args:
        temperature_c: Air temperature in degrees Celsius.
        relative_humidity_percent: Relative humidity, 0 to 100.

    Returns:
        The wet-bulb temperature in degrees Celsius.

    Raises:
        ValueError: The air is outside the range of the formula.
    """
    t = temperature_c
    r = relative_humidity_percent
    if not is_in_range(t, r):
        raise ValueError(f"{t} degrees Celsius with {r} % is outside the range of Stull's formula")
    return (
        t * math.atan(0.151977 * math.sqrt(r + 8.313659))
        + math.atan(t + r)
        - math.atan(r - 1.676331)
        + 0.00391838 * r * math.sqrt(r) * math.atan(0.023101 * r)
        - 4.686035
    )
