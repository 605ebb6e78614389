"""Values the documents share: strict scalars, platforms, digests, licences, quantities, people.

A value that is wrong raises ``PydanticCustomError`` whose *type* is the code of the rule
that was broken (``E104``) and whose context may hold a ``hint``; ``ecr.catalog`` turns it
into a finding with file, line and column. Scalars are strict: the text ``"1"`` is not the
number 1 and the number 1.1 is not the version ``1.10``.
"""

from __future__ import annotations

import re
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StrictBool,
    StrictInt,
    StrictStr,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from ecr.model import spdx
from ecr.model.descriptions import read_descriptions
from ecr.model.identity import NAME_PATTERN, NAMESPACE_PATTERN, SEMVER_PATTERN

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

_SEMVER = re.compile(SEMVER_PATTERN, re.ASCII)
_NAME = re.compile(NAME_PATTERN, re.ASCII)
_SHA256 = re.compile(r"^[0-9a-f]{64}$", re.ASCII)
_DIGEST = re.compile(r"^sha256:[0-9a-f]{64}$", re.ASCII)
_COMMIT = re.compile(r"^[0-9a-f]{40}(?:[0-9a-f]{24})?$", re.ASCII)
_ORCID = re.compile(r"^[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]$", re.ASCII)
_EMAIL = re.compile(r"^[^@\s<>(),;]+@[^@\s<>(),;]+\.[^@\s<>(),;]+$")
_PLAIN_URL = re.compile(r"https://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/[A-Za-z0-9._~/%+-]*)?", re.ASCII)
_CPU = re.compile(r"^(?:[1-9][0-9]{0,8}m|(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,3})?)$", re.ASCII)
_BYTES = re.compile(r"^([1-9][0-9]{0,15})(Ki|Mi|Gi|Ti)?$", re.ASCII)
_MEASUREMENT = re.compile(r"^[a-z0-9_]+(?:\.[a-z0-9_]+)*$", re.ASCII)
SHA256_PATTERN = _SHA256.pattern
DIGEST_PATTERN = _DIGEST.pattern
GIT_COMMIT_PATTERN = _COMMIT.pattern
CPU_PATTERN = _CPU.pattern
MEMORY_PATTERN = _BYTES.pattern
MEASUREMENT_PATTERN = _MEASUREMENT.pattern
ORCID_PATTERN = r"^(https://orcid\.org/)?[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]$"
"""Patterns as they stand in the JSON Schemas."""
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069"
    r"\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Control characters, and those that are not seen or turn the direction of what is read."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

_BYTE_UNITS = {None: 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def wrong(code: str, message: str, hint: str = "", *, at: str = "") -> PydanticCustomError:
    """Make the error a validator raises.

    Args:
        code: Code of the rule that is broken.
        message: What is wrong.
        hint: What to do.
        at: Key the fault is at, when the validator looks at a whole mapping.
    """
    # Pydantic fills the names in one after the other; with the message last, nothing in it is.
    context = {"hint": hint, "at": at, "message": message}
    return PydanticCustomError(code, "{message}", context)


class ManifestModel(BaseModel):
    """Base of what a person writes: frozen, and unknown keys are findings.

    The text below each field becomes its description in the JSON Schema.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, regex_engine="rust-regex"
    )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Add the descriptions of the fields to what pydantic makes of the model."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, text in read_descriptions(cls).items():
            if name in properties:
                properties[name].setdefault("description", text)
        return schema


class RecordModel(ManifestModel):
    """Base of what the pipeline writes as JSON beside a manifest."""


class Platform(StrEnum):
    """An OCI platform that images are built for."""

    LINUX_AMD64 = "linux/amd64"
    LINUX_ARM64 = "linux/arm64"
    LINUX_ARM_V7 = "linux/arm/v7"


_PLATFORM_VALUES = {platform.value: platform for platform in Platform}
_PLATFORM_ALIASES = {
    "linux/arm7": Platform.LINUX_ARM_V7,
    "linux/armv7": Platform.LINUX_ARM_V7,
    "linux/armhf": Platform.LINUX_ARM_V7,
    "linux/arm": Platform.LINUX_ARM_V7,
    "linux/aarch64": Platform.LINUX_ARM64,
    "linux/arm/v8": Platform.LINUX_ARM64,
    "linux/arm64/v8": Platform.LINUX_ARM64,
    "linux/x86_64": Platform.LINUX_AMD64,
    "linux/x86-64": Platform.LINUX_AMD64,
}


def resolve_platform(text: str) -> Platform | None:
    """Return the platform a common spelling means (``arm64``, ``linux/arm/v8``), or ``None``."""
    candidate = text.strip().lower()
    if candidate and "/" not in candidate:
        candidate = f"linux/{candidate}"
    return _PLATFORM_VALUES.get(candidate) or _PLATFORM_ALIASES.get(candidate)


def _check_platform(text: str) -> Platform:
    if text in _PLATFORM_VALUES:
        return _PLATFORM_VALUES[text]
    meant = resolve_platform(text)
    if meant is not None:
        hint = f"did you mean '{meant}'?"
    else:
        near = get_close_matches(text, _PLATFORM_VALUES, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"one of {', '.join(_PLATFORM_VALUES)}"
    raise wrong("E104", f"'{text}' is not a supported platform", hint)


def _check_name(text: str) -> str:
    if len(text) <= 100 and _NAME.fullmatch(text):
        return text
    suggestion = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:100]
    hint = "lower-case letters, digits and '-', starting with a letter or digit, at most 100"
    if suggestion:
        hint += f"; such as '{suggestion}'"
    raise wrong("E114", f"'{_short(text)}' is not a valid name", hint)


def _check_version(text: str) -> str:
    if len(text) <= 64 and _SEMVER.fullmatch(text):
        return text
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9}){3}", text, re.ASCII):
        parts = [str(int(part)) for part in text.split(".")]
        hint = (
            "semantic versions have three numbers; a date-like fourth one can be folded in, "
            f"such as '{'.'.join(parts[:2])}.{int(parts[2]) * 100 + int(parts[3])}'"
        )
        raise wrong("E106", f"version '{_short(text)}' has four parts and is not SemVer", hint)
    numbers = re.findall(r"[0-9]{1,9}", text[:100], re.ASCII)[:3]
    suggestion = ".".join(str(int(number)) for number in [*numbers, "0", "0", "0"][:3])
    raise wrong(
        "E106",
        f"version '{_short(text)}' is not a semantic version",
        f"write MAJOR.MINOR.PATCH, such as '{suggestion}' (https://semver.org)",
    )


def _check_sha256(text: str) -> str:
    if _SHA256.fullmatch(text):
        return text
    hint = "64 lower-case hexadecimal digits, as printed by sha256sum"
    if text.startswith("sha256:"):
        hint = "leave out the prefix 'sha256:'; " + hint
    raise wrong("E111", f"'{_short(text)}' is not a SHA-256 checksum", hint)


def _check_digest(text: str) -> str:
    if _DIGEST.fullmatch(text):
        return text
    raise wrong("E111", f"'{_short(text)}' is not a digest", "write sha256: and 64 hex digits")


def _check_commit(text: str) -> str:
    if _COMMIT.fullmatch(text):
        return text
    raise wrong(
        "E107",
        f"'{_short(text)}' is not a full commit hash, so the source is not pinned",
        "write all 40 hexadecimal digits, as printed by: git rev-parse HEAD",
    )


def _check_https(text: str) -> str:
    if len(text) <= 2000 and _PLAIN_URL.fullmatch(text):
        return text
    if len(text) > 2000 or _CONTROL.search(text) or re.search(r"[\s<>\"\\^`{|}]", text):
        raise wrong("E112", f"'{_short(text)}' is not a URL", "write an address without spaces")
    try:
        parts = urlsplit(text)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        raise wrong("E112", f"'{_short(text)}' is not a URL", "write https://host/path") from None
    if parts.scheme != "https":
        scheme = f"scheme '{parts.scheme}'" if parts.scheme else "no scheme"
        raise wrong("E112", f"URL '{_short(text)}' has {scheme}", "only https:// URLs are accepted")
    if not host or parts.username is not None or parts.password is not None:
        raise wrong(
            "E112", f"URL '{_short(text)}' has no plain host", "write https://host/path, no user"
        )
    return text


def _check_relative_path(text: str) -> str:
    parts = text.split("/")
    if text == ".":
        return text
    if (
        text.startswith("/")
        or "\\" in text
        or len(text) > 500
        or not text.isprintable()
        or _CONTROL.search(text)
        or any(part in ("", ".", "..") for part in parts)
        or parts[0].endswith(":")
        or ".git" in (part.casefold() for part in parts)
    ):
        raise wrong(
            "E113",
            f"path '{_short(text)}' is not a plain path inside its directory",
            "write a relative path with '/' between parts, without '.', '..' or '.git'",
        )
    return text


def _check_spdx(text: str) -> str:
    problem = spdx.explain_problem(text)
    if problem is None:
        return text
    raise wrong("E108", *problem)


def _check_orcid(text: str) -> str:
    orcid = text.removeprefix("https://orcid.org/")
    if not _ORCID.fullmatch(orcid):
        raise wrong("E115", f"'{_short(text)}' is not an ORCID", "write it as 0000-0002-1825-0097")
    total = 0
    for digit in orcid.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    expected = (12 - total % 11) % 11
    if orcid[-1] != ("X" if expected == 10 else str(expected)):
        raise wrong(
            "E115", f"ORCID '{orcid}' has a wrong check digit", "copy it again from orcid.org"
        )
    return orcid


def _check_email(text: str) -> str:
    if len(text) <= 254 and _EMAIL.fullmatch(text):
        return text
    raise wrong("E114", f"'{_short(text)}' is not an e-mail address", "write name@host.domain")


def _check_measurement(text: str) -> str:
    if len(text) <= 128 and _MEASUREMENT.fullmatch(text):
        return text
    raise wrong(
        "E114",
        f"'{_short(text)}' is not a measurement name",
        "lower-case letters, digits and '_', parts joined by '.', at most 128 characters",
    )


def _check_cpu(text: str) -> str:
    if _CPU.fullmatch(text):
        return text
    raise wrong("E116", f"'{_short(text)}' is not a CPU quantity", "write '500m' or '1.5'")


def _check_bytes(text: str) -> str:
    if _BYTES.fullmatch(text):
        return text
    raise wrong("E116", f"'{_short(text)}' is not a memory quantity", "write '300Mi' or '2Gi'")


def _check_text(text: str) -> str:
    # Nearly every text is printable, which none of the forbidden characters is; asking that
    # first is several times quicker.
    if text.isprintable():
        return text
    if _CONTROL.search(text):
        raise wrong(
            "E117",
            "the text holds control or invisible direction characters",
            "remove them: they hide what a reader sees",
        )
    return text


def _check_day(value: object) -> object:
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise wrong("E114", f"'{_short(value)}' is not a day", "write it as YYYY-MM-DD")
    if not isinstance(value, str | date):
        # Pydantic would take a number for seconds since 1970.
        raise wrong("E103", "a day is text, as YYYY-MM-DD", "write it as YYYY-MM-DD")
    return value


def _check_line(text: str) -> str:
    if text.isprintable() and text and text[0] != " " and text[-1] != " ":
        return text
    _check_text(text)
    if "\n" in text or text != text.strip() or not text:
        raise wrong("E114", "the text must be one non-empty line without space around it")
    return text


def _short(text: str, limit: int = 80) -> str:
    clean = _CONTROL.sub("?", text.replace("\n", " "))
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def parse_cpu_millicores(quantity: str) -> int:
    """Return the millicores of a Kubernetes CPU quantity: ``500m`` -> 500, ``1.5`` -> 1500."""
    if quantity.endswith("m"):
        return int(quantity[:-1])
    return round(float(quantity) * 1000)


def parse_bytes(quantity: str) -> int:
    """Return the bytes of a Kubernetes memory quantity: ``300Mi`` -> 314572800."""
    match = _BYTES.fullmatch(quantity)
    if match is None:
        raise ValueError(f"{quantity!r} is not a memory quantity")
    return int(match[1]) * _BYTE_UNITS[match[2]]


def _string(pattern: str | None = None, **more: Any) -> WithJsonSchema:
    schema: dict[str, Any] = {"type": "string", **more}
    if pattern:
        schema["pattern"] = pattern
    return WithJsonSchema(schema)


Text = Annotated[StrictStr, AfterValidator(_check_text), Field(max_length=20_000)]
Line = Annotated[StrictStr, AfterValidator(_check_line), Field(max_length=200)]
NamespaceName = Annotated[
    StrictStr, AfterValidator(_check_name), _string(NAMESPACE_PATTERN, maxLength=100)
]
BundleName = Annotated[StrictStr, AfterValidator(_check_name), _string(NAME_PATTERN, maxLength=100)]
Version = Annotated[StrictStr, AfterValidator(_check_version), _string(SEMVER_PATTERN)]
Sha256 = Annotated[StrictStr, AfterValidator(_check_sha256), _string(_SHA256.pattern)]
Digest = Annotated[StrictStr, AfterValidator(_check_digest), _string(_DIGEST.pattern)]
GitCommit = Annotated[StrictStr, AfterValidator(_check_commit), _string(_COMMIT.pattern)]
HttpsUrl = Annotated[StrictStr, AfterValidator(_check_https), _string("^https://", format="uri")]
RelativePath = Annotated[StrictStr, AfterValidator(_check_relative_path), _string()]
SpdxExpression = Annotated[
    StrictStr,
    AfterValidator(_check_spdx),
    _string(examples=["BSD-3-Clause", "MIT OR Apache-2.0", "NOASSERTION"]),
]
Orcid = Annotated[StrictStr, AfterValidator(_check_orcid), _string(ORCID_PATTERN)]
Email = Annotated[StrictStr, AfterValidator(_check_email), _string(format="email")]
MeasurementName = Annotated[
    StrictStr, AfterValidator(_check_measurement), _string(_MEASUREMENT.pattern, maxLength=128)
]
CpuQuantity = Annotated[StrictStr, AfterValidator(_check_cpu), _string(_CPU.pattern)]
MemoryQuantity = Annotated[StrictStr, AfterValidator(_check_bytes), _string(_BYTES.pattern)]
PlatformName = Annotated[
    StrictStr,
    AfterValidator(_check_platform),
    WithJsonSchema({"type": "string", "enum": list(_PLATFORM_VALUES)}),
]
PositiveInt = Annotated[StrictInt, Field(gt=0, le=2**53)]
NonNegativeInt = Annotated[StrictInt, Field(ge=0, le=2**53)]
Flag = StrictBool
Day = Annotated[date, BeforeValidator(_check_day)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Json = JsonValue


class Person(ManifestModel):
    """Someone (or a team) who is credited."""

    name: Line
    """Name as it should be cited: given name first."""
    orcid: Orcid | None = None
    """ORCID, as 0000-0002-1825-0097."""
    email: Email | None = None
    """Address for questions; it will be public."""
    affiliation: Line | None = None
    """Institution."""
    url: HttpsUrl | None = None
    """Home page."""


class Funding(ManifestModel):
    """Who paid, and under which award."""

    funder: Line
    """Organisation, such as 'National Science Foundation'."""
    award: Line | None = None
    """Award or grant number."""
    url: HttpsUrl | None = None
    """Page of the award."""
