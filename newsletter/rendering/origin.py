"""Which template, and which line of it, a line of filled MJML is from: for errors that an editor can use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from jinja2 import Environment
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

#: Private use (Unicode, section 23.5): in no template and no article that an editor would write.
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")
_LINE = re.compile(r"line (\d+): ")


def placed(
    errors: tuple[str, ...], environment: Environment, name: str, context: Mapping[str, object]
) -> tuple[str, ...]:
    """*errors* of the filled template *name* ("line 87: …") with the template and line that each is from.

    Fills it once more, with marks; so only a mail that has errors pays for it.
    """
    if not any(_LINE.match(error) for error in errors):
        return errors
    try:
        marked = environment.overlay(extensions=[_Marks]).get_template(name).render(context)
    except Exception:  # noqa: BLE001 - a template was saved in between: the next rendering tells of that
        return errors
    origins = list(_origins(marked, name))

    def place(match: re.Match[str]) -> str:
        number = int(match[1])
        return f"template {origins[number - 1]}: " if number <= len(origins) else match[0]

    return tuple(_LINE.sub(place, error, count=1) if _LINE.match(error) else error for error in errors)


def _origins(marked: str, name: str) -> Iterator[str]:
    """For each line of the filled template, where its first visible character is from."""
    last = name
    for line in marked.split("\n"):
        origin, end = last, 0
        for mark in _MARK.finditer(line):
            if line[end : mark.start()].strip():
                break
            origin, end = mark[1], mark.end()
        yield origin
        marks = _MARK.findall(line)
        last = marks[-1] if marks else last


class _Marks(Extension):
    """Puts a mark in front of each line of a template's own text; messages to translate stay as they are."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """The tokens of one template, its text marked."""
        is_message, before = False, ""
        for token in stream:
            if token.type == "name" and before == "block_begin":
                is_message = token.value == "trans" or (is_message and token.value != "endtrans")
            if token.type == "data" and not is_message:
                lines = token.value.split("\n")
                text = "\n".join(
                    f"{_OPEN}{stream.name}, line {number}{_CLOSE}{line}"
                    for number, line in enumerate(lines, token.lineno)
                )
                yield Token(token.lineno, "data", text)
            else:
                yield token
            before = token.type
