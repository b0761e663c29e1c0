"""Where templates, tokens and translations are looked for: in the operator's folder first, then in ours.

The operator's folder (setting ``templates``) mirrors ours: ``email/``, ``web/``, ``translations/``. A file
there takes the place of the one of the same name; tokens and translations are laid over ours, so that a
file there need only hold what it changes.
"""

from __future__ import annotations

from pathlib import Path


def template_root() -> Path:
    """Our own folder of templates: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / "templates"
    return inside if inside.is_dir() else package.parent / "templates"


def search_path(folder: str, overrides: Path | None = None) -> list[Path]:
    """The folders to look into for *folder* ("email", "web" or "translations"), the first one wins."""
    roots = [template_root()] if overrides is None else [overrides, template_root()]
    return [root / folder for root in roots]


def stamp(paths: list[Path]) -> tuple[tuple[str, int], ...]:
    """Changes whenever one of these files is changed, comes or goes: what a kept result is kept by."""
    return tuple((str(path), path.stat().st_mtime_ns) for path in paths if path.is_file())
