/**
 * Elements of the page. Text is set as text only: nothing that comes from the engine is read as HTML. Characters that
 * control or reorder text are shown by their number.
 *
 * @module
 */

import { printable, printableLines } from "../printable.ts";

const SVG = "http://www.w3.org/2000/svg";

/** The attributes of an element; null: without it. */
export type Attributes = Readonly<Record<string, string | number | null>>;

/** A child: an element or text. */
export type Child = Node | string;

/** An element of HTML. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  children: readonly Child[] = [],
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  setAll(made, attributes);
  made.append(...children.map(safeChild));
  return made;
}

/** An element of SVG. */
export function shape<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  children: readonly Child[] = [],
): SVGElementTagNameMap[K] {
  const made = document.createElementNS(SVG, name);
  setAll(made, attributes);
  made.append(...children.map(safeChild));
  return made;
}

/** Sets attributes, those that are null are removed. */
export function setAll(target: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null) target.removeAttribute(name);
    else if (target.getAttribute(name) !== String(value)) target.setAttribute(name, String(value));
  }
}

/** Sets a text, if it is another one. */
export function setText(target: Element, text: string): void {
  const safe = printable(text);
  if (target.textContent !== safe) target.textContent = safe;
}

function safeChild(child: Child): Child {
  return typeof child === "string" ? printableLines(child) : child;
}

/** An element of the page by its ID. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new RangeError(`The page has no element "${id}"`);
  return found;
}

/** A table with a caption for screen readers. */
export function table(
  caption: string,
  titles: readonly string[],
  rows: readonly (readonly Child[])[],
): HTMLTableElement {
  return element("table", {}, [
    element("caption", { class: "hidden" }, [caption]),
    element("thead", {}, [
      element("tr", {}, titles.map((title) => element("th", { scope: "col" }, [title]))),
    ]),
    element("tbody", {}, rows.map((cells) => element("tr", {}, cells.map((cell) => element("td", {}, [cell]))))),
  ]);
}
