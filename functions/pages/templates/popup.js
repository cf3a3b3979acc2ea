// Shows what the tracker was told to show: waits for what brings a pop-up up, and puts it above the page. It stands in
// a shadow tree, loads nothing, and moves nothing of the page.
const FORM_CSS = __FORM_CSS__;
const POPUP_CSS = __POPUP_CSS__;
const EVER = 9e15; // ms: no clock goes further.
const HALF_A_SECOND = 500;
__PLACE__
const open = new Map();

/**
 * Wait for what brings them up. `answer` is that of /popup; `tracker` gives its address `api`, `happened` (tells of an
 * event), `id` (whose browser it is), and `notes` and `note`, which read and keep what was shown. Gives a function that
 * waits no more.
 */
export default (answer, tracker) => {
  const [began, ticked] = [Date.now(), performance.now()];
  // By the server's clock, whatever this machine's says: whichever of the two runs on knows how long it has been.
  const now = () => answer.at + Math.max(0, Date.now() - began, performance.now() - ticked);
  const waiting = new AbortController();
  for (const popup of answer.popups) {
    const come = async (event) => {
      let release;
      if (popup.often) {
        if (open.size || !(release = await claim(popup, now(), answer.fresh, tracker))) return;
      } else if (open.has(popup.id)) return;
      show(popup, tracker, event, release);
    };
    wait(popup.trigger, come, waiting.signal);
  }
  return () => waiting.abort();
};

function wait(trigger, come, signal) {
  const once = () => {
    // The first time is the last.
    let done = false;
    return () => done || ((done = true), come());
  };
  if (trigger.after) {
    const go = once();
    const look = () => document.hidden || go();
    const timer = setTimeout(() => {
      look();
      document.addEventListener("visibilitychange", look, { signal });
    }, trigger.after * 1000);
    signal.addEventListener("abort", () => clearTimeout(timer));
  } else if (trigger.scrolled) {
    const go = once();
    const look = () => {
      const way = document.documentElement.scrollHeight - innerHeight;
      if (way > 0 && scrollY / way >= trigger.scrolled / 100) go();
    };
    addEventListener("scroll", look, { signal, passive: true });
    look();
  } else if (trigger.clicked) {
    const asks = (node) => node.matches?.(trigger.clicked);
    const clicked = (event) => {
      if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
      if (!event.composedPath().some(asks)) return;
      event.preventDefault();
      come(event);
    };
    try {
      document.querySelector(trigger.clicked);
      document.addEventListener("click", clicked, { signal });
    } catch {
      // No selector.
    }
  } else leaving(once(), signal);
}

/** The mouse leaves by the upper edge, towards the tabs; without a mouse: scrolling back up, far and at once. */
function leaving(go, signal) {
  document.addEventListener("mouseout", (event) => event.relatedTarget || event.clientY > 0 || go(), { signal });
  if (!matchMedia("(hover: none)").matches) return;
  let [top, turned, at] = [scrollY, scrollY, 0];
  const scrolled = () => {
    const time = performance.now();
    if (scrollY >= top || time - at > HALF_A_SECOND) [turned, at] = [Math.max(scrollY, top), time];
    top = scrollY;
    if (turned > innerHeight && turned - scrollY > innerHeight * 0.6) go();
  };
  addEventListener("scroll", scrolled, { signal, passive: true });
}

/**
 * Note that it is shown now. Gives what is called once it is closed; nothing where it has been shown often enough, or
 * stands open in another tab: what one tab notes, others may read only a moment later.
 */
function claim(popup, now, fresh, { notes, note }) {
  const [times, within] = popup.often;
  const take = () => {
    const noted = notes()[popup.id] ?? {};
    if (noted.until >= EVER) return false;
    const since = within ? now - within * 1000 : -1;
    const before = (noted.at ?? []).filter((at) => at > since);
    if (before.length >= times) return false;
    // An answer may be as old as it may be kept: better noted too late than too early.
    const at = [...before, now + fresh * 1000].slice(-times);
    const until = at.length < times ? 0 : within ? at[0] + within * 1000 : EVER;
    note(popup.id, { at, until });
    return true;
  };
  return new Promise((answer) => {
    const held = (lock) => (lock && take() ? new Promise(answer) : answer());
    // Only pages that came safely can know of each other.
    const { locks } = navigator;
    if (locks) locks.request(`samovar.popup.${popup.id}`, { ifAvailable: true }, held).catch(() => held(true));
    else held(true);
  });
}

function show(popup, tracker, event, release) {
  const { happened, note } = tracker;
  const before = event?.target ?? document.activeElement;
  const isModal = popup.style == "popup";
  const host = document.createElement("div");
  host.className = "samovar-popup";
  host.lang = popup.language;
  host.dir = popup.direction;
  const root = host.attachShadow({ mode: "open" });
  const style = new CSSStyleSheet();
  style.replaceSync(POPUP_CSS);
  root.adoptedStyleSheets = [style];

  const make = (name, said, parent) => parent.appendChild(Object.assign(document.createElement(name), said));
  const box = make(isModal ? "dialog" : "section", { className: `box ${popup.style}` }, root);
  box.setAttribute("aria-labelledby", "title");
  const button = make("button", { className: "close", type: "button", textContent: "×" }, box);
  button.setAttribute("aria-label", popup.close);
  const title = make("h2", { id: "title", textContent: popup.title, tabIndex: -1 }, box);
  if (popup.text) {
    make("p", { id: "text", textContent: popup.text }, box);
    box.setAttribute("aria-describedby", "text");
  }

  // What ended it, if anything did: then closing it is no refusal.
  let ended = "";
  const end = (how) => {
    ended = how;
    if (popup.notAfter.includes(how)) note(popup.id, { until: EVER });
  };
  const close = () => {
    if (!open.delete(popup.id)) return;
    const isInside = isModal || root.activeElement;
    if (!ended) {
      happened("Popup Dismissed", { popup: popup.id });
      end("dismissed");
    }
    box.close?.();
    host.remove();
    release?.();
    document.removeEventListener("samovar:consent", moved);
    // Where the visitor was, without moving the page.
    if (isInside) back?.focus?.({ preventScroll: true });
  };
  open.set(popup.id, close);
  let back = before;

  if (popup.form) {
    const nonce = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16)).join("");
    const told = () => ({ _popup: popup.id, _nonce: nonce, anonymousId: tracker.id() });
    const css = FORM_CSS + popup.form.css;
    const form = place({ ...popup.form, css }, tracker.api + "f/" + popup.form.id, told);
    form.addEventListener("samovar:sent", () => end("submitted"));
    box.append(form);
  }
  if (popup.link) {
    const link = make("a", { className: "go", href: popup.link.to, textContent: popup.link.text }, box);
    link.addEventListener("click", () => {
      happened("Popup Clicked", { popup: popup.id });
      end("followed");
    });
  }

  button.addEventListener("click", close);
  const moved = () => box.style.setProperty("--above", `${banners()}px`);
  if (isModal) {
    box.addEventListener("cancel", (event) => (event.preventDefault(), close()));
    box.addEventListener("close", close);
    let began = null;
    // A text that is marked with the mouse may end outside.
    box.addEventListener("pointerdown", (event) => (began = event.target));
    box.addEventListener("click", (event) => event.target == box && began == box && isOutside(box, event) && close());
  } else {
    box.addEventListener("keydown", (event) => event.key == "Escape" && close());
    box.addEventListener("focusin", (event) => {
      if (event.relatedTarget && !box.contains(event.relatedTarget)) back = event.relatedTarget;
    });
    // Read out, but not in the way: it asks for no answer.
    const said = make("p", { className: "said" }, root);
    said.setAttribute("role", "status");
    setTimeout(() => (said.textContent = [popup.title, popup.text].join(". ")), 100);
    moved();
    document.addEventListener("samovar:consent", moved);
  }
  document.body.append(host);
  if (isModal) {
    box.showModal();
    title.focus();
  }
  happened("Popup Shown", { popup: popup.id });
}

const isOutside = (box, { clientX: x, clientY: y }) => {
  const { left, right, top, bottom } = box.getBoundingClientRect();
  return x < left || x > right || y < top || y > bottom;
};

/** How much of the lower edge is taken by what asks for consent (pixels): that is answered first. */
function banners() {
  const asks = [...document.querySelectorAll('[data-samovar-consent="ask"]')].map((one) => one.getBoundingClientRect());
  const below = asks.filter((one) => one.height && one.bottom >= innerHeight - 1 && one.top > innerHeight / 4);
  return Math.max(0, ...below.map((one) => innerHeight - one.top));
}
