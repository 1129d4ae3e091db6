"""The columns of tables: those of the API reference, so that all shards have the same.

By the reference and as observed on 4.16.0; further fields of a server follow them. A column is of
type text unless its name is followed by another type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_OBSERVATION: Final = """id traceId startTime endTime projectId parentObservationId type name level
statusMessage version environment bookmarked:bool public:bool userId sessionId
isRootObservation:bool completionStartTime createdAt updatedAt input output metadata:json model
internalModelId modelParameters:json usageDetails:json inputUsage:float outputUsage:float
totalUsage:float costDetails:json inputCost:float outputCost:float totalCost:float
usagePricingTierId usagePricingTierName promptId promptName promptVersion:int latency:float
timeToFirstToken:float tags:json release traceName modelId inputPrice outputPrice totalPrice"""

_OLD_OBSERVATION: Final = """id traceId projectId type name startTime endTime completionStartTime
model modelParameters:json input:json output:json metadata:json version level statusMessage
parentObservationId environment usage:json usageDetails:json costDetails:json promptId promptName
promptVersion:int createdAt updatedAt modelId inputPrice:float outputPrice:float totalPrice:float
calculatedInputCost:float calculatedOutputCost:float calculatedTotalCost:float latency:float
timeToFirstToken:float"""

_OLD_TRACE: Final = """id projectId timestamp name input:json output:json sessionId release version
userId metadata:json tags:json public:bool environment htmlPath latency:float totalCost:float
observations:json scores:json"""

_SCORE: Final = """id projectId name source timestamp environment createdAt updatedAt comment
configId metadata:json subject:json authorUserId queueId dataType value:json"""

_OLD_SCORE: Final = """id projectId name source timestamp environment createdAt updatedAt traceId
sessionId observationId datasetRunId comment configId metadata:json authorUserId queueId dataType
value:float stringValue trace:json"""

_SESSION: Final = "id createdAt projectId environment"

_PROMPT: Final = """id createdAt updatedAt projectId createdBy prompt:json name version:int type
isActive:bool config:json tags:json labels:json commitMessage resolutionGraph:json"""

_ITEM: Final = """id datasetId sourceTraceId sourceObservationId status createdAt updatedAt
input:json expectedOutput:json metadata:json datasetName mediaReferences:json"""

_ALL: Final = {
    "observations": (_OBSERVATION, _OLD_OBSERVATION),
    "traces": (_OBSERVATION, _OLD_TRACE),
    "scores": (_SCORE, _OLD_SCORE),
    "sessions": (_SESSION, _SESSION),
    "prompts": (_PROMPT, _PROMPT),
    "datasets": (_ITEM, _ITEM),
}


def columns(source: str, *, is_v4: bool) -> Mapping[str, str]:
    """Returns the type of each column: ``text``, ``int``, ``float``, ``bool`` or ``json``.

    Args:
        source: The type of the exported records.
        is_v4: Whether the server has the endpoints of v4.
    """
    specs = _ALL[source][0 if is_v4 else 1].split()
    pairs = (spec.partition(":") for spec in specs)
    return {name: type_ or "text" for name, _, type_ in pairs}
