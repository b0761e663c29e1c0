// Does the proof of work of a form while its person types. Where that fails, the form says what to do instead.
for (const form of document.querySelectorAll("form[data-challenge]")) {
  let proof;
  const begin = () => {
    proof ??= prove(form.dataset.challenge).catch(() => "");
  };
  form.addEventListener("focusin", begin);
  form.addEventListener("submit", async (event) => {
    if (form.elements.altcha) return;
    event.preventDefault();
    begin();
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "altcha", value: await proof });
    form.append(field);
    // Within its own submit event a form ignores that it is submitted; a proof done before gets here that early.
    setTimeout(() => form.requestSubmit(event.submitter));
  });
}
