"""JSON Schemas of the documents people and the pipeline write (JSON Schema 2020-12)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema

from ecr.model.build import Build
from ecr.model.bundle import Bundle
from ecr.model.hardware import HardwareRegistry
from ecr.model.namespace import Namespace
from ecr.model.profile import Profile
from ecr.model.release import Release
from ecr.model.status import Status

if TYPE_CHECKING:
    from pydantic import BaseModel

DOCUMENTS: dict[str, type[BaseModel]] = {
    "namespace": Namespace,
    "bundle": Bundle,
    "release": Release,
    "status": Status,
    "build": Build,
    "profile": Profile,
    "hardware": HardwareRegistry,
}
"""The documents by name; ``namespace.yaml`` follows ``namespace.schema.json``."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Generator(GenerateJsonSchema):
    """Leaves out titles made from the names of fields: editors show the name anyway."""

    def field_title_should_be_set(self, _schema: Any) -> bool:
        return False


def render_schemas() -> dict[str, str]:
    """Return the text of every schema by its file name, such as ``release.schema.json``."""
    return {f"{name}.schema.json": _render(name, model) for name, model in DOCUMENTS.items()}


def _render(name: str, model: type[BaseModel]) -> str:
    generated = model.model_json_schema(schema_generator=_Generator, mode="validation")
    schema = {
        "$schema": DIALECT,
        # A name, not an address: a catalog and its copies publish the same schema.
        "$id": f"urn:ecr:schema:v1:{name}",
        "title": f"ECR {name}, version 1",
        **{key: value for key, value in generated.items() if key != "title"},
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
