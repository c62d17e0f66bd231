// Draws the conversation into the log: one node per message, changed in place, so that a screen reader hears each once.
import { copy } from "./browser.js";
import { fromHtml, fromText, h, icon, link } from "./dom.js";

const ICONS = {
  bot: "M11 2h2v3h5a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2h5zM6 7v11h12V7zm2 3h3v3H8zm5 0h3v3h-3z",
  staff: "M12 3a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zm0 11c5 0 9 2.500 9 5.500V21H3v-1.500C3 16.500 7 14 12 14z",
  system: "M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20zm-1 8v7h2v-7zm0-4v2h2V6z",
};
const NEAR_PX = 80;
const GAP_PX = 8;
const SECRET_LINK = /https?:\/\/\S+\/i\/#[\w.-]+/;

export class Log {
  #session;
  #texts;
  #onEdit;
  #nodes = new Map(); // client_id or seq → node

  /** `onEdit(text)` gets the text of a message that could not be sent. */
  constructor(session, texts, onEdit) {
    this.#session = session;
    this.#texts = texts;
    this.#onEdit = onEdit;
    // tabindex: it scrolls, so it must be reachable with the keyboard.
    this.element = h("div", { class: "log", role: "log", "aria-label": texts.say("log"), tabindex: "0" });
  }

  /** Where the reader is before something changes. */
  position() {
    const log = this.element;
    return { atEnd: log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PX, last: log.lastChild };
  }

  /** What is new is in sight if the newest before was, from its beginning; a reader further up is left in peace. */
  settle({ atEnd, last }) {
    const log = this.element;
    const first = last ? last.nextSibling : log.firstChild;
    const own = log.lastChild?.classList.contains("inquirer") && log.lastChild !== last;
    if (!atEnd && !own) return;
    const end = log.scrollHeight - log.clientHeight;
    log.scrollTop = first && !own ? Math.min(end, first.offsetTop - GAP_PX) : end;
  }

  scrollToEnd() {
    this.element.scrollTop = this.element.scrollHeight;
  }

  /** Everything known is shown, in order. */
  draw() {
    const log = this.element;
    const messages = this.#session.ordered;
    const queue = this.#session.queue;
    const before = this.#nodes;
    this.#nodes = new Map();
    let cursor = log.firstChild;
    const place = (key, make, update) => {
      const node = before.get(key) ?? make();
      update(node);
      this.#nodes.set(key, node);
      if (node === cursor) cursor = cursor.nextSibling;
      else log.insertBefore(node, cursor); // nodes that stand right are not moved: moving would announce them again
    };
    // A button answers the newest question before it; later ones are asked of what was said since.
    const lastSaid = messages.findLast((message) => message.author === "inquirer")?.seq ?? 0;
    const days = messages.length > 0 && !this.#texts.isToday(messages[0].at); // all of today: the clock tells enough
    let day = null;
    for (const message of messages) {
      if (days && day !== (day = this.#texts.dayOf(message.at))) {
        const words = day;
        place(`day ${message.at}`, () => h("p", { class: "day" }), (node) => node.textContent !== words && (node.textContent = words));
      }
      const choice = this.#choiceAfter(messages, message);
      const live = message.seq > lastSaid && !queue.some((item) => item.choice || item.text);
      place(
        message.client_id ?? message.seq,
        () => this.#make(message),
        (node) => this.#update(node, message, choice, live),
      );
    }
    for (const item of queue.filter((other) => other.seq === undefined)) {
      place(
        item.client_id,
        () => this.#make({ author: "inquirer", text: item.text ?? item.label }),
        (node) => this.#updateUnsent(node, item),
      );
    }
    for (const [key, node] of before) if (this.#nodes.get(key) !== node) node.remove();
  }

  /** The id of the button pressed in answer to `message`. */
  #choiceAfter(messages, message) {
    if (!message.buttons?.length) return null;
    const next = messages.find((other) => other.seq > message.seq && other.author === "inquirer");
    const chosen = next ? next.choice : this.#session.queue.find((item) => item.choice)?.choice;
    const newest = messages.findLast((other) => other.buttons?.length && (!next || other.seq < next.seq));
    return newest === message && message.buttons.some((button) => button.id === chosen) ? chosen : null;
  }

  #make(message) {
    const texts = this.#texts;
    const own = message.author === "inquirer";
    const by = own ? "by_you" : message.author === "staff" && !message.name ? "by_staff_unnamed" : `by_${message.author}`;
    const said = h("div", { class: "said" }, message.html ? fromHtml(message.html) : h("p", {}, fromText(message.text)));
    for (const anchor of said.querySelectorAll("a[target]")) anchor.append(h("span", { class: "unseen" }, ` (${texts.say("new_window")})`));
    const head = [
      !own && icon(ICONS[message.author]),
      h("bdi", {}, texts.say(by, { name: message.name })),
      h("time", {}, ""),
    ];
    return h(
      "div",
      { class: `message ${message.author}` },
      h("p", { class: "by" }, head),
      said,
      message.sources?.length > 0 && this.#sources(message.sources),
      SECRET_LINK.test(message.text) && !own && this.#copyButton(SECRET_LINK.exec(message.text)[0]),
      this.#buttons(message),
      message.feedback && this.#feedback(message),
      own && h("p", { class: "state", hidden: true }),
    );
  }

  #update(node, message, choice, live) {
    const time = node.querySelector("time");
    if (!time.dateTime) {
      time.dateTime = message.at;
      time.textContent = this.#texts.clockOf(message.at);
    }
    if (message.author === "inquirer") {
      node.classList.remove("unsent");
      this.#setState(node.querySelector(":scope > .state"), message.masked > 0 ? this.#texts.say("masked") : "");
      const said = node.querySelector(".said");
      if (said.textContent !== message.text) said.replaceChildren(h("p", {}, fromText(message.text))); // masked when stored
    }
    for (const button of node.querySelectorAll(".choices button")) {
      const chosen = button.dataset.id === choice;
      this.#mark(button, chosen, !live || choice !== null);
    }
    const queued = this.#session.queue.findLast((item) => item.seq === message.seq && item.seq !== undefined);
    const helped = queued ? queued.helped : message.helped;
    for (const button of node.querySelectorAll(".feedback button")) {
      this.#mark(button, helped !== null && String(helped) === button.dataset.helped, helped !== null);
    }
  }

  #updateUnsent(node, item) {
    node.classList.add("unsent");
    const state = node.querySelector(":scope > .state");
    if (item.failed) {
      const edit = h("button", { type: "button", class: "plain", click: () => this.#edit(item) }, this.#texts.say("edit"));
      this.#setState(state, this.#texts.say("failed", { why: this.#texts.code(item.failed) }), [edit]);
    } else {
      const trouble = this.#session.trouble || this.#session.lost;
      this.#setState(state, this.#texts.say(trouble ? "unsent" : "sending"));
    }
  }

  #setState(state, text, buttons = []) {
    state.hidden = !text;
    if (state.dataset.text === text) return;
    state.dataset.text = text;
    state.replaceChildren(text, ...buttons.flatMap((button) => [" ", button]));
  }

  #edit(item) {
    this.#session.takeBack(item.client_id);
    this.#onEdit(item.text);
  }

  /** Pressed buttons keep their place and the focus: they are only said to be off. */
  #mark(button, chosen, off) {
    button.classList.toggle("chosen", chosen);
    button.setAttribute("aria-disabled", String(off));
    const mark = button.querySelector(".mark");
    if (chosen && !mark) button.append(h("span", { class: "mark" }, ` ✓ ${this.#texts.say("chosen")}`));
    else if (!chosen) mark?.remove();
  }

  #buttons(message) {
    if (!message.buttons?.length) return null;
    return h(
      "div",
      { class: "choices" },
      message.buttons.map(({ id, label }) => {
        const press = (event) => {
          if (event.currentTarget.getAttribute("aria-disabled") !== "true") this.#session.send({ choice: id, label });
        };
        return h("button", { type: "button", "data-id": id, click: press }, label);
      }),
    );
  }

  #feedback({ seq }) {
    const question = this.#texts.say("helped_question");
    const button = (helped) => {
      const press = (event) => {
        if (event.currentTarget.getAttribute("aria-disabled") !== "true") this.#session.send({ seq, helped });
      };
      return h("button", { type: "button", "data-helped": String(helped), click: press }, this.#texts.say(helped ? "yes" : "no"));
    };
    return h("div", { class: "feedback", role: "group", "aria-label": question }, h("span", {}, question), button(true), button(false));
  }

  #sources(sources) {
    const items = sources.map(({ title, url }) => {
      const anchor = link(url, title);
      anchor.append(h("span", { class: "unseen" }, ` (${this.#texts.say("new_window")})`));
      return h("li", {}, anchor);
    });
    return h("div", { class: "sources" }, h("p", {}, this.#texts.say("sources")), h("ul", {}, items));
  }

  #copyButton(address) {
    const say = (key) => this.#texts.say(key);
    const field = h("input", { type: "text", readonly: true, hidden: true, "aria-label": say("copy_link") });
    const told = h("p", { role: "status" });
    field.value = address;
    const button = h("button", { type: "button" }, say("copy_link"));
    button.addEventListener("click", async () => {
      const copied = await copy(address, field);
      field.hidden = copied;
      if (copied) button.focus();
      button.textContent = say(copied ? "copied" : "copy_link");
      told.textContent = copied ? "" : say("copy_by_hand");
    });
    return h("div", { class: "copy" }, button, field, told);
  }
}
