"""Exports lists of any length to a file: cut by need, resumable, written whole or not at all."""

from langsync.export.job import ExportPart, Job, plan_parts
from langsync.export.parts import Parts
from langsync.export.running import Exported, export
from langsync.export.writing import check_target

__all__ = ["ExportPart", "Exported", "Job", "Parts", "check_target", "export", "plan_parts"]
