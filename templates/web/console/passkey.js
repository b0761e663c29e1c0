// Passkeys: a form with data-passkey="PATH" may be answered by one. PATH/options gives the ceremony's options,
// PATH takes the answer and says where to go on: {"to": "/console/…"} or {"fault": "…"}.
const form = document.querySelector("form[data-passkey]");
const button = document.querySelector("[data-use-passkey]");
const isCreating = form?.dataset.ceremony === "create";

const post = async (path, fields) => {
  const answer = await fetch(path, { method: "POST", body: new URLSearchParams(fields) });
  return answer.json();
};

const tell = (words) => {
  let place = document.querySelector(".fault");
  if (!place) {
    place = document.createElement("p");
    place.className = "fault";
    place.setAttribute("role", "alert");
    form.before(place);
  }
  place.textContent = words;
};

const use = async (mediation, signal) => {
  const path = form.dataset.passkey;
  const fields = Object.fromEntries(new FormData(form));
  delete fields.password;
  const options = await post(`${path}/options`, fields);
  if (options.fault) throw new Error(options.fault);
  const publicKey = isCreating
    ? PublicKeyCredential.parseCreationOptionsFromJSON(options)
    : PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const made = isCreating
    ? await navigator.credentials.create({ publicKey, signal })
    : await navigator.credentials.get({ publicKey, mediation, signal });
  const said = await post(path, { ...fields, answer: JSON.stringify(made.toJSON()) });
  if (said.fault) throw new Error(said.fault);
  if (said.fresh) {
    // Proved again: the same form goes on, without the password.
    form.action += "/resume";
    form.submit();
  } else location.assign(said.to);
};

if (form && button && window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  button.hidden = false;
  let waiting = null;
  const begin = () => {
    waiting?.abort();
    waiting = new AbortController();
    return waiting.signal;
  };
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    try {
      await use("optional", begin());
    } catch (error) {
      tell(error.name === "NotAllowedError" ? button.dataset.refused ?? "No passkey was used." : error.message);
    }
  });
  // Conditional: the browser offers passkeys in the name field, without a press.
  const isOffered = !isCreating && document.querySelector("[autocomplete~=webauthn]");
  if (isOffered && (await PublicKeyCredential.isConditionalMediationAvailable?.())) {
    use("conditional", begin()).catch(() => {});
  }
}
