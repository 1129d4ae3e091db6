"""JSON Schemas of the files, for editors."""

from __future__ import annotations

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from langsync.config import config_model
from langsync.kinds import all_kinds, folders


def schemas() -> dict[str, JsonSchemaValue]:
    """Returns the schemas of ``langsync.yaml``, named ``langsync``, and of each kind's files."""
    models = {kind.name: kind.model for kind in all_kinds().values() if kind.model is not None}
    return {
        name: model.model_json_schema(schema_generator=_Overlapping)
        for name, model in {"langsync": config_model(folders()), **models}.items()
    }


class _Overlapping(GenerateJsonSchema):
    """Lets a value match several shapes: ``{placeholder: history}`` looks like a message, too."""

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        schema_of_union = super().tagged_union_schema(schema)
        return {"anyOf" if key == "oneOf" else key: value for key, value in schema_of_union.items()}
