"""Where providers post, no made-up request is answered with 5xx: schemathesis makes up the requests.

These paths are not in /openapi.json, which is for sites: what they answer is written down here.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from newsletter.workflows.ask_amazon import Amazon
from newsletter.workflows.workplace import Workplace
from tests.integration.test_provider_webhooks import AmazonHosts, place
from tests.integration.web_site import running
from tests.unit.feedback.provider import CERTIFICATE_URL, NAMES, Providers

PROVIDERS = Providers()
#: Whether a body tells of somebody is not for a schema to say: nearly any object of a provider's is taken.
LEFT_OUT = "positive_data_acceptance,negative_data_rejection"
PASSWORD = {"Authorization": "Basic " + base64.b64encode(PROVIDERS.postmark.encode()).decode()}


@pytest.fixture
def url(connected: Workplace) -> Iterator[str]:
    hosts = AmazonHosts({CERTIFICATE_URL: PROVIDERS.certificate})
    amazon = Amazon(connected.clock, get=hosts.get)
    with running(place(connected, PROVIDERS.settings), amazon=amazon) as url:
        yield url


def document(provider: str) -> dict[str, Any]:
    """What is said of one provider's path in docs/reference/web.md."""
    problem = {"application/problem+json": {"schema": {"type": "object", "required": ["status", "detail"]}}}
    status = {"type": "object", "required": ["status"], "additionalProperties": False}
    status["properties"] = {"status": {"const": "ok"}}
    refusals = {
        str(code): {"description": "refused", "content": problem} for code in (400, 401, 403, 404, 413, 429)
    }
    taken = {"description": "taken", "content": {"application/json": {"schema": status}}}
    fields: dict[str, Any] = {
        name: {} for name in ("RecordType", "Type", "Email", "ID", "Details", "BouncedAt", "Message")
    }
    told = {"type": "object", "properties": fields | {"RecordType": {"enum": ["Bounce", "Delivery", 1]}}}
    content = {
        kind: {"schema": told}
        for kind in ("application/json", "multipart/form-data", "application/x-www-form-urlencoded")
    }
    post = {"requestBody": {"content": content}, "responses": {"200": taken} | refusals}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Providers", "version": "1"},
        "paths": {f"/webhooks/{provider}": {"post": post}},
    }


@pytest.mark.long
@pytest.mark.parametrize(
    ("provider", "headers"), [*((name, {}) for name in NAMES), ("mandrill", {}), ("postmark", PASSWORD)]
)
def test_no_made_up_request_is_answered_with_5xx(
    url: str, tmp_path: Path, provider: str, headers: dict[str, str]
) -> None:
    (tmp_path / "providers.json").write_text(json.dumps(document(provider)), encoding="utf-8")
    named = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    done = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            *("run", "providers.json", "--url", url, *named),
            *("--phases", "coverage,fuzzing", "--exclude-checks", LEFT_OUT, "--max-examples", "50"),
            *("--seed", "20260303", "--no-color"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    made = re.search(r"(\d+) generated", done.stdout)
    assert made
    assert int(made[1]) > 50
