// The server's time. The device's clock may be weeks wrong; how fast time passes it knows.

export class ServerTime {
  #heard = null; // {at, ticks}: what the server said, and the device's running count then

  /** `iso` is what the server's clock showed a moment ago. */
  hear(iso) {
    const at = Date.parse(iso);
    if (!Number.isNaN(at)) this.#heard = { at, ticks: performance.now() };
  }

  /** What the server's clock shows now; null before the server has said it. */
  now() {
    return this.#heard && new Date(this.#heard.at + performance.now() - this.#heard.ticks);
  }
}
