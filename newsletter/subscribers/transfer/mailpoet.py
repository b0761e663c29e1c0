r"""MailPoet's export: a row per subscriber and list, headers in the site's language, quotes escaped by "\\".

The words of the statuses are never translated, so that an export in any language is known by its values.
Whoever exports chooses the columns: their order is MailPoet's, and only the address is sure to be there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import IntFlag

from newsletter.subscribers.address import compared
from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.transfer.plain import STATUS_NAMES
from newsletter.subscribers.transfer.row import (
    NEVER_CONFIRMED,
    ImportRow,
    Wish,
    evidence_of,
    is_moment,
    network_address,
    refused,
    suppressed,
)
from newsletter.subscribers.transfer.table import Table, address_of, cell_of, first_of, fold

STATUSES = frozenset({"subscribed", "unconfirmed", "unsubscribed", "bounced", "inactive"})

#: Headers in English and, as far as known, other languages. What is missing is told by the values.
_NAMES: dict[str, tuple[str, ...]] = {
    "email": (
        "Email", "E-Mail", "E-Mail-Adresse", "E-mail Address", "Adresse e-mail", "Adresse email",
        "Correo electrónico", "Indirizzo email", "E-mailadres", "Adres e-mail", "ইমেইল", "ইমেল", "ईमेल",
        "البريد الإلكتروني", "بريد إلكتروني",
    ),
    "list status": (
        "List status", "Listenstatus", "Status der Liste", "Statut de la liste", "État de la liste",
        "Estado de la lista", "Stato della lista", "Stato lista", "Estado da lista", "Status da lista",
        "Lijststatus", "Status listy", "তালিকার অবস্থা", "सूची की स्थिति", "حالة القائمة",
    ),
    "global status": (
        "Global status", "Globaler Status", "Gesamtstatus", "Statut global", "État global", "Estado global",
        "Stato globale", "Status global", "Globale status", "Status globalny", "Status ogólny",
        "গ্লোবাল অবস্থা", "वैश्विक स्थिति", "الحالة العامة",
    ),
    "list": ("List", "Liste", "Lista", "Lijst", "তালিকা", "सूची", "القائمة", "قائمة"),
    "opted in": (
        "Subscription time", "Anmeldezeit", "Anmeldezeitpunkt", "Heure d’abonnement", "Heure d'abonnement",
        "Hora de suscripción", "Ora di iscrizione", "Hora da inscrição", "Inschrijftijd", "Czas subskrypcji",
    ),
    "confirmed": (
        "Confirmation time", "Bestätigungszeit", "Bestätigungszeitpunkt", "Heure de confirmation",
        "Hora de confirmación", "Ora di conferma", "Hora da confirmação", "Bevestigingstijd",
        "Czas potwierdzenia",
    ),
    "ip": (
        "Confirmation IP", "Bestätigungs-IP", "IP-Adresse der Bestätigung", "IP de confirmation",
        "IP de confirmación", "IP di conferma", "IP da confirmação",
    ),
}  # fmt: skip


_LEFT_ONE = "has left one of the lists where it comes from, and is on another: choose with --list"


class _Seen(IntFlag):
    """What the rows of one address say together."""

    WANTED = 1  # on a list that was asked for, and the address may have letters
    ELSEWHERE = 2  # the same on any list
    LEFT_LIST = 4
    LEFT = 8
    BOUNCED = 16
    INACTIVE = 32
    UNCONFIRMED = 64
    UNKNOWN = 128
    LEFT_WANTED = 256  # left a list that was asked for


_GLOBAL = {
    "unsubscribed": _Seen.LEFT,
    "bounced": _Seen.BOUNCED,
    "inactive": _Seen.INACTIVE,
    "unconfirmed": _Seen.UNCONFIRMED,
}


def columns(table: Table) -> dict[str, int] | None:
    """The columns of an export of MailPoet, by their names or else their values; None when it is none."""
    found: dict[str, int] = {}
    for meaning, names in _NAMES.items():
        place = first_of(table.places, [fold(name) for name in names])
        if place is not None:
            found[meaning] = place
    if "email" in found and ("list status" in found or "global status" in found):
        return found | _times(table, found)
    return _by_values(table, found)


def rows(table: Table, columns: Mapping[str, int], lists: frozenset[str]) -> Iterator[ImportRow]:
    """What becomes of each row, once all rows of its address are known; *lists*: only these (casefolded)."""
    seen = _look(table, columns, lists)
    for number, cells in table.records(backslash=table.is_quoted):
        address = address_of(cells, columns)
        all_say = _Seen(seen[_key(address)])
        judged = _judged(number, address, all_say)
        if judged is not None:
            yield judged
        elif not _is_asked_for(cells, columns, lists):
            yield ImportRow(number=number, address=address, wish=Wish.LEAVE_OUT)
        elif all_say & _Seen.LEFT_WANTED or not all_say & _Seen.WANTED:
            yield refused(number, address, _LEFT_ONE)
        elif _says(cells, columns) & _Seen.WANTED:
            yield _subscribed(number, address, cells, columns)
        else:
            yield ImportRow(number=number, address=address, wish=Wish.REPEAT)


def _judged(number: int, address: str, all_say: _Seen) -> ImportRow | None:
    """The row when the address cannot have letters from any list; None when it can."""
    if all_say & _Seen.BOUNCED:
        return suppressed(number, address, Reason.BOUNCED)
    if all_say & _Seen.LEFT:
        return suppressed(number, address)
    if all_say & (_Seen.INACTIVE | _Seen.UNCONFIRMED | _Seen.UNKNOWN):
        return refused(number, address, _why(all_say))
    if all_say & _Seen.ELSEWHERE:
        return None
    if all_say & _Seen.LEFT_LIST:
        return suppressed(number, address)
    return refused(number, address, "is on no list where it comes from")


def _why(all_say: _Seen) -> str:
    if all_say & _Seen.UNCONFIRMED:
        return NEVER_CONFIRMED
    if all_say & _Seen.INACTIVE:
        return "is inactive where it comes from: it has opened no letter for a long time"
    return "has a status that MailPoet does not use"


def _subscribed(number: int, address: str, cells: list[str], columns: Mapping[str, int]) -> ImportRow:
    confirmed = cell_of(cells, columns, "confirmed")
    return ImportRow(
        number=number,
        address=address,
        evidence=evidence_of(
            opted_in=cell_of(cells, columns, "opted in"),
            confirmed=confirmed,
        ),
        is_proved=is_moment(confirmed),
        ip=network_address(cell_of(cells, columns, "ip")),
    )


def _look(table: Table, columns: Mapping[str, int], lists: frozenset[str]) -> dict[int, int]:
    """What all rows say of each address: a number each, by the hash of the address."""
    seen: dict[int, int] = {}
    for _, cells in table.records(backslash=table.is_quoted):
        key = _key(address_of(cells, columns))
        says = _says(cells, columns)
        if not _is_asked_for(cells, columns, lists):
            says &= ~_Seen.WANTED
        elif says & _Seen.LEFT_LIST:
            says |= _Seen.LEFT_WANTED
        seen[key] = seen.get(key, 0) | int(says)
    return seen


def _says(cells: list[str], columns: Mapping[str, int]) -> _Seen:
    on_list = cell_of(cells, columns, "list status").casefold()
    overall = cell_of(cells, columns, "global status").casefold()
    if "global status" not in columns:
        overall = on_list if on_list in ("bounced", "inactive", "unconfirmed") else "subscribed"
    elif "list status" not in columns:
        on_list = overall
    if overall in _GLOBAL:
        return _GLOBAL[overall]
    if overall != "subscribed" or on_list not in STATUSES | {""}:
        return _Seen.UNKNOWN
    if on_list == "subscribed":
        return _Seen.WANTED | _Seen.ELSEWHERE
    return {"unsubscribed": _Seen.LEFT_LIST, "bounced": _Seen.BOUNCED}.get(on_list, _Seen(0))


def list_names(table: Table, columns: Mapping[str, int]) -> list[str]:
    """The names of all lists in the file, as it spells them, in alphabetical order."""
    names = {cell_of(cells, columns, "list") for _, cells in table.records(backslash=True)}
    return sorted(name for name in names if name)


def _is_asked_for(cells: list[str], columns: Mapping[str, int], lists: frozenset[str]) -> bool:
    return not lists or cell_of(cells, columns, "list").casefold() in lists


def _key(address: str) -> int:
    return hash(compared(address))


def _by_values(table: Table, found: dict[str, int]) -> dict[str, int] | None:
    """The columns told by their values, where the headers are of a language that is not known."""
    if any(name in table.places for name in STATUS_NAMES):
        return None  # a plain list, whose status has a name
    sample = table.sample(backslash=table.is_quoted)
    statuses = _places(table, sample, lambda cell: cell.casefold() in STATUSES)
    emails = _places(table, sample, lambda cell: "@" in cell and " " not in cell)
    if not statuses or not emails or len(statuses) > 2:
        return None
    # Its order: the status on the list comes before the one over all lists. A lone one is taken as both.
    told = {"email": found.get("email", emails[0]), "global status": statuses[-1]}
    if len(statuses) == 2:
        told["list status"] = statuses[0]
    told |= {"list": found["list"]} if "list" in found else _last_text(table, told)
    return told | _times(table, found)


def _last_text(table: Table, told: Mapping[str, int]) -> dict[str, int]:
    last = len(table.header) - 1
    return {} if last in told.values() or last < max(told.values()) else {"list": last}


def _times(table: Table, found: Mapping[str, int]) -> dict[str, int]:
    """The times of subscription and confirmation: by name, or in the order in which MailPoet writes them."""
    known = {meaning: found[meaning] for meaning in ("opted in", "confirmed") if meaning in found}
    if known:
        return known
    moments = _places(table, table.sample(backslash=table.is_quoted), is_moment)
    return dict(zip(("opted in", "confirmed"), moments, strict=False)) if len(moments) == 2 else {}


def _places(table: Table, sample: list[list[str]], fits: Callable[[str], bool]) -> list[int]:
    """The columns of which every cell that is not empty fits, and one is not empty."""
    filled = (
        (place, [cells[place].strip() for cells in sample if place < len(cells) and cells[place].strip()])
        for place in range(len(table.header))
    )
    return [place for place, said in filled if said and all(fits(cell) for cell in said)]
