// What this browser remembers of a municipality's hotline, shared by all tabs of a website. Nothing is written before the
// reader opens the widget; where the browser forbids storage, the page's own memory serves until it is closed.

const EARLIER_KEPT = 9; // and the one that is shown: no more lines than the server grants
const MEMORY = new Map();

/** Fires "change" when another tab changed something. */
export class Store extends EventTarget {
  #prefix;
  #listener;

  constructor(origin, municipality) {
    super();
    this.#prefix = `hotline:${origin}:${municipality}:`;
    this.#listener = (event) => {
      if (event.key === null || event.key.startsWith(this.#prefix)) this.dispatchEvent(new Event("change"));
    };
    window.addEventListener("storage", this.#listener);
  }

  close() {
    window.removeEventListener("storage", this.#listener);
  }

  /** Whether the next page of this website will know what is written; false where the browser refuses to keep anything. */
  get lasts() {
    const name = `${this.#prefix}lasts`;
    try {
      localStorage.setItem(name, "1");
      localStorage.removeItem(name);
      return true;
    } catch {
      return false;
    }
  }

  /** {inquiry: {id, token, client_id}, earlier: [{id, token, seen}], browser, open, seen} */
  get state() {
    return this.#get("state") ?? {};
  }

  write(changes) {
    this.#set("state", { ...this.state, ...changes });
  }

  /** From now on this inquiry is the one; the one before is kept, so that the reader can go back. */
  follow(inquiry) {
    const { inquiry: before, earlier = [], seen } = this.state;
    const kept = [before && { ...before, seen }, ...earlier].filter((other) => other?.token && other.id !== inquiry?.id);
    const known = earlier.find((other) => other.id === inquiry?.id);
    this.write({ inquiry, earlier: kept.slice(0, EARLIER_KEPT), seen: known?.seen ?? 0 });
  }

  /** Unsent items, oldest first. Each has a key of its own: two tabs never overwrite each other's. */
  get queue() {
    const items = this.#keys("queue:").map((key) => this.#get(key));
    return items.filter(Boolean).sort((a, b) => a.at - b.at || a.client_id.localeCompare(b.client_id));
  }

  enqueue(item) {
    const last = this.queue.at(-1)?.at ?? 0;
    this.#set(`queue:${item.client_id}`, { ...item, at: Math.max(Date.now(), last + 1) });
  }

  update(item) {
    this.#set(`queue:${item.client_id}`, item);
  }

  dequeue(clientId) {
    this.#remove(`queue:${clientId}`);
  }

  #keys(start) {
    let names;
    try {
      names = Object.keys(localStorage);
    } catch {
      names = [];
    }
    const all = new Set([...names, ...MEMORY.keys()]);
    return [...all].filter((key) => key.startsWith(this.#prefix + start)).map((key) => key.slice(this.#prefix.length));
  }

  #get(name) {
    try {
      return JSON.parse(MEMORY.get(this.#prefix + name) ?? localStorage.getItem(this.#prefix + name));
    } catch {
      return null;
    }
  }

  #set(name, value) {
    try {
      localStorage.setItem(this.#prefix + name, JSON.stringify(value));
      MEMORY.delete(this.#prefix + name);
    } catch {
      MEMORY.set(this.#prefix + name, JSON.stringify(value)); // storage is forbidden or full
    }
  }

  #remove(name) {
    MEMORY.delete(this.#prefix + name);
    try {
      localStorage.removeItem(this.#prefix + name);
    } catch {
      // It was in memory only.
    }
  }
}
