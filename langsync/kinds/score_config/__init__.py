"""Score configs: what scores of a name may be, as numbers, categories, yes or no, or texts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from langsync.client.paging import PAGE
from langsync.formats.documents import Document, Shape, Steps, dotted, parse_leniently
from langsync.formats.values import canonical, equal, violations
from langsync.kinds.answers import SCORE_CONFIG, SCORE_CONFIGS
from langsync.kinds.base import Context, Declared, Fetched, Kind, Proposal, Scope, View, Violation
from langsync.kinds.fields import trace_fields
from langsync.kinds.score_config import duplicates, writes
from langsync.kinds.score_config.spec import ScoreConfigSpec
from langsync.kinds.score_config.state import ScoreConfigState
from langsync.kinds.score_config.writes import API_FIELDS, TYPE_FIELDS
from langsync.kinds.services import Api, Getter, Past
from langsync.model import (
    Action,
    Address,
    Change,
    Json,
    Provenance,
    Request,
    Resource,
    State,
    fields_of,
    values_of,
)

_NAME = re.compile(r"[\w .()-]{1,35}")


class ScoreConfigFile(Shape):
    """One score config."""

    name: str = Field(default="", description="Its name; by default the path below the folder.")
    data_type: Literal["numeric", "categorical", "boolean", "text"] = Field(
        description="What its scores are; cannot be changed."
    )
    description: str = Field(default="", description="Absent: not managed; '': cleared.")
    min_value: float | None = Field(default=None, description="The least number; absent: none.")
    max_value: float | None = Field(default=None, description="The greatest number; absent: none.")
    categories: dict[str, float] = Field(
        default_factory=dict, description="Each label with its number, in the order of the UI."
    )
    status: Literal["active", "archived"] = Field(
        default="active", description="An archived one is not offered for new scores."
    )


class ScoreConfigKind(Kind[ScoreConfigSpec, ScoreConfigState]):
    """Score configs."""

    name = "score_config"
    folder = "score_configs"
    type_field = "data_type"
    model = ScoreConfigFile

    def declare(self, document: Document, name: str, context: Context) -> Declared:
        """Read one file; see `Kind.declare`."""
        file, problems = parse_leniently(ScoreConfigFile, document)
        declared = Declared(problems=list(problems))
        if file is None:
            return declared
        name = file.name or name
        wrong = [*_name_violations(name, in_file=bool(file.name)), *_violations(file)]
        declared.problems += [document.problem(steps, message) for steps, message in wrong]
        if declared.problems:
            return declared
        content = _spec(file)
        files = (context.relative(document.path),)
        source = context.source(document)
        declared.resources.append(Resource(Address(self.name, name), content, source, files=files))
        return declared

    async def fetch(
        self, api: Api, desired: Collection[Resource[ScoreConfigSpec]], scope: Scope
    ) -> Fetched:
        """Read the list, which holds archived ones as well (observed on Langfuse 4.16.0).

        Of those that no file declares, an archived one is read only if it is asked for by name:
        there is no delete, so that it is what others have deleted.
        """
        rows: dict[str, list[Resource[ScoreConfigState]]] = {}
        for row in await api.pages("/score-configs", SCORE_CONFIGS):
            rows.setdefault(row["name"], []).append(_resource(row))
        chosen = [
            _chosen(rows[resource.address.name], resource)
            for resource in desired
            if resource.address.name in rows
        ]
        others = [
            _chosen(rows[name])
            for name in sorted(rows.keys() - {resource.address.name for resource in desired})
        ]
        active = [other for other in others if other.content.status == "active"]
        whole = [
            other
            for other in others
            if str(other.address) in scope.whole
            or (other in active and scope.is_whole(other.address))
        ]
        names = tuple(resource.address.name for resource in active)
        return Fetched(
            State([*chosen, *whole]),
            unmanaged=names,
            unmanaged_count=len(names),
            warnings=tuple(duplicates.warnings([*chosen, *whole])),
        )

    def verify(self, view: View) -> Iterable[Violation]:
        """Types of archived ones, which cannot be changed."""
        for desired in view.desired.of_kind(self.name):
            remote = view.remote.get(desired.address)
            if remote is None:
                continue
            before, after = remote.content, desired.content
            if after.status == "archived" and before.data_type != after.data_type:
                problem = f"it is {before.data_type} in Langfuse, and the type of an archived one"
                yield Violation(
                    desired, f"{problem} cannot be changed: declare that", ("data_type",)
                )

    def compare(
        self,
        desired: Resource[ScoreConfigSpec],
        remote: Resource[ScoreConfigState] | None,
        view: View,
    ) -> Proposal | None:
        """One POST or one PATCH with what differs; a changed type is another config.

        There is no delete, and a PATCH takes no type (recorded: reference) and no null, so that
        a config without a bound is another one, too (recorded: score-config-patch 7). What is
        declared archived and does not exist needs nothing. Duplicates are no difference: see
        `duplicates`.
        """
        after = dict(fields_of(desired.content))
        if remote is None:
            if desired.content.status == "archived":
                return None
            return Proposal(Action.CREATE, None, after, (writes.create(desired),))
        different = _different(desired.content, remote.content)
        archives = different.get("status") == "archived"
        cause = writes.replacement_cause(remote.content, different)
        whole = archives or bool(cause)
        extra = duplicates.to_archive(remote, view, whole=whole)
        if not different and not extra:
            return None
        before = values_of(remote.content, after)
        if cause:
            proposal = writes.replacement(desired, remote.content, before, cause)
        else:
            requests = (writes.change(remote.content, different),) if different else ()
            action = Action.ARCHIVE if archives else Action.UPDATE
            proposal = Proposal(action, before, after, requests)
        if not extra:
            return proposal
        archiving = [writes.patch(id, {"status": "archived"}) for id in extra]  # noqa: A001
        return duplicates.archived(proposal, extra, archiving)

    def to_document(self, resource: Resource) -> Mapping[str, Json]:
        """The fields of its type; see `Kind.to_document`."""
        content = fields_of(resource.content)
        fields = ("data_type", "description", *TYPE_FIELDS.get(content["data_type"], ()), "status")
        document = {key: content[key] for key in fields if key in content}
        if "description" in document:
            document["description"] = document["description"] or ""
        if "categories" in document:
            pairs = (pair for category in document["categories"] or () for pair in category.items())
            document["categories"] = dict(pairs)
        return document

    def trace(
        self,
        desired: Resource[ScoreConfigSpec],
        remote: Resource[ScoreConfigState] | None,
        view: View,  # noqa: ARG002
        past: Past,
    ) -> Iterable[Provenance]:
        """Fields that differ: Git's where some commit declared the value that Langfuse has."""
        if remote is not None:
            fields = [*_different(desired.content, remote.content)]
            yield from trace_fields(desired, remote.content, fields, past)

    def how_to_remove(self, addresses: Sequence[Address], where: str) -> str:  # noqa: ARG002
        """By the status: Langfuse deletes no score config."""
        return "its file with 'status: archived' archives it, as Langfuse deletes none"

    def basis(
        self,
        desired: Resource[ScoreConfigSpec],  # noqa: ARG002
        remote: Resource[ScoreConfigState],
    ) -> Json:
        """All of it; others of its name count only where they are archived."""
        fields = fields_of(remote.content)
        return {key: value for key, value in fields.items() if key != "duplicates"}

    async def was_applied(self, api: Getter, change: Change, request: Request) -> bool | None:  # noqa: ARG002
        """Whether an active config of the name, or the changed one, is as a request writes it.

        The list is newest first, so that a created one is on its first page.
        """
        body = {key: canonical(value) for key, value in request.body.items()}
        if request.method == "PATCH":
            rows = [await api.get(request.path, SCORE_CONFIG)]
        else:
            answer = await api.get("/score-configs", SCORE_CONFIGS, limit=PAGE, page=1)
            rows = [row for row in answer["data"] if not row["isArchived"]]
        return any(
            all(equal(canonical(row.get(key)), value) for key, value in body.items())
            for row in rows
        )


def _spec(file: ScoreConfigFile) -> ScoreConfigSpec:
    managed = "description" in file.model_fields_set
    fields: dict[str, Any] = {"description": file.description} if managed else {}
    for field in TYPE_FIELDS.get(file.data_type, ()):
        fields[field] = canonical(getattr(file, field))
    if "categories" in fields:
        fields["categories"] = [{label: value} for label, value in fields["categories"].items()]
    return ScoreConfigSpec(file.data_type, file.status, **fields)


def _name_violations(name: str, *, in_file: bool) -> Iterator[tuple[Steps, str]]:
    """The rules of the API's reference for a name."""
    if not name:
        yield (), "name is missing: a file of several score configs names each of them"
    elif not _NAME.fullmatch(name):
        rule = "at most 35 letters, digits, spaces, '_', '-', '.' and parentheses"
        ask = "" if in_file else ": give it a name"
        yield (
            ("name",) if in_file else (),
            f"{name[:60]!r} is no name of a score config, {rule}{ask}",
        )


def _violations(file: ScoreConfigFile) -> Iterator[tuple[Steps, str]]:
    for type_, fields in TYPE_FIELDS.items():
        for field in fields:
            if field in file.model_fields_set and file.data_type != type_:
                yield (field,), f"{field} is of {type_} scores, and these are {file.data_type}"
    for field in ("description", "min_value", "max_value", "categories"):
        for steps, violation in violations(getattr(file, field), (field,)):
            yield steps, f"{dotted(steps)}: {violation}"
    low, high = file.min_value, file.max_value
    if low is not None and high is not None and low >= high:
        yield ("max_value",), "max_value must be greater than min_value"
    if file.data_type == "categorical":
        yield from _category_violations(file.categories)


def _category_violations(categories: Mapping[str, float]) -> Iterator[tuple[Steps, str]]:
    """Labels and numbers must be unique (observed on Langfuse 4.16.0)."""
    if not categories:
        yield (), "categories is missing: name each with its number, such as {good: 1, bad: 0}"
    labels: dict[float, str] = {}
    for label, value in categories.items():
        if not label:
            yield ("categories", label), "a category needs a label"
        if labels.setdefault(value, label) != label:
            problem = f"{label!r} has the number of {labels[value]!r}: each needs one of its own"
            yield ("categories", label), problem


def _resource(row: Mapping[str, Any]) -> Resource[ScoreConfigState]:
    fields = {field: canonical(row.get(key)) for field, key in API_FIELDS.items()}
    if fields["categories"] is not None:
        fields["categories"] = [
            {category["label"]: category["value"]} for category in fields["categories"]
        ]
    status = "archived" if row["isArchived"] else "active"
    content = ScoreConfigState(
        row["id"], row["createdAt"], (), row["dataType"].lower(), status, **fields
    )
    return Resource(Address("score_config", row["name"]), content)


def _chosen(
    same: Sequence[Resource[ScoreConfigState]], desired: Resource[ScoreConfigSpec] | None = None
) -> Resource[ScoreConfigState]:
    """The one that a name means: the oldest active one, else the archived one most alike.

    Of two archived ones that are as much alike it is the newer one.

    Args:
        same: Those of the name, the newest first.
        desired: What is declared, if it is.
    """
    if active := duplicates.oldest_first(same):
        first, *others = active
        ids = tuple(other.content.id for other in others)
        return replace(first, content=replace(first.content, duplicates=ids))
    return min(same, key=lambda candidate: _distance(desired, candidate))


def _distance(
    desired: Resource[ScoreConfigSpec] | None, candidate: Resource[ScoreConfigState]
) -> tuple[bool, int]:
    if desired is None:
        return False, 0
    different = _different(desired.content, candidate.content)
    return "data_type" in different, len(different)


def _different(desired: ScoreConfigSpec, remote: ScoreConfigState) -> dict[str, Json]:
    stored = fields_of(remote)
    return {
        field: value
        for field, value in fields_of(desired).items()
        if not equal(value, stored[field])
        and not (field == "description" and not value and not stored[field])
    }


KIND = ScoreConfigKind()
