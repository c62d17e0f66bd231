// <hotline-widget municipality="0101" [language="da|en"] [full]>: a round button with the panel it opens, or, with `full`, the
// panel alone over the whole element. Colours: the custom properties at the top of widget.css.
import { Api, ApiError } from "./api.js";
import { h, icon } from "./dom.js";
import { Panel } from "./panel.js";
import { ServerTime } from "./server_time.js";
import { Session } from "./session.js";
import { Store } from "./store.js";
import { loadTexts, pickLanguage } from "./texts.js";

const ROOT = new URL("../../../", import.meta.url); // /static/<version>/widget/element.js
const BUBBLE = "M4 4h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2h-8l-6 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zm2 4v2h12V8zm0 4v2h8v-2z";
const NARROW = "(max-width: 640px)"; // the panel covers the page: it is not opened unasked
const RETRY_S = 5;

class HotlineWidget extends HTMLElement {
  #shadow = this.attachShadow({ mode: "open", delegatesFocus: true });
  #store = null;
  #session = null;
  #panel = null;
  #texts = null;
  #time = new ServerTime();
  #button = null;
  #count = null;
  #asked = false; // the municipality's name
  #onSeen = () => this.#markSeen();

  async connectedCallback() {
    const code = this.getAttribute("municipality") ?? "";
    const texts = await loadTexts(pickLanguage(this.getAttribute("language"), document.documentElement.lang), this.#time);
    if (!this.isConnected || this.#session) return;
    this.#texts = texts;
    const api = new Api(ROOT);
    this.#store = new Store(ROOT.origin, code);
    this.#session = new Session(api, this.#store, code, texts.language, this.#time);
    this.#session.addEventListener("change", () => this.#draw());
    document.addEventListener("visibilitychange", this.#onSeen);
    this.#build(api, code);
    this.#session.start();
    if (this.isFull) this.#show(false);
    else if (this.#store.state.open && !matchMedia(NARROW).matches) this.#show(false);
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#onSeen);
    this.#session?.close();
    this.#store?.close();
    this.#session = null;
    this.#asked = false; // put back into a page, it asks again
    this.#shadow.replaceChildren();
  }

  get isFull() {
    return this.hasAttribute("full");
  }

  get isOpen() {
    return Boolean(this.#panel) && !this.#panel.element.hidden;
  }

  open() {
    this.#store.write({ open: true });
    this.#show(true);
  }

  close() {
    this.#panel.element.hidden = true;
    this.#button.setAttribute("aria-expanded", "false");
    this.#store.write({ open: false });
    this.#button.focus();
    this.#draw();
  }

  #build(api, code) {
    const texts = this.#texts;
    const style = h("link", { rel: "stylesheet", href: new URL("widget.css", import.meta.url).href });
    const page = new URL(`chat/${encodeURIComponent(code)}?lang=${texts.language}`, ROOT).href;
    const panel = new Panel(this.#session, texts, this.isFull ? {} : { page, onClose: () => this.close() });
    panel.element.hidden = true;
    panel.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.isFull || event.isComposing) return;
      event.stopPropagation();
      this.close();
    });
    this.#panel = panel;
    this.#count = h("span", { class: "count", "aria-hidden": "true", hidden: true });
    this.#button = h(
      "button",
      {
        type: "button",
        class: "opener",
        "aria-expanded": "false",
        "aria-controls": "panel",
        click: () => (this.isOpen ? this.close() : this.open()),
      },
      icon(BUBBLE),
      h("span", { class: "unseen name" }, texts.say("open")),
      this.#count,
    );
    const root = h("div", { class: `root ${this.isFull ? "full" : ""}`, lang: texts.language, hidden: true });
    root.append(panel.element, ...(this.isFull ? [] : [this.#button, h("div", { class: "unseen news", role: "status" })]));
    // Nothing is drawn before it has its looks.
    style.addEventListener("load", () => (root.hidden = false));
    style.addEventListener("error", () => (root.hidden = false));
    this.#shadow.replaceChildren(style, root);
    this.#askMunicipality = () => this.#ask(api, code);
  }

  #askMunicipality = () => {};

  async #ask(api, code) {
    if (this.#asked) return;
    this.#asked = true;
    try {
      const municipality = await api.municipality(code);
      this.#time.hear(municipality.now);
      if (this.isConnected) this.#panel.municipality = municipality;
    } catch (error) {
      this.#asked = false;
      if (!this.isConnected || !(error instanceof ApiError)) return;
      this.#panel.showUnavailable(error.code);
      if (!error.isPermanent) setTimeout(() => this.isConnected && this.#ask(api, code), 1000 * (error.retryAfter ?? RETRY_S));
    }
  }

  #show(focus) {
    this.#panel.element.hidden = false;
    this.#button.setAttribute("aria-expanded", "true");
    this.#askMunicipality();
    this.#draw();
    this.#panel.scrollToEnd();
    if (focus) this.#panel.focus();
  }

  #draw() {
    if (!this.#session) return;
    this.#panel.draw();
    if (this.#markSeen()) return; // which draws again
    const unread = this.isOpen ? 0 : this.#session.unread + this.#session.unreadElsewhere;
    const name = unread ? this.#texts.say("open_unread", { n: unread }) : this.#texts.say(this.isOpen ? "close" : "open");
    this.#count.hidden = unread === 0;
    this.#count.textContent = unread || "";
    const label = this.#button.querySelector(".name");
    if (label.textContent === name) return;
    label.textContent = name;
    const news = this.#shadow.querySelector(".news");
    if (news) news.textContent = unread ? name : "";
  }

  /** What is on the screen of a page in front is read. */
  #markSeen() {
    if (!this.isOpen || document.visibilityState !== "visible" || this.#session.unread === 0) return false;
    this.#session.markSeen();
    return true;
  }
}

if (!customElements.get("hotline-widget")) customElements.define("hotline-widget", HotlineWidget);
