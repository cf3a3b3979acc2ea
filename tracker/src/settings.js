/**
 * What the business decided in marketing/tracking.yaml: the server appends it to the script.
 *
 * consent: "required" or "assumed" · domains: hosts of the business, the first of which that is
 * ours carries the cookie · keep, session: seconds · signals: "gpc", "dnt" · hash: whether what
 * stands after # names a page · search: query parameters · downloads: endings of files · popups, where there are
 * any: on (paths of pages; * is anything), and what pop-ups ask of a visit: q (query parameters), r (where it came
 * from), n (how many pages at most), f (forms that end them); c: only with consent.
 */
export const settings = SETTINGS;

const tag = document.currentScript;

/** The public write key, and the address of the API with a slash at its end: where this script came from. */
export const key = tag?.dataset.key;
export const api = tag && new URL(".", tag.src).href;
