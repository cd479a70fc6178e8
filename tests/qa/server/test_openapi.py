import hypothesis
import pytest
import schemathesis
from schemathesis.generation import GenerationMode

from qa import Assistant, Config
from qa.monitoring.feedback import Feedback
from qa.server.app import create_app

CONFIG = schemathesis.Config.from_dict(
    {
        "checks": {
            # A question of blanks matches the schema and is refused.
            "positive_data_acceptance": {"enabled": False},
            "negative_data_rejection": {"expected-statuses": [400, 404, 405, 413, 415, 422]},
        }
    }
)
WITHOUT_FAULT = [
    "GET /status",
    "GET /documents/{document_id}/file",
    "DELETE /documents/{document_id}",
]


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_operations_match_their_openapi_description(
    assistant: Assistant, feedback: Feedback, mode: GenerationMode
) -> None:
    app = create_app(assistant, config=Config(), feedback=feedback)
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, config=CONFIG)
    tried, without_fault = [], []
    for found in schema.get_all_operations():
        operation = found.ok()

        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        @hypothesis.settings(
            max_examples=hypothesis.settings.default.max_examples // 2,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        def fits(case: schemathesis.Case) -> None:
            case.call_and_validate()

        try:
            fits()
            tried.append(operation.label)
        except hypothesis.errors.Unsatisfiable:  # without parameters there is no invalid request
            without_fault.append(operation.label)
    assert len(tried) + len(without_fault) == 11
    assert without_fault == ([] if mode is GenerationMode.POSITIVE else WITHOUT_FAULT)
