"""The options that choose observations, scores and the like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from langsync.cli.option_groups import option
from langsync.cli.periods import PeriodOptions

if TYPE_CHECKING:
    from langsync.observability import ListQuery


@dataclass(frozen=True, kw_only=True)
class FilterOptions:
    """Filters of observations, scores and the like.

    Args:
        name: Of this name.
        type: Of this type.
        trace: Of this trace.
        user: Of this user.
        session: Of this session.
        level: Of this level.
        source: Of this source.
        environment: Of one of these environments of the application.
    """

    panel: ClassVar[str] = "Which ones"

    name: Annotated[str | None, option("--name NAME", "Only those of this name.")] = None
    type: Annotated[str | None, option("--type TYPE", "Only of this type, such as GENERATION.")] = (
        None
    )
    trace: Annotated[str | None, option("--trace ID", "Only those of this trace.")] = None
    user: Annotated[str | None, option("--user ID", "Only those of this user.")] = None
    session: Annotated[str | None, option("--session ID", "Only those of this session.")] = None
    level: Annotated[str | None, option("--level LEVEL", "Only of this level, such as ERROR.")] = (
        None
    )
    source: Annotated[
        str | None, option("--source SOURCE", "Only those of API, EVAL or ANNOTATION.")
    ] = None
    environment: Annotated[
        list[str] | None,
        option("--environment NAME", "Only of this environment of the application. Repeatable."),
    ] = None

    def reading(self, source: str, times: PeriodOptions, *, everything: bool = False) -> ListQuery:
        """Returns the query of a list.

        Args:
            source: What is listed, such as ``traces``.
            times: Between which times.
            everything: Whether rows have all their fields.

        Raises:
            ConfigError: A time or a filter is invalid.
        """
        from langsync.observability import SOURCES, ListQuery

        filters: dict[str, str | list[str] | None] = {
            "name": self.name,
            "type": self.type,
            "traceId": self.trace,
            "userId": self.user,
            "level": self.level,
            "sessionId": self.session,
            "source": self.source,
            "environment": self.environment,
        }
        chosen = {name: value for name, value in filters.items() if value not in (None, [])}
        return ListQuery(SOURCES[source], chosen, times.period(), has_all_fields=everything)
