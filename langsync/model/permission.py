"""What needs permission."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

from pydantic import BeforeValidator, GetCoreSchemaHandler, PlainSerializer
from pydantic_core import CoreSchema, core_schema


class Permission(Enum):
    """Something that is done only if it is allowed."""

    OVERWRITE_DRIFT = "overwrite-drift"
    """Overwrite what somebody changed in Langfuse behind Git's back."""

    OVERWRITE_UNKNOWN = "overwrite-unknown"
    """Overwrite values whose author is unknown to the history."""

    SKIP_DRIFT = "skip-drift"
    """Leave out what drifted and what depends on it, and send the rest."""

    ALLOW_DELETE = "allow-delete"
    """Delete prompts that left the files."""

    ALLOW_REPLACE = "allow-replace"
    """Replace what cannot be changed, which deletes or archives what is there."""

    ALLOW_OLDER = "allow-older"
    """Deploy a checkout although a later commit is deployed already."""

    @property
    def option(self) -> str:
        """The option of the command line that gives it, which names it in JSON as well."""
        return f"--{self.value}"

    @classmethod
    def of_option(cls, option: str) -> Permission:
        """The permission that an option of the command line gives.

        Raises:
            ValueError: It gives none.
        """
        return cls(option.removeprefix("--"))

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """In JSON a permission is its option."""
        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, cls) else cls.of_option(value),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda permission: permission.option
            ),
        )


OptionalPermission = Annotated[
    Permission | None,
    BeforeValidator(lambda value: value or None),
    PlainSerializer(lambda permission: permission.option if permission else ""),
]
"""A permission or none, which is an empty text in JSON."""
