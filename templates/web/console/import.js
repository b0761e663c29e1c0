// The file stays chosen while one looks first: the answer takes the place of the page, and the file goes with it.
const main = document.querySelector("main");

main.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-import]");
  if (!form) return;
  event.preventDefault();
  const { files } = form.elements.namedItem("file");
  const body = new FormData(form, event.submitter);
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // Somebody who was signed out is led to the sign-in page, which takes no file.
    if (!page.querySelector("[data-import]")) return location.assign(answer.url);
    main.replaceChildren(...document.importNode(page.querySelector("main"), true).childNodes);
    // Once it is in, the next file is another.
    if (main.querySelector("[name=sha256], .fault")) main.querySelector("[name=file]").files = files;
    main.querySelector("#report, .fault")?.scrollIntoView({ block: "start" });
    main.focus();
  } catch {
    form.removeAttribute("aria-busy");
    HTMLFormElement.prototype.submit.call(form);
  }
});
