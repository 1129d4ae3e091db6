"""The data that passes between the stages: frozen, plain, without I/O."""

from langsync.model.files import FileChange, Pulled
from langsync.model.history import Commit, Declaration
from langsync.model.permission import Permission
from langsync.model.plan import (
    FORMAT_VERSION,
    Action,
    Change,
    FieldDifference,
    Impact,
    LabelMove,
    Origin,
    Plan,
    PlanOptions,
    Project,
    Provenance,
    Refusal,
    Request,
    gravest,
)
from langsync.model.report import Drift, Outcome, Report, Result
from langsync.model.resources import (
    UNMANAGED,
    Address,
    Json,
    Resource,
    Source,
    Unmanaged,
    digest,
    fields_of,
    values_of,
)
from langsync.model.spool import Pack
from langsync.model.state import State

__all__ = [
    "FORMAT_VERSION",
    "UNMANAGED",
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
    "LabelMove",
    "Origin",
    "Outcome",
    "Pack",
    "Permission",
    "Plan",
    "PlanOptions",
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
    "Unmanaged",
    "digest",
    "fields_of",
    "gravest",
    "values_of",
]
