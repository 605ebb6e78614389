"""What a model allows at a place: which keys, what the value is, without the tags of unions.

Pydantic names a fault by the path through its model, in which the chosen member of a union
is a step of its own (``code.container.source.git.commit``). A person who wrote the file knows
``code.source.commit``. Only used when there is something to report, so it may take its time.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Tag

from ecr.model.descriptions import read_descriptions

Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a document.

    Attributes:
        loc: Keys and indices from the root, as in the file.
        keys: Keys of the mapping the last key is in; empty when it may hold any.
        description: What the model says of the last key; empty when it is not known.
        choices: Whether the value may be of several plain types.
    """

    loc: Loc
    keys: tuple[str, ...]
    description: str
    choices: bool


def find_place(model: type[BaseModel], loc: Loc) -> Place:
    """Follow a location of a pydantic error through its model."""
    annotation: Any = model
    plain: list[str | int] = []
    keys: tuple[str, ...] = ()
    description = ""
    choices = False
    for part in loc:
        annotation = _strip(annotation)
        if _is_model(annotation):
            keys = tuple(annotation.model_fields)
            field = annotation.model_fields.get(str(part))
            plain.append(part)
            description = " ".join(read_descriptions(annotation).get(str(part), "").split())
            annotation = None if field is None else field.annotation
        elif get_origin(annotation) in (Union, UnionType):
            choices = _is_choice(annotation)
            annotation = _find_member(get_args(annotation), part)
        elif get_origin(annotation) in (tuple, list) and isinstance(part, int):
            plain.append(part)
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) is dict and part != "[key]":
            plain.append(part)
            keys = ()
            annotation = get_args(annotation)[1]
    choices = choices or _is_choice(_strip(annotation))
    return Place(tuple(plain), keys, description.rstrip("."), choices)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _is_choice(annotation: Any) -> bool:
    """Say whether it is a union of plain types; members that are models have a tag instead."""
    return get_origin(annotation) in (Union, UnionType) and not any(
        _is_model(_strip(member)) for member in get_args(annotation)
    )


def _strip(annotation: Any) -> Any:
    """Remove ``Annotated`` and ``| None``."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        members = [member for member in get_args(annotation) if member is not NoneType]
        if len(members) == 1:
            return _strip(members[0])
    return annotation


def _find_member(members: tuple[Any, ...], tag: str | int) -> Any:
    """Return the member of a union that pydantic calls ``tag``; plain types give ``None``."""
    for member in members:
        tags = [meta.tag for meta in get_args(member)[1:] if isinstance(meta, Tag)]
        inner = _strip(member)
        if tag in tags or (_is_model(inner) and _has_literal(inner, tag)):
            return inner
    return None


def _has_literal(model: type[BaseModel], tag: str | int) -> bool:
    return any(
        get_origin(field.annotation) is Literal and tag in get_args(field.annotation)
        for field in model.model_fields.values()
    )
