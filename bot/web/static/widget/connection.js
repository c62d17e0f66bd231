// Receives the thread of one inquiry: over a WebSocket, and by long polling where a network lets none through.
// Both say from which `rev` on they want to know, so nothing is missed and nothing comes twice.
import { ApiError } from "./api.js";

const SOCKET_TRIES = 2; // so many failures in a row, then long polling
const POLL_FOR_S = 120; // then the socket is tried again
const PING_S = 25;
const PONG_S = 10; // no word for so long after a ping: the line is dead, though nothing said so
const LONGEST_PAUSE_S = 30;
const WAIT_S = 25;

export class Connection {
  #api;
  #inquiry;
  #on;
  #rev = 0;
  #closed = false;
  #abort = new AbortController();
  #socket = null;
  #wake = null;
  #online = () => this.#wake?.();

  /** `on.thread(thread)`, `on.time(iso)` when only the server's time is new, `on.state("connecting" | "open" | "lost")`, `on.refused(code)` when it can never succeed. */
  constructor(api, inquiry, on) {
    this.#api = api;
    this.#inquiry = inquiry;
    this.#on = on;
    window.addEventListener("online", this.#online);
    this.#run();
  }

  close() {
    this.#closed = true;
    window.removeEventListener("online", this.#online);
    this.#abort.abort();
    this.#socket?.close();
    this.#wake?.();
  }

  async #run() {
    let failures = 0; // since the last thread came
    let socketFailures = 0;
    this.#on.state("connecting");
    while (!this.#closed) {
      const poll = socketFailures >= SOCKET_TRIES;
      const received = await (poll ? this.#poll() : this.#listen());
      if (this.#closed) return;
      failures = received ? 0 : failures + 1;
      if (!poll) socketFailures = received ? 0 : socketFailures + 1;
      else if (received) socketFailures = 0;
      if (poll && received) continue; // polled long enough: try the socket at once
      if (failures > 0 || !poll) this.#on.state("lost");
      await this.#pause(Math.min(LONGEST_PAUSE_S, 0.5 * 2 ** Math.min(failures, 6)) * (0.5 + Math.random() / 2));
    }
  }

  /** True when at least one thread came before the socket closed. */
  #listen() {
    return new Promise((resolve) => {
      let received = false;
      let dead = null;
      let socket;
      try {
        socket = this.#socket = this.#api.socket();
      } catch {
        return resolve(false); // the page's policy forbids it
      }
      const ping = setInterval(() => {
        if (socket.readyState !== WebSocket.OPEN) return;
        socket.send(JSON.stringify({ type: "ping" }));
        dead ??= setTimeout(end, 1000 * PONG_S);
      }, 1000 * PING_S);
      const late = setTimeout(() => received || end(), 1000 * PONG_S);

      function end() {
        clearInterval(ping);
        clearTimeout(dead);
        clearTimeout(late);
        socket.onmessage = socket.onclose = socket.onopen = null;
        socket.close();
        resolve(received);
      }

      socket.onopen = () => {
        socket.send(JSON.stringify({ type: "hello", id: this.#inquiry.id, token: this.#inquiry.token, rev: this.#rev }));
      };
      socket.onmessage = (event) => {
        clearTimeout(dead);
        dead = null;
        const frame = JSON.parse(event.data);
        if (frame.type === "thread") {
          received = true;
          this.#take(frame);
        } else if (frame.type === "pong") {
          this.#on.time(frame.now);
        } else if (frame.type === "error") {
          this.#refuse(new ApiError(frame.code, frame.code === "bad_token" ? 401 : frame.code === "foreign_origin" ? 403 : 503));
          end();
        }
      };
      socket.onclose = end;
    });
  }

  /** Long polling for a while; true when threads came until its time was over. */
  async #poll() {
    const until = performance.now() + 1000 * POLL_FOR_S; // the device's clock may be set meanwhile
    let wait = 0; // the first answer comes at once
    while (!this.#closed && performance.now() < until) {
      try {
        this.#take(await this.#api.messages(this.#inquiry, { rev: this.#rev, wait }, this.#abort.signal));
        wait = WAIT_S;
      } catch (error) {
        if (!this.#closed) this.#refuse(error);
        await this.#pause(error.retryAfter ?? 0);
        return false;
      }
    }
    return true;
  }

  #take(thread) {
    if (this.#closed) return;
    this.#rev = Math.max(this.#rev, thread.rev);
    this.#on.state("open");
    this.#on.thread(thread);
  }

  #refuse(error) {
    if (!error.isPermanent) return;
    this.close();
    this.#on.refused(error.code);
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
