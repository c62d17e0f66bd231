// Texts and times in the reader's language; each language is a file of its own, loaded when it is the one.

const LANGUAGES = ["da", "en"];
const ZONE = "Europe/Copenhagen"; // the municipality's clock, wherever the reader is

/** The first of `wanted` that there are texts in, else Danish. */
export function pickLanguage(...wanted) {
  return wanted.map((tag) => tag?.slice(0, 2).toLowerCase()).find((tag) => LANGUAGES.includes(tag)) ?? "da";
}

export async function loadTexts(language) {
  return new Texts(language, (await import(`./texts.${language}.js`)).default);
}

class Texts {
  #texts;

  constructor(language, texts) {
    this.language = language;
    this.#texts = texts;
    const locale = language === "en" ? "en-GB" : "da-DK";
    this.day = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", timeZone: ZONE });
    this.clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", timeZone: ZONE });
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

  /** "torsdag den 26. november kl. 12.00", "today at 12:00". */
  when(iso) {
    const at = new Date(iso);
    const clock = this.clock.format(at);
    const today = this.day.format(at) === this.day.format(new Date());
    if (this.language === "en") return `${today ? "today" : `on ${this.day.format(at)}`} at ${clock}`;
    return `${today ? "i dag" : this.day.format(at)} kl. ${clock}`;
  }
}
