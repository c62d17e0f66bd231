// The stream of events, one for all tabs of a browser: over HTTP/1.1 a browser has six lines to a server, and pages need some too.
// The tab that holds a lock listens and passes on what it hears; when it is closed, the next tab has the lock.

const ADDRESS = "/api/v1/staff/events";
const SHARED = "hotline-console"; // the lock, and the channel
const TYPES = ["changed", "here", "signed_out"];
const AGAIN_MS = 5_000;

/** `hear(type, data)` gets what the server says, and "lost" while it cannot be heard. */
export async function follow(hear) {
  let channel;
  try {
    channel = new BroadcastChannel(SHARED);
    channel.onmessage = ({ data: { type, data } }) => type !== "joined" && hear(type, data);
    channel.postMessage({ type: "joined" });
    await navigator.locks.request(SHARED, () => lead(channel, hear));
  } catch {
    channel?.close();
    followWhileSeen(hear);
  }
}

/** This tab listens for all, until it is closed. */
function lead(channel, hear) {
  let counts = null;
  const tell = (type, data) => {
    if (type === "changed") counts = data.counts;
    channel.postMessage({ type, data });
    hear(type, data);
  };
  channel.onmessage = ({ data }) => {
    // What happened between the making of its page and now, a new tab has not heard.
    if (data.type === "joined" && counts) channel.postMessage({ type: "changed", data: { ids: [], counts, missed: false } });
  };
  listen(tell);
  return new Promise(() => {});
}

/** Where the browser lends no lock or no channel, tabs that nobody looks at let go of their line. */
function followWhileSeen(hear) {
  let stop = document.hidden ? null : listen(hear);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      stop?.();
      stop = null;
    } else stop ??= listen(hear);
  });
}

/** Hears the server until the function it returns is called. */
function listen(hear) {
  let events;
  let timer;
  const open = () => {
    events = new EventSource(ADDRESS);
    for (const type of TYPES) events.addEventListener(type, (event) => hear(type, JSON.parse(event.data)));
    events.addEventListener("error", async () => {
      hear("lost");
      if (events.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      const session = await fetch("/api/v1/staff/session").catch(() => null);
      if (session?.status === 401) hear("signed_out");
      else timer = setTimeout(open, AGAIN_MS);
    });
  };
  open();
  return () => {
    clearTimeout(timer);
    events.close();
  };
}
