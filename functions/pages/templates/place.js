  // A form in a shadow tree: the page's styles don't break it, and its fonts and --samovar-… colours come through.
  // `posts` is its address, `told` gives what goes along besides its fields; the element that holds it comes back.
  const place = (form, posts, told) => {
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

    const send = async (event) => {
      event.preventDefault();
      const button = root.querySelector("button");
      if (button.getAttribute("aria-disabled")) return;
      button.setAttribute("aria-disabled", "true");
      const typed = new URLSearchParams(new FormData(event.target));
      typed.set("_page", location.href.split("#")[0]);
      typed.set("_embedded", "yes");
      for (const [name, value] of Object.entries(told())) if (value) typed.set(name, value);
      try {
        const answer = await fetch(posts, { method: "POST", body: typed, headers: { accept: "application/json" } });
        const said = await answer.json();
        const what = answer.ok ? "samovar:sent" : "samovar:problems";
        const hear = new CustomEvent(what, { bubbles: true, composed: true, detail: { form: form.id } });
        if (said.redirect) {
          host.dispatchEvent(hear);
          location.assign(said.redirect);
        } else if (said.html) {
          show(said.html);
          root.querySelector(".problems, .done")?.focus();
          host.dispatchEvent(hear);
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
    return host;
  };
