/**
 * Who the visitor is, as far as agreed: one cookie of the site's own, and the keys of localStorage.
 *
 * The cookie holds "<agreed>.<id>.<visit>.<seen>": 1 for an explicit yes or 0 for an assumed one,
 * the anonymousId, and when this visit began and was last seen (seconds, base 36). A no that has
 * to be remembered is "-". A cookie, because only that holds on every subdomain.
 */
import { cookieDomain } from "./pure.js";
import { settings } from "./settings.js";

const NAME = "samovar";

/** What was kept of the visitor; undefined before there is consent. */
export let visitor;

let isStored;

const now = () => Math.floor(Date.now() / 1000);

/** Random text that nobody guesses and nothing repeats. */
export const random = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** What the cookie says: true and false are the visitor's word, undefined is none that holds. */
export function remembered(assumed) {
  const [agreed, id, began, seen] = read().split(".");
  if (agreed == "-") return false;
  if (!id || (agreed != 1 && !assumed)) return;
  visitor = { agreed, id, began: parseInt(began, 36), seen: parseInt(seen, 36) };
  return true;
}

/** Keep an id from now on. `agreed`: by an explicit yes. */
export function welcome(agreed) {
  visitor = { began: 0, seen: 0, id: random(), ...visitor, agreed: agreed ? 1 : 0 };
  save();
}

/**
 * Note that the visitor is here: [when this visit began (seconds), whether that is now].
 * Nothing where what was kept is gone: consent was withdrawn in another tab.
 */
export function seen() {
  const [, id, began, last] = read().split(".");
  if (id == visitor.id) Object.assign(visitor, { began: parseInt(began, 36), seen: parseInt(last, 36) });
  else if (isStored) return;
  const at = now();
  const isNew = at - visitor.seen > settings.session;
  if (isNew) visitor.began = at;
  visitor.seen = at;
  save();
  return [visitor.began, isNew];
}

/** Forget everything; a no that has to be remembered stays behind. */
export function forget(keepNo) {
  visitor = undefined;
  write("", 0);
  if (keepNo) write("-", settings.keep);
  drop("queue");
  drop("proof");
}

function save() {
  const { agreed, id, began, seen } = visitor;
  write([agreed, id, began.toString(36), seen.toString(36)].join("."), settings.keep);
  isStored = read();
}

function read() {
  try {
    return ("; " + document.cookie).split(`; ${NAME}=`)[1]?.split(";")[0] || "";
  } catch {
    return ""; // A sandboxed frame has no cookies.
  }
}

function write(value, seconds) {
  const domain = cookieDomain(location.hostname, settings.domains);
  const secure = location.protocol == "https:" ? ";secure" : "";
  const set = (more) => (document.cookie = `${NAME}=${value};path=/;max-age=${seconds};samesite=lax${secure}${more}`);
  try {
    if (domain) set(";domain=" + domain);
    // A domain that takes no cookies leaves this host; a cookie that goes, goes from both.
    if (!seconds || read() != value) set("");
  } catch {}
}

/** What is kept under a name, or undefined. Where nothing can be kept, it lasts as long as the page. */
const memory = {};

export function recall(name) {
  if (memory[name]) return memory[name];
  try {
    return JSON.parse(localStorage.getItem(`${NAME}.${name}`)) || undefined;
  } catch {}
}

export function keep(name, value) {
  try {
    localStorage.setItem(`${NAME}.${name}`, JSON.stringify(value));
    return true;
  } catch {
    memory[name] = value;
  }
}

export function drop(name) {
  delete memory[name];
  try {
    localStorage.removeItem(`${NAME}.${name}`);
  } catch {}
}
