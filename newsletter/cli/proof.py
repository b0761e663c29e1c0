"""`newsletter subscribers show ADDRESS --consent`: one person's consent, for whoever has to judge it."""

from __future__ import annotations

from typing import Any

from newsletter.cli.output import console
from newsletter.subscribers.consent import Action, ConsentAct, ConsentRecord
from newsletter.subscribers.signup import JSON_API, MAILPOET_FORM
from newsletter.workflows.prove_consent import ConsentProof, ProvedAct

_LABEL_WIDTH = 14


def proof_document(proof: ConsentProof, *, keep_origins_days: int) -> dict[str, Any]:
    """The proof as JSON has it."""
    return {
        "email": proof.subscriber.address,
        "since": proof.subscriber.created_at.isoformat(),
        "consents": [act_document(each, keep_origins_days=keep_origins_days) for each in proof.acts],
        "chain": proof.verdict,
        "chain_ok": proof.is_whole,
        "broken_at": proof.chain.broken_at,
        "records": proof.chain.records,
        "forgotten": proof.chain.forgotten,
        "end_sealed": proof.chain.is_end_sealed,
    }


def act_document(act: ProvedAct, *, keep_origins_days: int) -> dict[str, Any]:
    """One record with what is known beside it."""
    since = act.policy_kept_since
    return {
        **consent_document(act.record),
        "policy_kept_since": since.isoformat() if since else None,
        "origin": act.origin or _no_origin(act, keep_origins_days),
    }


def consent_document(record: ConsentRecord) -> dict[str, Any]:
    """One record as it stands in the table."""
    place = {"sequence": record.sequence, "link": record.link.hex(), "key_id": _shown(record.key_id)}
    if record.act is None:
        return place | {"forgotten": True}
    content = {
        name: _shown(value) if isinstance(value, str) else value for name, value in vars(record.act).items()
    }
    return {
        **place,
        **content,
        "wording_sha256": record.act.wording_sha256,
        "acted_at": record.act.acted_at.isoformat(),
    }


def print_proof(proof: ConsentProof, *, keep_origins_days: int) -> None:
    """The proof in words, an act after the other."""
    say(f"Consent of {proof.subscriber.address}, as recorded by this newsletter")
    say(f"On file since {proof.subscriber.created_at:%Y-%m-%d %H:%M:%S} UTC; all times are UTC.")
    for each in proof.acts:
        say("")
        if each.record.act is None:
            say(f"Record {each.record.sequence}: its content was deleted; its place in the chain stays.")
            continue
        _print_act(each, each.record.act, keep_origins_days)
    say("")
    say(f"Record of consent: {proof.verdict}.")
    if proof.is_whole and proof.acts:
        say(_meaning(proof))


def say(line: str) -> None:
    """One line for a person, exactly as it is."""
    console().print(line, markup=False)


def _print_act(each: ProvedAct, act: ConsentAct, keep_origins_days: int) -> None:
    about = act.newsletter if act.purpose == "newsletter" else f"{act.newsletter}: {act.purpose}"
    say(_shown(f"Record {each.record.sequence}: {act.action} ({about})"))
    policy = ""
    if act.policy_sha256:
        since = each.policy_kept_since
        kept = f"text kept since {since:%Y-%m-%d}" if since else "text not kept"
        policy = f"version {act.policy_version}, SHA-256 {act.policy_sha256} ({kept})"
    rows = {
        "when": f"{act.acted_at:%Y-%m-%d %H:%M:%S.%f}",
        "who": act.actor,
        "address": act.address,
        "wording": f"“{act.wording}”" if act.wording else _no_wording(act),
        "  SHA-256": act.wording_sha256,
        "  language": act.locale,
        "privacy policy": policy,
        "form": act.door,
        "page": act.page_url,
        "evidence": act.evidence,
        "mail": act.message_id,
        "  its words": f"SHA-256 {act.template_sha256}" if act.template_sha256 else "",
        "came from": " ".join((each.origin or {}).values()) or _no_origin(each, keep_origins_days),
        "software": f"newsletter {act.software}" if act.software else "",
        "link": f"{each.record.link.hex()} (key {each.record.key_id})",
    }
    for label, said in rows.items():
        if said:
            say(_shown(f"  {label:<{_LABEL_WIDTH}} {said}"))


def _no_wording(act: ConsentAct) -> str:
    is_theirs = act.action is Action.REQUEST and act.door in (MAILPOET_FORM, JSON_API)
    return "none declared by the site for its form" if is_theirs else "none was shown"


def _no_origin(act: ProvedAct, keep_origins_days: int) -> str:
    if act.is_origin_altered:
        return "cannot be opened: changed, or sealed under a key that is gone"
    if act.record.act is None or act.record.act.actor != "reader":
        return ""
    return f"not kept, or deleted after {keep_origins_days} days"


def _meaning(proof: ConsentProof) -> str:
    sealed = (
        "no record is missing"
        if proof.chain.is_end_sealed
        else "none is missing between them; whether newer ones were removed is not sealed for this chain"
    )
    count = "1 record" if proof.chain.records == 1 else f"{proof.chain.records} records"
    return (
        f"That is: {count} in one chain, each bound to the one before it and sealed "
        f"with a key that is not in the database; {sealed}."
    )


def _shown(text: str) -> str:
    """*text* as it can be written out: what a tampered record holds may be no text at all."""
    return text.encode(errors="backslashreplace").decode()
