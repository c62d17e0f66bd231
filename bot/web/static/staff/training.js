// How far a training is, without a reload: the page asks for itself and takes over the parts that changed.
import { fragment } from "./live.js";

const BUSY_MS = 2_000;
const QUIET_MS = 10_000;
const BUSY = ["waiting", "training", "checking"];

function update(page) {
  for (const fresh of page.querySelectorAll("[data-live]")) {
    const old = document.querySelector(`[data-live="${fresh.dataset.live}"]`);
    if (!old || old.outerHTML === fresh.outerHTML || inUse(old)) continue;
    const open = [...old.querySelectorAll("details[open]")].map((details) => details.id);
    if (fresh.dataset.phase) old.dataset.phase = fresh.dataset.phase;
    if (old.innerHTML !== fresh.innerHTML) old.replaceChildren(...fresh.childNodes);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  }
}

/** Somebody writes in it, or stands on one of its controls. */
function inUse(part) {
  const typed = [...part.querySelectorAll("input:not([type=hidden])")].some((field) => field.value);
  return typed || part.contains(document.activeElement);
}

async function follow() {
  if (!document.hidden) {
    const page = await fragment(location.pathname);
    if (page) update(page);
  }
  const phase = document.querySelector("[data-phase]").dataset.phase;
  setTimeout(follow, BUSY.includes(phase) ? BUSY_MS : QUIET_MS);
}

document.documentElement.classList.add("scripted");
setTimeout(follow, BUSY_MS);
