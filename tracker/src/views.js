/** Pages as they are seen: loaded, come back to, or changed by a script. */
import { call, happened } from "./calls.js";
import * as popups from "./popups.js";
import { searchOf } from "./pure.js";
import { cross, GATHER } from "./queue.js";
import { settings } from "./settings.js";

const SETTLES = 150; // Titles come a moment after the address, and some routes lead on at once.

const fragment = () => (settings.hash ? location.hash : "");
const spot = () => location.pathname + fragment();
const place = () => location.pathname + location.search + fragment();

let shown = {};
let timer;

function view() {
  shown = { spot: spot(), place: place(), search: shown.search };
  // What the page says of itself.
  let properties;
  for (const { name, content } of document.querySelectorAll('meta[name^="samovar:"]')) (properties ||= {})[name.slice(8)] = content;
  call("page", { properties }, GATHER);
  const query = searchOf(location.href, settings.search);
  if (query && query != shown.search) happened("Site Searched", { query });
  shown.search = query;
  if (POPUPS) popups.viewed();
}

/** The address may be another. Replacing only the query is no page: that is how filters remember themselves. */
function moved(replaced) {
  cross(0);
  clearTimeout(timer);
  if (replaced ? spot() != shown.spot : place() != shown.place) timer = setTimeout(view, SETTLES);
}

export function watch() {
  for (const name of ["pushState", "replaceState"]) {
    const original = history[name];
    history[name] = function () {
      const answer = original.apply(this, arguments);
      moved(name == "replaceState");
      return answer;
    };
  }
  addEventListener("popstate", () => moved());
  addEventListener("hashchange", () => moved());
  addEventListener("pageshow", (event) => event.persisted && (cross(0), view()));
  view();
}
