/**
 * Pop-ups: asks what this page shows, once a view, where the live release has any for its path.
 *
 * Only the script for businesses that have pop-ups holds this. What was shown and sent is noted in localStorage,
 * without anything that tells browsers apart; what this visit is like only with consent.
 */
import { happened, hostOf } from "./calls.js";
import { isAmong, isOwn, parametersOf } from "./pure.js";
import { api, settings } from "./settings.js";
import { drop, keep, recall, visitor } from "./visitor.js";

let views = 0;
let visit = {};
let stop;

const notes = () => recall("popups") || {};
const note = (id, said) => keep("popups", { ...notes(), [id]: { ...notes()[id], ...said } });

/** A page is seen: by and by it may show something. */
export async function viewed() {
  const view = ++views;
  stop?.();
  stop = undefined;
  const { on, q, r, n, f = [], c } = settings.popups;
  if (c && !visitor) return;
  look(q || []);
  const path = plain(location.pathname);
  if (!isAmong(path, on)) return;
  const asks = new URLSearchParams({ path });
  const shown = notes();
  const sent = recall("sent") || [];
  const say = (name, value) => value && asks.set(name, value);
  say("q", q && "" + new URLSearchParams(visit.q));
  say("r", r && visit.r);
  say("n", n && Math.min(visit.n, n));
  say("not", "" + Object.keys(shown).filter((id) => shown[id].until > Date.now()));
  say("sent", "" + f.filter((form) => sent.includes(form)));
  say("sv", visitor && recall("proof"));
  try {
    const answer = await (await fetch(api + "popup?" + asks, { credentials: "omit" })).json();
    if (!answer.popups?.length || view != views) return;
    const { default: show } = await import(api + "popup.js");
    if (view == views) stop = show(answer, { api, happened, id: () => visitor?.id, notes, note });
  } catch {
    // A page without a pop-up is a page.
  }
}

/** What this visit is like: with consent from its first page on, else of this page alone. */
function look(names) {
  const kept = (visitor && recall("visit")) || visit;
  const { at, n = 0, q, r } = kept.at && kept.at != visitor?.began ? {} : kept;
  const from = hostOf(document.referrer);
  visit = {
    at: visitor?.began,
    n: n + 1,
    q: { ...q, ...parametersOf(location.href, names) },
    r: r ?? (from == location.hostname || isOwn(from, settings.domains) ? "" : from),
  };
  if (visitor) keep("visit", visit);
}

/** A path as people write it. */
function plain(path) {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

/** A form was sent: what holds it need not ask again. */
export function sent(form) {
  const forms = recall("sent") || [];
  if (settings.popups.f?.includes(form) && !forms.includes(form)) keep("sent", [...forms, form]);
}

/** Forget what was noted: of this visit, and with `all` what was shown. */
export function forget(all) {
  visit = {};
  drop("visit");
  if (!all && !settings.popups.c) return;
  drop("popups");
  drop("sent");
}

export function watch() {
  document.addEventListener("samovar:sent", (event) => sent(event.detail.form));
  document.addEventListener("samovar:consent", ({ detail }) => {
    if (!settings.popups.c) return;
    if (detail) viewed();
    else {
      stop?.();
      stop = undefined;
    }
  });
}
