// Asks the device for a passkey, or for a new one, when the form is sent; without JavaScript the form stays hidden.
const toBytes = (text) => {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
};
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const described = (list) => (list || []).map((each) => ({ ...each, id: toBytes(each.id) }));

const readOptions = (text) => {
  const options = JSON.parse(text);
  options.challenge = toBytes(options.challenge);
  if (options.user) options.user.id = toBytes(options.user.id);
  if (options.excludeCredentials) options.excludeCredentials = described(options.excludeCredentials);
  if (options.allowCredentials) options.allowCredentials = described(options.allowCredentials);
  return options;
};

const written = (credential) => {
  const answer = credential.response;
  const response = { clientDataJSON: toText(answer.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (answer[name]) response[name] = toText(answer[name]);
  }
  if (answer.getTransports) response.transports = answer.getTransports();
  return JSON.stringify({ id: credential.id, rawId: toText(credential.rawId), type: credential.type, response });
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    const problem = form.querySelector("[role=alert]");
    problem.hidden = true;
    try {
      const publicKey = readOptions(form.dataset.options);
      form.elements.credential.value = written(await navigator.credentials[form.dataset.passkey]({ publicKey }));
      form.requestSubmit();
    } catch {
      problem.hidden = false;
    }
  });
}
