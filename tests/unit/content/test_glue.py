from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.glue import recurring_names, split_glued_sources


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
        ("It hurts. niams.nih.gov", "It hurts."),
        ("It hurts. PMC+1", "It hurts."),
        ("No. PMC+1", "No."),
        ("It hurts.PMC+2PubMed+2", "It hurts."),
        ("It hurts. OrthoGuide+1", "It hurts."),
        ("Drug Therapy PMC+2PubMed+2", "Drug Therapy"),
        ("It hurts. Patient.infoNHS.", "It hurts."),
        ("It hurts.Patient.infoNHS.", "It hurts."),
        ("Drug Therapy Patient.infoNHS.", "Drug Therapy"),
        ("Drug Therapy Family.orgNHS", "Drug Therapy"),
        ("It hurts. eMedicineDrugs.com", "It hurts."),
        ("Drug Therapy eMedicineDrugs.com", "Drug Therapy"),
        ("Drug Therapy nhs.ukhss.edu", "Drug Therapy"),
        ("It hurts. Harvard HealthWebMD.", "It hurts."),
        ("Drug Therapy Harvard HealthWebMD.", "Drug Therapy"),
        ("It hurts.TeachMeAnything", "It hurts."),
        ("It hurts.Family.org", "It hurts."),
        ("These address it: example.orgexample.com", "These address it:"),
        ("It is rare. Cancer Research UKMayo Clinic.", "It is rare."),
        ("It is rare. PubMedLupus Foundation of America.", "It is rare."),
        ("It is rare. Mayo ClinicBoston Children's Hospital.", "It is rare."),
        ("It is rare. Lupus Foundation of AmericaBoston Children’s Hospital.", "It is rare."),
        ("Half of them recover: Arthritis FoundationMayo Clinic.", "Half of them recover:"),
        ("How is gout inherited? who.intheart.org", "How is gout inherited?"),
        ("How is gout inherited? heart.org", "How is gout inherited?"),
        ("Signs are fever who.intheart.org", "Signs are fever"),
        ("Signs are fever eular.euwho.int", "Signs are fever"),
        ("Signs are fever healthdirect.gov.aunhs.uk", "Signs are fever"),
        ("Signs are fever canada.cabmj.com", "Signs are fever"),
        ("Signs are fever rki.dewho.int", "Signs are fever"),
        ("Signs are fever gov.ukbmj.com", "Signs are fever"),
        ("Signs are fever ema.europa.eubmj.com", "Signs are fever"),
        ("Drug Therapy link.springer.comnhs.uk", "Drug Therapy"),
        ("Drug Therapy orthoinfo.aaos.orgnhs.uk", "Drug Therapy"),
        ("Drug Therapy bestpractice.bmj.comnhs.uk", "Drug Therapy"),
        ("Drug Therapy ghr.nlm.nih.govnhs.uk", "Drug Therapy"),
        ("Drug Therapy journals.lww.comnhs.uk", "Drug Therapy"),
        ("Drug Therapy health.clevelandclinic.orgnhs.uk", "Drug Therapy"),
        ("Drug Therapy academic.oup.comnhs.uk", "Drug Therapy"),
        ("a kidney stone.2 thelancet.commedicalnewstoday.com", "a kidney stone.2"),
    ],
)
def test_source_names_glued_to_a_sentence_are_cut_off(text: str, kept: str) -> None:
    assert split_glued_sources(text) == (kept, text.removeprefix(kept).strip())


@pytest.mark.parametrize(
    ("kept", "cut"),
    [
        ("The pH is < 7.1", "nih.gov"),
        ("Keep the pH at 7.35–7.45", "nih.gov."),
        ("Above 7.1", "joints.example.org"),
        ("Above 7.1", "nih.govwebmd.com"),
        ("Above 7.", "webmd.com"),
        ("More than 20%", "webmd.com"),
        ("Fever is above 38.5°C", "nih.gov"),
        ("Up to 5mg", "nih.gov"),
        ("Above 2.2 mmol/L.", "webmd.com"),
        ("Take 10 mg/kg/day.", "joints.example.org"),
        ("Take 5 mg.", "example.org"),
        ("Take 5\u00a0mg.", "nih.gov"),
        ("Take 5 mg", "nih.gov"),
        ("It hurts. Above 2.5", "nih.gov"),
        ("It hurts.", "webmd.com"),
        ("It hurts.", "nih.govwebmd.com"),
        ("It hurts.", "example.orgexample.com"),
        ("The joint (pH 7.1)", "nih.gov"),
        ("It is good for your health.", "clevelandclinic.orgnhs.uk"),
        ("Take 2 tablets.", "orgexample.org"),
    ],
)
def test_a_number_unit_or_word_that_an_address_is_glued_to_stays(kept: str, cut: str) -> None:
    assert split_glued_sources(kept + cut) == (kept, cut)


@given(
    st.sampled_from(["Up to", "Keep it at", "pH <", "It is rare. Over"]),
    st.decimals(min_value=0, max_value=500, places=1).map(str),
    st.sampled_from(["", " mg", " mg.", "%", " mmol/L.", "\u00a0mL.", " mg/kg."]),
    st.sampled_from(["nih.gov", "webmd.com", "pmc.ncbi.nlm.nih.gov", "nih.govwebmd.com"]),
)
def test_no_address_takes_an_amount_along(before: str, number: str, unit: str, site: str) -> None:
    assert split_glued_sources(f"{before} {number}{unit}{site}") == (f"{before} {number}{unit}", site)


@pytest.mark.parametrize(
    "text",
    [
        "We like 23andme.com",
        "It is 5example.orgexample.com",
        "The top 10 www.example.org",
        "It is at https://example.org/b.example.com",
        "Learn more at cdc.gov.",
        "Visit: cdc.gov",
        "It improves Health.",
        "Ask Dr. MacDonald.",
        "Wikipedia.",
        "cdc.gov",
        "The level is 2.5 mg.",
        "Arthritis charity: NHS",
        "Genetics resource: OMIM",
        "Find a clinic: hss.edu",
        "Where can I learn more? MedlinePlus",
        "Where can I learn more? hss.edu",
        "It works long. OxyContin.",
        "It is a gel. AndroGel.",
        "Talk to Dr. VandeKamp Elsters.",
        "It binds calcium. Ca+2",
        "Stanford HealthWebMD.",
        "Join www.community.org",
        "It hurts a lot my.cancer.org",
        "Where is a clinic? hss.edu",
        "It is rare. Boston Children's Hospital.",
        "It is rare. Call Your Doctor.",
        "See patient.infoNHS",
        "Rest it.Call 999.",
        "Rest it.Paracetamol",
        "",
    ],
)
def test_sentences_that_name_a_source_stay_whole(text: str) -> None:
    assert split_glued_sources(text) == (text, "")


@given(st.text(st.sampled_from("ab. inorgcmPubMedWHO"), max_size=300))
def test_no_letter_is_lost_and_long_chains_of_domains_end_soon(text: str) -> None:
    kept, cut = split_glued_sources(text)
    assert f"{kept}{cut}".replace(" ", "") == text.replace(" ", "")


def test_a_name_in_camel_case_that_recurs_after_sentences_is_a_source() -> None:
    texts = ["It hurts. TeachMeAnything.", "It is rare. TeachMeAnything", "It lasts. OxyContin"]
    names = recurring_names(texts)
    assert [split_glued_sources(text, recurring=names)[0] for text in texts] == [
        "It hurts.",
        "It is rare.",
        "It lasts. OxyContin",
    ]
    assert recurring_names(["It works. OxyContin", "It lasts. OxyContin", "OxyContin is strong."]) == set()


def test_names_that_no_table_knows_are_sources_where_they_recur_glued_together() -> None:
    texts = ["It hurts. Joint TodayThe Elbow of London", "It is rare. The Elbow of LondonJoint Today"]
    names = recurring_names(texts)
    assert [split_glued_sources(text, recurring=names)[0] for text in texts] == ["It hurts.", "It is rare."]
    assert split_glued_sources(texts[0]) == (texts[0], "")
