"""Icons that are drawn: the same every time, different for different bundles, easy to see."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from ecr.stages.publish.pages.icons import PALETTES, draw_icon

NAMES = [f"sage/app-{number}" for number in range(200)]


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_an_icon_is_the_same_every_time():
    assert draw_icon("sage/cloud-cover") == draw_icon("sage/cloud-cover")


def test_icons_are_small_well_formed_drawings():
    for name in NAMES:
        icon = draw_icon(name)
        assert len(icon) < 1500
        assert ElementTree.fromstring(icon).tag == "{http://www.w3.org/2000/svg}svg"


def test_bundles_of_a_namespace_have_one_palette_and_many_patterns():
    assert len({draw_icon(name) for name in NAMES}) > 190
    backgrounds = {draw_icon(name).split(b'fill="')[1][:7] for name in NAMES}
    assert len(backgrounds) == 1


@pytest.mark.parametrize("palette", PALETTES, ids=[palette[0] for palette in PALETTES])
def test_figure_and_accent_stand_out(palette: tuple[str, str, str]):
    background, *others = (luminance(colour) for colour in palette)
    assert [round((other + 0.05) / (background + 0.05), 1) >= 4.5 for other in others] == [
        True,
        True,
    ]
