// For every page: the menu is open where there is room, and keys lead from page to page (? lists them).
const wide = matchMedia("(min-width: 60rem)");
const menu = document.querySelector("[data-menu]");
const fit = () => {
  if (menu) menu.open = wide.matches;
};
wide.addEventListener("change", fit);
fit();

const places = { t: "", c: "calendar", o: "content", r: "readers", f: "feedback", s: "statistics", e: "settings" };
let isGoing = false;
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select, [contenteditable], dialog");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !document.querySelector("[data-menu]")) return;
  const base = document.querySelector(".brand").getAttribute("href");
  if (event.key === "?") location.href = `${base}help`;
  else if (isGoing && event.key in places) location.href = base + places[event.key];
  isGoing = event.key === "g";
});

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
