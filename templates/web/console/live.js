// What the server tells a page that is open: data-events on an element says where. Each event of it is one of the
// element, and "listen" on the document begins anew. A browser has six connections to one host, and a page that
// listens keeps one: so nobody listens while nobody looks, and no more than four pages at once. Others wait.
const PLACES = ["a", "b", "c", "d"].map((name) => `console-live-${name}`);
let leave = () => {};

function listen() {
  leave();
  const live = document.querySelector("[data-events]");
  if (!live || document.hidden || live.dataset.over) return;
  const here = new AbortController();
  leave = () => here.abort();
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
