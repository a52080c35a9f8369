// Keeps the page up to date: asks for its changing part every two seconds and swaps only the sections that differ.
// Focus, scroll position and a selection under way are kept. Without this file the page works by its refresh link.
"use strict";
(() => {
  const main = document.getElementById("main");
  const live = document.getElementById("live");
  const moment = document.getElementById("moment");
  const status = document.getElementById("live-status");
  const controls = document.getElementById("live-controls");
  if (!main || !live || !status || !controls || !main.dataset.live) return;

  const EVERY_MS = 2000;
  const SLOWEST_MS = 30000;
  const PATIENCE_MS = 15000;
  const QUIET_MS = 30000; // between two announcements: a busy store must not talk without end
  const sections = new Map();
  let etag = main.dataset.etag;
  let wait = EVERY_MS;
  let timer = 0;
  let isPaused = false;
  let isStale = false;
  let lastSaid = -QUIET_MS;

  const say = (words, isProblem) => {
    status.textContent = words;
    status.classList.toggle("stale", Boolean(isProblem));
  };

  const isSelecting = () => {
    const selection = document.getSelection();
    return selection && !selection.isCollapsed && live.contains(selection.anchorNode);
  };

  // The row at the top of the window stays where it is, whatever comes or goes above it.
  const anchor = () => {
    const rows = live.querySelectorAll("[id]");
    for (const row of rows) {
      const place = row.getBoundingClientRect();
      if (place.height > 0 && place.top >= 0) return { id: row.id, top: place.top };
    }
    return null;
  };

  const swap = (html) => {
    const given = document.createElement("template");
    given.innerHTML = html;
    const arrived = [...given.content.children];
    const names = new Set(arrived.map((section) => section.id));
    const held = window.scrollY > 0 ? anchor() : null;
    const focused = live.contains(document.activeElement) ? document.activeElement.id : "";
    let hasChanged = false;
    for (const old of [...live.children]) {
      if (!names.has(old.id)) { old.remove(); sections.delete(old.id); hasChanged = true; }
    }
    let before = null;
    for (const section of arrived) {
      const written = section.outerHTML;
      let now = document.getElementById(section.id);
      if (!now) {
        if (before) before.after(section); else live.prepend(section);
        now = section;
        hasChanged = true;
      } else if ((sections.get(section.id) ?? now.outerHTML) !== written) {
        now.replaceWith(section);
        now = section;
        hasChanged = true;
      }
      sections.set(section.id, written);
      before = now;
    }
    if (focused && !live.contains(document.activeElement)) {
      const again = document.getElementById(focused);
      (again ?? main).focus({ preventScroll: true });
    }
    if (held) {
      const row = document.getElementById(held.id);
      if (row) window.scrollBy({ top: row.getBoundingClientRect().top - held.top, behavior: "instant" });
    }
    return hasChanged;
  };

  const ask = async () => {
    const answer = await fetch(main.dataset.live, {
      headers: { "If-None-Match": etag },
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (answer.status !== 200 && answer.status !== 304) throw new Error(String(answer.status));
    if (answer.status === 200) {
      const html = await answer.text();
      if (isPaused || isSelecting()) return; // asked for again at the next turn
      const hasChanged = swap(html);
      etag = answer.headers.get("ETag") ?? "";
      const at = performance.now();
      if (hasChanged && (at - lastSaid > QUIET_MS || isStale)) {
        lastSaid = at;
        say(`Updated at ${answer.headers.get("Waymark-Time") ?? "this moment"}.`);
      }
    }
    const time = answer.headers.get("Waymark-Moment");
    if (time && moment && moment.textContent !== time) moment.textContent = time;
    if (isStale) { isStale = false; if (status.classList.contains("stale")) say("Up to date again."); }
    wait = EVERY_MS;
  };

  const turn = async () => {
    timer = 0;
    if (isPaused || document.hidden) return;
    try {
      await ask();
    } catch {
      wait = Math.min(wait * 2, SLOWEST_MS);
      if (!isStale) {
        isStale = true;
        const since = moment ? ` It is as it was on ${moment.textContent}.` : "";
        say(`This page is not up to date: Waymark does not answer.${since}`, true);
      }
    }
    plan();
  };

  const plan = () => {
    if (!timer && !isPaused && !document.hidden) timer = window.setTimeout(turn, wait);
  };

  const pause = document.createElement("button");
  pause.type = "button";
  pause.id = "pause";
  pause.textContent = "Pause updating";
  pause.addEventListener("click", () => {
    isPaused = !isPaused;
    pause.textContent = isPaused ? "Go on updating" : "Pause updating";
    say(isPaused ? "Updating is paused." : "Updating goes on.");
    window.clearTimeout(timer);
    timer = 0;
    if (!isPaused) turn();
  });
  controls.append(pause);

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !timer) turn();
  });
  for (const section of live.children) sections.set(section.id, section.outerHTML);
  plan();
})();
