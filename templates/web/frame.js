// Tells the page around this frame how high it is, now and whenever that changes or is asked; and puts the
// focus where the page says: browsers ignore autofocus in a frame of another origin.
"use strict";
const tell = () => {
  parent.postMessage({ newsletterHeight: document.body.getBoundingClientRect().height }, "*");
};
new ResizeObserver(tell).observe(document.body);
addEventListener("message", (event) => {
  if (event.source === parent) tell();
});
// Where this script runs the answer takes the focus, and must not be scrolled to.
for (const form of document.forms) form.action = form.action.replace("#attend", "");
document.querySelector("[data-focus]")?.focus();
