/** Calls of the tracking API: made at once, held in memory until there is consent, then queued. */
import * as popups from "./popups.js";
import { campaignOf, isOwn } from "./pure.js";
import { GATHER, leave, put, resume, SOON } from "./queue.js";
import { settings } from "./settings.js";
import { drop, forget, keep, random, remembered, seen, visitor, welcome } from "./visitor.js";

const HELD = 50;

const asks = { gpc: navigator.globalPrivacyControl, dnt: navigator.doNotTrack == 1 };
const assumed = settings.consent == "assumed" && !settings.signals.some((signal) => asks[signal]);

let held = [];
let proof;
let agreed;
let referrer = document.referrer;

/** A call, with what is known of the page. */
export function call(type, fields, wait = SOON) {
  const page = { url: here(), path: location.pathname, title: document.title };
  const context = { page };
  if (type == "page") {
    page.referrer = referrer;
    context.campaign = campaignOf(page.url);
    referrer = page.url;
  }
  const made = { type, messageId: random(), timestamp: new Date(), context, ...fields };
  if (agreed) admit(made, wait);
  else if (agreed == null) held = [...held, made].slice(-HELD);
}

/** This address; what stands after # stays here unless it names a page. */
const here = () => (settings.hash ? location.href : location.href.split("#")[0]);

function admit(made, wait) {
  const visit = seen();
  if (!visit) {
    agreed = false;
    return;
  }
  const [began, isNew] = visit;
  const { context } = made;
  context.sessionId = began;
  // Whoever comes from another house of ours goes on with a visit.
  if (isNew && !isOwn(hostOf(context.page.referrer), settings.domains)) context.sessionStart = true;
  put({ ...made, anonymousId: visitor.id }, wait);
}

export const hostOf = (address) => (address ? new URL(address).hostname : "");

/** Something that happened by itself. */
export const happened = (event, properties) => call("track", { event, properties }, GATHER);

/** What the visitor said: true, false, or undefined while nothing was. With a value, say it. */
export function consent(yes) {
  if (yes != null) {
    agreed = !!yes;
    if (agreed) begin(true);
    else {
      forget(settings.consent == "assumed");
      if (POPUPS) popups.forget();
      held = [];
    }
    tell();
  }
  return agreed;
}

function begin(explicit) {
  welcome(explicit || visitor?.agreed == 1);
  if (proof) keep("proof", proof);
  resume();
  for (const made of held) admit(made, GATHER);
  held = [];
}

/** Another person sits here now. */
export function reset() {
  drop("proof");
  proof = undefined;
  if (POPUPS) popups.forget(true);
  if (!agreed) return;
  const explicit = visitor.agreed == 1;
  leave();
  forget();
  welcome(explicit);
}

/** Show or hide the consent banners of the page. */
export function ask(isHidden = agreed != null) {
  for (const banner of document.querySelectorAll('[data-samovar-consent="ask"]')) banner.hidden = isHidden;
}

function tell() {
  ask();
  document.dispatchEvent(new CustomEvent("samovar:consent", { detail: agreed }));
}

/** Find out whether there is consent. `found` is the proof that the address brought. */
export function start(found) {
  proof = found;
  agreed = remembered(assumed) ?? (assumed || undefined);
  if (agreed) begin();
  // What another host of the business was told to forget goes here, too.
  else forget(agreed == false);
  tell();
  // The banner may stand further down than what was read of the page so far.
  addEventListener("DOMContentLoaded", () => ask());
}
