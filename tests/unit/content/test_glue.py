from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.glue import split_glued_sources


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("It is rare. PMCPhysiopedia.", "It is rare."),
        ("It is rare. Wikipedia.", "It is rare."),
        ("Tests follow: PubMedMedscape.", "Tests follow:"),
        ("Key Points KenhubWikipedia.", "Key Points"),
        ("It hurts. Merck ManualsSpine-health.", "It hurts."),
        ("It hurts. Radiology AssistantSpine Society.", "It hurts."),
        ("It hurts. Elbow TodaySome Clinic.", "It hurts."),
        ("Drug Therapy pmc.ncbi.nlm.nih.govresearchgate.net", "Drug Therapy"),
        ("Ask the NCI website. example.orgexample.com", "Ask the NCI website."),
        ("It hurts (a lot). joints.example.org", "It hurts (a lot)."),
    ],
)
def test_source_names_glued_to_a_sentence_are_cut_off(text: str, kept: str) -> None:
    assert split_glued_sources(text) == (kept, text.removeprefix(kept).strip())


@pytest.mark.parametrize(
    "text",
    [
        "Learn more at cdc.gov.",
        "Visit: cdc.gov",
        "It improves Health.",
        "Ask Dr. MacDonald.",
        "Wikipedia.",
        "cdc.gov",
        "The level is 2.5 mg.",
        "",
    ],
)
def test_sentences_that_name_a_source_stay_whole(text: str) -> None:
    assert split_glued_sources(text) == (text, "")


@given(st.text(st.sampled_from("ab. inorgcmPubMedWHO"), max_size=300))
def test_no_letter_is_lost_and_long_chains_of_domains_end_soon(text: str) -> None:
    kept, cut = split_glued_sources(text)
    assert f"{kept}{cut}".replace(" ", "") == text.replace(" ", "")
