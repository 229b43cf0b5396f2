/**
 * The list of topologies, with generation, sync and health.
 *
 * @module
 */

import { element } from "./elements.ts";
import type { Store, TopologyView } from "./store.ts";

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
    const why = head?.conditions.find(({ type, status }) => type === "Ready" && status === "False")?.message;
    const button = element(
      "button",
      { type: "button", id: `topology-${index}`, "aria-current": name === selected ? "true" : null },
      [
        element("span", { class: "name" }, [name]),
        ...words.flatMap((word) => [element("span", { class: TONES[word] ?? "warn" }, [word]), " "]),
        element("span", { class: "faint" }, [`generation ${head?.generation ?? "–"}`]),
        ...(why === undefined ? [] : [element("span", { class: "bad" }, [` ${why}`])]),
      ],
    );
    button.addEventListener("click", () => this.#select(name));
    return element("li", {}, [button]);
  }
}
