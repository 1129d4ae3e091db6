"""What a server holds, without what differs between two runs: ids that it makes, times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

Row = dict[str, Any]

_PROMPT = ("version", "type", "prompt", "config", "labels", "tags", "commitMessage")
_DATASET = ("description", "metadata", "inputSchema", "expectedOutputSchema")
_ITEM = ("datasetName", "input", "expectedOutput", "metadata", "status")
_SCORE_CONFIG = (
    "dataType",
    "isArchived",
    "description",
    "minValue",
    "maxValue",
    "categories",
)


@dataclass(frozen=True, slots=True)
class ServerState:
    """What there is, by address: the versions of a prompt, each copy of anything else."""

    rows: Mapping[str, list[Row]]

    def at(self, address: str) -> list[Row]:
        """What there is of one address; an empty list for nothing."""
        return self.rows.get(address, [])

    def labels(self) -> dict[tuple[str, str], list[int]]:
        """On which versions each label of each prompt is."""
        found: dict[tuple[str, str], list[int]] = defaultdict(list)
        for address, versions in self.rows.items():
            if address.startswith("prompt/"):
                for version in versions:
                    for label in version["labels"]:
                        found[address, label].append(version["version"])
        return dict(found)

    def differences(self, other: ServerState) -> list[str]:
        """The addresses that differ, and how."""
        return [
            f"{address}: {self.at(address)} instead of {other.at(address)}"
            for address in sorted({*self.rows, *other.rows})
            if self.at(address) != other.at(address)
        ]


def read(api: httpx.Client) -> ServerState:
    """Read everything that a server holds of what langsync deploys."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for prompt in _pages(api, "/v2/prompts"):
        for version in prompt["versions"]:
            name = httpx.URL("").copy_with(path=f"/{prompt['name']}").raw_path.decode()[1:]
            where = f"/v2/prompts/{name.replace('/', '%2F')}"
            body = _get(api, where, version=version, resolve="false")
            row = _cut(body, _PROMPT)
            row["labels"] = sorted(row["labels"])
            rows[f"prompt/{prompt['name']}"].append(row)
    for dataset in _pages(api, "/v2/datasets"):
        rows[f"dataset/{dataset['name']}"].append(_cut(dataset, _DATASET))
        for item in _pages(api, "/dataset-items", datasetName=dataset["name"]):
            rows[f"dataset_item/{dataset['name']}/{item['id']}"].append(_cut(item, _ITEM))
    for config in _pages(api, "/score-configs"):
        rows[f"score_config/{config['name']}"].append(_cut(config, _SCORE_CONFIG))
    for copies in rows.values():
        copies.sort(key=repr)
    return ServerState(rows)


def _cut(row: Row, keys: tuple[str, ...]) -> Row:
    return {key: row.get(key) for key in keys}


def _get(api: httpx.Client, path: str, **params: str | int) -> Any:  # noqa: ANN401
    answer = api.get(path, params=params)
    assert answer.is_success, answer.text
    return answer.json()


def _pages(api: httpx.Client, path: str, **params: str) -> list[Row]:
    rows: list[Row] = []
    page = 1
    while more := _get(api, path, **params, page=page, limit=100)["data"]:
        rows += more
        page += 1
    return rows
