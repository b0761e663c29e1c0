"""Where templates, tokens and translations are looked for: in the operator's folder first, then in ours.

The operator's folder (setting ``templates``) mirrors ours: ``email/``, ``web/``, ``translations/``. A file
there takes the place of the one of the same name; tokens and translations are laid over ours, so that a
file there need only hold what it changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from stat import S_ISREG


@cache
def template_root() -> Path:
    """Our own folder of templates: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / "templates"
    return inside if inside.is_dir() else package.parent / "templates"


def search_path(folder: str, overrides: Path | None = None) -> list[Path]:
    """The folders to look into for *folder* ("email", "web" or "translations"), the first one wins."""
    roots = [template_root()] if overrides is None else [overrides, template_root()]
    return [root / folder for root in roots]


def stamp(paths: Iterable[Path]) -> tuple[tuple[str, int, int], ...]:
    """Changes whenever one of these files is changed, comes or goes: what a kept result is kept by."""
    return tuple(one for path in paths if (one := _stamp(path)) is not None)


def _stamp(path: Path) -> tuple[str, int, int] | None:
    """Path, time and size: a file put back from a copy may have an old time."""
    try:
        found = path.stat()
    except (
        OSError,
        ValueError,
    ):  # no path at all, or gone, or going: editors take a file away for a moment when they save it
        return None
    return (str(path), found.st_mtime_ns, found.st_size) if S_ISREG(found.st_mode) else None
