// Shows the letter anew when a file that it is made of has changed, each frame where it was scrolled to.
"use strict";

const EVERY_MS = 500;
const state = document.getElementById("state");
const scrolled = new Map();

const say = (words, isWell = true) => {
  if (state.textContent !== words) state.textContent = words;
  state.classList.toggle("fault", !isWell);
};

const noteScroll = () => {
  if (document.getElementById("letter").hidden) return;
  for (const frame of document.querySelectorAll("iframe")) {
    scrolled.set(frame.title, frame.contentWindow.scrollY);
  }
};

const showAnew = async () => {
  const answer = await fetch("./");
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  noteScroll();
  document.title = page.title;
  document.getElementById("said").replaceChildren(...page.getElementById("said").childNodes);
  document.getElementById("words").textContent = page.getElementById("words").textContent;
  document.getElementById("letter").hidden = page.getElementById("letter").hidden;
  const version = page.body.dataset.version;
  for (const frame of document.querySelectorAll("iframe")) {
    const back = () => frame.contentWindow.scrollTo(0, scrolled.get(frame.title) ?? 0);
    frame.addEventListener("load", back, { once: true });
    // Another address: on reload() the browser would scroll by a memory of its own.
    frame.contentWindow.location.replace(`${frame.getAttribute("src")}?${version}`);
  }
  document.body.dataset.version = version;
};

const look = async () => {
  try {
    const answer = await fetch("version");
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    if ((await answer.text()) !== document.body.dataset.version) {
      await showAnew();
      say(`Shown anew at ${new Date().toLocaleTimeString()}`);
    } else if (state.classList.contains("fault") || !state.dataset.begun) {
      say("Watching: save a template and it shows here");
    }
    state.dataset.begun = "yes";
  } catch (error) {
    say(
      error instanceof TypeError
        ? "The preview has ended: start newsletter preview --watch again"
        : `The preview does not answer as it should (${error.message}): its terminal says why`,
      false,
    );
  }
  setTimeout(look, EVERY_MS);
};

look();
