"""What references to prompts mean, in Langfuse now or once a plan is applied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from langsync.kinds.base import View
from langsync.kinds.prompt.references import Reference, UnresolvedError, references, resolve
from langsync.kinds.prompt.spec import PromptSpec, PromptVariant
from langsync.kinds.prompt.state import LATEST, PromptState, PromptText
from langsync.model import Address, Json, Request

Requests = Callable[[Address], Iterable[Request]]
"""Gives the requests that a plan sends for a declared prompt."""


@dataclass(frozen=True, slots=True)
class Targets:
    """The texts that references mean.

    Args:
        view: Both sides.
        requests: What the plan sends for a prompt, for the texts after it is applied;
            None for the current ones.
    """

    view: View
    requests: Requests | None = None

    def text_of(self, reference: Reference) -> PromptText | None:
        """What a reference means; None where that is not known."""
        address = Address("prompt", reference.name)
        desired, remote = self.view.desired.get(address), self.view.remote.get(address)
        if self.requests is not None and desired is not None and reference.label is not None:
            if variant := declared_at(reference.label, desired.content):
                return variant.prompt
            if reference.label == LATEST and (last := newest_created(self.requests(address))):
                created: PromptText = last["prompt"]
                return created
        return None if remote is None else text_at(reference, remote.content)

    def resolve(self, prompt: PromptText) -> PromptText:
        """A prompt with its references replaced, as far as their targets are known texts."""

        def text_of(reference: Reference) -> str:
            text = self.text_of(reference)
            if not isinstance(text, str):
                raise UnresolvedError("its text is not known")
            return text

        return resolve(prompt, text_of)[0]

    def knows(self, prompt: PromptText) -> bool:
        """Whether everything that a prompt refers to is there."""
        return all(self.text_of(reference) is not None for reference in references(prompt))


def declared_at(label: str, desired: PromptSpec) -> PromptVariant | None:
    """The variant that a label of a reference means after a plan; None if no variant says so."""
    if label != LATEST:
        return desired.with_label(label)
    return next((variant for variant in desired.variants if variant.is_draft), None)


def newest_created(requests: Iterable[Request]) -> Mapping[str, Json]:
    """The version that ends as the newest one, if any is created."""
    bodies = [request.body for request in requests if request.method == "POST"]
    return bodies[-1] if bodies else {}


def text_at(reference: Reference, remote: PromptState) -> PromptText | None:
    """What a reference means in Langfuse now; None where that was not read."""
    if reference.version is not None:
        version = remote.versions.get(reference.version)
    else:
        version = remote.version_at(reference.label)
    return None if version is None else version.prompt
