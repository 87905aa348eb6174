"use strict";
// Asks the browser for a passkey, or to make one, and sends what it answers with the form (WebAuthn Level 3, 5.1).
const form = document.querySelector("form[data-ceremony]");
const button = form.querySelector("[name=_eventId_proceed], [name=_eventId_register]");
const ceremony = form.dataset.ceremony;
const options = JSON.parse(form.dataset.options);
const opened = performance.now();
const FRESH_MILLISECONDS = 270_000;

const octets = text => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), each => each.charCodeAt(0));
const text = buffer => {
  const characters = Array.from(new Uint8Array(buffer), each => String.fromCharCode(each)).join("");
  return btoa(characters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};
const described = credentials => credentials.map(each => ({...each, id: octets(each.id)}));

function asked() {
  if (ceremony === "get") {
    const publicKey = {...options, challenge: octets(options.challenge), allowCredentials: described(options.allowCredentials)};
    return navigator.credentials.get({publicKey});
  }
  const user = {...options.user, id: octets(options.user.id)};
  const excludeCredentials = described(options.excludeCredentials);
  return navigator.credentials.create({publicKey: {...options, challenge: octets(options.challenge), user, excludeCredentials}});
}

function answered({rawId, response}) {
  if (ceremony === "create") {
    return {
      client_data_json: text(response.clientDataJSON),
      attestation_object: text(response.attestationObject),
      transports: (response.getTransports?.() ?? []).join(","),
    };
  }
  return {
    credential_id: text(rawId),
    client_data_json: text(response.clientDataJSON),
    authenticator_data: text(response.authenticatorData),
    signature: text(response.signature),
    user_handle: response.userHandle ? text(response.userHandle) : "",
  };
}

function say(what) {
  document.getElementById("problem")?.remove();
  const words = document.querySelector(`template[data-says=${what}]`).content.cloneNode(true);
  document.getElementById("said").replaceChildren(words);
}

async function proceed() {
  // What the page was made with is good for five minutes; the page is fetched anew before that.
  if (performance.now() - opened > FRESH_MILLISECONDS) {
    location.replace(form.action);
    return;
  }
  button.disabled = true;
  try {
    for (const [name, value] of Object.entries(answered(await asked()))) form.elements[name].value = value;
    HTMLFormElement.prototype.submit.call(form);
  } catch (error) {
    say({NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "registered"}[error.name] ?? "failed");
    button.disabled = false;
    button.focus();
  }
}

if (window.PublicKeyCredential && navigator.credentials) {
  button.hidden = false;
  if (ceremony === "get") button.focus();
  form.addEventListener("submit", event => {
    if (event.submitter !== null && event.submitter !== button) return;
    event.preventDefault();
    event.stopPropagation();
    if (!button.disabled) proceed();
  });
  window.addEventListener("pageshow", event => event.persisted && location.replace(form.action));
} else {
  say("unsupported");
}
