"""Pictures of a bundle: its own, and a drawn icon where there is none.

That a file is a picture, and an SVG nothing but a drawing, is for the catalog's rules to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecr.stages.publish.outputs import OutputFile
from ecr.stages.publish.pages.icons import draw_icon

if TYPE_CHECKING:
    from pathlib import Path

    from ecr.catalog.entries import BundleEntry


@dataclass(frozen=True, slots=True)
class PublishedMedia:
    """The pictures of one bundle.

    Attributes:
        icon: File name of the icon in the bundle's ``media/``; there always is one.
        science_image: File name of the science image, or ``None``.
        files: What is to be written.
    """

    icon: str
    science_image: str | None
    files: tuple[OutputFile, ...]


def name_icon(entry: BundleEntry) -> str:
    """Return the file name of a bundle's icon, its own or the drawn one."""
    return "icon.svg" if entry.media.icon is None else entry.media.icon.rpartition("/")[2]


def collect_media(root: Path, entry: BundleEntry) -> PublishedMedia:
    """Read the pictures of a bundle; draw the icon it lacks."""
    place = f"bundles/{entry.id}/media/"
    icon = name_icon(entry)
    content = _read_picture(root, entry.media.icon)
    if content is None:
        icon, content = "icon.svg", draw_icon(str(entry.id))
    files = [OutputFile(place + icon, content)]
    science_image = None
    content = _read_picture(root, entry.media.science_image)
    if content is not None and entry.media.science_image is not None:
        science_image = entry.media.science_image.rpartition("/")[2]
        files.append(OutputFile(place + science_image, content))
    return PublishedMedia(icon, science_image, tuple(files))


def _read_picture(root: Path, path: str | None) -> bytes | None:
    if path is None:
        return None
    try:
        return (root / path).read_bytes()
    except OSError:
        return None
