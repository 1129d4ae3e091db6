"""Declared prompts that no target names and that refer to one which changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from langsync.kinds.base import Scope, View
from langsync.kinds.prompt import fetch
from langsync.kinds.prompt.state import merge_readings
from langsync.kinds.services import Api
from langsync.model import Address, Change, Resource, State


async def with_users(api: Api, view: View, changes: Sequence[Change], declared: State) -> View:
    """Both sides with those prompts as Langfuse holds them; see `Kind.with_users`.

    They are read at the labels of their files, and so is what they refer to.
    """
    changed = {
        change.address
        for change in changes
        if change.address.kind == "prompt"
        and change.before is not None
        and change.address in view.desired
    }
    users = [user for user in _users(changed, declared) if user.address not in view.desired]
    unread = [user for user in users if user.address not in view.remote]
    if not unread:
        return view
    settings = replace(view.settings, history_depth=0)  # no older version is looked for
    scope = Scope(State(unread), view.environment, settings)
    fetched = (await fetch.fetch(api, unread, scope)).state
    known = view.remote
    merged = [
        merge_readings(known[address], resource) if address in known else resource
        for address, resource in fetched.items()
    ]
    kept = view.remote.without({resource.address for resource in merged})
    return replace(view, remote=State.union([kept, State(merged)]))


def _users(changed: Collection[Address], declared: State) -> list[Resource]:
    """The declared prompts that refer to changed ones, by others too."""
    reached, users = set(changed), list[Resource]()
    waiting = list(declared.of_kind("prompt")) if changed else []
    while next_ones := [resource for resource in waiting if not reached.isdisjoint(resource.needs)]:
        users += next_ones
        reached |= {resource.address for resource in next_ones}
        waiting = [resource for resource in waiting if resource.address not in reached]
    return users
