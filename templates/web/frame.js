// Tells the page around this frame how high it is, now and whenever that changes or is asked.
"use strict";
const tell = () => {
  parent.postMessage({ newsletterHeight: document.body.getBoundingClientRect().height }, "*");
};
new ResizeObserver(tell).observe(document.body);
addEventListener("message", (event) => {
  if (event.source === parent) tell();
});
