// The page follows the morning (live.js): what has changed is put in its place, and nothing else is touched.
const live = document.querySelector("[data-events]");
const parts = (page) => new Map([...page.querySelectorAll("[data-part]")].map((one) => [one.dataset.part, one]));
const served = new Map([...parts(document)].map(([name, part]) => [name, part.innerHTML]));
const USABLE = "a, summary, [tabindex]";

function put(name, part, fresh) {
  served.set(name, fresh.innerHTML);
  const open = [...part.querySelectorAll("details")].map((one) => one.open);
  const used = part.contains(document.activeElement) ? document.activeElement : null;
  part.replaceChildren(...fresh.childNodes);
  for (const [place, one] of [...part.querySelectorAll("details")].entries()) one.open = open[place] ?? false;
  if (!used) return;
  const same = [...part.querySelectorAll(USABLE)].find(
    (one) => one.tagName === used.tagName && one.getAttribute("href") === used.getAttribute("href"),
  );
  (same ?? document.getElementById("content")).focus({ preventScroll: true });
}

function follow(html) {
  const fresh = parts(new DOMParser().parseFromString(html, "text/html"));
  // Another newsletter than before: that is another page.
  if (fresh.size !== served.size || [...served.keys()].some((name) => !fresh.has(name))) return location.reload();
  for (const [name, part] of parts(document)) {
    if (fresh.get(name).innerHTML !== served.get(name)) put(name, part, fresh.get(name));
  }
}

let aloud = "";
let latest = null;
function take() {
  // Whoever is copying something wants it to stay.
  if (!latest || getSelection()?.toString()) return;
  const told = latest;
  latest = null;
  follow(told.page);
  if (aloud && aloud !== told.aloud) live.textContent = told.aloud;
  aloud = told.aloud;
}
document.addEventListener("now", (event) => {
  latest = event.detail;
  take();
});
document.addEventListener("selectionchange", take);
