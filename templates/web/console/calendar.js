// Leads go from day to day by mouse and by keyboard: both fill the form that is there without a script.
const months = document.getElementById("months");
const form = document.getElementById("move-form");
const status = document.getElementById("status");
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
let carried = null;
let target = null;

const dayOf = (element) => element.closest?.("[data-day]");
const isPlace = (day) => day && day !== carried && "takes" in day.dataset;
const say = (words) => (status.textContent = words);

function pickUp(day) {
  carried = day;
  day.classList.add("carried");
}

function aimAt(day) {
  target?.classList.remove("target");
  target = isPlace(day) ? day : null;
  target?.classList.add("target");
}

function putBack() {
  carried?.classList.remove("carried");
  aimAt(null);
  carried = null;
}

function putDown() {
  form.elements.from.value = carried.dataset.moves;
  form.elements.to.value = target.dataset.takes;
  form.requestSubmit();
}

function makeDraggable() {
  for (const day of months.querySelectorAll("[data-moves]")) {
    day.draggable = true;
    for (const link of day.querySelectorAll("a")) link.draggable = false;
  }
}

if (form) {
  makeDraggable();
  months.addEventListener("dragstart", (event) => {
    const day = dayOf(event.target);
    if (!day || !("moves" in day.dataset)) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", day.dataset.title);
    putBack();
    pickUp(day);
  });
  months.addEventListener("dragover", (event) => {
    if (!carried) return;
    aimAt(dayOf(event.target));
    if (target) event.preventDefault();
  });
  months.addEventListener("drop", (event) => {
    if (!carried || !target) return;
    event.preventDefault();
    putDown();
  });
  months.addEventListener("dragend", putBack);
  months.addEventListener("click", (event) => {
    const handle = event.target.closest(".handle");
    if (!handle || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const day = dayOf(handle);
    const isSame = carried === day;
    if (isSame && target) return putDown();
    putBack();
    if (isSame) return say("Put back.");
    pickUp(day);
    say(`Picked up: ${day.dataset.title}, ${day.dataset.said}. The arrows choose a day, Enter puts it there, Escape puts it back.`);
  });
  months.addEventListener("focusout", (event) => {
    if (carried && !event.relatedTarget?.closest?.("[data-day]")?.isSameNode(carried)) putBack();
  });
  document.addEventListener("keydown", (event) => {
    if (!carried) return;
    if (event.key === "Escape") {
      putBack();
      say("Put back.");
    } else if (event.key in STEPS) {
      event.preventDefault();
      step(STEPS[event.key]);
    }
  });
}

function step(by) {
  const days = [...months.querySelectorAll("[data-day]")];
  let at = days.indexOf(target ?? carried) + by;
  // What takes no lead is passed over, in the direction of the key.
  while (days[at] && !isPlace(days[at]) && days[at] !== carried) at += Math.sign(by);
  if (!days[at]) return;
  aimAt(days[at]);
  days[at].scrollIntoView({ block: "nearest" });
  const { said, title } = days[at].dataset;
  if (!target) say(`${said}: where it was.`);
  else say(title ? `${said}: exchanges with ${title}.` : `${said}: has no lead yet.`);
}

// While the forecast is being made, the page waits for it and then shows it, without a jump.
const made = document.getElementById("made");
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function show() {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  while (carried) await sleep(500);
  const focused = dayOf(document.activeElement)?.id;
  for (const id of ["months", "told"]) document.getElementById(id).replaceChildren(...page.getElementById(id).childNodes);
  made.textContent = page.getElementById("made").textContent;
  made.dataset.making = page.getElementById("made").dataset.making;
  if (!form) return;
  for (const name of ["from", "to"]) {
    const chosen = form.elements[name].value.split(" ")[0];
    form.elements[name].replaceChildren(...page.getElementById(name).childNodes);
    const option = [...form.elements[name].options].find((one) => one.value.split(" ")[0] === chosen);
    form.elements[name].value = option?.value ?? "";
  }
  makeDraggable();
  if (focused) document.getElementById(focused)?.querySelector(".handle")?.focus();
  say(document.querySelector("#told .alarm")?.textContent ?? "The forecast was made anew.");
}

async function wait() {
  while (made.dataset.making === "yes") {
    await sleep(1000);
    const answer = await fetch(made.dataset.ask);
    if (!answer.ok) return;
    if (!(await answer.json()).is_being_made) await show();
  }
}
wait();
