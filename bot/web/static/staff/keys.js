// Shortcuts of one letter; only while nobody types, and they can be switched off.
import { refreshList } from "./live.js";

const STORED = "hotline-keys";

export function startKeys() {
  const use = document.getElementById("use-keys");
  use.checked = stored() !== "off";
  use.addEventListener("change", () => store(use.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select, dialog")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const act = ACTIONS[event.key];
    if (!act || (!use.checked && event.key !== "?")) return;
    event.preventDefault();
    act();
  });
}

// Where the browser refuses to keep the choice, it holds until the page is closed.

function stored() {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

function store(choice) {
  try {
    localStorage.setItem(STORED, choice);
  } catch {
    // It is in the page's own memory, the checkbox.
  }
}

const ACTIONS = {
  j: () => step(1),
  k: () => step(-1),
  t: () => press('[data-key="t"]'),
  h: () => press('[data-key="h"]'),
  e: () => press('[data-key="e"]'),
  u: () => press("#undo"),
  r: () => document.querySelector("#reply:not([hidden]) textarea")?.focus(),
  n: () => {
    const note = document.getElementById("note");
    if (!note) return;
    note.open = true;
    document.getElementById("note-text").focus();
  },
  "/": () => document.getElementById("q").focus(),
  ".": () => refreshList({ whole: true }),
  "?": () => document.getElementById("help").showModal(),
};

function press(selector) {
  document.querySelector(selector)?.click();
}

/** The next or previous inquiry of the list has the focus; Enter opens it. */
function step(by) {
  const links = [...document.querySelectorAll("[data-row] > a")];
  const at = links.findIndex((link) => link === document.activeElement);
  const from = at >= 0 ? at : links.findIndex((link) => link.getAttribute("aria-current") === "true");
  const next = links[Math.min(links.length - 1, Math.max(0, from + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}
