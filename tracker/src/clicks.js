/** Clicks: on links that lead away or to a file, and on the buttons of a consent banner. */
import { ask, consent, happened } from "./calls.js";
import { following, isNextPage } from "./pure.js";
import { cross } from "./queue.js";
import { settings } from "./settings.js";

const linkOf = (event) => event.composedPath().find((node) => node.matches?.("a[href],area[href]"));
const addressOf = (link) => String(link.href.baseVal ?? link.href);

function clicked(event) {
  const said = event.composedPath().find((node) => node.dataset?.samovarConsent)?.dataset.samovarConsent;
  if (said == "yes" || said == "no") consent(said == "yes");
  if (said == "change") ask(false);
  const link = linkOf(event);
  if (!link || event.button > 1) return;
  try {
    const found = following(addressOf(link), location.href, settings, link.hasAttribute("download"));
    if (found) happened(...found);
  } catch {
    // Not an address.
  }
}

/** Whether the browser now goes to the next page of this site, in this tab. */
function turned(event) {
  const link = linkOf(event);
  const isOther = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.defaultPrevented;
  if (!link || isOther || link.target || link.hasAttribute("download")) return;
  const address = addressOf(link);
  // A file has no script that would take anything up.
  if (isNextPage(address, location.href) && !following(address, location.href, settings)) cross(Date.now());
}

export function watch() {
  // Seen before the page's own handlers, which may stop the event.
  addEventListener("click", clicked, true);
  addEventListener("auxclick", clicked, true);
  // Seen after them: a script may have gone there instead.
  addEventListener("click", turned);
}
