/** The console's one script: htmx, which fetches parts of pages, and what pages need besides. */
import htmx from "htmx.org";

// What changes something must say that a page of ours asks: the token stands in the page.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const token = document.querySelector('meta[name="samovar:token"]')?.content;
  if (token && detail.verb != "get") detail.headers["x-samovar-token"] = token;
});

// Without script there is nothing that copies, so its buttons are shown by it alone.
const COPIES = "button[data-copies]";
const ready = (part) => {
  for (const button of part.querySelectorAll(COPIES)) button.hidden = false;
};
document.addEventListener("DOMContentLoaded", () => {
  ready(document);
  // On a phone the strip of pages begins where the reader is.
  const strip = document.querySelector("nav.pages");
  const current = strip?.querySelector("[aria-current]");
  if (current) strip.scrollLeft = current.offsetLeft - (strip.clientWidth - current.offsetWidth) / 2;
  // A table wider than its frame is pushed along by the keyboard as well.
  for (const frame of document.querySelectorAll(".table")) {
    if (frame.scrollWidth > frame.clientWidth && frame.clientWidth) frame.tabIndex = 0;
  }
  // A picture wider than its frame begins where it starts: in the middle.
  for (const frame of document.querySelectorAll(".picture")) {
    frame.scrollLeft = (frame.scrollWidth - frame.clientWidth) / 2;
  }
});
document.addEventListener("htmx:load", ({ detail }) => ready(detail.elt));
document.addEventListener("click", async ({ target }) => {
  const button = target.closest?.(COPIES);
  const field = button && document.getElementById(button.dataset.copies);
  if (!field) return;
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    // Not every browser lets a script write there: then it is selected, to be copied by hand.
    field.focus();
    field.select();
    return;
  }
  const said = button.textContent;
  button.textContent = button.dataset.done;
  button.disabled = true;
  setTimeout(() => {
    button.textContent = said;
    button.disabled = false;
  }, 2000);
});

window.htmx = htmx;
