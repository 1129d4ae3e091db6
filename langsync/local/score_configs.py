"""The endpoints of score configs, observed on Langfuse 4.16.0."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import orjson

from langsync.local.datasets import fragment, json_text
from langsync.local.endpoint import (
    PAGING,
    Call,
    Endpoint,
    Response,
    json_response,
    list_meta,
    offset,
    paging,
    read_query,
)
from langsync.local.javascript import Json, is_storable, type_name
from langsync.local.refusals import bad_request, not_found, unstorable_text
from langsync.local.store import LocalStore, Row, new_id
from langsync.local.validation import (
    UNDEFINED,
    Check,
    Issue,
    Outcome,
    Path,
    array,
    custom,
    followed_by,
    invalid_type,
    nullish,
    of_type,
    optional,
    shape,
    string,
    too_long,
    too_short,
    undefined,
    union,
    validate,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_BOOLEAN: Final = ({"label": "True", "value": 1}, {"label": "False", "value": 0})
_CATEGORIES: Final = array(shape({"label": string(too_short(1)), "value": of_type("number")}))
# The server checks the categories as any JSON value first. Recorded: score-configs 6.
_ANY_JSON: Final = union(
    of_type("array"),
    lambda value, path: (
        value,
        [] if type_name(value) == "object" else [invalid_type("record", value, path)],
    ),
    union(string(), of_type("number"), of_type("boolean")),
)


def _no_repetition(categories: Sequence[Mapping[str, Any]], path: Path) -> list[Issue]:
    for field in ("label", "value"):
        seen = set()
        for category in categories:
            value = category[field]
            if value in seen:
                text = f"Duplicate category {field}: {value}, category {field}s must be unique"
                return [custom(text, path)]
            seen.add(value)
    return []


def _categories(value: Json, path: Path) -> Outcome:
    _, issues = _ANY_JSON(value, path)
    if issues:
        return value, issues
    categories, issues = _CATEGORIES(value, path)
    if issues:
        text = (
            "Category must be an array of objects with label value pairs,"
            " where labels and values are unique."
        )
        return value, [custom(text, path)]
    return categories, _no_repetition(categories, path)


# Recorded: score-config-patch 11.
_NAME_PATTERN: Final = {
    "origin": "string",
    "code": "invalid_format",
    "format": "regex",
    "pattern": r"/^[\p{L}\p{N}_ .()-]+$/u",
}


def _name_characters(name: str, path: Path) -> list[Issue]:
    if name and all(
        character in "_ .()-" or unicodedata.category(character)[0] in "LN" for character in name
    ):
        return []
    return [Issue(_NAME_PATTERN, path, "Name contains invalid characters")]


_NAME: Final = string(too_short(1), too_long(35), _name_characters)
_BASE: Final[dict[str, Check]] = {"name": _NAME, "description": nullish(string())}
_NO_RANGE: Final[dict[str, Check]] = {"minValue": undefined, "maxValue": undefined}
_RANGE: Final[dict[str, Check]] = dict.fromkeys(
    ("minValue", "maxValue"), nullish(of_type("number"))
)
_BY_TYPE: Final[dict[str, dict[str, Check]]] = {
    "NUMERIC": {**_RANGE, "categories": undefined},
    "CATEGORICAL": {**_NO_RANGE, "categories": _categories},
    "BOOLEAN": {**_NO_RANGE, "categories": undefined},
    "TEXT": {**_NO_RANGE, "categories": undefined},
}


def _range_holds(config: Mapping[str, Any], path: Path) -> list[Issue]:
    low, high = config["minValue"], config["maxValue"]
    if low is None or high is None or high > low:
        return []
    return [custom("Maximum value must be greater than Minimum value", path)]


def _creation(value: Json, path: Path) -> Outcome:
    data_type = value.get("dataType") if isinstance(value, dict) else None
    if not isinstance(data_type, str) or data_type not in _BY_TYPE:  # recorded: score-configs 8
        note = {"note": "No matching discriminator", "discriminator": "dataType"}
        fields = {"code": "invalid_union", "errors": [], **note}
        return value, [Issue(fields, (*path, "dataType"), "Invalid input", fatal=True)]
    check = followed_by(shape({**_BASE, **_BY_TYPE[data_type]}), _range_holds)
    result, issues = check(value, path)
    return {**result, "dataType": data_type}, issues


def _omittable(check: Check) -> Check:
    return optional(check, UNDEFINED)


# Nothing can be set to null. Recorded: score-config-patch 5, 7, 12 and 14.
_CHANGE: Final[dict[str, Check]] = {
    "isArchived": _omittable(of_type("boolean")),
    "name": _omittable(_NAME),
    "description": _omittable(string()),
    "minValue": _omittable(of_type("number")),
    "maxValue": _omittable(of_type("number")),
    "categories": _omittable(_categories),
}
_CHANGEABLE: Final = _CHANGE.keys()


def _change(value: Json, path: Path) -> Outcome:
    if isinstance(value, dict) and not _CHANGEABLE & value.keys():
        text = "Request body cannot be empty. At least one field must be provided for update."
        return value, [custom(text, path)]
    return shape(_CHANGE)(value, path)


@dataclass(frozen=True, slots=True)
class ScoreConfig:
    """A stored score config; the categories are a JSON text, None for null."""

    seq: int
    id: str
    project: str
    name: str
    data_type: str
    archived: bool
    description: str | None
    min_value: float | None
    max_value: float | None
    categories: str | None
    created_at: str
    updated_at: str

    def as_json(self) -> dict[str, object]:
        """Returns the config as in a response, recorded: score-configs 1."""
        return {
            "id": self.id,
            "name": self.name,
            "isArchived": bool(self.archived),
            "description": self.description,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "projectId": self.project,
            "maxValue": _without_fraction(self.max_value),
            "minValue": _without_fraction(self.min_value),
            "dataType": self.data_type,
            "categories": fragment(self.categories),
        }


def _without_fraction(number: float | None) -> float | int | None:
    return int(number) if number is not None and number.is_integer() else number


def create_score_config(call: Call) -> Response:
    """Answers ``POST /score-configs``; names are not unique. Recorded: score-configs 1 to 8."""
    body = validate(_creation, call.body)
    if not is_storable([*body.values()]):
        raise unstorable_text()
    now = call.store.now()
    categories = list(_BOOLEAN) if body["dataType"] == "BOOLEAN" else body["categories"]
    config_id = new_id()
    call.store.insert(
        "score_configs",
        id=config_id,
        project=call.project.id,
        name=body["name"],
        data_type=body["dataType"],
        archived=False,
        description=body["description"],
        min_value=body["minValue"],
        max_value=body["maxValue"],
        categories=json_text(categories),
        created_at=now,
        updated_at=now,
    )
    return json_response(_find(call.store, call.project.id, config_id).as_json())


def list_score_configs(call: Call) -> Response:
    """Answers ``GET /score-configs``: newest first. Recorded: score-configs 9 and 10."""
    query = read_query(call, paging(default_limit=50, first_page=0))
    project = call.project.id
    total = call.store.count("SELECT count(*) FROM score_configs WHERE project = ?", (project,))
    rows = call.store.rows(
        "SELECT * FROM score_configs WHERE project = ? ORDER BY seq DESC LIMIT ? OFFSET ?",
        (project, query["limit"], offset(query)),
    )
    data = [_config(row).as_json() for row in rows]
    return json_response({"data": data, "meta": list_meta(query, total)})


def get_score_config(call: Call) -> Response:
    """Answers ``GET /score-configs/{id}``."""
    return json_response(_find(call.store, call.project.id, call.names[0]).as_json())


def change_score_config(call: Call) -> Response:
    """Answers ``PATCH /score-configs/{id}``: changes the fields in the body; 400 if none."""
    body = validate(_change, call.body)
    before = _find(call.store, call.project.id, call.names[0])
    after = _changed(
        before, {name: value for name, value in body.items() if value is not UNDEFINED}
    )
    if not is_storable([*body.values()]):
        raise unstorable_text()
    _check_whole(after)
    call.store.run(
        """UPDATE score_configs SET name = ?, archived = ?, description = ?, min_value = ?,
           max_value = ?, categories = ?, updated_at = ? WHERE seq = ?""",
        (
            after.name,
            after.archived,
            after.description,
            after.min_value,
            after.max_value,
            after.categories,
            call.store.now(),
            after.seq,
        ),
    )
    return json_response(_find(call.store, call.project.id, before.id).as_json())


def _changed(config: ScoreConfig, body: Mapping[str, Any]) -> ScoreConfig:
    columns = {"isArchived": "archived", "minValue": "min_value", "maxValue": "max_value"}
    values = {columns.get(field, field): value for field, value in body.items()}
    if "categories" in values:
        values["categories"] = json_text(values["categories"])
    return replace(config, **values)


def _check_whole(config: ScoreConfig) -> None:
    """Refuses a change after which a config would violate the rules of its type.

    Recorded: score-config-patch 8, 17, 25 and 30.
    """
    fields = {
        "minValue": config.min_value,
        "maxValue": config.max_value,
        "categories": orjson.loads(config.categories) if config.categories else None,
    }
    checks = dict(_BY_TYPE[config.data_type])
    if config.data_type == "BOOLEAN":
        checks["categories"] = _only_true_and_false
    _, issues = followed_by(shape(checks), _range_holds)(fields, ())
    if issues:
        raise bad_request(issues[0].message)


def _only_true_and_false(value: Json, path: Path) -> Outcome:
    return value, [] if value == list(_BOOLEAN) else [custom("Invalid input", path)]


def _find(store: LocalStore, project: str, config: str) -> ScoreConfig:
    sql = "SELECT * FROM score_configs WHERE project = ? AND id = ?"
    row = store.row(sql, (project, config))
    if row is None:
        raise not_found("Score config not found within authorized project")
    return _config(row)


def _config(row: Row) -> ScoreConfig:
    return ScoreConfig(**dict(zip(row.keys(), row, strict=True)))


_CONFIG_PATH = "/score-configs/{configId}"

ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/score-configs",
        "scoreConfigs_get",
        "List score configs",
        list_score_configs,
        query=PAGING,
    ),
    Endpoint(
        "POST",
        "/score-configs",
        "scoreConfigs_create",
        "Create a score config",
        create_score_config,
        body="CreateScoreConfigRequest",
    ),
    Endpoint("GET", _CONFIG_PATH, "scoreConfigs_get-by-id", "Get a score config", get_score_config),
    Endpoint(
        "PATCH",
        _CONFIG_PATH,
        "scoreConfigs_update",
        "Change a score config",
        change_score_config,
        body="UpdateScoreConfigRequest",
    ),
)
