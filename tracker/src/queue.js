/**
 * Calls on their way to the API: gathered, sent together, kept until they have arrived.
 *
 * Every call has its messageId and timestamp from the start, so that however often it is sent it
 * is one event. Several tabs share the queue; what two of them send is stored once.
 */
import { bytes, fitting, pause } from "./pure.js";
import { api, key } from "./settings.js";
import { drop, keep, recall } from "./visitor.js";

const LIMIT = 56e3; // A beacon takes 64 KiB, what belongs to the batch included.
const KEPT = 200;
const LARGEST = 32 * 1024; // The API takes no larger call.
/** What happens by itself is gathered for so long, what the page reports for so long (ms). */
export const GATHER = 30e3;
export const SOON = 800;

let timer;
let due = Infinity;
let failures = 0;
let sending = [];
let crossing = 0;
let isKept;

const load = () => recall("queue") || [];
const save = (calls) => (calls.length ? (isKept = keep("queue", calls)) : drop("queue"));
const without = (calls, gone) => calls.filter((call) => !gone.some((one) => one.messageId == call.messageId));
const remove = (gone) => save(without(load(), gone));

/** Take a call; it goes out within `wait` ms. */
export function put(call, wait) {
  if (bytes(JSON.stringify(call)) > LARGEST) return;
  save([...load(), call].slice(-KEPT));
  within(wait);
}

/** Send what is waiting within so many milliseconds. */
export function within(wait) {
  if (Date.now() + wait >= due) return;
  due = Date.now() + wait;
  clearTimeout(timer);
  timer = setTimeout(send, wait);
}

/** Take up what an earlier page left behind. */
export function resume() {
  const [oldest] = load();
  if (oldest) within(Math.max(0, Date.parse(oldest.timestamp) + GATHER - Date.now()));
}

/** The next page is one of ours and takes up the queue: no need to send at leaving. 0 takes it back. */
export function cross(at) {
  crossing = at;
}

function body(calls) {
  const context = {
    locale: navigator.language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    automation: navigator.webdriver || undefined,
    proof: recall("proof"),
  };
  return JSON.stringify({ batch: calls, context, sentAt: new Date(), writeKey: key });
}

async function send() {
  due = Infinity;
  const calls = fitting(load(), LIMIT);
  if (sending.length || !calls.length) return;
  sending = calls;
  let status = 0;
  try {
    // Text needs no preflight: one request.
    status = (await fetch(api + "v1/batch", { method: "POST", body: body(calls), keepalive: true, credentials: "omit" }))
      .status;
  } catch {}
  sending = [];
  // What was refused would be refused again; what failed may yet succeed.
  if (status && status < 500 && status != 408 && status != 429) {
    failures = 0;
    remove(calls);
    if (load().length) within(SOON);
  } else within(pause(++failures, Math.random()));
}

/** The page is going, perhaps for ever: hand over what is waiting. */
export function leave() {
  if (isKept && Date.now() - crossing < 1e4) return;
  let left = load();
  // A request under way outlives the page.
  if (!failures) {
    left = without(left, sending);
    remove(sending);
  }
  while (left.length) {
    const calls = fitting(left, LIMIT);
    if (!navigator.onLine || !navigator.sendBeacon(api + "v1/batch", body(calls))) return;
    // Nobody hears whether a beacon arrived: where others failed, the next page sends it again.
    if (!failures) remove(calls);
    left = left.slice(calls.length);
  }
}

addEventListener("pagehide", leave);
document.addEventListener("visibilitychange", () => document.visibilityState == "hidden" && leave());
addEventListener("online", () => failures && within(0));
