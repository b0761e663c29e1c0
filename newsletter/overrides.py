"""Where templates, tokens and translations are looked for: in the operator's folder first, then in ours.

The operator's folder (setting ``templates``) mirrors ours: ``email/``, ``web/``, ``translations/``. A file
there takes the place of the one of the same name; tokens and translations are laid over ours, so that a
file there need only hold what it changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from stat import S_ISREG
from typing import Literal


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


#: More files than this nobody writes: what is beyond is not looked at.
MOST_FILES = 500


@dataclass(frozen=True, slots=True)
class Override:
    """A file of the operator's folder, and whether it replaces ours, is laid over it, or neither."""

    name: str
    use: Literal["replaces", "laid over", "unused"]


def found_overrides(folder: Path) -> list[Override]:
    """What the operator's *folder* holds, by name, and what becomes of it; hidden files are not looked at."""
    names = (path.relative_to(folder) for path in islice(folder.rglob("*"), MOST_FILES) if path.is_file())
    seen = [name for name in names if not any(part.startswith(".") for part in name.parts)]
    return [Override(name.as_posix(), _use_of(name)) for name in sorted(seen)]


def _use_of(name: Path) -> Literal["replaces", "laid over", "unused"]:
    if name.parent.name == "translations" and name.suffix == ".po":
        return "laid over"  # also English, which needs no catalogue of ours
    if not (template_root() / name).is_file():
        return "unused"
    return "laid over" if name.suffix == ".toml" else "replaces"


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
