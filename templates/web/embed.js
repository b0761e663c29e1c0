// The sign-up form as an element, <newsletter-signup>. It stands where the element does, or after this script.
const { api, action, challenge, site, lang, dir, newsletters, words, policy, theme } = FORM;
const TAG = "newsletter-signup";
const script = document.currentScript;
const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host { display: block; color: var(--newsletter-ink, ${theme.ink}); background: var(--newsletter-surface, ${theme.surface}); font: 1em/1.5 var(--newsletter-font, inherit) }
form, div, fieldset { display: grid; gap: .75em; margin: 0; padding: 0; border: 0; min-width: 0 }
form { gap: 1.25em } [hidden] { display: none } * { box-sizing: border-box }
h2, p, dl, dd { margin: 0 } h2 { font-size: 1.3em; line-height: 1.3 }
label, legend { font-weight: 600 } .choice { display: grid; grid-template-columns: auto 1fr; gap: .75em; font-weight: 400; padding: .4em 0 }
.choice input { width: 1.5em; height: 1.5em; margin: 0; accent-color: var(--newsletter-accent, ${theme.accent}) }
input[type=email] { font: inherit; width: 100%; min-height: 44px; padding: .5em .75em; color: inherit; background: transparent; border: 1px solid currentColor; border-radius: var(--newsletter-radius, 6px) }
button { font: inherit; min-height: 44px; padding: .5em 1.25em; cursor: pointer; border: 1px solid var(--newsletter-accent, ${theme.accent}); border-radius: var(--newsletter-radius, 6px); color: var(--newsletter-on-accent, ${theme.onAccent}); background: var(--newsletter-accent, ${theme.accent}) }
button.quiet { color: inherit; background: transparent; border-color: currentColor } a { color: inherit }
.small { font-size: .875em } .fault { font-weight: 600 } .fault::before { content: "⚠ " / "" }
:focus-visible { outline: 3px solid currentColor; outline-offset: 2px } dt { font-size: .875em } dd { font-weight: 600; overflow-wrap: anywhere }`);

const make = (tag, given = {}, ...inside) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) if (value !== false) made.setAttribute(name, value);
  made.append(...inside);
  return made;
};
const hidden = (name, value) => make("input", { type: "hidden", name, value });

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
    const choose = newsletters.map(({ name, title, cadence }, place) =>
      make("label", { class: "choice" }, make("input", { type: "radio", name: "newsletter", value: name, ...(place ? {} : { checked: "" }) }), make("span", {}, `${title}, ${cadence}`)));
    const email = make("input", { id: "email", name: "email", type: "email", autocomplete: "email", dir: "ltr", maxlength: 254, required: "", "aria-describedby": "email-fault email-help" });
    const consent = make("input", { type: "checkbox", name: "consent", value: "yes", required: "", "aria-describedby": "consent-fault" });
    const form = make("form", { method: "post", action, novalidate: "", "aria-labelledby": "title" },
      make("h2", { id: "title" }, words.title),
      newsletters.length > 1 ? make("fieldset", {}, make("legend", {}, words.newsletter), ...choose) : hidden("newsletter", newsletters[0].name),
      make("div", {}, make("label", { for: "email" }, words.email), email, make("p", { id: "email-fault", class: "fault", hidden: "" }), make("p", { id: "email-help", class: "small" }, words.help)),
      make("div", {}, make("label", { class: "choice" }, consent, make("span", {}, words.consent)), make("p", { id: "consent-fault", class: "fault", hidden: "" }),
        make("p", { class: "small" }, policy.before, make("a", { href: policy.url, target: "_blank", rel: "noopener" }, policy.words), policy.after)),
      make("div", { hidden: "" }, make("input", { name: "website", tabindex: -1, autocomplete: "off", "aria-label": words.empty })),
      hidden("site", site), hidden("language", lang),
      make("button", {}, words.button), make("p", { role: "status", class: "small" }, words.promise));
    if (challenge) form.addEventListener("focusin", () => { this.proof ??= prove(challenge).catch(() => ""); });
    form.addEventListener("submit", (event) => { event.preventDefault(); this.send(form); });
    return form;
  }

  async send(form) {
    const field = Object.fromEntries(new FormData(form));
    if (this.busy) return;
    this.busy = true;
    let answer, said;
    try {
      const body = { email: field.email, newsletters: [field.newsletter], consent: Boolean(field.consent), language: lang, form: "script", wording: words.consent, page_url: location.origin + location.pathname, website: field.website, address_is_right: this.seen === field.email, proof: (await this.proof) ?? "" };
      this.proof = undefined;
      answer = await fetch(api, { method: "POST", credentials: "omit", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
      said = await answer.json();
    } catch {
      said = {};
    }
    this.busy = false;
    if (answer?.status === 202) return this.done(said, form);
    const faults = said.errors ?? [];
    // What a script cannot do here, the page behind the form can.
    if (!said.detail || faults.some(({ field: name }) => !["email", "consent"].includes(name))) return form.submit();
    for (const name of ["consent", "email"]) {
      const fault = faults.find(({ field: one }) => one === name);
      const line = this.shadowRoot.getElementById(`${name}-fault`);
      line.textContent = fault?.message ?? "";
      line.hidden = !fault;
      form.elements[name].toggleAttribute("aria-invalid", Boolean(fault));
      if (fault) form.elements[name].setAttribute("aria-invalid", "true");
      if (fault) form.elements[name].focus();
    }
    this.seen = said.suggestion ? field.email : undefined;
    if (said.suggestion) {
      const use = make("button", { type: "button", class: "quiet" }, said.suggestion);
      use.addEventListener("click", () => { form.elements.email.value = said.suggestion; use.remove(); this.send(form); });
      this.shadowRoot.getElementById("email-fault").append(" ", use);
    }
    if (!faults.length) form.querySelector("[role=status]").textContent = said.detail;
  }

  done(said, form) {
    const title = make("h2", { tabindex: -1 }, said.title);
    const again = make("button", { type: "button", class: "quiet" }, words.again);
    again.addEventListener("click", () => this.send(form));
    const fact = (name, value) => make("div", {}, make("dt", {}, name), make("dd", {}, value));
    this.show(make("div", {}, title, make("p", {}, said.message), make("dl", {}, fact(words.from, said.sender), fact(words.subject, said.subject)), make("p", { class: "small" }, said.hint), again));
    title.focus();
    this.dispatchEvent(new CustomEvent("newsletter-signup", { bubbles: true }));
  }
}

if (!customElements.get(TAG)) customElements.define(TAG, Signup);
if (script?.closest("body") && !document.querySelector(TAG)) script.after(document.createElement(TAG));
