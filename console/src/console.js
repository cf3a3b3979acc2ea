/** The console's one script: htmx, which fetches parts of pages, and what pages need besides. */
import htmx from "htmx.org";

// What changes something must say that a page of ours asks: the token stands in the page.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const token = document.querySelector('meta[name="samovar:token"]')?.content;
  if (token && detail.verb != "get") detail.headers["x-samovar-token"] = token;
});

window.htmx = htmx;
