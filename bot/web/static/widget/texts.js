// Texts and times in the reader's language; each language is a file of its own, loaded when it is the one.

const LANGUAGES = ["da", "en"];
const ZONE = "Europe/Copenhagen"; // the municipality's clock, wherever the reader is

/** The first of `wanted` that there are texts in, else Danish. */
export function pickLanguage(...wanted) {
  return wanted.map((tag) => tag?.slice(0, 2).toLowerCase()).find((tag) => LANGUAGES.includes(tag)) ?? "da";
}

/** `time` is the ServerTime that says what today is. */
export async function loadTexts(language, time) {
  return new Texts(language, (await import(`./texts.${language}.js`)).default, time);
}

class Texts {
  #texts;
  #time;
  #day;
  #dayOfYear;
  #year;
  #clock;

  constructor(language, texts, time) {
    this.language = language;
    this.#texts = texts;
    this.#time = time;
    const format = (parts) => new Intl.DateTimeFormat(language === "en" ? "en-GB" : "da-DK", { ...parts, timeZone: ZONE });
    const day = { weekday: "long", day: "numeric", month: "long" };
    this.#day = format({ ...day, year: "numeric" });
    this.#dayOfYear = format(day);
    this.#year = format({ year: "numeric" });
    this.#clock = format({ hour: "2-digit", minute: "2-digit" });
  }

  /** The text of `key`; with `params.n` the form for one or for many. */
  say(key, params = {}) {
    let text = this.#texts[key];
    if (Array.isArray(text)) text = text[params.n === 1 ? 0 : 1];
    return text.replace(/\{(\w+)\}/g, (whole, name) => params[name] ?? whole);
  }

  /** A sentence for an error's code. */
  code(code) {
    return this.#texts.codes[code] ?? this.#texts.codes.error;
  }

  /** "torsdag 26. november kl. 12.00", "today at 12:00". */
  when(iso) {
    const day = this.dayOf(iso);
    if (this.language === "en") return `${this.isToday(iso) ? day : `on ${day}`} at ${this.clockOf(iso)}`;
    return `${day} kl. ${this.clockOf(iso)}`;
  }

  /** "i dag", "Thursday 26 November"; with the year when it is another than this one. */
  dayOf(iso) {
    const [at, now] = [new Date(iso), this.#time.now()];
    if (this.isToday(iso)) return this.language === "en" ? "today" : "i dag";
    return (now && this.#year.format(at) === this.#year.format(now) ? this.#dayOfYear : this.#day).format(at);
  }

  /** "12.00", by the municipality's clock. */
  clockOf(iso) {
    return this.#clock.format(new Date(iso));
  }

  isToday(iso) {
    const now = this.#time.now();
    return now !== null && this.#day.format(new Date(iso)) === this.#day.format(now);
  }

  /** Whether `iso` has passed. */
  isPast(iso) {
    const now = this.#time.now();
    return now !== null && new Date(iso) < now;
  }
}
