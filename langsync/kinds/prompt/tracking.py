"""Who else writes to prompts while a plan is applied: labels, versions, deleted and made again."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from langsync.client.tasks import gather
from langsync.errors import NotFoundError
from langsync.kinds.names import path
from langsync.kinds.prompt.answers import PROMPT, PROMPTS
from langsync.kinds.prompt.deployments import is_marker
from langsync.kinds.prompt.state import LATEST, PromptState
from langsync.kinds.services import Api
from langsync.kinds.tracking import Read, Tracker, earliest, iso
from langsync.model import Address, Change, Json, Request

if TYPE_CHECKING:
    from langsync.kinds.base import Kind, View

_TARGET = re.compile(r"/versions/(\d+)$")


class PromptTracker(Tracker):
    """Follows prompts by the list with ``fromUpdatedAt``.

    That list chooses versions by when they were written (recorded: prompt-filters-by-time-and-tag),
    so that it shows what was written and never what was deleted. What a request relies on and
    might be gone, or be another one under the same number, is fetched before that request.
    """

    def __init__(self, kind: Kind, api: Api, view: View, read: Read) -> None:
        super().__init__(kind, api, view, read)
        self._began = self._since = earliest(view.began)
        self._deployed: dict[str, dict[str | None, int]] = defaultdict(dict)
        self._displaced: list[str] = []

    async def touched(self, pending: Collection[Address]) -> Collection[Address]:
        """The pending prompts that were written since the last look."""
        since, self._since = self._since, earliest(self.api.server_time())
        params = {} if since is None else {"fromUpdatedAt": iso(since)}
        touched = []
        for row in await self.api.pages("/v2/prompts", PROMPTS, **params):
            address = Address(self.kind.name, row["name"])
            remote = self._remote(address)
            known = None if remote is None else remote.updated_at
            if address in pending and (known is None or known != row["lastUpdatedAt"]):
                touched.append(address)
        return touched

    def _remote(self, address: Address) -> PromptState | None:
        """What was read of a prompt; None for nothing."""
        resource = self.view.remote.get(address)
        return None if resource is None else resource.content

    async def confirm(self, change: Change, requests: Sequence[Request]) -> str:
        """The versions that labels are moved to, and what is deleted, are those that were read."""
        for request in requests:
            target = _TARGET.search(request.path)
            if request.method == "PATCH" and target:
                moved = await self._is_another(change.address, int(target[1]))
            elif request.method == "DELETE":
                moved = await self._has_another_newest(change.address)
            else:
                continue
            if moved:
                return moved
        return ""

    async def _is_another(self, address: Address, number: int) -> str:
        """Whether a version number belongs to another version now."""
        row = await self._get(address, version=number)
        if row is None:
            return f"version {number} was deleted in Langfuse since it was read"
        remote = self._remote(address)
        known = remote.versions.get(number) if remote is not None else None
        if known is not None and known.id != row["id"]:
            return f"version {number} is another one than was read: it was deleted and made again"
        return ""

    async def _has_another_newest(self, address: Address) -> str:
        """Whether a prompt that is to be deleted has got another newest version."""
        row, remote = await self._get(address, label=LATEST), self._remote(address)
        if row is None or remote is None:
            return ""
        known = remote.versions.get(row["version"])
        same = known.id == row["id"] if known else row["version"] == remote.newest
        return "" if same else f"it has a new version {row['version']} since it was read"

    async def _get(self, address: Address, **selected: str | int) -> Json:
        try:
            where = path("v2", "prompts", address.name)
            return await self.api.get(where, PROMPT, **selected, resolve="false")
        except NotFoundError:
            return None

    def wrote(self, change: Change, request: Request, answer: Json) -> None:
        """Remember where labels were put, and a version that got another number than planned."""
        name = change.address.name
        if request.method == "DELETE":
            self._deployed.pop(name, None)
            return
        version = answer.get("version") if isinstance(answer, dict) else None
        if not isinstance(version, int):
            return
        body = request.body
        sent = body["newLabels"] if request.method == "PATCH" else body["labels"] or [None]
        labels = [label for label in sent if label is None or not is_marker(label)]
        self._deployed[name] |= dict.fromkeys(labels, version)
        planned = (move.to_version for move in change.moves if move.label in labels)
        expected = next(planned, None) or version
        if expected != version:
            self._displaced.append(
                f"{change.address}: what was planned as version {expected} is version {version}, "
                "since somebody else wrote versions of it meanwhile"
            )

    async def overwritten(self, written: Collection[Change]) -> list[str]:
        """Labels that are no longer where they were put: one list for each label."""
        put: dict[str | None, dict[str, int]] = defaultdict(dict)
        for change in written:
            for label, version in self._deployed.get(change.address.name, {}).items():
                put[label][change.address.name] = version
        lists = await gather(self._misplaced(label, put[label]) for label in put)
        return [*self._displaced, *(warning for warnings in lists for warning in warnings)]

    async def _misplaced(self, label: str | None, put: dict[str, int]) -> list[str]:
        params = {} if self._began is None else {"fromUpdatedAt": iso(self._began)}
        rows = await self.api.pages("/v2/prompts", PROMPTS, label=label or LATEST, **params)
        newest = {row["name"]: max(row["versions"], default=0) for row in rows}
        return [
            f"{Address(self.kind.name, name)}: {_displacement(label, version, newest.get(name, 0))}"
            for name, version in put.items()
            if newest.get(name) != version
        ]


def _displacement(label: str | None, put: int, now: int) -> str:
    """What somebody else did to a label after it was put on a version.

    Args:
        label: The label; None for a draft.
        put: The version that this apply put it on.
        now: The version that has it; 0 for none.
    """
    if label is None:
        made = f"made version {now}, which is the newest now" if now > put else "deleted that"
        return f"this apply made version {put} as a draft, and somebody else {made}"
    moved = f"moved it to version {now}" if now else "took it away"
    return f"this apply put {label} on version {put}, and somebody else {moved}"
