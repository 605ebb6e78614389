"""The JSON Schemas of the documents, made from their models when the site is."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import orjson

from ecr.model.addresses import BASE
from ecr.stages.publish.outputs import OutputFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecr.stages.publish.outputs import SiteSettings

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def render_schemas(settings: SiteSettings) -> Iterator[OutputFile]:
    """Yield ``api/v1/schemas/<document>.schema.json`` for every document of ``api/v1``."""
    # Loading the models takes longer than all other work on the index when little has changed.
    models = import_module("ecr.model.index")
    for name, model in models.DOCUMENTS.items():
        path = f"{BASE}/schemas/{name}.schema.json"
        schema = {
            "$schema": DIALECT,
            "$id": settings.site_url + path,
            **model.model_json_schema(mode="validation"),
        }
        content = orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        yield OutputFile(path, content)
