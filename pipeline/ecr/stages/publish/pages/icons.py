"""A picture for a bundle that has none: a pattern drawn from its id, the same wherever it is drawn.

The namespace decides the colours, so that bundles of one group look related; the whole id
decides the pattern. Each picture brings its own background, so it reads in light and dark pages.
"""

from __future__ import annotations

from hashlib import blake2b

PALETTES = (
    ("#173f33", "#6fc3a0", "#f0b040"),
    ("#17384f", "#7fb7de", "#f2b65c"),
    ("#3d2a52", "#b99be0", "#f3c05f"),
    ("#5a2a2e", "#eb9a8e", "#f7d08a"),
    ("#4a3716", "#e2b659", "#f5e6c0"),
    ("#1d4547", "#6cc6c4", "#f4a873"),
    ("#2b3350", "#93a6e8", "#ffcf70"),
    ("#3b4420", "#b5ca6b", "#f5d27a"),
    ("#51284a", "#de93cb", "#f6c86b"),
    ("#26414a", "#86c0cf", "#ef9f76"),
)
"""Background, figure and accent; figure and accent stand out from the background by 4.5 to 1."""

_CELLS = ((32, 32), (32, 15), (46.7, 23.5), (46.7, 40.5), (32, 49), (17.3, 40.5), (17.3, 23.5))
_HEXAGON = "m0-7.6 6.6 3.8v7.6l-6.6 3.8-6.6-3.8v-7.6z"


def draw_icon(bundle: str) -> bytes:
    """Return the SVG picture of the bundle ``namespace/name``."""
    background, figure, accent = PALETTES[_bits(bundle.partition("/")[0]) % len(PALETTES)]
    bits = _bits(bundle)
    draw = (_draw_cells, _draw_arcs, _draw_tiles, _draw_waves)[bits % 4]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
        f'<rect width="64" height="64" rx="12" fill="{background}"/>'
        f"{draw(bits >> 2, figure, accent)}</svg>"
    ).encode()


def _bits(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def _draw_cells(bits: int, figure: str, accent: str) -> str:
    """A comb of seven cells, some filled, one marked."""
    marked = bits % 7
    filled = (bits >> 3) % 128 | 1 << (bits >> 10) % 7
    full = "".join(
        f"M{x:g} {y:g}{_HEXAGON}"
        for i, (x, y) in enumerate(_CELLS)
        if filled >> i & 1 and i != marked
    )
    empty = "".join(
        f"M{x:g} {y:g}{_HEXAGON}"
        for i, (x, y) in enumerate(_CELLS)
        if not filled >> i & 1 and i != marked
    )
    x, y = _CELLS[marked]
    return (
        f'<path fill="{figure}" d="{full}"/>'
        f'<path fill="none" stroke="{figure}" stroke-width="1.6" d="{empty}"/>'
        f'<path fill="{accent}" d="M{x:g} {y:g}{_HEXAGON}"/>'
    )


def _draw_arcs(bits: int, figure: str, accent: str) -> str:
    """Rings around a point, each open somewhere else: a sensor and what reaches it."""
    cx, cy = (20, 32, 44)[bits % 3], (20, 32, 44)[bits // 3 % 3]
    rings = "".join(
        f'<circle cx="{cx}" cy="{cy}" r="{radius}" pathLength="12"'
        f' stroke-dasharray="{8 + (bits >> shift) % 4} 12"'
        f' transform="rotate({(bits >> shift + 2) % 12 * 30} {cx} {cy})"/>'
        for radius, shift in ((12, 4), (20, 10), (28, 16), (36, 22))
    )
    return (
        '<clipPath id="edge"><rect width="64" height="64" rx="12"/></clipPath>'
        f'<g clip-path="url(#edge)"><g fill="none" stroke="{figure}" stroke-width="3.2"'
        f' stroke-linecap="round">{rings}</g></g>'
        f'<circle cx="{cx}" cy="{cy}" r="5" fill="{accent}"/>'
    )


def _draw_tiles(bits: int, figure: str, accent: str) -> str:
    """Quarter circles on a grid of three by three (Truchet tiles), one of them marked."""
    marked = bits % 9
    paths = ["", ""]
    for index in range(9):
        x, y = 8 + index % 3 * 16, 8 + index // 3 * 16
        if bits >> 4 + index & 1:
            path = f"M{x + 8} {y}a8 8 0 0 1-8 8M{x + 16} {y + 8}a8 8 0 0 0-8 8"
        else:
            path = f"M{x + 8} {y}a8 8 0 0 0 8 8M{x} {y + 8}a8 8 0 0 1 8 8"
        paths[index == marked] += path
    return (
        '<g fill="none" stroke-width="3.4" stroke-linecap="round">'
        f'<path stroke="{figure}" d="{paths[0]}"/>'
        f'<path stroke="{accent}" d="{paths[1]}"/></g>'
    )


def _draw_waves(bits: int, figure: str, accent: str) -> str:
    """Lines that rise and fall: a record over time, with one reading marked."""
    lines = []
    for row in range(4):
        rise = 2 + (bits >> row * 4) % 6
        start = 17 + row * 10
        lines.append(f"M9 {start}q5.75-{rise * 2} 11.5 0t11.5 0 11.5 0 11.5 0")
    marked = (bits >> 16) % 4
    x, y = (9, 20.5, 32, 43.5, 55)[(bits >> 18) % 5], 17 + marked * 10
    return (
        f'<path fill="none" stroke="{figure}" stroke-width="3" stroke-linecap="round"'
        f' d="{"".join(lines)}"/>'
        f'<circle cx="{x}" cy="{y}" r="4.6" fill="{accent}"/>'
    )
