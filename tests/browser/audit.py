"""axe-core and html-validate over mails and pages: readable lines, none where all is well."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from playwright.sync_api import Frame, Page

from tests.browser.node import FOLDER, MODULES, node

#: Webmail has its own landmarks; a mail is a part of its page.
_OFF_FOR_MAILS = {"region": {"enabled": False}, "landmark-one-main": {"enabled": False}}
_RUN = """async options => {
  const found = await axe.run(document, options);
  return found.violations.flatMap(rule => rule.nodes.map(node =>
    `${rule.id} (${rule.impact}): ${rule.help}: ${node.target.join(' ')}: ${node.html.slice(0, 160)}`)); }"""


def axe(page: Page | Frame, *, is_mail: bool) -> list[str]:
    """What axe-core finds wrong on *page* as it stands: rule, impact, what to do, where."""
    # Evaluated, not added as a script element: the pages' content security policy allows no script.
    page.evaluate(_axe_source())
    options = {"resultTypes": ["violations"], "rules": _OFF_FOR_MAILS if is_mail else {}}
    found: list[str] = page.evaluate(_RUN, options)
    return found


@cache
def _axe_source() -> str:
    return (MODULES / "axe-core/axe.min.js").read_text(encoding="utf-8")


def validate(paths: Sequence[Path], *, is_mail: bool) -> list[str]:
    """What html-validate finds wrong in the files at *paths*, by the rules for mails or for pages.

    Raises:
        RuntimeError: html-validate could not do its work.
    """
    rules = FOLDER / (".htmlvalidate.json" if is_mail else "page.htmlvalidate.json")
    program = MODULES / "html-validate/bin/html-validate.mjs"
    # Into a file: it ends without waiting until a pipe has taken everything, and long answers are cut.
    with TemporaryFile("w+", encoding="utf-8") as answer:
        done = subprocess.run(
            [str(node()), str(program), "--config", str(rules), "--formatter", "json", *map(str, paths)],
            stdout=answer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=120,
        )
        answer.seek(0)
        said = answer.read()
    if done.returncode not in (0, 1) or not said.startswith("["):
        raise RuntimeError(f"html-validate: {done.stderr or said}")
    files: list[dict[str, Any]] = json.loads(said)
    return [
        f"{Path(file['filePath']).name}:{one['line']}:{one['column']}: {one['ruleId']}: {one['message']}"
        for file in files
        for one in file["messages"]
    ]
