// The sign-up form as an element, <newsletter-signup>. It stands where the element does, or after this script.
// It is served without its blanks and these comments, in at most 10,000 bytes (newsletter/web/form_script.py).
const { base, api, action, challenge, site, lang, dir, newsletters, words, policy, theme } = FORM;
const TAG = "newsletter-signup";
const script = document.currentScript;
const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host { --accent: var(--newsletter-accent, ${theme.accent}); --radius: var(--newsletter-radius, 6px); display: block; max-width: 34em; color: var(--newsletter-ink, ${theme.ink}); background: var(--newsletter-surface, ${theme.surface}); font: 1em/1.5 var(--newsletter-font, inherit) }
* { box-sizing: border-box; margin: 0; text-wrap: pretty } [hidden] { display: none }
form, fieldset, .part { display: grid; gap: .5em; padding: 0; border: 0; min-width: 0 } form, .wide { gap: 1.5em }
h2 { font-size: 1.3em; line-height: 1.3 } h2:focus { outline: none }
p, dt { font-size: .9em } h2 + p { font-size: 1em } a { color: inherit } .links a { display: inline-block; line-height: 44px; margin-inline-end: 1em }
label, legend { font-weight: 600; padding: 0 }
.choice { display: grid; grid-template-columns: 24px 1fr; gap: 12px; min-height: 44px; padding: .5em 0; font-weight: 400 } .choice ~ p { margin-inline-start: 36px }
.choice input { width: 24px; height: 24px; accent-color: var(--accent) }
[type=email], button { font: inherit; min-height: 48px; padding: .5em .75em; color: inherit; background: none; border: 1px solid; border-radius: var(--radius) } [aria-invalid] { outline: 1px solid }
button { font-weight: 600; justify-self: start; min-width: min(100%, 12em); cursor: pointer } button:hover { text-decoration: underline }
.main { color: var(--newsletter-on-accent, ${theme.onAccent}); background: var(--accent); border-color: var(--accent) }
.fault { border-inline-start: 3px solid; padding: .5em .75em; color: ${theme.fault}; background: ${theme.faultSurface}; font-weight: 600 }
dl div { padding: .5em 0; border-top: 1px solid } dd { font-weight: 600; overflow-wrap: anywhere }
:focus-visible { outline: 3px solid; outline-offset: 3px }`);

const make = (tag, given, ...inside) => {
  const made = document.createElement(tag);
  for (const name in given) made.setAttribute(name, given[name]);
  made.append(...inside);
  return made;
};
const part = (...inside) => make("div", { class: "part" }, ...inside);
const hidden = (name, value) => make("input", { type: "hidden", name, value });
const faultLine = (name, given) => make("p", { id: `${name}-fault`, class: "fault", hidden: "", ...given });
const button = (text, act) => {
  const made = make("button", { type: "button" }, text);
  made.addEventListener("click", act);
  return made;
};

class Signup extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
    this.show(this.form());
  }

  show(inside) {
    this.shadowRoot.replaceChildren(make("div", { lang, dir }, inside));
  }

  form() {
    const choice = (input, text) => make("label", { class: "choice" }, input, make("span", {}, text));
    const choices = newsletters.map(({ name, title, cadence }) => choice(make("input", { type: "radio", name: "newsletter", value: name }), `${title}, ${cadence}`));
    if (choices[1]) choices[0].firstChild.checked = true;
    const email = make("input", { id: "email", name: "email", type: "email", autocomplete: "email", dir: "ltr", maxlength: 254, required: "", "aria-describedby": "email-fault email-help" });
    const consent = make("input", { type: "checkbox", name: "consent", value: "yes", required: "", "aria-describedby": "consent-fault" });
    const form = make("form", { method: "post", action: base + action, novalidate: "", "aria-labelledby": "title" },
      make("h2", { id: "title" }, words.title),
      choices[1] ? make("fieldset", {}, make("legend", {}, words.newsletter), ...choices) : hidden("newsletter", newsletters[0].name),
      part(make("label", { for: "email" }, words.email), email, faultLine("email"), make("p", { id: "email-help" }, words.help)),
      part(choice(consent, words.consent), faultLine("consent"), make("p", {}, policy.before, make("a", { href: base + policy.url, target: "_blank" }, policy.words), policy.after)),
      make("input", { name: "website", hidden: "", autocomplete: "off" }),
      hidden("site", site), hidden("language", lang),
      part(faultLine("form", { role: "alert" }), make("button", { class: "main" }, words.button), make("p", {}, words.promise)));
    form.addEventListener("focusin", () => this.begin());
    form.addEventListener("submit", (event) => { event.preventDefault(); this.send(form); });
    return form;
  }

  // The proof of work is done while its person types.
  begin() {
    if (challenge) this.proof ??= prove(base + api.replace(/\w+$/, challenge)).catch(() => "");
  }

  async send(form) {
    const field = Object.fromEntries(new FormData(form));
    if (this.busy) return;
    this.busy = true;
    this.begin();
    let answer, said = {};
    try {
      const body = { email: field.email, newsletters: [field.newsletter], consent: !!field.consent, language: lang, form: "script", page_url: location.origin + location.pathname, website: field.website, address_is_right: this.seen === field.email, proof: (await this.proof) ?? "" };
      answer = await fetch(base + api, { method: "POST", credentials: "omit", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
      said = await answer.json();
    } catch {}
    this.proof = undefined;
    this.busy = false;
    if (answer?.status === 202) return this.done(said, form);
    if (!form.isConnected) this.show(form);
    const faults = answer?.status === 429 ? [{ field: "form", message: said.detail }] : said.errors ?? [];
    const lines = ["form", "consent", "email"];
    // What a script cannot do here, the page behind the form can.
    if (!faults.length || faults.some((one) => !lines.includes(one.field))) return form.submit();
    form.querySelector("[type=button]")?.remove();
    for (const name of lines) {
      const fault = faults.find((one) => one.field === name);
      const line = this.shadowRoot.getElementById(`${name}-fault`);
      const input = form.elements[name];
      line.textContent = fault?.message;
      line.hidden = !fault;
      input?.removeAttribute("aria-invalid");
      if (!fault) continue;
      if (input) input.setAttribute("aria-invalid", true);
      (input ?? form.querySelector(".main")).focus();
      if (name === "email" && said.suggestion) line.after(button(words.instead.replace("{}", said.suggestion), () => { input.value = said.suggestion; this.send(form); }));
    }
    this.seen = said.suggestion && field.email;
  }

  done(said, form) {
    const title = make("h2", { tabindex: -1 }, said.title);
    const fact = (name, value) => make("div", {}, make("dt", {}, name), make("dd", {}, value));
    this.show(make("div", { class: "part wide" },
      part(title, make("p", {}, said.message)),
      make("dl", {}, fact(said.words.to, form.elements.email.value), fact(said.words.from, said.sender), fact(said.words.subject, said.subject)),
      make("p", { class: "links" }, said.words.open, ...said.webmails.flatMap(({ name, url }) => [" ", make("a", { href: url, target: "_blank" }, name)])),
      make("p", {}, said.hint), button(said.words.again, () => this.send(form))));
    title.focus();
    this.dispatchEvent(new CustomEvent(TAG, { bubbles: true }));
  }
}

if (!customElements.get(TAG)) customElements.define(TAG, Signup);
if (script?.closest("body") && !document.querySelector(TAG)) script.after(document.createElement(TAG));
