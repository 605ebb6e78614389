"""Which packages are in an image, as its own package databases say.

Read are those of Debian (``dpkg``), Alpine (``apk``) and Python (``*.dist-info``, ``*.egg-info``).
Programs that were copied in without a package manager are not seen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.parser import HeaderParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecr.stages.build.image_files import ImageFile

_DPKG = re.compile(r"^var/lib/dpkg/(status|status\.d/[^/]+)$")
_APK = re.compile(r"^lib/apk/db/installed$")
_PYTHON = re.compile(r"(^|/)([^/]+\.dist-info/METADATA|[^/]+\.egg-info(/PKG-INFO)?)$")
_SYSTEM = ("etc/os-release", "usr/lib/os-release")


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """An installed package.

    Attributes:
        kind: ``deb``, ``apk`` or ``pypi``, as in package URLs.
        name: Its name.
        version: Its version.
        architecture: What it was built for; empty where the database does not say.
        license: What its own data says of its licence; may be empty, and need not be SPDX.
        supplier: Who made the package; may be empty.
    """

    kind: str
    name: str
    version: str
    architecture: str = ""
    license: str = ""
    supplier: str = ""


@dataclass(frozen=True, slots=True)
class System:
    """The distribution an image is made of, from its ``os-release``."""

    id: str
    version: str
    name: str


def is_package_data(path: str) -> bool:
    """Say whether a file of an image tells of packages."""
    return bool(_DPKG.match(path) or _APK.match(path) or _PYTHON.search(path)) or path in _SYSTEM


def list_packages(files: Mapping[str, ImageFile]) -> list[Package]:
    """Return the packages of an image whose package data was read, sorted."""
    found: set[Package] = set()
    for path, file in files.items():
        if file.content is None:
            continue
        if _DPKG.match(path):
            found.update(_read_dpkg(file.content))
        elif _APK.match(path):
            found.update(_read_apk(file.content))
        elif _PYTHON.search(path):
            found.update(_read_python(file.content))
    return sorted(found)


def find_system(files: Mapping[str, ImageFile]) -> System | None:
    """Return the distribution of an image, or ``None`` when it has none."""
    content = next(
        (file.content for path in _SYSTEM if (file := files.get(path)) and file.content), None
    )
    if content is None:
        return None
    text = content.decode("utf-8", "replace")
    pairs = re.findall(r"^([A-Z_]+)=[\"']?(.*?)[\"']?$", text, re.MULTILINE)
    values: dict[str, str] = dict(pairs)
    if "ID" not in values:
        return None
    identity = values["ID"]
    return System(identity, values.get("VERSION_ID", ""), values.get("PRETTY_NAME", identity))


def _read_dpkg(content: bytes) -> Iterator[Package]:
    for paragraph in content.decode("utf-8", "replace").split("\n\n"):
        values = dict(re.findall(r"^([A-Za-z-]+): (.*)$", paragraph, re.MULTILINE))
        # Images without dpkg itself list packages in status.d, without a status.
        if "Package" in values and values.get("Status", "installed").endswith("installed"):
            yield Package(
                "deb",
                values["Package"],
                values.get("Version", ""),
                values.get("Architecture", ""),
                supplier=values.get("Maintainer", ""),
            )


def _read_apk(content: bytes) -> Iterator[Package]:
    for paragraph in content.decode("utf-8", "replace").split("\n\n"):
        values = dict(re.findall(r"^([A-Za-z]):(.*)$", paragraph, re.MULTILINE))
        if "P" in values:
            yield Package(
                "apk",
                values["P"],
                values.get("V", ""),
                values.get("A", ""),
                values.get("L", ""),
                values.get("m", ""),
            )


def _read_python(content: bytes) -> Iterator[Package]:
    values = HeaderParser().parsestr(content.decode("utf-8", "replace"))
    name, version = values.get("Name"), values.get("Version")
    if name and version:
        licence = values.get("License-Expression") or values.get("License") or ""
        supplier = values.get("Author") or values.get("Author-email") or ""
        # Some write the whole text of the licence there.
        licence = "" if "\n" in licence or len(licence) > 100 else licence
        yield Package(
            "pypi",
            re.sub(r"[-_.]+", "-", name).lower(),
            version,
            license=licence.strip(),
            supplier=supplier.strip(),
        )
