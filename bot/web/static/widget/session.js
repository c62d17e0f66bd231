// One municipality's conversation in this browser: what was said, what is still unsent, and who answers. Draws nothing.
// A message is kept in the browser until the server has stored it; its client_id makes sending it twice harmless.
import { ApiError } from "./api.js";
import { alone, uuid } from "./browser.js";
import { Connection } from "./connection.js";
import { Earlier } from "./earlier.js";

const LONGEST_PAUSE_S = 30;
const LOST_AFTER_S = 3; // a shorter break is not worth a word

/** Fires "change" when there is something new to draw. */
export class Session extends EventTarget {
  messages = new Map(); // seq → message
  thread = null; // status, contact, number … as last heard
  trouble = null; // code of what stands in the way of sending, while it is tried again
  lost = false; // no connection
  ended = null; // code of why the inquiry cannot be read any more
  #api;
  #store;
  #code;
  #language;
  #time;
  #connection = null;
  #connected = null; // the inquiry that is listened to
  #draining = false;
  #wake = null;
  #lostTimer = null;
  #closed = false;
  #earlier;
  #onStore = () => this.#adopt();
  #onOnline = () => this.#wake?.();

  constructor(api, store, code, language, time) {
    super();
    this.#api = api;
    this.#store = store;
    this.#code = code;
    this.#language = language;
    this.#time = time;
    this.#earlier = new Earlier(api, store, () => this.#changed());
    store.addEventListener("change", this.#onStore);
    window.addEventListener("online", this.#onOnline);
  }

  /** Takes up what an earlier page or another tab began. */
  start() {
    this.#adopt();
  }

  close() {
    this.#closed = true;
    this.#store.removeEventListener("change", this.#onStore);
    window.removeEventListener("online", this.#onOnline);
    clearTimeout(this.#lostTimer);
    this.#connection?.close();
    this.#earlier.close();
    this.#wake?.();
  }

  get ordered() {
    return [...this.messages.values()].sort((a, b) => a.seq - b.seq);
  }

  get queue() {
    const stored = new Set(this.ordered.map((message) => message.client_id));
    return this.#store.queue.filter((item) => !stored.has(item.client_id));
  }

  get hasInquiry() {
    return Boolean(this.#store.state.inquiry?.token);
  }

  /** The other conversations of this browser, as Earlier lists them. */
  get earlier() {
    return this.#earlier.list;
  }

  get unreadElsewhere() {
    return this.#earlier.unread;
  }

  get unread() {
    const seen = Math.max(this.#store.state.seen ?? 0, this.thread?.read_seq ?? 0);
    return this.ordered.filter((message) => message.seq > seen && message.author !== "inquirer").length;
  }

  /** `what` is {text}, {choice, label} or {seq, helped}. */
  send(what) {
    this.#store.enqueue({ ...what, client_id: uuid() });
    this.#changed();
    this.#wake?.();
    this.#drain();
  }

  /** Takes an unsent item back; returns it. */
  takeBack(clientId) {
    const item = this.#store.queue.find((other) => other.client_id === clientId);
    this.#store.dequeue(clientId);
    this.#changed();
    return item;
  }

  /** The next message starts another inquiry. */
  startNew() {
    this.#store.follow(null);
    this.#adopt();
  }

  /** Shows the conversation `id`, one of `earlier`. */
  goTo(id) {
    const { earlier = [] } = this.#store.state;
    const chosen = earlier.find((inquiry) => inquiry.id === id);
    if (chosen) this.#store.follow(chosen);
    this.#adopt();
  }

  /** Everything that has come is seen: on this device at once, on others when the server knows. */
  markSeen() {
    const last = this.ordered.at(-1)?.seq ?? 0;
    if (last <= Math.max(this.#store.state.seen ?? 0, this.thread?.read_seq ?? 0)) return;
    this.#store.write({ seen: last });
    const inquiry = this.#store.state.inquiry;
    // Not worth a second try: the next one says it again.
    if (inquiry?.token) this.#api.post(inquiry, "read", { seq: last }).catch(() => {});
    this.#changed();
  }

  #changed() {
    if (!this.#closed) this.dispatchEvent(new Event("change"));
  }

  /** Listens to the inquiry the store names; sends what is left over. */
  #adopt() {
    if (this.#closed) return;
    this.#earlier.adopt();
    const inquiry = this.#store.state.inquiry;
    if (inquiry?.id !== this.#connected) {
      this.#connection?.close();
      this.#connection = null;
      this.#connected = inquiry?.id;
      this.messages = new Map();
      this.thread = this.ended = null;
      this.#setState("open");
      if (inquiry?.token) {
        this.#connection = new Connection(this.#api, inquiry, {
          thread: (thread) => this.#take(thread),
          time: (iso) => this.#hear(iso),
          state: (state) => this.#setState(state),
          refused: (code) => this.#refused(code),
        });
      }
    }
    this.#changed();
    if (this.#store.queue.some((item) => !item.failed)) this.#drain();
  }

  /** Deadlines pass while nothing else happens. */
  #hear(iso) {
    this.#time.hear(iso);
    this.#changed();
  }

  #take(thread) {
    if (thread.id !== this.#connected) return;
    this.#time.hear(thread.now);
    for (const message of thread.messages) {
      this.messages.set(message.seq, message);
      if (message.client_id) this.#store.dequeue(message.client_id);
    }
    this.thread = thread;
    const inquiry = this.#store.state.inquiry;
    if (inquiry?.again) this.#store.write({ inquiry: { ...inquiry, again: undefined } });
    this.#changed();
  }

  #setState(state) {
    clearTimeout(this.#lostTimer);
    if (state === "open") {
      if (this.lost) {
        this.lost = false;
        this.#changed();
      }
      return;
    }
    this.#lostTimer = setTimeout(() => {
      this.lost = true;
      this.#changed();
    }, 1000 * LOST_AFTER_S);
  }

  /** The token is void. Where the inquiry began in this browser it is opened once more with its own client_id, which gives the
   * new token after a link was revoked. */
  #refused(code) {
    this.#setState("open");
    const { id, client_id, again } = this.#store.state.inquiry ?? {};
    if (code === "bad_token" && client_id && !again) {
      this.#store.write({ inquiry: { client_id, again: id } });
      this.#inquiry().catch(() => {}); // without a connection the next message asks again
      return;
    }
    this.#store.write({ inquiry: null, seen: 0 });
    this.#connection = null;
    this.#connected = undefined;
    this.ended = code;
    this.#changed();
  }

  /** Sends the queue, one after the other and in order, until it is empty. */
  async #drain() {
    if (this.#draining) return;
    this.#draining = true;
    let failures = 0;
    for (let item; !this.#closed && (item = this.#store.queue.find((other) => !other.failed)); ) {
      try {
        await this.#post(item);
        failures = 0;
        this.trouble = null;
      } catch (error) {
        if (error.code === "bad_token") {
          this.#refused(error.code); // the next round opens a new inquiry with what is unsent
        } else if (error.isPermanent) {
          if (item.text) this.#store.update({ ...item, failed: error.code });
          else this.#store.dequeue(item.client_id);
          this.trouble = item.text ? null : error.code;
        } else {
          failures += 1;
          this.trouble = error instanceof ApiError ? error.code : "browser";
          this.#changed();
          await this.#pause(error.retryAfter ?? Math.min(LONGEST_PAUSE_S, 2 ** Math.min(failures, 6)));
        }
      }
      this.#changed();
    }
    this.#draining = false;
  }

  async #post(item) {
    const inquiry = await this.#inquiry();
    const { client_id, text, choice, seq, helped } = item;
    if (seq !== undefined) {
      await this.#api.post(inquiry, "feedback", { seq, helped });
      this.#store.dequeue(client_id);
      return;
    }
    const stored = await this.#api.post(inquiry, "messages", choice ? { client_id, choice } : { client_id, text });
    if (stored.inquiry) {
      // The one written to was closed for good: the message stands in a new inquiry that continues it.
      this.#store.dequeue(client_id);
      this.#store.follow(stored.inquiry);
      this.#adopt();
      return;
    }
    if (this.#connected === inquiry.id) this.messages.set(stored.seq, stored);
    this.#store.dequeue(client_id);
  }

  /** The inquiry, opened when there is none; its own client_id makes opening it twice harmless. */
  async #inquiry() {
    const open = async () => {
      const { inquiry, browser = uuid() } = this.#store.state;
      if (inquiry?.token) return inquiry;
      const { client_id = uuid(), again } = inquiry ?? {};
      this.#store.write({ inquiry: { client_id, again }, browser, seen: again ? this.#store.state.seen : 0 });
      const opened = await this.#api.open(this.#code, { client_id, browser, language: this.#language });
      const made = { client_id, again, id: opened.id, token: opened.token };
      this.#connected = again ? undefined : this.#connected; // the same inquiry, listened to with another token
      this.#store.write({ inquiry: made });
      this.#adopt();
      if (again && opened.id !== again) {
        this.ended = "bad_token"; // the earlier one is gone
        this.#changed();
      }
      return made;
    };
    if (this.#store.state.inquiry?.token) return open();
    return alone(`hotline:${this.#code}`, open); // two tabs open one inquiry, not two
  }

  #pause(seconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, 1000 * seconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
