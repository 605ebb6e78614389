"""The heat index of the US National Weather Service (NWS).

The heat index is the air temperature that would feel as hot in the shade at an ordinary humidity
as the air at hand does. NWS computes it from temperature and relative humidity: a regression that
Rothfusz made on Steadman's model of the human heat balance, with two adjustments where it is weak.

Sources:
    NWS Weather Prediction Center, "The Heat Index Equation",
    https://www.wpc.ncep.noaa.gov/html/heatindex_equation.shtml
    Rothfusz, L. P. (1990). The Heat Index "Equation" (or, More Than You Ever Wanted to Know
    About Heat Index). NWS Southern Region Technical Attachment SR 90-23.
    Steadman, R. G. (1979). The Assessment of Sultriness. Part I. J. Appl. Meteor. 18, 861-873.

Pure functions: no input, no output, no clock.
"""

import math

LOWEST_TEMPERATURE_C = -90.0
HIGHEST_TEMPERATURE_C = 60.0

_REGRESSION_FROM_F = 80.0


def celsius_to_fahrenheit(temperature_c: float) -> float:
    """Convert degrees Celsius to degrees Fahrenheit."""
    return temperature_c * 1.8 + 32.0


def fahrenheit_to_celsius(temperature_f: float) -> float:
    """Convert degrees Fahrenheit to degrees Celsius."""
    return (temperature_f - 32.0) / 1.8


def check_reading(temperature_c: float, relative_humidity_percent: float) -> None:
    """Refuse values that no air near the ground can have.

    Args:
        temperature_c: Air temperature in degrees Celsius.
        relative_humidity_percent: Relative humidity over water, 0 to 100.

    Raises:
        ValueError: A value is not finite or out of range; the message says which.
    """
    if not LOWEST_TEMPERATURE_C <= temperature_c <= HIGHEST_TEMPERATURE_C:
        raise ValueError(
            f"temperature {temperature_c} is not within "
            f"{LOWEST_TEMPERATURE_C:g} to {HIGHEST_TEMPERATURE_C:g} degrees Celsius"
        )
    if not 0.0 <= relative_humidity_percent <= 100.0:
        raise ValueError(f"relative humidity {relative_humidity_percent} is not within 0 to 100 %")


def compute_heat_index_f(temperature_f: float, relative_humidity_percent: float) -> float:
    """Compute the heat index in degrees Fahrenheit, the unit its constants are given in.

    Steadman's simple formula, averaged with the temperature, decides: from 80 degrees Fahrenheit
    on the regression takes over, with a reduction in dry and an increase in very humid air.

    Args:
        temperature_f: Air temperature in degrees Fahrenheit.
        relative_humidity_percent: Relative humidity, 0 to 100.

    Returns:
        The heat index in degrees Fahrenheit.
    """
    t = temperature_f
    r = relative_humidity_percent
    simple = 0.5 * (t + 61.0 + (t - 68.0) * 1.2 + r * 0.094)
    averaged = (simple + t) / 2.0
    if averaged < _REGRESSION_FROM_F:
        return averaged
    regression = (
        -42.379
        + 2.04901523 * t
        + 10.14333127 * r
        - 0.22475541 * t * r
        - 6.83783e-3 * t * t
        - 5.481717e-2 * r * r
        + 1.22874e-3 * t * t * r
        + 8.5282e-4 * t * r * r
        - 1.99e-6 * t * t * r * r
    )
    if r < 13.0 and 80.0 <= t <= 112.0:
        return regression - (13.0 - r) / 4.0 * math.sqrt((17.0 - abs(t - 95.0)) / 17.0)
    if r > 85.0 and 80.0 <= t <= 87.0:
        return regression + (r - 85.0) / 10.0 * (87.0 - t) / 5.0
    return regression


def compute_heat_index_c(temperature_c: float, relative_humidity_percent: float) -> float:
    """Compute the heat index in degrees Celsius.

    Args:
        temperature_c: Air temperature in degrees Celsius.
        relative_humidity_percent: Relative humidity, 0 to 100.

    Returns:
        The heat index in degrees Celsius.

    Raises:
        ValueError: A value is out of range.
    """
    check_reading(temperature_c, relative_humidity_percent)
    heat_index_f = compute_heat_index_f(
        celsius_to_fahrenheit(temperature_c), relative_humidity_percent
    )
    return fahrenheit_to_celsius(heat_index_f)
