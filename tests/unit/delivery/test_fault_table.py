"""Every fault of the table does what it says, and the client makes of it what the table says."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from newsletter.delivery.delivery import State
from newsletter.delivery.fault_certificate import write_certificate
from newsletter.delivery.fault_script import Fault
from newsletter.delivery.fault_server import FaultServer
from newsletter.delivery.fault_table import FAULTS, SILENT_S
from newsletter.delivery.reply import Outcome
from newsletter.delivery.smtp import Relay
from newsletter.errors import DeliveryError

PAGE = Path(__file__).parents[3] / "docs/reference/relay-faults.md"
MESSAGE = b"Message-ID: <1@example.org>\r\nSubject: x\r\n\r\n" + (b"x" * 74 + b"\r\n") * 800
PATIENCE_S = SILENT_S / 4
#: What the ledger writes for each outcome (workflows.deliver).
STATES = {
    Outcome.ACCEPTED: State.ACCEPTED,
    Outcome.DEFERRED: State.DEFERRED,
    Outcome.LOST: State.DEFERRED,
    Outcome.REJECTED: State.REJECTED,
    Outcome.UNKNOWN: State.UNKNOWN,
}


def state_after(fault: Fault, server: FaultServer) -> State:
    with Relay(fault.url(server), timeout_s=PATIENCE_S) as relay:
        try:
            reply = relay.send(
                envelope_from="letter@example.com", recipient="ada@example.org", message=MESSAGE
            )
        except DeliveryError:
            return State.QUEUED
    return STATES[reply.outcome]


#: Whether all of it had left this machine when the relay hung up.
BY_CHANCE = {"body-drop": {State.DEFERRED}}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_ends_in_the_state_that_the_table_says(name, tmp_path: Path, monkeypatch):
    fault = FAULTS[name]
    certificate = None
    if fault.certificate_name:
        certificate = write_certificate(tmp_path, name=fault.certificate_name, now=datetime.now(UTC))
        if name == "tls-wrong-name":
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with fault.server(Random(1), certificate=certificate) as server:
        state = state_after(fault, server)
        assert state in {fault.becomes, *BY_CHANCE.get(name, ())}
    # Whatever went wrong: the ledger says accepted of what the relay has, and only of that.
    assert (state is State.ACCEPTED) == any(one.accepted for one in server.received) or state is State.UNKNOWN


def test_the_reference_has_a_row_for_each_fault_and_no_other():
    rows = re.findall(
        r"^\| `([\w-]+)` \| (.+) \| (\w+).* \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert rows == [(name, fault.does, fault.becomes.value) for name, fault in FAULTS.items()]
