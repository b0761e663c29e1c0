"""What a docstring shows is what comes out."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import newsletter

ROOT = Path(newsletter.__file__).parent
SHOWING = sorted(path for path in ROOT.rglob("*.py") if ">>> " in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SHOWING, ids=[path.relative_to(ROOT).as_posix() for path in SHOWING])
def test_each_example_in_a_docstring_holds(path: Path) -> None:
    name = path.relative_to(ROOT.parent).with_suffix("").as_posix().replace("/", ".")
    tried = doctest.testmod(import_module(name))
    assert tried.attempted > 0
    assert tried.failed == 0
