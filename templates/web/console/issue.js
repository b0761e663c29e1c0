// The issue page, faster: forms answer in place, sections are dragged, others' changes are told. Without this
// script every form and link does the same by itself.
const content = document.getElementById("content");
const root = () => document.querySelector("[data-issue]");

const parse = (html) => new DOMParser().parseFromString(html, "text/html");

const open = () => new Set([...content.querySelectorAll("details[data-keep][open]")].map((one) => one.dataset.keep));

// What somebody has begun to write stays, whatever comes around it; but what was just sent.
const begun = (sent) =>
  [...content.querySelectorAll("input[id], textarea[id]")].filter(
    (field) =>
      field.form !== sent &&
      !["checkbox", "radio"].includes(field.type) &&
      (field.value !== field.defaultValue || "refused" in field.dataset),
  );

function show(page, focus, sent) {
  const fresh = page.getElementById("content");
  if (!page.querySelector("[data-issue]")) return false;
  const kept = open();
  const written = begun(sent);
  const before = new Map([...content.querySelectorAll("[data-pick]")].map((one) => [one.dataset.pick, one.querySelector("[data-what]").textContent]));
  content.replaceChildren(...fresh.childNodes);
  for (const one of content.querySelectorAll("details[data-keep]")) one.open = kept.has(one.dataset.keep);
  for (const one of content.querySelectorAll("[data-pick]")) {
    const was = before.get(one.dataset.pick);
    one.classList.toggle("is-new", before.size > 0 && was !== one.querySelector("[data-what]").textContent);
  }
  for (const { id, value } of written) {
    const field = document.getElementById(id);
    if (!field || !("value" in field)) continue;
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const found = focus && document.getElementById(focus);
  (document.getElementById("fault") ?? found ?? content).focus({ preventScroll: Boolean(found) });
  document.dispatchEvent(new Event("listen"));
  return true;
}

async function act(form) {
  const focus = form.contains(document.activeElement) ? document.activeElement.id : "";
  form.setAttribute("aria-busy", "true");
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  const html = await answer.text();
  const kept = form.closest("[data-pick]")?.id;
  document.querySelector("[data-dialog]")?.close();
  // Who must sign in or prove who they are first gets that page as a page.
  if (!show(parse(html), focus || kept, form)) form.submit();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-search]") && form.closest("dialog")) {
    event.preventDefault();
    search(form);
  } else if (form.matches("[data-act]") && root()) {
    event.preventDefault();
    act(form).catch(() => form.submit());
  }
});

// The dialog of candidates is the page of candidates, fetched.
async function swap(link) {
  const page = parse(await (await fetch(link.href)).text());
  const section = page.querySelector("[data-slot]");
  if (!section) return location.assign(link.href);
  const dialog = document.querySelector("[data-dialog]");
  const title = section.querySelector("h1");
  const heading = document.createElement("h2");
  heading.id = title.id;
  heading.textContent = title.textContent;
  title.replaceWith(heading);
  dialog.replaceChildren(section);
  dialog.showModal();
  dialog.querySelector("input[type=search]")?.focus();
  dialog.addEventListener("close", () => link.isConnected && link.focus(), { once: true });
}

let asked = 0;
async function search(form) {
  const mine = (asked += 1);
  const query = new URLSearchParams(new FormData(form));
  const page = parse(await (await fetch(`${form.action}?${query}`)).text());
  const found = page.querySelector("[data-found]");
  if (mine === asked && found) form.closest("[data-slot]").querySelector("[data-found]").replaceWith(found);
}

let typing = 0;
document.addEventListener("input", (event) => {
  const field = event.target;
  if (field.matches("[data-live]")) {
    const name = field.dataset.live;
    const length = document.querySelector(`[data-length="${name}"]`);
    const count = [...field.value].length;
    length.textContent = length.textContent.replace(/^\d+/, count);
    length.classList.toggle("is-long", count > Number(length.dataset.most));
    document.querySelector(`[data-shows="${name}"]`).textContent = field.value;
  } else if (field.closest("dialog [data-search]")) {
    clearTimeout(typing);
    typing = setTimeout(() => search(field.form), 150);
  }
});

async function tab(link) {
  const page = parse(await (await fetch(link.href)).text());
  if (show(page)) {
    history.replaceState(null, "", link.href);
    document.querySelector(`[data-tab="${link.dataset.tab}"]`)?.focus();
  } else location.assign(link.href);
}

async function again(link) {
  if (!show(parse(await (await fetch(link.href)).text()))) location.assign(link.href);
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest("a");
  if (!link) return;
  if (link.matches("[data-swap]")) {
    event.preventDefault();
    swap(link).catch(() => location.assign(link.href));
  } else if (link.matches("[data-again]")) {
    event.preventDefault();
    again(link).catch(() => location.assign(link.href));
  } else if (link.matches("[data-tab]")) {
    event.preventDefault();
    tab(link).catch(() => location.assign(link.href));
  } else if (link.matches("[data-close]") && link.closest("dialog")) {
    event.preventDefault();
    link.closest("dialog").close();
  }
});

// Keys; never while somebody writes.
const picks = () => [...content.querySelectorAll("[data-pick]")];
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
  const here = document.activeElement.closest?.("[data-pick]");
  const all = picks();
  const press = (element) => {
    if (!element) return;
    event.preventDefault();
    element.click();
  };
  const go = (element) => {
    if (!element) return;
    event.preventDefault();
    element.focus();
  };
  if (/^[1-6]$/.test(event.key)) press(content.querySelectorAll("[data-tab]")[Number(event.key) - 1]);
  else if (event.key === "j") go(all[Math.min(all.indexOf(here) + 1, all.length - 1)]);
  else if (event.key === "k") go(all[Math.max(all.indexOf(here) - 1, 0)]);
  else if (event.key === "[") press(here?.querySelector('[data-move="up"] button'));
  else if (event.key === "]") press(here?.querySelector('[data-move="down"] button'));
  else if (event.key === "s" || event.key === "p") press(here?.querySelector(`[data-key="${event.key}"]`));
  else if (event.key === "e") go(document.getElementById("subject"));
  else if (event.key === "a") go(content.querySelector('[data-key="a"]'));
  else if (event.key === "z") press(content.querySelector('[data-key="z"]'));
});

// Dragging a section presses "up" or "down" as an order of its own.
let dragged = null;
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-moves]");
  if (dragged) event.dataTransfer.effectAllowed = "move";
});
document.addEventListener("dragover", (event) => {
  const over = event.target.closest?.("[data-moves]");
  for (const one of picks()) one.classList.toggle("is-over", one === over && over !== dragged);
  if (dragged && over) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  const over = event.target.closest?.("[data-moves]");
  if (!dragged || !over || over === dragged) return;
  event.preventDefault();
  const order = picks();
  order.splice(order.indexOf(over), 0, ...order.splice(order.indexOf(dragged), 1));
  const form = dragged.querySelector("[data-move]");
  form.elements.text.value = [...new Set(order.map((one) => one.dataset.pick))].join(" ");
  dragged = null;
  form.requestSubmit();
});
document.addEventListener("dragend", () => {
  dragged = null;
  for (const one of picks()) one.classList.remove("is-over");
});

// What others change is told, and shown when this operator wants to see it: nothing jumps under their hands.
document.addEventListener("now", (event) => {
  const told = event.detail;
  const others = document.querySelector("[data-others]");
  if (!told.changes.length && told.state === root().dataset.state) return;
  others.querySelector("[data-others-said]").textContent = told.changes.length ? `${told.changes.join("; ")}. ` : `It is ${told.state}. `;
  others.hidden = false;
});

// A text of one line is sent by Enter, also where it is shown on two.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.matches("textarea[data-live]")) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});
