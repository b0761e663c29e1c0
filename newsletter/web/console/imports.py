"""A list comes in by the browser: looked at first, then brought in; nothing of the file is kept."""

from __future__ import annotations

import io

from starlette.datastructures import UploadFile
from starlette.responses import Response

from newsletter.errors import NewsletterError
from newsletter.operators.role import Right
from newsletter.subscribers.transfer.mapped import MEANINGS
from newsletter.subscribers.transfer.recognise import Format
from newsletter.web.console.readers import PATH
from newsletter.web.console.route import Route, Visit
from newsletter.web.console.standing_words import MEANING_WORDS
from newsletter.web.console.words import in_full
from newsletter.workflows.take_upload import MOST_OCTETS, Taken, Upload, Wishes, take_upload

IMPORT = f"{PATH}/import"
#: Rejected rows that the page lists; all of them are counted.
_SHOWN_REJECTS = 100
_AUDITED = ("read", "imported", "asked", "rejected_count")
COUNTS = (
    ("read", "Rows read"),
    ("imported", "Imported"),
    ("asked", "of these asked by mail"),
    ("updated", "Asked before, active now"),
    ("unchanged", "Unchanged"),
    ("suppressed", "Never mailed"),
    ("new_suppressions", "of these new"),
    ("left_out", "On other lists"),
    ("rejected_count", "Rejected"),
)


def _form(visit: Visit) -> Response:
    return _page(visit, Wishes(newsletter=""))


def _take(visit: Visit) -> Response:
    is_dry = visit.form.get("do") != "import"
    wishes = Wishes(
        newsletter=visit.form.get("newsletter", ""),
        format=visit.form.get("format", ""),
        basis=visit.form.get("basis", ""),
        refuse_unproved="refuse_unproved" in visit.form,
        columns={meaning: visit.form.get(f"column {meaning}", "") for meaning in MEANINGS},
        looked_at="" if is_dry else visit.form.get("sha256", "") or "nothing",
    )
    file = visit.files.get("file")
    try:
        upload = _upload(file)

        def begin(newsletter: str) -> None:
            with visit.workplace.database.write() as connection:
                visit.record(connection, "began to bring in a list", newsletter, octets=upload.size)

        taken = take_upload(visit.workplace, upload, wishes, begin=begin)
        if not is_dry:
            counts = {name: getattr(taken.report, name) for name in _AUDITED}
            with visit.workplace.database.write() as connection:
                visit.record(connection, "brought in a list", taken.newsletter, **counts)
    except NewsletterError as error:
        return _page(visit, wishes, fault=in_full(error))
    finally:
        # With it goes what the upload had of the disk: a file that never had a name.
        if file is not None:
            file.file.close()
    return _page(visit, wishes, taken=taken)


def _upload(file: UploadFile | None) -> Upload:
    """The bytes, which are in memory or in a file without a name; the browser's file name is a word."""
    if file is None:
        return Upload(octets=io.BytesIO(), size=0, name="")
    return Upload(octets=file.file, size=file.size or 0, name=file.filename or "")


def _page(visit: Visit, wishes: Wishes, *, taken: Taken | None = None, fault: str = "") -> Response:
    return visit.page(
        "import.html.j2",
        status=422 if fault else 200,
        wishes=wishes,
        taken=taken,
        fault=fault,
        meaning_words=MEANING_WORDS,
        formats=tuple(Format),
        meanings=tuple(MEANINGS),
        counts=COUNTS,
        rejects=taken.report.rejected[:_SHOWN_REJECTS] if taken else (),
        newsletters=visit.workplace.settings.newsletters,
        most=MOST_OCTETS // 1024 // 1024,
    )


ROUTES: tuple[Route, ...] = (
    Route("GET", IMPORT, Right.READERS, _form),
    Route("POST", IMPORT, Right.READERS, _take, takes="files"),
)
