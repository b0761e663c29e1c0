// What the server tells a page that is open: data-events on an element says where. Each event of it is one of the
// element, and "listen" on the document begins anew. Nobody listens while nobody looks: a browser has six
// connections to one host, and every tab would keep one.
let source = null;

function listen() {
  source?.close();
  source = null;
  const live = document.querySelector("[data-events]");
  if (!live || document.hidden || live.dataset.over) return;
  source = new EventSource(live.dataset.events);
  const tell = (event) => live.dispatchEvent(new CustomEvent("now", { bubbles: true, detail: JSON.parse(event.data) }));
  source.addEventListener("now", tell);
  source.addEventListener("over", (event) => {
    source.close();
    live.dataset.over = "yes";
    tell(event);
  });
}

document.addEventListener("visibilitychange", listen);
document.addEventListener("listen", listen);
addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", (event) => event.persisted && listen());
listen();
