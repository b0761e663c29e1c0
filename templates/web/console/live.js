// What the server tells a page that is open: data-events on an element says where. Each event of it is one of the
// element, and "listen" on the document begins anew. A browser has six connections to one host, and a page that
// listens keeps one: so nobody listens while nobody looks, and no more than four pages at once. Others wait.
const PLACES = ["a", "b", "c", "d"].map((name) => `console-live-${name}`);
// So long may it take to hear again; then the page says that it does not follow.
const LOST_MS = 10_000;
let leave = () => {};
let awaited = 0;

function say(isLost) {
  const said = document.querySelector("[data-lost]");
  if (said) said.hidden = !isLost;
}

function isHeard() {
  clearTimeout(awaited);
  awaited = 0;
  say(false);
}

function isAwaited() {
  awaited ||= setTimeout(() => say(true), LOST_MS);
}

function listen() {
  leave();
  isHeard();
  const live = document.querySelector("[data-events]");
  if (!live || document.hidden || live.dataset.over) return;
  const here = new AbortController();
  leave = () => here.abort();
  isAwaited();
  takePlace(() => follow(live, here.signal), here.signal).catch(() => undefined); // left before there was a place
}

async function takePlace(hold, signal) {
  if (!navigator.locks) return hold();
  for (const place of PLACES) {
    const was = await navigator.locks.request(place, { ifAvailable: true }, (lock) => lock && hold().then(() => true));
    if (was || signal.aborted) return;
  }
  await navigator.locks.request(PLACES[Math.floor(Math.random() * PLACES.length)], { signal }, hold);
}

// Until it is over, or the page is left.
function follow(live, signal) {
  return new Promise((done) => {
    if (signal.aborted) return done();
    const source = new EventSource(live.dataset.events);
    const end = () => {
      source.close();
      done();
    };
    const tell = (event) =>
      live.dispatchEvent(new CustomEvent("now", { bubbles: true, detail: JSON.parse(event.data) }));
    signal.addEventListener("abort", end);
    source.addEventListener("open", isHeard);
    // It ends every few minutes and is asked for again, which takes two seconds; or for good, as after signing out.
    source.addEventListener("error", () => {
      isAwaited();
      if (source.readyState === EventSource.CLOSED) end();
    });
    source.addEventListener("now", tell);
    source.addEventListener("over", (event) => {
      end();
      live.dataset.over = "yes";
      tell(event);
    });
  });
}

document.addEventListener("visibilitychange", listen);
document.addEventListener("listen", listen);
addEventListener("pagehide", () => leave());
addEventListener("pageshow", (event) => event.persisted && listen());
listen();
