/**
 * The list of topologies, with generation, sync and health.
 *
 * @module
 */

import type { TopologyHead } from "../api/page_message.ts";
import { element } from "./elements.ts";
import type { Store, TopologyView } from "./store.ts";
import { timeText } from "./texts.ts";

const TONES: Readonly<Record<string, string>> = {
  Healthy: "good",
  Synced: "good",
  Degraded: "bad",
  Missing: "bad",
};

/** Shows the topologies in the order of the engine. */
export class TopologyList {
  readonly #list: HTMLElement;
  readonly #select: (name: string) => void;
  #shown = "";

  constructor(list: HTMLElement, select: (name: string) => void) {
    this.#list = list;
    this.#select = select;
  }

  /** Shows what has changed. */
  show(store: Store): void {
    const views = store.names.map((name) => store.topologies.get(name)).filter((one) => one !== undefined);
    const text = JSON.stringify([store.selected.topology, views.map(({ head }) => head)]);
    if (text === this.#shown) return;
    this.#shown = text;
    const focused = this.#list.contains(document.activeElement) ? document.activeElement?.id : undefined;
    this.#list.replaceChildren(...views.map((view, index) => this.#item(view, index, store.selected.topology)));
    if (views.length === 0) this.#list.append(element("li", { class: "faint" }, ["Nothing runs"]));
    if (focused !== undefined) document.getElementById(focused)?.focus();
  }

  #item({ name, head }: TopologyView, index: number, selected: string | null): HTMLElement {
    const words = [head?.sync, head?.health].filter((one) => one !== undefined);
    const notes = head === null ? [] : notesOf(head);
    const button = element(
      "button",
      { type: "button", id: `topology-${index}`, "aria-current": name === selected ? "true" : null },
      [
        element("span", { class: "name" }, [name]),
        ...words.flatMap((word) => [element("span", { class: TONES[word] ?? "warn" }, [word]), " "]),
        element("span", { class: "faint" }, [`generation ${head?.generation ?? "–"}`]),
        ...notes.map(({ text, tone }) => element("span", { class: `note ${tone}` }, [text])),
      ],
    );
    button.addEventListener("click", () => this.#select(name));
    return element("li", {}, [button]);
  }
}

/** Why a topology needs attention. */
function notesOf({ conditions, drift, confirmUntil }: TopologyHead): readonly { text: string; tone: string }[] {
  const notReady = conditions.filter(({ type, status }) => type === "Ready" && status === "False");
  const stalled = conditions.filter(({ type, status }) => type === "Stalled" && status === "True");
  return [
    ...notReady.map(({ message }) => ({ text: `Not Ready: ${message}`, tone: "bad" })),
    ...stalled.map(({ message }) => ({ text: `Stalled: ${message}`, tone: "bad" })),
    ...drift === null ? [] : [{ text: `differs at ${drift}`, tone: "warn" }],
    ...confirmUntil === null ? [] : [{ text: `awaits confirmation until ${timeText(confirmUntil)}`, tone: "warn" }],
  ];
}
