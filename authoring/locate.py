"""From a pydantic error to the place in the file, by following the model's own types.

pydantic puts the name of the chosen arm of a tagged union into an error's location; the
file has no such level. Walking the annotations tells which parts are which.
"""

import types
import typing
from typing import Annotated, Any, Union

from pydantic import BaseModel, Discriminator, Tag

from authoring.load import Path


def data_path(model: type[BaseModel], loc: Path) -> tuple[Path, type[BaseModel] | None]:
    """The path in the data for an error's `loc`, and the model that owns its last key."""
    annotation: Any = model
    owner: type[BaseModel] | None = None
    path: list[str | int] = []
    for part in loc:
        arms = _tagged_arms(annotation)
        if arms is not None:
            annotation = arms.get(str(part))
            continue
        annotation = _plain(annotation)
        origin = typing.get_origin(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            owner = annotation
            path.append(part)
            annotation = _field(annotation, str(part))
        elif origin is list:
            path.append(part)
            (annotation,) = typing.get_args(annotation)
        elif origin is dict and part != "[key]":
            path.append(part)
            annotation = typing.get_args(annotation)[1]
        elif origin in (Union, types.UnionType):
            # pydantic names the arm that it tried; the file has no such level.
            annotation = _arm(annotation, str(part))
        else:
            break
    return tuple(path), owner


def model_at(model: type[BaseModel], loc: Path) -> type[BaseModel] | None:
    """The model that the value at `loc` should be, or None where it is no model."""
    annotation: Any = model
    for part in loc:
        arms = _tagged_arms(annotation)
        if arms is not None:
            annotation = arms.get(str(part))
            continue
        annotation = _plain(annotation)
        origin = typing.get_origin(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            annotation = _field(annotation, str(part))
        elif origin is list:
            (annotation,) = typing.get_args(annotation)
        elif origin is dict:
            annotation = typing.get_args(annotation)[1]
    annotation = _plain(annotation)
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys a model reads from a file, as they are spelled there."""
    return [field.alias or name for name, field in model.model_fields.items()]


def field_of(model: type[BaseModel], key: str) -> Any:
    """The FieldInfo behind a key, or None."""
    return next((field for name, field in model.model_fields.items() if key in (field.alias, name)), None)


def _field(model: type[BaseModel], key: str) -> Any:
    field = field_of(model, key)
    if field is None:
        return None
    metadata = tuple(field.metadata)
    return Annotated[field.annotation, *metadata] if metadata else field.annotation


def _plain(annotation: Any) -> Any:
    """Without Annotated, and without the None of an optional value."""
    while typing.get_origin(annotation) is Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in (Union, types.UnionType):
        rest = [arm for arm in typing.get_args(annotation) if arm is not type(None)]
        if len(rest) == 1:
            return _plain(rest[0])
    return annotation


def _arm(annotation: Any, label: str) -> Any:
    """The arm of a plain union that an error's label means, where more may follow: its list."""
    arms = [_plain(arm) for arm in typing.get_args(annotation)]
    lists = [arm for arm in arms if typing.get_origin(arm) is list]
    return lists[0] if label.startswith("list[") and lists else None


def _tagged_arms(annotation: Any) -> dict[str, Any] | None:
    """The arms of a tagged union by tag, or None for any other annotation."""
    if typing.get_origin(annotation) in (Union, types.UnionType):
        rest = [arm for arm in typing.get_args(annotation) if arm is not type(None)]
        return _tagged_arms(rest[0]) if len(rest) == 1 else None
    if typing.get_origin(annotation) is not Annotated:
        return None
    inner, *metadata = typing.get_args(annotation)
    if not any(isinstance(extra, Discriminator) for extra in metadata):
        return _tagged_arms(inner) if typing.get_origin(inner) is Annotated else None
    arms: dict[str, Any] = {}
    for arm in typing.get_args(inner):
        tag = next((extra.tag for extra in typing.get_args(arm)[1:] if isinstance(extra, Tag)), None)
        if tag is not None:
            arms[tag] = arm
    return arms
