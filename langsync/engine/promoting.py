"""Holds a promotion against the files, and writes it into them."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from langsync.config import Config, Environment
from langsync.engine.workspace import Workspace
from langsync.errors import LangsyncError, Problem, RefusedError
from langsync.formats import yaml, yaml_splice
from langsync.formats.documents import Document
from langsync.formats.line_ends import ended_alike, normal
from langsync.formats.yaml_spans import EditError
from langsync.kinds.folder import context_of
from langsync.kinds.prompt import promotion
from langsync.kinds.prompt.promoting import DeclaredPromotion, PromotionSide
from langsync.load import load
from langsync.model import Address, FileChange, Json, Resource, State
from langsync.pull.files import Draft


@dataclass(slots=True)
class FilePromotion:
    """A promotion of prompts, as the files declare them.

    Args:
        config: What ``langsync.yaml`` says.
        source: Where it is promoted from.
        target: Where it is promoted to.
        draft: The files as they will be.
        declared_already: The prompts of which the files say it already.
        rewritten: Files whose comments are lost.
    """

    config: Config
    source: PromotionSide
    target: PromotionSide
    draft: Draft = field(init=False)
    declared_already: list[Address] = field(default_factory=list)
    rewritten: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.draft = Draft(self.config)
        if self.source.environment == self.target.environment:  # labels of one environment
            everything = replace(self.source.environment, labels=None)
            self.source = replace(self.source, environment=everything)
            self.target = replace(self.target, environment=everything)

    def write(self, names: Sequence[str]) -> tuple[FileChange, ...]:
        """Work out how files change so that the target gets what the source gets; writes nothing.

        Args:
            names: Names, addresses or globs of prompts.

        Raises:
            LangsyncError: A name means nothing, or a file has to be edited by hand.
        """
        environments = (self.source.environment, self.target.environment)
        states = [load(self.config, environment).state for environment in environments]
        used = Counter[str]()
        for state in states:
            used |= Counter(file for resource in state.of_kind("prompt") for file in resource.files)
        declared = {resource.address.name: resource for resource in states[0].of_kind("prompt")}
        for name in promotion.chosen(names, declared):
            self._promote(declared[name], used)
        return self.draft.done()

    def _promote(self, resource: Resource, used: Counter[str]) -> None:
        declared = self.declared(resource)
        if declared.is_declared():
            self.declared_already.append(resource.address)
            return
        if declared.moves_labels:
            declared = self._relabel(declared)
        if declared.is_declared():
            return
        if declared.current() is None:
            raise LangsyncError(
                f"{resource.address}: its file names no label {self.target.label!r}: write it "
                "beside the others by hand"
            )
        self._edit(declared, declared.edit(self.draft, used).value)

    def _edit(self, declared: DeclaredPromotion, value: Json) -> DeclaredPromotion:
        """Edit a document in the draft.

        Raises:
            LangsyncError: No edit gives it that value.
        """
        document = declared.document
        try:
            text, is_kept = yaml_splice.edited(document.text, document.index, value)
        except EditError as error:
            raise LangsyncError(f"prompt/{declared.name}: {error}: edit its file by hand") from None
        if not is_kept and document.file not in self.rewritten:
            self.rewritten.append(document.file)
        self.draft.write(document.file, ended_alike(self.draft.read(document.file), text))
        return replace(declared, document=replace(document, text=text, value=value))

    def declared(self, resource: Resource) -> DeclaredPromotion:
        """What the files declare of a prompt on both sides."""
        source = resource.source
        assert source is not None  # noqa: S101 - it is declared
        text = normal(self.draft.read(source.file))
        value = yaml.read(text, source.file)[source.document]
        path = self.config.root / source.file
        document = Document(path, source.file, text, source.document, value)
        context = context_of(self.config, "prompts", self.target.environment)
        return DeclaredPromotion(document, resource.address.name, context, self.source, self.target)

    def _relabel(self, declared: DeclaredPromotion) -> DeclaredPromotion:
        """The same with the target's label beside the source's in the lists of the document."""
        resource = declared.declared(replace(self.source.environment, labels=None))
        labels = self.source.label, self.target.label
        return self._edit(declared, promotion.relabeled(declared.document.value, resource, *labels))


def checked(
    workspace: Workspace, desired: State, sides: tuple[PromotionSide, PromotionSide]
) -> Workspace:
    """The workspace of a promotion in Langfuse, with warnings where the files are ahead.

    Args:
        workspace: What is declared for the target.
        desired: What the target is to hold.
        sides: From where, and to where.

    Raises:
        RefusedError: The next apply would take a promotion back, as the files say other things for
            both environments.
    """
    files = FilePromotion(workspace.config, *sides)
    warnings: list[Problem] = []
    reasons: list[str] = []
    for promoted in desired.values():
        declared = files.declared(workspace.loaded.state[promoted.address])
        current = declared.current()
        [variant] = promoted.content.variants
        if current is None or current.matches(variant):
            continue
        if _is_shared(declared):
            warnings.append(Problem(str(promoted.address), _ahead(sides)))
        else:
            reasons.append(_taken_back(promoted.address, sides))
    if reasons:
        raise RefusedError(reasons)
    narrowed = workspace.narrowed(desired)
    loaded = replace(narrowed.loaded, warnings=(*narrowed.loaded.warnings, *warnings))
    return replace(narrowed, loaded=loaded)


def _is_shared(declared: DeclaredPromotion) -> bool:
    """Whether the files declare the same for both sides."""
    try:
        return declared.is_declared()
    except LangsyncError:
        return False  # nothing is declared for the source


def _ahead(sides: tuple[PromotionSide, PromotionSide]) -> str:
    source, target = sides
    return (
        f"the files declare other content for {target.label} than {source.label} has in Langfuse: "
        f"the next 'langsync apply{_env(target.environment)}' deploys that instead"
    )


def _taken_back(address: Address, sides: tuple[PromotionSide, PromotionSide]) -> str:
    source, target = sides
    ends = f"--from {_end(source)} --to {_end(target)}"
    return (
        f"{address}: its file declares other content for {target.label} than for {source.label}, "
        f"so that the next 'langsync apply{_env(target.environment)}' would take the promotion "
        f"back: 'langsync promote {shlex.quote(address.name)} {ends} --write' writes it into the "
        "file; commit that and apply it"
    )


def _end(side: PromotionSide) -> str:
    return side.environment.name or side.label


def _env(environment: Environment) -> str:
    return f" --env {environment.name}" if environment.name else ""


def how_to_deploy(addresses: Iterable[Address], target: PromotionSide) -> list[str]:
    """What to do about prompts whose files already declare what is to be promoted."""
    return [
        f"{address}: the files declare the same for both: 'langsync apply"
        f"{_env(target.environment)} --target {shlex.quote(str(address))}' deploys it"
        for address in addresses
    ]
