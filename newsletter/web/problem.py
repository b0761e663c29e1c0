"""How the API says that something is wrong: RFC 9457, application/problem+json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"
_SAID = {
    400: "The body cannot be read. It must be JSON in UTF-8.",
    404: "There is nothing at this address. /openapi.json says what there is.",
    405: "This address does not take that method. /openapi.json says which it takes.",
    413: "The body is larger than any form.",
    500: "Something went wrong here, and it is our fault. Please try again in a minute.",
}
_NO_OBJECT = "Send a JSON object, with the header Content-Type: application/json."


class Fault(BaseModel):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457, with the faults by field and the address that was probably meant."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Fault] = []
    suggestion: str = ""


class ApiProblem(Exception):  # noqa: N818 - the word of RFC 9457
    """A request that is answered with a problem."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[Fault] = (),
        *,
        suggestion: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(
            title=HTTPStatus(status).phrase,
            status=status,
            detail=detail,
            errors=list(errors),
            suggestion=suggestion,
        )
        self.headers = dict(headers or {})


def is_for_api(request: Request) -> bool:
    """Whether the request is to the API or of a mail provider: answers to these are for programs."""
    return request.url.path.startswith(("/api/", "/webhooks/"))


def problem_response(error: Exception, *, readable_by: str) -> JSONResponse:
    """The answer to *error*; *readable_by*: the origin whose page may read it, or ""."""
    if isinstance(error, ApiProblem):
        known = error
    elif isinstance(error, RequestValidationError):
        known = _unfit(error.errors())
    else:
        status = error.status_code if isinstance(error, HTTPException) else 500
        known = ApiProblem(status, _SAID.get(status, HTTPStatus(status).phrase))
        if isinstance(error, HTTPException):
            known.headers |= error.headers or {}
    response = JSONResponse(
        known.problem.model_dump(), known.problem.status, headers=known.headers, media_type=MEDIA_TYPE
    )
    if readable_by and known.problem.status != HTTPStatus.FORBIDDEN:
        response.headers["Access-Control-Allow-Origin"] = readable_by
    response.headers["Vary"] = "Origin"
    return response


def describe_problems(schema: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document *schema* with the media type of problems, which FastAPI cannot be told."""
    for path in schema["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {})
                if status >= "400" and "application/json" in content:
                    response["content"] = {MEDIA_TYPE: content["application/json"]}
    return schema


def _unfit(errors: Sequence[Any]) -> ApiProblem:
    """What is wrong with a request that is not as the document says."""
    if any(error["type"] == "json_invalid" for error in errors):
        return ApiProblem(400, _SAID[400])
    return ApiProblem(422, "The request is not as /openapi.json says.", [_fault(error) for error in errors])


def _fault(error: Any) -> Fault:
    """What is wrong with one field, or with the body as a whole; never what was sent."""
    where = [str(part) for part in error["loc"] if part not in ("body", "header", "path", "query")]
    if not where:
        return Fault(field="body", message=_NO_OBJECT)
    return Fault(field=".".join(where), message=error["msg"])
