// Brings lists and thread up to date without moving what somebody looks at, and without touching what is being typed.

let listBusy = null;
let threadBusy = null;

/** The id of the open inquiry, or undefined. */
export function shown() {
  return document.getElementById("thread")?.dataset.id;
}

/** A part of a page as a document; null when it could not be had. */
export async function fragment(address, target = "") {
  try {
    const response = await fetch(address, { headers: { "HX-Request": "true", "HX-Target": target, "X-Live": "1" } });
    if (response.headers.get("HX-Redirect")) location.assign(response.headers.get("HX-Redirect"));
    return response.status === 200 ? new DOMParser().parseFromString(await response.text(), "text/html") : null;
  } catch {
    return null; // offline: the event stream says so, and asks again when it is back
  }
}

/** One refresh at a time; a second wish meanwhile is granted once after it. */
function oneAtATime(get, set, work) {
  return async (options) => {
    const busy = get();
    if (busy) {
      busy.again = { ...busy.again, ...options, asked: true };
      return busy.promise;
    }
    const state = { again: null };
    state.promise = (async () => {
      let wish = options;
      do {
        state.again = null;
        await work(wish);
        wish = state.again;
      } while (wish);
    })().finally(() => set(null));
    set(state);
    return state.promise;
  };
}

export const refreshList = oneAtATime(() => listBusy, (state) => (listBusy = state), updateList);
export const refreshThread = oneAtATime(() => threadBusy, (state) => (threadBusy = state), updateThread);

async function updateList({ whole = false } = {}) {
  const page = await fragment(location.pathname + location.search, "inquiries");
  const fresh = page?.getElementById("inquiries");
  const old = document.getElementById("inquiries");
  if (!fresh || !old) return;
  const order = (list) => [...list.querySelectorAll("[data-row]")].map((row) => row.dataset.row);
  const [before, after] = [order(old), order(fresh)];
  // New ones wait longest last, so they mostly come at the end, where they move nothing.
  const kept = before.filter((id) => after.includes(id));
  const movesNothing = kept.length === before.length && before.every((id, place) => after[place] === id);
  if (whole || !before.length) {
    old.replaceChildren(...fresh.childNodes);
  } else {
    for (const row of old.querySelectorAll("[data-row]")) updateRow(row, fresh);
    if (movesNothing) {
      const list = old.querySelector(".entries");
      for (const id of after.slice(before.length)) list.append(rowOf(fresh, id));
    }
    old.querySelector("#list-changed").hidden = movesNothing;
  }
  htmx.process(old);
  for (const link of old.querySelectorAll("[data-row] > a")) {
    if (link.parentElement.dataset.row === shown()) link.setAttribute("aria-current", "true");
  }
}

function rowOf(list, id) {
  return list.querySelector(`[data-row="${CSS.escape(id)}"]`);
}

function updateRow(row, fresh) {
  const update = rowOf(fresh, row.dataset.row);
  if (!update) {
    if (!row.classList.contains("is-gone")) {
      const word = document.createElement("span");
      word.className = "gone-word";
      word.textContent = document.body.dataset.textGone;
      row.querySelector("a").prepend(word);
      row.classList.add("is-gone");
    }
    return;
  }
  row.className = update.className;
  const [link, newLink] = [row.querySelector("a"), update.querySelector("a")];
  if (link.innerHTML !== newLink.innerHTML) link.replaceChildren(...newLink.childNodes);
}

async function updateThread() {
  const thread = document.getElementById("thread");
  const id = shown();
  if (!id) return;
  const page = await fragment(`/staff/inquiries/${id}/news?rev=${thread.dataset.rev}`);
  const news = page?.getElementById("news");
  if (!news || shown() !== id) return; // another was opened meanwhile
  addMessages(news.querySelector("[data-news=messages]"));
  for (const part of news.querySelectorAll("[data-news]:not([data-news=messages])")) {
    const place = document.querySelector(`[data-part="${part.dataset.news}"]`);
    if (place) updatePart(place, part);
  }
  const reply = document.getElementById("reply");
  // A half-written reply stays in sight even when somebody else has taken over.
  if (reply) reply.hidden = news.dataset.mayReply === "no" && !reply.querySelector("textarea").value.trim();
  thread.dataset.rev = news.dataset.rev;
  if (news.dataset.more === "yes") await updateThread(); // so much at once: the rest comes after it
}

function addMessages(list) {
  const messages = document.getElementById("messages");
  const scroll = document.getElementById("scroll");
  const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
  let added = false;
  for (const message of [...list.children]) {
    const old = document.getElementById(message.id);
    if (old) old.replaceWith(message);
    else {
      messages.append(message);
      added = true;
    }
  }
  if (!added) return;
  if (atEnd) scroll.scrollTop = scroll.scrollHeight;
  else document.getElementById("to-end").hidden = false;
}

/** The part shows what the server says; what was unfolded stays so, and the focus stays on the same control. */
function updatePart(place, part) {
  if (place.innerHTML.trim() === part.innerHTML.trim()) return;
  const open = [...place.querySelectorAll("details[open]")].map((details) => details.id || details.dataset.article);
  const focused = place.contains(document.activeElement) ? describe(document.activeElement) : null;
  const scrolled = place.scrollTop;
  place.replaceChildren(...part.childNodes);
  for (const details of place.querySelectorAll("details")) {
    if (open.includes(details.id || details.dataset.article)) details.open = true;
  }
  htmx.process(place);
  place.scrollTop = scrolled;
  if (focused) {
    const same = [...place.querySelectorAll("a, button, summary, input")].find((e) => describe(e) === focused);
    (same ?? document.getElementById("thread-title")).focus();
  }
}

function describe(element) {
  return `${element.tagName} ${element.textContent.trim()} ${element.getAttribute("href") ?? ""}`;
}
