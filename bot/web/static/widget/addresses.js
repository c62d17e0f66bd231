// Where web and mail addresses stand in a text; the same as bot/addresses.py finds, which has the tests' table.

const LETTER = "\\p{L}\\p{N}";
const HOST = `[${LETTER}_-]+(?:\\.[${LETTER}_-]+)*`;
// Characters that show nothing or turn the direction of writing belong to no address.
const REST = '[^\\s<>"\\p{Cc}\\p{Cf}]*';
const ADDRESS = new RegExp(
  `https?://${HOST}${REST}|(?<![${LETTER}_.@/-])www\\.${HOST}\\.${REST}` +
    `|(?<![${LETTER}_.+'@/-])[${LETTER}_.+'-]{1,64}@${HOST}\\.[${LETTER}]{2,63}`,
  "giu",
);
const PAIRS = { ")": "(", "]": "[", "}": "{" };

/** [{start, end, href}] in order. */
export function addresses(text) {
  return [...text.matchAll(ADDRESS)].map((found) => {
    const address = withoutPunctuation(found[0]);
    const href = /^https?:/i.test(address) ? address : /^www\./i.test(address) ? `https://${address}` : `mailto:${address}`;
    return { start: found.index, end: found.index + address.length, href };
  });
}

/** A sentence's punctuation ends no address; a closing bracket does when its opening one stands in it. */
function withoutPunctuation(address) {
  for (let end = address.length; ; end -= 1) {
    const last = address[end - 1];
    const held = address.slice(0, end);
    const unpaired = last in PAIRS && held.split(last).length > held.split(PAIRS[last]).length;
    if (!unpaired && !".,;:!?'*_~»”’".includes(last)) return held;
  }
}
