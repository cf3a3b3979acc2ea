// Puts one form into the page that loads this script, in place of the link beside it. Whatever fails, the link stays.
(() => {
  "use strict";
  const form = __FORM__;
  const script = document.currentScript;
  const action = new URL(form.id, script.src).href;
  const link = document.querySelector(`a[data-samovar-form="${form.id}"]`);
__PLACE__
  // Where the tracker has loaded and its visitor agreed, it knows whose browser this is.
  const tracker = () => (window.samovar?.track?.length ? window.samovar : null);
  const visitor = () => script.dataset.anonymousId ?? tracker()?.id();

  const host = place(form, action, () => ({ anonymousId: visitor() }));
  if (link) link.replaceWith(host);
  else script.after(host);
})();
