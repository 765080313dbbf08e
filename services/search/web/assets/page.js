// Comfort only: everything works without.
"use strict";

// Times in the reader's own zone, short where the day goes without saying.
(() => {
  const now = new Date();
  const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
  const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
  const usual = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
  for (const e of document.querySelectorAll("time[datetime]")) {
    const t = new Date(e.dateTime);
    if (Number.isNaN(t.getTime())) continue;
    e.title = full.format(t);
    e.textContent = t.toDateString() === now.toDateString() ? `Today, ${clock.format(t)}` : usual.format(t);
  }
})();

// The list stays where it was when an article is opened beside it.
(() => {
  const list = document.querySelector("#results");
  const open = list?.querySelector("li.open");
  const key = "list";
  const scroller = () => (getComputedStyle(list).overflowY === "auto" ? list : document.scrollingElement);
  try {
    const kept = JSON.parse(sessionStorage.getItem(key) ?? "null");
    const here = new URL(location.href);
    here.searchParams.delete("uri");
    here.searchParams.delete("revision");
    if (kept && kept.search === here.search) scroller().scrollTop = kept.top;
    else if (open) open.scrollIntoView({ block: "nearest" });
    addEventListener("pagehide", () => {
      sessionStorage.setItem(key, JSON.stringify({ search: here.search, top: scroller().scrollTop }));
    });
  } catch {
    // Storage may be forbidden; then the list begins at its top.
  }
})();

// Fields that say nothing stay out of the address.
document.querySelector("#search").addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) {
    if (value === "") formData.delete(name);
  }
});

// Keys: "/" searches, "j" and "k" go through the list, Escape closes the article.
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const writing = event.target instanceof HTMLElement && event.target.matches("input, textarea, select, [contenteditable]");
  const box = document.querySelector("#q");
  if (writing) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  switch (event.key) {
    case "/":
      box.focus();
      box.select();
      break;
    case "j":
    case "k": {
      const links = [...document.querySelectorAll(".hits h2 a")];
      if (links.length === 0) return;
      let at = links.indexOf(document.activeElement);
      if (at < 0) at = links.findIndex((a) => a.getAttribute("aria-current"));
      at = event.key === "j" ? Math.min(at + 1, links.length - 1) : Math.max(at - 1, 0);
      links[at].focus();
      break;
    }
    case "Escape":
      document.querySelector(".pane .back a")?.click();
      return;
    default:
      return;
  }
  event.preventDefault();
});
