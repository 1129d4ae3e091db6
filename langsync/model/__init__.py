"""The data that passes between the stages: frozen, plain, without I/O."""

from langsync.model.files import FileChange, Pulled
from langsync.model.history import Commit, Declaration
from langsync.model.plan import (
    FORMAT_VERSION,
    Action,
    Change,
    FieldDifference,
    Impact,
    Origin,
    Plan,
    Project,
    Provenance,
    Refusal,
    Request,
    Wishes,
    gravest,
)
from langsync.model.report import Drift, Outcome, Report, Result
from langsync.model.resources import Address, Json, Resource, Source, digest
from langsync.model.spool import Pack
from langsync.model.state import State

__all__ = [
    "FORMAT_VERSION",
    "Action",
    "Address",
    "Change",
    "Commit",
    "Declaration",
    "Drift",
    "FieldDifference",
    "FileChange",
    "Impact",
    "Json",
    "Origin",
    "Outcome",
    "Pack",
    "Plan",
    "Project",
    "Provenance",
    "Pulled",
    "Refusal",
    "Report",
    "Request",
    "Resource",
    "Result",
    "Source",
    "State",
    "Wishes",
    "digest",
    "gravest",
]
