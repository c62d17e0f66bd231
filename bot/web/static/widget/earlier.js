// The other conversations of this browser: each is listened to as well, so that no reply in it goes unseen.
import { Connection } from "./connection.js";

export class Earlier {
  #api;
  #store;
  #onChange;
  #followed = new Map(); // id → {connection, thread, messages: seq → message}

  constructor(api, store, onChange) {
    this.#api = api;
    this.#store = store;
    this.#onChange = onChange;
  }

  close() {
    for (const { connection } of this.#followed.values()) connection.close();
    this.#followed.clear();
  }

  /** Listens to those the store names, and to no others. */
  adopt() {
    const wanted = this.#store.state.earlier ?? [];
    for (const [id, { connection }] of this.#followed) {
      if (wanted.some((inquiry) => inquiry.id === id)) continue;
      connection.close();
      this.#followed.delete(id);
    }
    for (const inquiry of wanted) if (!this.#followed.has(inquiry.id)) this.#follow(inquiry);
  }

  /** [{id, token, number, at, unread}], the one left last first. */
  get list() {
    return (this.#store.state.earlier ?? []).map((inquiry) => {
      const { thread, messages = new Map() } = this.#followed.get(inquiry.id) ?? {};
      const said = [...messages.values()];
      const seen = Math.max(inquiry.seen ?? 0, thread?.read_seq ?? 0);
      const unread = said.filter((message) => message.seq > seen && message.author !== "inquirer").length;
      const at = said.reduce((first, message) => (first && first < message.at ? first : message.at), null);
      return { ...inquiry, number: thread?.number, at, unread };
    });
  }

  get unread() {
    return this.list.reduce((sum, { unread }) => sum + unread, 0);
  }

  #follow(inquiry) {
    const followed = { connection: null, thread: null, messages: new Map() };
    this.#followed.set(inquiry.id, followed);
    followed.connection = new Connection(this.#api, inquiry, {
      thread: (thread) => {
        for (const message of thread.messages) followed.messages.set(message.seq, message);
        followed.thread = thread;
        this.#onChange();
      },
      state: () => {}, // what is lost is said of the conversation that is shown
      refused: () => {
        const { earlier = [] } = this.#store.state;
        this.#store.write({ earlier: earlier.filter((other) => other.id !== inquiry.id) });
        this.#followed.delete(inquiry.id);
        this.#onChange();
      },
    });
  }
}
