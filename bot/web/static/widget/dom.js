// Building blocks of the page. No markup is ever parsed by the browser: nodes are made one by one, so that the widget works
// under `require-trusted-types-for 'script'` without a policy of its own.

import { addresses } from "./addresses.js";

const SVG = "http://www.w3.org/2000/svg";
const TAGS = new Set(["p", "br", "strong", "em", "ul", "ol", "li", "a", "code", "pre", "blockquote", "h3", "h4", "hr"]);
const BLOCKS = new Set(["", "ul", "ol", "blockquote"]); // white space between what they hold means nothing
const SCHEMES = /^(?:https?:|mailto:|tel:)/i;
const TOKEN = /<(\/?)([a-z][a-z0-9]*)([^>]*)>|([^<]+)|</gi;
const NUMBER = /\s(start|value)="(\d{1,9})"/i; // of a list, of an item
const HREF = /\shref="([^"]*)"/i;
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", nbsp: "\u00a0" };

/** An element. `attributes`: text, true for an empty attribute, false or null for none, a function to listen. */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child != null && child !== false));
  return node;
}

/** A drawing of 24 × 24 that is decoration: the words beside it say the same. */
export function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" })) {
    svg.setAttribute(name, value);
  }
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

/** A link, a page's one opens apart; plain words where the address is not one to follow. */
export function link(href, text) {
  if (!SCHEMES.test(href)) return h("span", {}, text);
  return h("a", { href, target: /^http/i.test(href) && "_blank", rel: "noopener noreferrer" }, text);
}

/** The nodes of `html`, which the server made safe; whatever else might stand in it is shown as text or left out. */
export function fromHtml(html) {
  const root = document.createDocumentFragment();
  const open = [{ name: "", node: root }];
  for (const [token, closing, tag, rest, text] of html.matchAll(TOKEN)) {
    const parent = open.at(-1);
    const name = tag?.toLowerCase();
    if (!name) {
      const words = decoded(text ?? token);
      if (words.trim() || !BLOCKS.has(parent.name)) parent.node.append(...(parent.name === "a" ? [words] : fromText(words)));
    } else if (TAGS.has(name) && closing) {
      if (parent.name === name) open.pop();
    } else if (TAGS.has(name)) {
      const href = name === "a" ? decoded(HREF.exec(rest)?.[1] ?? "") : "";
      const [, attribute, number] = NUMBER.exec(rest) ?? [];
      const node = name === "a" ? link(href, "") : h(name, attribute && { [attribute.toLowerCase()]: number });
      parent.node.append(node);
      if (name !== "br" && name !== "hr") open.push({ name, node });
    }
  }
  return root;
}

/** `text` as typed, with web and mail addresses as links. */
export function fromText(text) {
  const nodes = [];
  let from = 0;
  for (const { start, end, href } of addresses(text)) {
    nodes.push(text.slice(from, start), link(href, text.slice(start, end)));
    from = end;
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== "");
}

function decoded(text) {
  return text.replace(/&(#?\w+);/g, (whole, name) => {
    if (name in ENTITIES) return ENTITIES[name];
    const code = /^#x/i.test(name) ? parseInt(name.slice(2), 16) : /^#/.test(name) ? parseInt(name.slice(1), 10) : NaN;
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
