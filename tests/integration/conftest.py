"""What the tests of the pages share."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer
from tests.integration.web_site import Site, running


@pytest.fixture
def site(connected: Workplace, smtp_server: MailServer) -> Iterator[Site]:
    with running(connected) as url, httpx.Client(base_url=url, follow_redirects=False) as http:
        yield Site(connected, http, smtp_server)
