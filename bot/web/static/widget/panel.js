// The open widget: who is at the other end, the conversation, what is being waited for, and the field to write in.
import { Composer } from "./composer.js";
import { h, icon } from "./dom.js";
import { Log } from "./log.js";
import { Others } from "./others.js";

const CLOSE = "m12 10.600 5-5L18.400 7l-5 5 5 5-1.400 1.400-5-5-5 5L5.600 17l5-5-5-5L7 5.600z";
const OPEN_PAGE = "M5 5h6v2H7v10h10v-4h2v6H5zm8 0h6v6h-2V8.400l-6.300 6.300-1.400-1.400L15.600 7H13z";

export class Panel {
  #session;
  #texts;
  #municipality = null;
  #title;
  #who;
  #number;
  #others;
  #welcome;
  #status;
  #log;
  #composer;

  /** `page` is the address of the full page, null when this is it; `onClose` is null there too. */
  constructor(session, texts, { page, onClose }) {
    this.#session = session;
    this.#texts = texts;
    this.#title = h(onClose ? "h2" : "h1", { id: "title" }, texts.say("title"));
    this.#who = h("p", { class: "who" }, texts.say("machine"));
    this.#number = h("p", { class: "number", hidden: true });
    this.#others = new Others(session, texts, () => this.#composer.focus());
    this.#welcome = h("div", { class: "welcome" });
    this.#status = h("p", { class: "status", role: "status" });
    this.#composer = new Composer(session, texts);
    this.#log = new Log(session, texts, (text) => this.#composer.edit(text));
    const fullPage = page && h("a", { href: page, target: "_blank", rel: "noopener", class: "tool", title: texts.say("full_page") }, [
      icon(OPEN_PAGE),
      h("span", { class: "unseen" }, `${texts.say("full_page")} (${texts.say("new_window")})`),
    ]);
    const close = onClose && h("button", { type: "button", class: "tool", title: texts.say("close"), click: onClose }, [
      icon(CLOSE),
      h("span", { class: "unseen" }, texts.say("close")),
    ]);
    this.element = h(
      "section",
      { class: "panel", id: "panel", role: onClose ? "dialog" : "region", "aria-labelledby": "title" },
      h("div", { class: "head" }, h("div", { class: "heading" }, this.#title, this.#who, this.#number), fullPage, close),
      this.#others.element,
      this.#welcome,
      this.#log.element,
      this.#status,
      this.#composer.element,
    );
  }

  set municipality(municipality) {
    this.#municipality = municipality;
    this.draw();
  }

  focus() {
    this.#composer.focus();
  }

  /** The newest is in sight, as after opening. */
  scrollToEnd() {
    this.#log.scrollToEnd();
  }

  draw() {
    const { thread, ordered, queue } = this.#session;
    const position = this.#log.position();
    if (this.#municipality) this.#title.textContent = this.#local(this.#municipality.name);
    const empty = ordered.length === 0 && queue.length === 0;
    this.#drawWho(thread);
    this.#others.draw();
    this.#drawWelcome(empty);
    this.#welcome.hidden = !empty;
    this.#log.element.hidden = empty;
    this.#log.draw();
    this.#drawStatus(thread);
    this.#composer.draw();
    this.#log.settle(position);
  }

  #drawWho(thread) {
    const say = (key, params) => this.#texts.say(key, params);
    const { name, title, department, present } = thread?.contact ?? {};
    this.#number.hidden = !thread?.number;
    if (thread?.number) change(this.#number, say("number", { number: thread.number }));
    const withPeople = thread?.status === "waiting" || thread?.status === "with_contact";
    if (!name || !withPeople) {
      change(this.#who, say("machine"));
      return;
    }
    const key = [name, title, department, present].join("|");
    if (this.#who.dataset.key === key) return;
    this.#who.dataset.key = key;
    const place = [title, department].filter(Boolean).join(", ");
    const presence = h("span", { class: `presence ${present ? "here" : ""}` }, say(present ? "present" : "absent"));
    this.#who.replaceChildren(h("strong", {}, h("bdi", {}, name)), h("span", {}, h("bdi", {}, place)), presence);
  }

  #drawWelcome(empty) {
    if (!empty) return;
    const hours = this.#hours();
    const shown = `${this.#municipality?.code}|${hours}`;
    if (this.#welcome.dataset.for === shown) return;
    this.#welcome.dataset.for = shown;
    this.#welcome.replaceChildren(
      h("p", { class: "lead" }, this.#texts.say("welcome")),
      h("p", {}, this.#texts.say("welcome_machine")),
      hours && h("p", {}, hours),
    );
  }

  /** When people are there; nothing where what the server said of it is over. */
  #hours() {
    const { open, opens_at, closes_at } = this.#municipality ?? {};
    if (open) return this.#texts.isPast(closes_at) ? "" : this.#texts.say("is_open");
    if (!opens_at || this.#texts.isPast(opens_at)) return "";
    return this.#texts.say("opens", { time: this.#texts.when(opens_at) });
  }

  /** What is being waited for, always in words. */
  #drawStatus(thread) {
    const { trouble, lost, ended } = this.#session;
    let text = "";
    if (trouble) text = this.#texts.say("trouble", { why: this.#texts.code(trouble) }) + this.#otherwise();
    else if (lost) text = this.#texts.say("lost") + this.#otherwise();
    else if (ended) text = this.#texts.say("ended");
    else if (thread?.status === "resolved") text = this.#texts.say("resolved");
    else if (thread?.answering && thread.status !== "with_contact") text = this.#texts.say("answering");
    else if (thread) text = this.#promise(thread);
    this.#status.classList.toggle("warning", Boolean(trouble || lost || ended));
    this.#status.classList.toggle("working", text === this.#texts.say("answering"));
    change(this.#status, text);
    this.#status.hidden = !text;
  }

  /** Who owes the reader a reply, and by when. */
  #promise({ status, contact, reply_due_at: due }) {
    const name = contact?.name;
    if (!name || (status !== "waiting" && !(status === "with_contact" && due))) return "";
    if (!due) return this.#texts.say("waiting_undated", { name });
    return this.#texts.say(this.#texts.isPast(due) ? "waiting_late" : "waiting", { name, time: this.#texts.when(due) });
  }

  /** Says that the hotline cannot be reached, and what reaches the municipality nevertheless. */
  showUnavailable(code) {
    const why = code === "unreachable" ? this.#texts.say("unavailable") : this.#texts.code(code);
    if (this.#welcome.textContent !== why) this.#welcome.replaceChildren(h("p", { class: "lead", role: "alert" }, why));
  }

  /** How else to reach the municipality. */
  #otherwise() {
    const { phone, email } = this.#municipality ?? {};
    if (!phone && !email) return "";
    return ` ${this.#texts.say(phone && email ? "reach" : phone ? "reach_phone" : "reach_email", { phone, email })}`;
  }

  #local(texts) {
    return texts[this.#texts.language] ?? texts.da;
  }
}

/** Sets a node's text, and only when it is another: the same words are not announced twice. */
function change(node, text) {
  if (node.textContent === text) return false;
  node.textContent = text;
  delete node.dataset.key;
  return true;
}
