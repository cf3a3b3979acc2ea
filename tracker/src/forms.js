/**
 * <form data-samovar-form="ID">: what people send belongs to the form ID of marketing/forms.
 *
 * A form whose action is ours is posted by the browser, with or without this script, which adds
 * whose browser it is. Any other form goes where it always went, and a copy comes to us.
 */
import * as popups from "./popups.js";
import { isShareable } from "./pure.js";
import { api } from "./settings.js";
import { random, visitor } from "./visitor.js";

function submitted(event) {
  const form = event.target;
  const id = form.getAttribute("data-samovar-form");
  if (!id) return;
  if (POPUPS) popups.sent(id);
  const ours = api + "f/" + encodeURIComponent(id);
  const action = event.submitter?.getAttribute("formaction") || form.getAttribute("action") || "";
  const known = { anonymousId: visitor?.id, _page: location.href, _nonce: nonce(form) };
  if (new URL(action, document.baseURI).href == ours) for (const name in known) fill(form, name, known[name]);
  else {
    const said = new FormData(form);
    for (const field of form.elements)
      if (!isShareable(field) || field.closest("[data-samovar-ignore]")) said.delete(field.name);
    for (const name in known) if (known[name]) said.set(name, known[name]);
    navigator.sendBeacon(ours, new URLSearchParams([...said].filter((pair) => typeof pair[1] == "string")));
  }
}

const NONCE = Symbol();

/** Makes sending the same form twice one submission; a form of ours says when it was shown. */
const nonce = (form) => form._nonce?.value || (form[NONCE] ||= Date.now() + "-" + random().slice(16));

function fill(form, name, value) {
  let field = form.querySelector(`[name="${name}"]`);
  if (!field && value) {
    field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    form.append(field);
  }
  if (field) field.value = value || "";
}

export function watch() {
  addEventListener("submit", submitted, true);
}
