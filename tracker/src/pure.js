/** What can be decided without a browser. */

const CAMPAIGN = ["source", "medium", "campaign", "term", "content"];

/** The campaign that an address names, in the spelling of the tracking API; undefined for none. */
export function campaignOf(address) {
  const query = new URL(address).searchParams;
  let campaign;
  for (const part of CAMPAIGN) {
    const value = query.get("utm_" + part);
    if (value) (campaign ||= {})[part == "campaign" ? "name" : part] = value;
  }
  return campaign;
}

/** Whether a host is one of the business's own, or below one. */
export const isOwn = (host, domains) => domains.some((domain) => host == domain || host.endsWith("." + domain));

/** The domain whose hosts share the cookie, or undefined for this host alone. */
export const cookieDomain = (host, domains) => domains.find((domain) => isOwn(host, [domain]));

/** What was searched for on the site, or undefined. */
export function searchOf(address, parameters) {
  const query = new URL(address).searchParams;
  return parameters.map((name) => query.get(name)?.trim()).find(Boolean);
}

/** Those of these parameters that an address has. */
export function parametersOf(address, names) {
  const query = new URL(address).searchParams;
  return Object.fromEntries(names.filter((name) => query.has(name)).map((name) => [name, query.get(name)]));
}

/** Whether a path is one of these, in which * stands for anything; with or without a slash at its end. */
export const isAmong = (path, patterns) =>
  patterns.some((one) => {
    const spelled = one.replace(/\/+$/, "").replace(/[.+?^${}()|[\]\\]/g, "\\$&");
    return new RegExp(`^${spelled.replace(/\*+/g, ".*")}/?$`, "s").test(path);
  });

/** An address without the proof that a link of ours brought, and the proof. */
export function withoutProof(address) {
  let proof;
  const rest = address.replace(/([?&])sv=([^&#]*)(&?)/, (_, lead, token, more) => {
    proof = token;
    return more && lead;
  });
  return [rest, proof];
}

/** Whether a link leads to another page of the same origin, and not only elsewhere on this one. */
export function isNextPage(address, here) {
  const place = (text) => text.split("#")[0];
  return place(address) != place(here) && place(address).startsWith(new URL(here).origin + "/");
}

/**
 * What following a link means: [event, properties], or undefined for a page of the business's own.
 * The query of another's address is nobody's business.
 */
export function following(address, here, { domains, downloads }, isFile) {
  const url = new URL(address, here);
  if (/^(mailto|tel):/.test(url.protocol)) return ["Outbound Link Clicked", { url: url.protocol + url.pathname }];
  if (!/^http/.test(url.protocol)) return;
  const place = url.origin + url.pathname;
  const file = url.pathname.split("/").pop();
  const ending = /\.(\w+)$/.exec(file)?.[1].toLowerCase();
  if (isFile || downloads.includes(ending)) return ["File Downloaded", { url: place, file }];
  if (url.hostname != new URL(here).hostname && !isOwn(url.hostname, domains))
    return ["Outbound Link Clicked", { url: place }];
}

/** The first calls that fit into so many bytes of JSON: one at least. */
export function fitting(calls, limit) {
  let left = limit;
  return calls.filter((call, index) => (left -= bytes(JSON.stringify(call)) + 1) > 0 || !index);
}

/** Bytes of a text as UTF-8. */
export const bytes = (text) => new TextEncoder().encode(text).length;

/** Milliseconds until the next attempt after so many failures; `chance` is between 0 and 1. */
export const pause = (failures, chance) => Math.min(2 ** failures, 300) * 500 * (1 + chance);

const SECRET = /pass|pwd|card|cvc|cvv|iban|secur|ssn|token/i;

/** Whether a field's value may be copied: no password, nothing of a card, nothing that people don't see. */
export const isShareable = ({ type, name, autocomplete, value }) =>
  !/password|file|hidden/.test(type) &&
  !SECRET.test(name) &&
  !/^cc-|password|one-time/.test(autocomplete) &&
  (type == "tel" || !/^\D*(\d[ -]?){13,19}\D*$/.test(value));
