from __future__ import annotations

import pytest

from newsletter.content.chrome import is_other_script, is_widget, why_chrome


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("To Get Daily Health Newsletter", "newsletter box"),
        ("Sign up for our weekly newsletter!", "newsletter box"),
        ("Stay up to date with our weekly digest", "newsletter box"),
        ("We don’t spam! Read our privacy policy for more info.", "newsletter box: privacy note"),
        ("Download Mobile Apps", "app download line"),
        ("Get our free app on Google Play", "app download line"),
        ("Follow us on Social Media", "social media line"),
        ("Share on Facebook", "social media line"),
        ("Facebook | Twitter | YouTube", "social media line"),
        ("© 2012 - 2025; All rights reserved by authors.", "copyright line"),
        ("Copyright 2019-2026 Harbour Press Ltd", "copyright line"),
        ("Logo", "logo or image placeholder"),
        ("Donate to the relief fund.  >>>Donate Link......", "donation banner"),
        ("Donate now to keep this site free", "donation banner"),
        ("BodyWise © 2023", "copyright line"),
        ("Stay connected with us", "social media line"),
        ("We respect your privacy.", "newsletter box: privacy note"),
        ("Post Comment", "comments or feedback box"),
        ("Home > Joints > Elbow", "site navigation"),
        ("Skip to main content", "site navigation"),
        ("This site uses cookies to improve your visit.", "cookie notice"),
        ("Table of Contents", "page navigation"),
        ("Related Posts", "related posts"),
        ("Leave a comment", "comments or feedback box"),
        ("5 min read", "page tool"),
        ("• This article explains Causes of Gout: in simple medical language.", "generated takeaway"),
    ],
)
def test_page_furniture_is_named_with_the_reason(line: str, why: str) -> None:
    assert why_chrome(line) == why


@pytest.mark.parametrize(
    "line",
    [
        "Follow the plan that your doctor wrote for you.",
        "Help is near.",
        "Causes",
        "Treatment Options:",
        "Share what you know with your doctor, and do not share towels with other people at home or at work.",
        "Contact dermatitis",
        "Donated blood is tested.",
        "Stay up to date with your vaccines",
        "Download the app to book a blood test within 24 hours.",
        "Donations of blood are tested.",
        "Topical creams",
        "",
    ],
)
def test_article_text_is_no_furniture(line: str) -> None:
    assert why_chrome(line) == ""


def test_lines_in_another_script_are_seen_but_greek_letters_are_medicine() -> None:
    assert is_other_script("বাংলা নোট এখনো যোগ করা হয়নি।")
    assert not is_other_script("α-thalassaemia and β-blockers")
    assert not is_other_script("β")


def test_headings_of_a_tool_widget_are_known() -> None:
    assert is_widget("Patient Tools")
    assert is_widget("Key Takeaways:")
    assert not is_widget("Patient stories")
