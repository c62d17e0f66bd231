// "for 5 minutter siden" goes on counting; the exact time stays in the title.

const UNITS = [
  ["year", 31536000],
  ["month", 2592000],
  ["week", 604800],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

export function startTimes(now) {
  const language = document.documentElement.lang;
  const format = new Intl.RelativeTimeFormat(language, { numeric: "always" });
  setInterval(() => {
    for (const time of document.querySelectorAll("time[datetime]")) {
      const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
      const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) / length >= 1.2) ?? UNITS.at(-1);
      const count = Math.round(seconds / size);
      let words = Math.abs(seconds) < 60 ? now : format.format(count, unit);
      if ("span" in time.dataset) words = span(language, Math.max(1, Math.abs(count)), unit);
      if (time.textContent !== words) time.textContent = words;
    }
  }, 30000);
}

function span(language, count, unit) {
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(count);
}
