"""What a form on these pages posted."""

from __future__ import annotations

from fastapi import Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException


async def posted(request: Request) -> FormData:
    """The posted fields, urlencoded or multipart; nothing of what cannot be read."""
    try:
        return await request.form(max_files=4, max_fields=40)
    except HTTPException:
        return FormData()


def text(form: FormData, name: str) -> str:
    """The field *name*; "" when it is absent or a file."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
