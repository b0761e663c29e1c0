"""Pages written for these tests, and where the reference data is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REFERENCE = Path(os.environ.get("NEWSLETTER_REFERENCE_DATA", "../shared/data"))


def reference(name: str) -> Path:
    """The reference data's file or folder *name*; the test skips, saying so, where it is absent."""
    path = REFERENCE / name
    if not path.exists():
        pytest.skip(f"no reference data at {path} (set NEWSLETTER_REFERENCE_DATA)")
    return path


CAPTURE = """\
Skip to content
Home > Joints > Tennis elbow
Tennis Elbow | Harbour Health

Saved from https://harbour.example.org/joints/tennis-elbow/
Last reviewed: 14 May 2026
Last updated: 2 June 2026

Tennis elbow is pain on the outside of the elbow. It follows overuse of the forearm muscles, and most \
people who have it never held a racket.

Types of Tennis Elbow:

  1. Acute: It begins suddenly after a day of heavy work.
  2. Chronic: It lasts longer than three months.

Common Causes:

  1. Repeated gripping: Painting, typing and using a screwdriver strain the tendon.
  2. Kidneys that hold on: An odd label that is a clause.
  3. Age: It is most common between 40 and 60 years of age. PubMedWikipedia.

When to See a Doctor:

  1. Numbness: See a doctor the same day if your hand is numb.

Treatment Options:

Rest comes first. wellness.example.orgjointnews.com

  1. Ice: Wrap it in a towel.
    • Ten minutes at a time
      ◦ Three times a day
    • Never on bare skin
  2. Ibuprofen: 400 mg with food. Do not take it if you have a stomach ulcer.

Conclusion:

Most people get better within a year.

Disclaimer: This page is for education only.

References

  1. Example A. Elbow pain. J Example. 2020;1:1-9. PMID: 12345
  2. https://example.org/elbow?ref=2
  3. National Example Service. Tennis elbow. https://nes.example.org/elbow.

Subscribe to our newsletter
We don’t spam! Read our privacy policy for more info.
Follow us on Social Media
© 2020 - 2026 Harbour Press. All rights reserved.
Harbour Health
Logo
"""

MARKDOWN = """\
---
title: Tennis Elbow
url: https://harbour.example.org/tennis-elbow/
slug: tennis-elbow
lang: en-GB
topics: [Joints, pain]
reviewed_on: 2026-05-14
reviewer: Dr A. Example
published_at: 2026-01-02
modified_at: 2026-06-02T10:30:00+02:00
references:
  - "National Example Service. Elbow. https://nes.example.org/elbow"
  - {text: Example Guideline, url: "https://guide.example.org/"}
  - A printed book
---
Tennis elbow is pain on the *outside* of the elbow, with p < 0.05 & H<sub>2</sub>O.

## Types

1. **Acute:** begins suddenly
2. **Chronic**: lasts longer than [three months](https://harbour.example.org/chronic)
   - nested one
   - Nested two: with a label

## Treatment

### Medicines

| Medicine | Dose |
| --- | --- |
| Ibuprofen | 400 mg |

See ![a picture](https://tracker.example.org/p.gif) [here](javascript:alert(1)).

<script>alert(1)</script>

## Disclaimer

This page is for education only.

## References

1. [Example Register](https://register.example.org/)
"""
