// The way to this browser's other conversations, and how much is unread in each.
import { h } from "./dom.js";

export class Others {
  #session;
  #texts;
  #onChosen;
  #words;
  #list;
  #unread = 0;

  /** `onChosen()` is called when another conversation is shown. */
  constructor(session, texts, onChosen) {
    this.#session = session;
    this.#texts = texts;
    this.#onChosen = onChosen;
    this.#words = h("span", { role: "status" });
    this.#list = h("ul");
    this.element = h("details", { class: "others", hidden: true }, h("summary", {}, this.#words), this.#list);
  }

  draw() {
    const { earlier, queue, unreadElsewhere: unread } = this.#session;
    // What is unsent belongs to the conversation in sight.
    this.element.hidden = earlier.length === 0 || queue.length > 0;
    const words = this.#texts.say(unread ? "others_unread" : "others", { n: unread || earlier.length });
    if (this.#words.textContent !== words) this.#words.textContent = words;
    if (unread > this.#unread) this.element.open = true;
    this.#unread = unread;
    this.element.classList.toggle("warning", unread > 0);
    this.#drawList(earlier);
  }

  #drawList(earlier) {
    for (const item of [...this.#list.children]) if (!earlier.some(({ id }) => id === item.dataset.id)) item.remove();
    for (const [place, inquiry] of earlier.entries()) {
      const item = [...this.#list.children].find(({ dataset }) => dataset.id === inquiry.id) ?? this.#make(inquiry.id);
      if (this.#list.children[place] !== item) this.#list.insertBefore(item, this.#list.children[place] ?? null);
      const label = this.#label(inquiry);
      const button = item.firstChild;
      if (button.textContent !== label) button.textContent = label;
    }
  }

  #make(id) {
    const choose = () => {
      this.element.open = false;
      this.#session.goTo(id);
      this.#onChosen();
    };
    return h("li", { "data-id": id }, h("button", { type: "button", class: "plain", click: choose }));
  }

  #label({ number, at, unread }) {
    const say = (key, params) => this.#texts.say(key, params);
    const name = number ? say("number", { number }) : at ? say("conversation_of", { time: this.#texts.when(at) }) : say("conversation");
    return unread ? `${name}: ${say("unread", { n: unread })}` : name;
  }
}
