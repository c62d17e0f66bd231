// Opens the inquiry of a secret link on the chat page. The token leaves the address bar first, so that no history keeps it.
import { Api } from "../widget/api.js";
import { Store } from "../widget/store.js";

const RETRY_S = 5;
const token = decodeURIComponent(location.hash.slice(1)).trim();
history.replaceState(null, "", location.pathname);

function show(id) {
  for (const name of ["opening", "invalid", "unreachable"]) document.getElementById(name).hidden = name !== id;
}

async function open() {
  const id = token.split(".")[0];
  if (!/^[0-9a-f]{16}\.[\w-]{43}$/.test(token)) return show("invalid");
  show("opening");
  try {
    const thread = await new Api(new URL("/", location.href)).messages({ id, token }, { after: 2147483647 });
    const store = new Store(location.origin, thread.municipality);
    store.follow({ id, token });
    if (store.lasts) location.replace(`/chat/${thread.municipality}`);
    else await showHere(thread.municipality);
  } catch (error) {
    if (error.isPermanent) return show("invalid");
    show("unreachable");
    setTimeout(open, 1000 * (error.retryAfter ?? RETRY_S));
  }
}

/** The chat takes the place of this page, whose memory alone holds the inquiry. */
async function showHere(municipality) {
  const widget = document.createElement("hotline-widget");
  for (const [name, value] of [["municipality", municipality], ["language", document.documentElement.lang], ["full", ""]]) {
    widget.setAttribute(name, value);
  }
  const main = document.createElement("main");
  main.append(widget);
  document.body.className = "chat";
  document.body.replaceChildren(main);
  await import("../widget/element.js");
}

window.addEventListener("hashchange", () => location.reload());
open();
