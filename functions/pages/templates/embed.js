// Puts one form into the page that loads this script, in place of the link beside it. The form stands
// in a shadow tree: the page's styles don't break it, and its fonts and --samovar-… colours come through.
// Whatever fails, the link stays.
(() => {
  "use strict";
  const form = __FORM__;
  const script = document.currentScript;
  const action = new URL(form.id, script.src).href;
  const link = document.querySelector(`a[data-samovar-form="${form.id}"]`);
  const host = document.createElement("div");
  host.className = "samovar-form";
  host.lang = form.language;
  host.dir = form.direction;
  const root = host.attachShadow({ mode: "open" });
  const style = new CSSStyleSheet();
  style.replaceSync(form.css);
  root.adoptedStyleSheets = [style];

  const show = (html) => {
    root.innerHTML = html;
    for (const element of root.querySelectorAll("a[href^='#']")) {
      element.addEventListener("click", (event) => {
        event.preventDefault();
        root.getElementById(element.getAttribute("href").slice(1))?.focus();
      });
    }
    root.querySelector("form")?.addEventListener("submit", send);
  };

  const say = (text) => {
    const line = root.querySelector(".not-sent") ?? document.createElement("p");
    line.className = "problem not-sent";
    line.setAttribute("role", "alert");
    line.textContent = text;
    root.querySelector("form").append(line);
  };

  // Where the tracker has loaded and its visitor agreed, it knows whose browser this is.
  const tracker = () => (window.samovar?.track?.length ? window.samovar : null);
  const visitor = () => script.dataset.anonymousId ?? tracker()?.id();

  const send = async (event) => {
    event.preventDefault();
    const button = root.querySelector("button");
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    const typed = new URLSearchParams(new FormData(event.target));
    typed.set("_page", location.href.split("#")[0]);
    typed.set("_embedded", "yes");
    const id = visitor();
    if (id) typed.set("anonymousId", id);
    try {
      const answer = await fetch(action, { method: "POST", body: typed, headers: { accept: "application/json" } });
      const said = await answer.json();
      if (said.redirect) {
        location.assign(said.redirect);
      } else if (said.html) {
        show(said.html);
        root.querySelector(".problems, .done")?.focus();
        host.dispatchEvent(new CustomEvent(answer.ok ? "samovar:sent" : "samovar:problems", { bubbles: true, detail: { form: form.id } }));
      } else {
        say(said.error?.message ?? form.notSent);
      }
    } catch {
      say(form.notSent);
    }
    button.removeAttribute("aria-disabled");
  };

  show(form.html);
  const query = new URLSearchParams(location.search);
  for (const name of form.prefill) {
    const values = query.getAll(name);
    if (!values.length) continue;
    let found = false;
    for (const field of root.querySelectorAll(`[name="${name}"]`)) {
      found = true;
      if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
      else field.value = values.at(-1);
    }
    if (!found) {
      const hidden = Object.assign(document.createElement("input"), { type: "hidden", name, value: values.at(-1) });
      root.querySelector("form").append(hidden);
    }
  }
  if (link) link.replaceWith(host);
  else script.after(host);
})();
