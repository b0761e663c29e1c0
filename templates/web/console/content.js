// Finds while one types: the list is taken from the page that the form would lead to.
const form = document.querySelector("[data-search]");
const input = form?.elements.namedItem("q");
let waiting = 0;
let asking = null;

const show = async () => {
  asking?.abort();
  asking = new AbortController();
  const address = new URL(form.action);
  if (input.value.trim()) address.searchParams.set("q", input.value);
  const place = document.getElementById("found");
  const slow = setTimeout(() => place.setAttribute("aria-busy", "true"), 150);
  try {
    const answer = await fetch(address, { signal: asking.signal });
    // Somebody who was signed out is led to the sign-in page, which has no list.
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("found");
    if (!answer.ok || !found) return form.submit();
    place.replaceChildren(...document.importNode(found, true).childNodes);
    history.replaceState(null, "", address);
    document.querySelector("[data-told]").textContent = place.querySelector("h2, .empty")?.textContent ?? "";
  } catch (error) {
    if (error.name !== "AbortError") form.submit();
    return;
  } finally {
    clearTimeout(slow);
  }
  place.setAttribute("aria-busy", "false");
};

if (form) {
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 120);
  });
}
