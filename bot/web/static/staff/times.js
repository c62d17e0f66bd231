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
  const format = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
  setInterval(() => {
    for (const time of document.querySelectorAll("time[datetime]")) {
      const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
      const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) / length >= 1.2) ?? UNITS.at(-1);
      const words = Math.abs(seconds) < 60 ? now : format.format(Math.round(seconds / size), unit);
      if (time.textContent !== words) time.textContent = words;
    }
  }, 30000);
}
