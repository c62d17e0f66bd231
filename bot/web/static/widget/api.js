// The HTTP API, as the widget uses it. `root` is the hotline's address.

const TIMEOUT_S = 20;
const LONGEST_WAIT_S = 25;

/** What the server, or the network, answered instead. `code` is stable; "unreachable" when there was no answer. */
export class ApiError extends Error {
  constructor(code, status = 0, retryAfter = null) {
    super(code);
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter; // seconds
  }

  /** Sending the same again cannot succeed. */
  get isPermanent() {
    return this.status >= 400 && this.status < 500 && this.status !== 429 && this.status !== 408;
  }
}

export class Api {
  constructor(root) {
    this.root = root;
  }

  municipality(code) {
    return this.#ask(`municipalities/${encodeURIComponent(code)}`);
  }

  open(code, body) {
    return this.#ask(`municipalities/${encodeURIComponent(code)}/inquiries`, { body });
  }

  messages(inquiry, query, signal) {
    const wait = query.wait ? Math.min(query.wait, LONGEST_WAIT_S) : 0;
    return this.#ask(`inquiries/${inquiry.id}/messages?${new URLSearchParams(query)}`, { inquiry, signal, wait });
  }

  /** `what` is "messages", "feedback" or "read". */
  post(inquiry, what, body) {
    return this.#ask(`inquiries/${inquiry.id}/${what}`, { inquiry, body });
  }

  socket() {
    const address = new URL("api/v1/ws", this.root);
    address.protocol = address.protocol.replace("http", "ws");
    return new WebSocket(address);
  }

  async #ask(path, { body, inquiry, signal, wait = 0 } = {}) {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), 1000 * (TIMEOUT_S + wait));
    const abort = () => timeout.abort();
    signal?.addEventListener("abort", abort);
    try {
      const headers = {};
      if (body) headers["Content-Type"] = "application/json";
      if (inquiry) headers.Authorization = `Bearer ${inquiry.token}`;
      const response = await fetch(new URL(`api/v1/${path}`, this.root), {
        method: body ? "POST" : "GET",
        body: body && JSON.stringify(body),
        headers,
        credentials: "omit",
        cache: "no-store",
        referrerPolicy: "no-referrer",
        signal: timeout.signal,
      });
      const answer = await response.json();
      if (response.ok) return answer;
      throw new ApiError(answer.error?.code ?? "error", response.status, Number(response.headers.get("Retry-After")) || null);
    } catch (error) {
      // No network, no answer in time, or a proxy's page instead of JSON.
      throw error instanceof ApiError ? error : new ApiError("unreachable");
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }
}
