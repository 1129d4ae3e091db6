"""Who made a prompt in Langfuse differ from the files: labels against their markers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from langsync.kinds.base import View
from langsync.kinds.fields import unaccounted
from langsync.kinds.prompt.compare import differing_tags
from langsync.kinds.prompt.deployments import is_marker, marker, stamp
from langsync.kinds.prompt.spec import PromptSpec, PromptVariant
from langsync.kinds.prompt.state import PromptState, PromptVersion
from langsync.kinds.services import Past
from langsync.model import Declaration, Origin, Provenance, Resource


def trace(
    desired: Resource[PromptSpec], remote: Resource[PromptState], view: View, past: Past
) -> Iterator[Provenance]:
    """The provenance of each misplaced label and of differing tags; see `Kind.trace`.

    A label with its marker on the same version was touched by nobody: Git went ahead. Apart, Git
    only knows of it if a commit that is newer than the newest one with the marker's content
    declares what the label stands on. Without a marker, if any commit ever declared that.
    """
    for variant in desired.content.deployed:
        for label in variant.misplaced(remote.content):
            yield _of_label(label, variant, desired, remote.content, view, past)
    if differing_tags(desired.content, remote.content):
        yield _of_tags(desired, remote.content, past)


def _of_label(
    label: str | None,
    variant: PromptVariant,
    desired: Resource[PromptSpec],
    remote: PromptState,
    view: View,
    past: Past,
) -> Provenance:
    number, version = remote.position(label), remote.version_at(label)
    marked = None
    if view.settings.deployment_markers and label is not None:
        marked = remote.labels.get(marker(label))
    name = label or "draft"
    if version is None:
        if marked is None:
            return Provenance(name, Origin.GIT, missing=not _waits(desired.content, remote))
        # the marker is left: somebody removed the label
        return Provenance(name, _touched(marked, variant, remote))
    declaration = _declaring(version, desired, past) if marked is None or marked != number else None
    if marked == number:
        origin = Origin.GIT
    elif marked is None:
        origin = Origin.GIT if declaration or _is_stamped(version) else Origin.REMOTE
    else:
        before = _declaring(remote.versions.get(marked), desired, past)
        adopted = declaration and (before is None or declaration.position < before.position)
        origin = Origin.GIT if adopted else _touched(marked, variant, remote)
    evidence = _evidence(name, origin, number, version, declaration, past)
    # without a marker it is unknown whether the label was moved: langsync may have put it there
    own = marked is None and origin is Origin.REMOTE and _is_dirty(version)
    return replace(evidence, uncommitted=own)


def _waits(desired: PromptSpec, remote: PromptState) -> bool:
    """Whether another environment has deployed a prompt, so that a label may just wait for it."""
    ours = set(map(marker, desired.labels))
    return any(is_marker(label) and label not in ours for label in remote.all_labels)


def _touched(marked: int, variant: PromptVariant, remote: PromptState) -> Origin:
    """A label was moved by hand: a conflict if the files have changed since the marker, too."""
    version = remote.versions.get(marked)
    still = version is not None and variant.matches(version)
    return Origin.REMOTE if still else Origin.CONFLICT


def _is_stamped(version: PromptVersion) -> bool:
    """Whether langsync made a version from a commit, be that squashed away since."""
    hash, dirty = stamp(version.commit_message)  # noqa: A001 - what it is
    return bool(hash) and not dirty


def _is_dirty(version: PromptVersion) -> bool:
    """Whether langsync made a version from files that were not all committed."""
    return stamp(version.commit_message)[1]


def _declaring(
    version: PromptVersion | None, desired: Resource[PromptSpec], past: Past
) -> Declaration | None:
    """The newest run of commits that declares the content of a version, under any label."""
    if version is None:
        return None
    for declaration in past.declarations(desired.address):
        resource: Resource[PromptSpec] | None = declaration.resource
        if resource and any(variant.matches(version) for variant in resource.content.variants):
            return declaration
    return None


def _evidence(
    name: str,
    origin: Origin,
    number: int | None,
    version: PromptVersion,
    declaration: Declaration | None,
    past: Past,
) -> Provenance:
    commit = str(declaration.commit) if declaration else ""
    hash, dirty = stamp(version.commit_message)  # noqa: A001 - what it is
    if not commit and hash:
        # the message names the commit that last touched the prompt, the stamp that of the checkout
        commit = str(past.commit(hash) or hash)
        commit = f"uncommitted changes on {commit}" if dirty else commit
    return Provenance(name, origin, number, version.created_by, version.created_at, commit)


def _of_tags(desired: Resource[PromptSpec], remote: PromptState, past: Past) -> Provenance:
    """Tags have no marker: they are Git's if some commit declared them.

    A commit that declares the prompt and leaves its tags alone counts for no tags at all.
    """
    here = set(remote.tags)
    for declaration in past.declarations(desired.address):
        resource: Resource[PromptSpec] | None = declaration.resource
        if resource is not None and set(resource.content.tags or ()) == here:
            return Provenance("tags", Origin.GIT, commit=str(declaration.commit))
    return unaccounted("tags", desired, past)


def stamps(desired: PromptSpec, remote: PromptState) -> Iterator[str]:
    """The commits from which the versions at the declared labels, or their markers, were deployed.

    A dirty work tree counts as its checked-out commit.
    """
    for label in (*desired.placements, *map(marker, desired.labels)):
        version = remote.version_at(label)
        if version is not None:
            hash, _ = stamp(version.commit_message)  # noqa: A001 - what it is
            if hash:
                yield hash
