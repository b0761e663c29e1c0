"""`newsletter init`: a commented settings file and a key file."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.output import JsonOption, say_json
from newsletter.subscribers.token import write_key_file


def init(
    directory: Annotated[Path, typer.Argument(metavar="[DIR]")] = Path(),
    json_output: JsonOption = False,
) -> None:
    """Write newsletter.toml and the secret key file into DIR; what is there is never overwritten."""
    directory.mkdir(parents=True, exist_ok=True)
    config, key = directory / "newsletter.toml", directory / "newsletter.key"
    created = []
    if not config.exists():
        config.write_text(example_settings(), encoding="utf-8")
        created.append(config)
    if not key.exists():
        write_key_file(key)
        created.append(key)
    if json_output:
        say_json({"config": str(config), "created": [str(path) for path in created]})
        return
    for path in (config, key):
        typer.echo(f"{'wrote' if path in created else 'kept '} {path}")
    if created:
        typer.echo("Next: edit newsletter.toml, then: newsletter ingest FOLDER")


def example_settings() -> str:
    """The commented settings file: in the package in a wheel, at the root of a checkout."""
    inside = files("newsletter") / "newsletter.example.toml"
    if inside.is_file():
        return inside.read_text(encoding="utf-8")
    return (Path(__file__).parent.parent.parent / "newsletter.example.toml").read_text(encoding="utf-8")
