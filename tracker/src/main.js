/** samovar.js: what visitors do, told to the business's own Samovar. See docs/tracker.md. */
import * as clicks from "./clicks.js";
import { call, consent, reset, start } from "./calls.js";
import * as forms from "./forms.js";
import * as popups from "./popups.js";
import { withoutProof } from "./pure.js";
import { api, key } from "./settings.js";
import { visitor } from "./visitor.js";
import * as views from "./views.js";

const samovar = {
  track: (event, properties) => call("track", { event, properties }),
  page: (name, properties) => call("page", { name, properties }),
  identify: (userId, traits) =>
    call("identify", typeof userId == "object" ? { traits: userId } : { userId, traits }),
  consent,
  reset,
  id: () => visitor?.id,
  push: ([name, ...values]) => samovar[name]?.(...values),
};

function run() {
  const waiting = window.samovar;
  window.samovar = samovar;
  const [address, proof] = withoutProof(location.href);
  // Taken out of the address, so that it is passed on to nobody.
  if (proof) history.replaceState(history.state, "", address);
  start(proof);
  if (POPUPS) popups.watch();
  views.watch();
  clicks.watch();
  forms.watch();
  for (const said of waiting || []) samovar.push(said);
}

// A second copy of this script finds functions that take something where a queue of calls has none.
if (api && key && !window.samovar?.track?.length) {
  // A page that is only prepared was not seen by anybody.
  if (document.prerendering) document.addEventListener("prerenderingchange", run, { once: true });
  else run();
}
