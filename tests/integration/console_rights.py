"""Who may do what in the console, written down a second time: a new route gets its line here, by a person."""

from __future__ import annotations

from dataclasses import dataclass

ALL = "viewer editor clinician sender privacy admin"
EDITORS = "editor clinician admin"
SENDERS = "sender admin"
PRIVACY = "privacy admin"
RETURNED_MAIL = "privacy sender admin"
ADMINS = "admin"

ISSUE = "/console/issues/{newsletter}/{day}"


@dataclass(frozen=True)
class Who:
    """The *roles* that may, and whether they prove again who they are (*is_fresh*)."""

    roles: str
    is_fresh: bool = False


WHO: dict[str, Who] = {
    # the gate
    "POST /console/sign-out": Who(ALL),
    "GET /console/again": Who(ALL),
    "POST /console/again": Who(ALL),
    "POST /console/again/passkey": Who(ALL),
    "POST /console/again/passkey/options": Who(ALL),
    "POST /console/again/resume": Who(ALL),
    "GET /console/help": Who(ALL),
    "GET /console/account": Who(ALL),
    "POST /console/account/password": Who(ALL, is_fresh=True),
    "POST /console/account/codes": Who(ALL, is_fresh=True),
    "POST /console/account/codes/confirm": Who(ALL, is_fresh=True),
    "POST /console/account/codes/remove": Who(ALL, is_fresh=True),
    "POST /console/account/recovery": Who(ALL, is_fresh=True),
    "POST /console/account/passkey": Who(ALL, is_fresh=True),
    "POST /console/account/passkey/options": Who(ALL, is_fresh=True),
    "POST /console/account/passkey/remove": Who(ALL, is_fresh=True),
    "POST /console/account/sessions/end": Who(ALL, is_fresh=True),
    "POST /console/account/sessions/end-others": Who(ALL, is_fresh=True),
    "GET /console/operators": Who(ADMINS),
    "POST /console/operators/add": Who(ADMINS, is_fresh=True),
    "POST /console/operators/invite": Who(ADMINS, is_fresh=True),
    "POST /console/operators/roles": Who(ADMINS, is_fresh=True),
    "POST /console/operators/sign-out": Who(ADMINS, is_fresh=True),
    "POST /console/operators/disable": Who(ADMINS, is_fresh=True),
    "POST /console/operators/enable": Who(ADMINS, is_fresh=True),
    "GET /console/audit": Who(PRIVACY),
    "POST /console/audit/verify": Who(PRIVACY),
    # today, the calendar, an issue and its sending
    "GET /console/": Who(ALL),
    "GET /console/events": Who(ALL),
    "GET /console/calendar": Who(ALL),
    "GET /console/calendar/made": Who(ALL),
    "POST /console/calendar/move": Who(EDITORS),
    "POST /console/calendar/quiet": Who(EDITORS),
    "POST /console/calendar/undo": Who(EDITORS),
    f"GET {ISSUE}": Who(ALL),
    f"GET {ISSUE}/letter": Who(ALL),
    f"GET {ISSUE}/events": Who(ALL),
    f"GET {ISSUE}/slots/{{slot}}": Who(ALL),
    f"POST {ISSUE}/decide": Who(EDITORS),
    f"POST {ISSUE}/undo": Who(EDITORS),
    f"POST {ISSUE}/copy": Who(EDITORS),
    f"POST {ISSUE}/approve": Who(EDITORS),
    f"GET {ISSUE}/send": Who(SENDERS),
    f"POST {ISSUE}/send": Who(SENDERS, is_fresh=True),
    f"GET {ISSUE}/sending": Who(ALL),
    f"GET {ISSUE}/sending/events": Who(ALL),
    f"POST {ISSUE}/sending/pause": Who(SENDERS),
    f"POST {ISSUE}/sending/resume": Who(SENDERS),
    f"POST {ISSUE}/sending/cancel": Who(SENDERS, is_fresh=True),
    # content, returned mail, settings
    "GET /console/content": Who(ALL),
    "GET /console/content/articles/{article_id}": Who(ALL),
    "POST /console/content/articles/{article_id}/withdraw": Who(EDITORS),
    "GET /console/content/sources": Who(ALL),
    "GET /console/content/try": Who(EDITORS),
    "POST /console/content/try": Who(EDITORS),
    "GET /console/feedback": Who(ALL),
    "GET /console/feedback/policy": Who(ALL),
    "GET /console/feedback/tray/{item}": Who(RETURNED_MAIL),
    "POST /console/feedback/tray/{item}/dismiss": Who(RETURNED_MAIL),
    "GET /console/settings": Who(ADMINS),
    "GET /console/settings/forms": Who(ADMINS),
    "GET /console/settings/keys": Who(ADMINS),
    "POST /console/settings/keys": Who(ADMINS, is_fresh=True),
    "POST /console/settings/keys/{key_id}/revoke": Who(ADMINS, is_fresh=True),
    "GET /console/settings/templates": Who(ADMINS),
    # readers and figures
    "GET /console/readers": Who(ALL),
    "POST /console/readers/add": Who(PRIVACY),
    "POST /console/readers/find": Who(PRIVACY),
    "GET /console/readers/import": Who(PRIVACY),
    "POST /console/readers/import": Who(PRIVACY),
    "GET /console/readers/one/{reader}": Who(PRIVACY),
    "POST /console/readers/one/{reader}/erase": Who(PRIVACY, is_fresh=True),
    "POST /console/readers/one/{reader}/export": Who(PRIVACY, is_fresh=True),
    "POST /console/readers/one/{reader}/lift": Who(PRIVACY),
    "POST /console/readers/one/{reader}/pause": Who(PRIVACY),
    "POST /console/readers/one/{reader}/suppress": Who(PRIVACY),
    "POST /console/readers/one/{reader}/unsubscribe": Who(PRIVACY),
    "GET /console/readers/suppressions": Who(PRIVACY),
    "POST /console/readers/suppressions": Who(PRIVACY),
    "POST /console/readers/suppressions/lift": Who(PRIVACY),
    "GET /console/statistics": Who(ALL),
}
