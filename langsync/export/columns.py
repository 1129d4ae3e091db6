"""The columns of tables: those that the API reference names, so that all shards have the same.

After the reference and what 4.16.0 was seen to answer; what a server answers beside them comes
after them. A column has texts unless another type stands behind its name.
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


def columns(source: str, *, new: bool) -> Mapping[str, str]:
    """The columns of a table: ``text``, ``int``, ``float``, ``bool`` or ``json`` for each name.

    Args:
        source: What is exported.
        new: Whether the server has the endpoints of v4.
    """
    words = _ALL[source][0 if new else 1].split()
    pairs = (word.partition(":") for word in words)
    return {name: kind or "text" for name, _, kind in pairs}
