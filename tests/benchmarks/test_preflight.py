"""Preflight of a fifteen-block letter without network, beside what the house promises: 100 ms."""

from __future__ import annotations

import time
from collections import defaultdict

from newsletter.rendering.preflight import RULES, preflight
from tests.unit.factory import article, bullets, issue, issue_with, paragraph, table
from tests.unit.rendering.checks.proof import good

LIMIT_S = 0.1
ROUNDS = 20


def test_a_fifteen_block_letter() -> None:
    said = (
        paragraph("Drink <b>2 litres</b> a day for 5 days, and rest. " * 8),
        bullets(*(f"{number} mg, twice a day" for number in range(8))),
        table(("Age", "Dose"), *((f"{age} years", f"{age * 5} mg") for age in range(6))),
    )
    made = issue_with(issue(article("gout"), article("eczema")), blocks=said * 5)
    taken: list[float] = []
    by_rule: dict[str, float] = defaultdict(float)
    for _ in range(ROUNDS):
        proof = good(made)
        began = time.perf_counter()
        preflight(proof)
        taken.append(time.perf_counter() - began)
        for rule in RULES:
            began = time.perf_counter()
            rule.check(proof)
            by_rule[rule.name] += (time.perf_counter() - began) / ROUNDS
    size = len(good(made).edition.html.encode())
    taken.sort()
    print(
        f"\npreflight of {size:,} bytes: best {taken[0] * 1e3:.1f} ms, "
        f"median {taken[ROUNDS // 2] * 1e3:.1f} ms, worst {taken[-1] * 1e3:.1f} ms"
    )
    for name in sorted(by_rule, key=lambda name: -by_rule[name])[:5]:
        print(f"  {name}: {by_rule[name] * 1e3:.2f} ms once the parts are read")
    assert taken[ROUNDS // 2] < LIMIT_S
