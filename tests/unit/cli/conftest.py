"""What the tests of the commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shutil import copy2

import pytest
from typer.testing import CliRunner, Result

from newsletter.cli.app import app
from newsletter.subscribers.token import write_key_file
from tests.conftest import MailServer

Run = Callable[..., Result]


@pytest.fixture
def config(tmp_path: Path, smtp_server: MailServer, blank: Path) -> Path:
    copy2(blank, tmp_path / "subscribers.db")
    write_key_file(tmp_path / "newsletter.key")
    path = tmp_path / "newsletter.toml"
    path.write_text(f'smtp_url = "{smtp_server.url}"\n', encoding="utf-8")
    return path


@pytest.fixture
def run(config: Path) -> Run:
    def command(*arguments: str, status: int = 0, typed: str | None = None) -> Result:
        result = CliRunner().invoke(app, ["--config", str(config), *arguments], input=typed)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == status, result.output
        return result

    return command
