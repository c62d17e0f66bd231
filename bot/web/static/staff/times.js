// "for 5 minutter siden" goes on counting; the exact time stays in the title.

const UNITS = [
  ["year", 31536000],
  ["month", 2592000],
  ["week", 604800],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

/** `justNow` says "just now" in the page's language; `time` is a ServerTime. */
export function startTimes(time, justNow) {
  const language = document.documentElement.lang;
  const format = new Intl.RelativeTimeFormat(language, { numeric: "always" });
  setInterval(() => {
    const now = time.now();
    for (const shown of document.querySelectorAll("time[datetime]")) {
      const seconds = (new Date(shown.dateTime) - now) / 1000;
      // As bot/staff/words.py: a whole number of a unit, never more than it is.
      const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= 2 * length) ?? UNITS.at(-1);
      const count = Math.trunc(seconds / size);
      let words = Math.abs(seconds) < 60 ? justNow : format.format(count, unit);
      if ("span" in shown.dataset) words = span(language, Math.max(1, Math.abs(count)), unit);
      if (shown.textContent !== words) shown.textContent = words;
    }
  }, 30000);
}

function span(language, count, unit) {
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(count);
}
