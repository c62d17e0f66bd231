// What the console does beyond plain forms: live updates that move nothing, drafts, undo, dialogs, times.
import { uuid } from "../widget/browser.js";
import { ServerTime } from "../widget/server_time.js";
import { startKeys } from "./keys.js";
import { fragment, refreshList, refreshThread, shown } from "./live.js";
import { follow } from "./stream.js";
import { startTimes } from "./times.js";

const SHOWN_MS = 30_000;
const text = document.body.dataset;
const time = new ServerTime();
const drafts = new Map(); // kept in memory only: what is typed must not stay in the browser

document.documentElement.classList.add("scripted");

// --- Drafts: another inquiry may be opened in between. ---

function draftKey(area) {
  return `${area.closest("#thread")?.dataset.id}:${area.id}`;
}

document.addEventListener("input", (event) => {
  if (event.target.matches("#thread textarea")) drafts.set(draftKey(event.target), event.target.value);
});

function restoreDrafts() {
  for (const area of document.querySelectorAll("#thread textarea")) {
    const draft = drafts.get(draftKey(area));
    if (draft) area.value = draft;
    if (draft && area.closest("details")) area.closest("details").open = true;
  }
  const id = document.querySelector("#reply input[name=client_id]");
  if (id && !id.value) id.value = uuid();
}

addEventListener("beforeunload", (event) => {
  if ([...drafts.values()].some((draft) => draft.trim())) event.preventDefault();
});

// --- A thread was put into the page. ---

function threadShown() {
  document.body.classList.toggle("has-thread", Boolean(shown()));
  for (const link of document.querySelectorAll("[data-row] > a")) {
    if (link.parentElement.dataset.row === shown()) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  restoreDrafts();
  const scroll = document.getElementById("scroll");
  if (scroll) scroll.scrollTop = scroll.scrollHeight;
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "thread") return;
  threadShown();
  document.getElementById("thread-title")?.focus();
});

// --- Something was done: say so, and how to undo it. ---

document.addEventListener("hotline:done", async (event) => {
  const { text: told, undo, action, id } = event.detail;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  if (id === shown() && (action === "reply" || action === "note")) {
    // A suggestion sent with one click leaves what is being typed alone.
    const from = event.target.closest?.("form");
    const area = from?.querySelector("textarea");
    if (area) {
      drafts.delete(draftKey(area));
      from.reset();
      const clientId = from.querySelector("input[name=client_id]");
      if (clientId) clientId.value = uuid();
    }
  }
  toast(told, undo && { ...undo, id });
  await Promise.all([refreshThread(), refreshList()]);
  if (action === "take") document.getElementById("reply-text")?.focus();
});

document.addEventListener("htmx:responseError", (event) => {
  let told = text.textFailed;
  try {
    const { message, by } = JSON.parse(event.detail.xhr.responseText).error;
    told = by ? `${message} (${by})` : message;
  } catch {
    // Not from us: a proxy's own page.
  }
  toast(told, null, true);
  refreshThread();
});
document.addEventListener("htmx:sendError", () => toast(text.textFailed, null, true));

function toast(told, undo, isError = false) {
  const place = document.getElementById("toast");
  const box = document.createElement("div");
  box.className = isError ? "toast-box is-error" : "toast-box";
  if (isError) box.setAttribute("role", "alert");
  const words = document.createElement("span");
  words.textContent = told;
  box.append(words);
  if (undo) box.append(button(text.textUndo, () => { place.replaceChildren(); doUndo(undo); }, "undo"));
  box.append(button(text.textClose, () => place.replaceChildren()));
  place.replaceChildren(box);
  if (!isError) setTimeout(() => { if (!box.contains(document.activeElement)) box.remove(); }, SHOWN_MS);
}

function button(label, pressed, id = "") {
  const element = document.createElement("button");
  element.type = "button";
  element.textContent = label;
  if (id) element.id = id;
  element.addEventListener("click", pressed);
  return element;
}

function doUndo({ action, id, ...values }) {
  htmx.ajax("POST", `/staff/inquiries/${id}/${action}`, { source: document.body, swap: "none", values });
}

// --- Clicks. ---

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (link && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    openDialog(link);
  } else if (event.target.closest("[data-close]")) {
    event.target.closest("dialog")?.close();
  } else if (event.target.closest("[data-insert]")) {
    insert(event.target.closest("[data-insert]").dataset.insert);
  } else if (event.target.closest("#refresh-list")) {
    await refreshList({ whole: true });
    document.getElementById("inquiries").focus();
  } else if (event.target.closest("#open-help")) {
    document.getElementById("help").showModal();
  } else if (event.target.closest("#to-end")) {
    const scroll = document.getElementById("scroll");
    scroll.scrollTop = scroll.scrollHeight;
    document.getElementById("to-end").hidden = true;
  }
});

async function openDialog(link) {
  const body = document.getElementById("dialog-body");
  const page = await fragment(link.getAttribute("href"));
  if (!page) return toast(text.textFailed, null, true);
  body.replaceChildren(...page.body.childNodes);
  htmx.process(body);
  document.getElementById("dialog").showModal();
}

function insert(answer) {
  const area = document.getElementById("reply-text");
  area.value = area.value.trim() ? `${area.value.trimEnd()}\n\n${answer}` : answer;
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
}

// Ctrl+Enter sends what is being written.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("#thread textarea")) {
    event.target.form.requestSubmit();
  }
});

// --- Filters: in the address bar, and at once. ---

let filtering;
const filter = document.getElementById("filter");
filter.addEventListener("submit", (event) => { event.preventDefault(); applyFilter(); });
filter.addEventListener("change", applyFilter);
filter.addEventListener("input", () => { clearTimeout(filtering); filtering = setTimeout(applyFilter, 300); });

async function applyFilter() {
  clearTimeout(filtering);
  const query = new URLSearchParams([...new FormData(filter)].filter(([, value]) => value));
  history.replaceState(history.state, "", `${location.pathname}?${query}`);
  await refreshList({ whole: true });
}

// --- The event stream. ---

function hear(type, data) {
  const line = document.getElementById("line");
  if (type === "lost") line.textContent = text.textOffline;
  if (type === "here") time.hear(data.now);
  if (type === "signed_out") {
    drafts.clear();
    location.assign("/staff/sign-in");
  }
  if (type !== "changed") return;
  line.textContent = "";
  const { ids, counts, missed, now } = data;
  if (now) time.hear(now);
  for (const place of document.querySelectorAll("[data-count]")) {
    place.textContent = counts[place.dataset.count];
    if (place.dataset.count === "overdue") place.parentElement.dataset.late = counts.overdue;
  }
  refreshList();
  // Without ids the line is new: anything may have happened before.
  if (missed || !ids.length || ids.includes(shown())) refreshThread();
}

threadShown();
time.hear(text.now);
startTimes(time, text.textNow);
startKeys();
follow(hear);
