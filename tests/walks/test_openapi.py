"""The published OpenAPI description: what it says is taken is taken, and nothing generated from it breaks the server."""

import requests
from hypothesis import given, settings


class Elsewhere(requests.adapters.HTTPAdapter):
    """Sends from an address of its own: what is generated here is not counted with the forms of other tests."""

    def init_poolmanager(self, *arguments, **options):
        super().init_poolmanager(*arguments, source_address=("127.0.0.9", 0), **options)


def operations(running):
    """Return what the server publishes, operation by operation."""
    import schemathesis  # noqa: PLC0415 - a tenth of what each process of the tests would import to collect it

    described = schemathesis.openapi.from_url(f"{running.base}/avow/openapi.json")
    return [found.ok() for found in described.get_all_operations()]


def test_every_point_of_the_policy_is_described(running):
    """Events, pixel, browsers' reports, each form and each report of a click have an operation."""
    paths = {operation.path for operation in operations(running)}
    assert {
        "/avow/events",
        "/avow/pixel.gif",
        "/avow/csp-reports",
        "/avow/forms/contact-form",
        "/avow/forms/job-application",
        "/avow/postbacks/shop-purchase",
    } <= paths


def answers_as_described(operation):
    """Send what is generated from the description, valid and not; each answer must be one that it names, in its shape."""
    from schemathesis import GenerationMode, checks  # noqa: PLC0415 - as above
    from schemathesis.specs.openapi import checks as described  # noqa: PLC0415 - as above

    held = [
        checks.not_a_server_error,
        described.status_code_conformance,
        described.content_type_conformance,
        described.response_schema_conformance,
    ]
    session = requests.Session()
    session.mount("http://", Elsewhere())
    sent_so = {"headers": {"Sec-Fetch-Site": "same-origin"}, "timeout": 30, "allow_redirects": False, "session": session}
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @settings(max_examples=20)
        @given(operation.as_strategy(generation_mode=mode))
        def answered(case):
            response = case.call(**sent_so)
            case.validate_response(response, checks=held)

        answered()


def test_every_answer_is_one_that_is_described(running):
    """Whatever is generated from the description, valid or not, is answered as it says, and never by a failure."""
    for operation in operations(running):
        answers_as_described(operation)
