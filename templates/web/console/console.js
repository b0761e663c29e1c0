// For every page: the menu is open where there is room, and keys lead from page to page (? lists them).
const wide = matchMedia("(min-width: 60rem)");
const menu = document.querySelector("[data-menu]");
const fit = () => {
  if (menu) menu.open = wide.matches;
};
wide.addEventListener("change", fit);
fit();

// Whoever speaks to the machine, or wants no keys of a single letter, turns them off on the help page
// (WCAG 2.2, 2.1.4). Other scripts look at html[data-shortcuts].
const root = document.documentElement;
const SHORTCUTS = "console-shortcuts";
const remembered = () => {
  try {
    return localStorage.getItem(SHORTCUTS) ?? "on";
  } catch {
    return "on";
  }
};
root.dataset.shortcuts = remembered();

const base = document.querySelector(".brand").getAttribute("href");
const places = {
  t: "", c: "calendar", o: "content", r: "readers", f: "feedback", s: "statistics", e: "settings", a: "audit", p: "operators",
};

// The rows of a list or table: j and k put the focus on the first link in the next or the one before.
const walk = (step) => {
  const links = [...document.querySelectorAll("main .rows > li, main tbody tr")]
    .map((row) => row.querySelector("a[href], button"))
    .filter((link) => link?.checkVisibility());
  const row = document.activeElement?.closest("main .rows > li, main tbody tr");
  const at = links.findIndex((link) => row?.contains(link));
  const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step;
  links[next]?.focus();
};

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-dismiss]")) event.target.closest(".said").remove();
});

const onOff = (page) => {
  for (const button of page.querySelectorAll("[data-shortcuts-toggle]")) {
    const show = () => {
      button.textContent = root.dataset.shortcuts === "on" ? button.dataset.turnOff : button.dataset.turnOn;
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      root.dataset.shortcuts = root.dataset.shortcuts === "on" ? "off" : "on";
      try {
        localStorage.setItem(SHORTCUTS, root.dataset.shortcuts);
      } catch {
        // Then it holds for this page alone.
      }
      show();
    });
    show();
  }
};

// The help sheet stands over the page, so that nothing that was typed is lost; without it, its page opens.
const help = async () => {
  const open = document.querySelector("dialog[data-help]");
  if (open) {
    open.showModal();
    return;
  }
  const answer = await fetch(`${base}help`);
  const sheet = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-sheet]");
  if (!sheet) {
    location.href = `${base}help`;
    return;
  }
  const dialog = document.createElement("dialog");
  dialog.dataset.help = "";
  dialog.setAttribute("aria-labelledby", "help-title");
  sheet.querySelector("[data-close]").hidden = false;
  dialog.append(sheet);
  document.body.append(dialog);
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  onOff(dialog);
  dialog.showModal();
};

let isGoing = false;
document.addEventListener("keydown", (event) => {
  if (root.dataset.shortcuts === "off" || !menu || event.defaultPrevented) return;
  const isTyping = event.target.closest?.("input, textarea, select, [contenteditable], dialog[open]");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isGoing && event.key in places) location.href = base + places[event.key];
  else if (event.key === "?") help();
  else if (event.key === "j") walk(1);
  else if (event.key === "k") walk(-1);
  isGoing = event.key === "g";
});
onOff(document);

// "Copy" buttons: data-copy names the element whose text is copied.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const from = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(from.value ?? from.textContent);
    const before = button.textContent;
    button.textContent = button.dataset.done ?? before;
    setTimeout(() => (button.textContent = before), 2000);
  });
}
