// Where the reader writes: text field with a counter, send, and a person always within reach.
import { h, icon } from "./dom.js";

const MAX_CHARACTERS = 4096;
const COUNT_FROM = 3600;
const TALLEST_PX = 160;
const SEND = "M3 20V4l18 8zm2-3 11.900-5L5 7v3.500l6 1.500-6 1.500z";

export class Composer {
  #session;
  #texts;
  #field;
  #count;
  #send;
  #person;
  #startNew;
  #goBack;

  constructor(session, texts) {
    this.#session = session;
    this.#texts = texts;
    const say = (key) => texts.say(key);
    this.#field = h("textarea", {
      id: "text",
      rows: "1",
      "aria-describedby": "count hint",
      autocomplete: "off",
      input: () => this.#measure(),
      keydown: (event) => this.#onKey(event),
    });
    this.#count = h("p", { id: "count", class: "count", role: "status" });
    this.#send = h("button", { type: "submit", class: "send" }, icon(SEND), h("span", {}, say("send")));
    this.#person = h("button", { type: "button", click: () => this.#askForPerson() }, say("person"));
    this.#startNew = h("button", { type: "button", class: "plain", click: () => this.#begin(() => session.startNew()) }, say("start_new"));
    this.#goBack = h("button", { type: "button", class: "plain", click: () => this.#begin(() => session.goTo(session.earlier[0]?.id)) }, say("go_back"));
    this.element = h(
      "form",
      { class: "composer", submit: (event) => this.#submit(event) },
      h("label", { for: "text", class: "unseen" }, say("label")),
      h("p", { id: "hint", class: "unseen" }, say("hint")),
      h("div", { class: "line" }, this.#field, this.#send),
      this.#count,
      h("div", { class: "actions" }, this.#person, this.#startNew, this.#goBack),
    );
    this.draw();
  }

  focus() {
    this.#field.focus();
  }

  /** Puts a text that could not be sent back under the reader's hands, before what stands there. */
  edit(text) {
    this.#field.value = [text, this.#field.value].filter(Boolean).join("\n\n");
    this.#measure();
    this.focus();
  }

  draw() {
    const { thread, hasInquiry, queue, earlier } = this.#session;
    const withPeople = thread?.status === "waiting" || thread?.status === "with_contact";
    this.#hide(this.#person, withPeople || thread?.outcome === "abuse");
    const asked = queue.some((item) => item.choice === "person");
    this.#person.setAttribute("aria-disabled", String(asked));
    this.#person.textContent = this.#texts.say(asked ? "person_asked" : "person");
    this.#hide(this.#startNew, !hasInquiry || queue.length > 0);
    this.#hide(this.#goBack, hasInquiry || queue.length > 0 || earlier.length === 0);
    this.#field.placeholder = this.#texts.say(withPeople ? "placeholder_person" : "placeholder");
  }

  /** Hides a button; the focus never falls out of the widget with it. */
  #hide(button, hidden) {
    if (hidden && !button.hidden && button.getRootNode().activeElement === button) this.focus();
    button.hidden = hidden;
  }

  #begin(change) {
    change();
    this.focus();
  }

  #askForPerson() {
    if (this.#person.getAttribute("aria-disabled") !== "true") {
      this.#session.send({ choice: "person", label: this.#texts.say("person") });
    }
  }

  #onKey(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.#submit(event);
  }

  #submit(event) {
    event.preventDefault();
    const text = this.#field.value.trim();
    if (text && text.length <= MAX_CHARACTERS) {
      this.#session.send({ text });
      this.#field.value = "";
      this.#measure();
    }
    this.focus();
  }

  #measure() {
    const field = this.#field;
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight + 2, TALLEST_PX)}px`;
    const length = field.value.trim().length;
    const over = length - MAX_CHARACTERS;
    field.setAttribute("aria-invalid", String(over > 0));
    this.#send.setAttribute("aria-disabled", String(over > 0));
    this.#count.classList.toggle("over", over > 0);
    this.#count.textContent =
      over > 0 ? this.#texts.say("too_long", { n: over }) : length >= COUNT_FROM ? this.#texts.say("left", { n: -over }) : "";
  }
}
