"""What every page of the console has around it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.requests import Request

from newsletter.operators.account import Operator
from newsletter.operators.role import Role
from newsletter.settings import Settings
from newsletter.web.console.surface import POLICY, Surface
from newsletter.web.page import Pages

TEMPLATES = sorted((Path(__file__).parents[4] / "templates" / "web" / "console").glob("*.j2"))
NOW = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)


def surface_of(settings: Settings) -> Surface:
    return Surface(settings, Pages(settings))


def request(path: str = "/console/audit", *, cookie: str = "", scheme: str = "http", **query: str) -> Request:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return Request(
        {
            "type": "http",
            "method": "GET",
            "scheme": scheme,
            "path": path,
            "query_string": asked.encode(),
            "server": ("localhost", 8000),
            "headers": [(b"host", b"localhost:8000"), (b"cookie", cookie.encode())],
        }
    )


def operator(*roles: Role) -> Operator:
    return Operator(1, "Ada", roles, is_disabled=False, created_at=NOW)


def page(surface: Surface, *, cookie: str = "", who: Operator | None = None) -> str:
    asked = request(cookie=cookie)
    answer = surface.page("fault.html.j2", asked, operator=who, title="<b>", reason="r", step="")
    return bytes(answer.body).decode()


def test_words_of_others_are_text(settings: Settings) -> None:
    assert "&lt;b&gt;" in page(surface_of(settings))


def test_links_lead_where_one_may_go_and_say_where_one_is(settings: Settings) -> None:
    surface = surface_of(settings)
    viewer, admin = page(surface, who=operator(Role.VIEWER)), page(surface, who=operator(Role.ADMIN))
    assert "/console/statistics" in viewer
    for path in ("/console/settings", "/console/operators", "/console/audit"):
        assert path not in viewer
        assert path in admin
    assert re.search(r'href="/console/audit" aria-current="page"', admin)


def test_a_stranger_sees_no_links(settings: Settings) -> None:
    html = page(surface_of(settings))
    assert "<nav" not in html
    assert "sign-out" not in html


def test_below_a_path_every_link_is_below_it(settings: Settings) -> None:
    below = settings.model_copy(update={"base_url": "https://example.org/letter"})
    html = page(surface_of(below), who=operator(Role.ADMIN))
    assert re.findall(r'(?:href|src|action)="(/(?!letter/)[^"]*)"', html) == []


def test_what_an_act_said_is_said_once(settings: Settings) -> None:
    surface = surface_of(settings)
    answer = surface.back(request(), "/console/audit", "Done: 3 < 4.")
    cookie = answer.headers["set-cookie"].partition(";")[0]
    assert answer.headers["location"] == "/console/audit"
    shown = surface.page("fault.html.j2", request(cookie=cookie), title="t", reason="r", step="")
    assert '<div class="said" role="status"><p>Done: 3 &lt; 4.</p>' in bytes(shown.body).decode()
    assert "Max-Age=0" in shown.headers["set-cookie"]


@pytest.mark.parametrize("written", ["", "%%%", "4pyT4pyT4pyT", "_" * 5000, "gA", "é"])
def test_a_cookie_that_somebody_made_up_breaks_nothing(settings: Settings, written: str) -> None:
    html = page(surface_of(settings), cookie=f"console-said={written}")
    assert "</html>" in html


def test_a_style_has_the_colours_of_the_tokens_and_a_version_of_what_is_in_it(
    settings: Settings, tmp_path: Path
) -> None:
    surface = surface_of(settings)
    url = surface.asset_url("console.css")
    version = url.partition("?v=")[2]
    served = surface.asset(request(v=version), "console.css")
    assert b"--accent:" in served.body
    assert "immutable" in served.headers["cache-control"]
    own = tmp_path / "own"
    (own / "web" / "console").mkdir(parents=True)
    (own / "web" / "console" / "console.css").write_text("body { margin: 1px }", encoding="utf-8")
    changed = surface_of(settings.model_copy(update={"templates": own}))
    assert changed.asset_url("console.css") != url


@pytest.mark.parametrize("name", ["console.txt", "../site.css", "layout.html.j2", "X.js", ".js", "a.js.map"])
def test_only_scripts_and_styles_are_served(settings: Settings, name: str) -> None:
    assert surface_of(settings).asset(request(), name).status_code == 404


def test_cookies_are_for_this_host_alone(settings: Settings) -> None:
    surface = surface_of(settings)
    secure = surface.back(request(scheme="https"), "/console/", "said").headers["set-cookie"]
    assert secure.startswith("__Host-console-said=")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"):
        assert part in secure
    assert "Domain" not in secure


def test_the_policy_lets_nothing_in_that_is_not_ours() -> None:
    parts = dict(part.strip().split(" ", 1) for part in POLICY.split(";"))
    assert parts["default-src"] == "'none'"
    assert parts["script-src"] == parts["style-src"] == parts["connect-src"] == "'self'"
    assert parts["base-uri"] == parts["frame-ancestors"] == "'none'"
    assert not re.search(r"unsafe|\*|https?:", POLICY)


def test_no_template_of_the_console_holds_a_script_or_style_of_its_own() -> None:
    for template in TEMPLATES:
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\bsrc=)|javascript:", text), (
            template
        )


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_every_form_that_does_something_carries_the_token_of_the_session(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    macros = dict(re.findall(r"(?s){%-? macro (\w+)\(.*?%}(.*?){%-? endmacro", text))
    with_token = [
        r"{{ csrf_field }}",
        *(rf"{{{{ {name}\(" for name in macros if "csrf_field" in macros[name]),
    ]
    forms = re.findall(r"(?s)<form\b[^>]*\bmethod=\"post\".*?</form>", text)
    assert len(forms) == text.count('method="post"')
    bare = [form for form in forms if not re.search("|".join(with_token), form)]
    # Whoever signs in or opens an invitation has no session yet; what they send is checked by its origin.
    is_before = template.name in ("sign_in.html.j2", "welcome.html.j2")
    assert bare == (forms if is_before else [])


def test_a_disabled_operator_sees_no_links(settings: Settings) -> None:
    gone = replace(operator(Role.ADMIN), is_disabled=True)
    assert "/console/statistics" not in page(surface_of(settings), who=gone)
