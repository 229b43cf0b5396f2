/**
 * The lists below the graph: events, the generations of the selected topology with their plans, and its newest
 * connections. Only the list that is open is read and shown.
 *
 * @module
 */

import type { PageConnections, PageGeneration } from "../api/page_message.ts";
import { formatBytes } from "../quantity.ts";
import { byId, element, setAll, setText, table } from "./elements.ts";
import type { Store } from "./store.ts";
import { ageText, eventText, timeText } from "./texts.ts";

const TABS = ["events", "generations", "connections"] as const;
type Tab = (typeof TABS)[number];

/** Connections are read again after this time, or a hundred times as long as reading took. */
const READ_MS = 2_000;
const READ_SHARE = 0.01;
/** The limit for reading a list. */
const TIMEOUT_MS = 5_000;
/** Events are shown at most this often. */
const EVENTS_MS = 500;

/** Shows one of the lists. */
export class Lists {
  readonly #store: Store;
  readonly #panel = byId("panel");
  #tab: Tab = "events";
  #shown = "";
  #readAt = -Infinity;
  #restMs = READ_MS;

  constructor(store: Store) {
    this.#store = store;
    for (const tab of TABS) byId(`tab-${tab}`).addEventListener("click", () => this.#open(tab));
    byId("tabs").addEventListener("keydown", (event) => this.#key(event));
  }

  /** Shows what is new. */
  show(): void {
    const { topology } = this.#store;
    switch (this.#tab) {
      case "events":
        return this.#events();
      case "generations":
        return void this.#generations(topology?.name ?? null, topology?.head?.generation ?? 0);
      case "connections":
        return void this.#connections(topology?.name ?? null);
    }
  }

  #open(tab: Tab): void {
    this.#tab = tab;
    this.#shown = "";
    this.#readAt = -Infinity;
    for (const one of TABS) {
      setAll(byId(`tab-${one}`), { "aria-selected": String(one === tab), tabindex: one === tab ? 0 : -1 });
    }
    setAll(this.#panel, { "aria-labelledby": `tab-${tab}` });
    this.#panel.replaceChildren();
    this.show();
  }

  #key(event: KeyboardEvent): void {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? TABS.length - 1 : 0;
    if (step === 0) return;
    const next = TABS[(TABS.indexOf(this.#tab) + step) % TABS.length] ?? "events";
    this.#open(next);
    byId(`tab-${next}`).focus();
  }

  #events(): void {
    const { events } = this.#store;
    const last = events.at(-1);
    const key = `${events.length} ${last?.time ?? ""} ${last?.kind ?? ""}`;
    const now = performance.now();
    if (key === this.#shown || now - this.#readAt < EVENTS_MS) return;
    this.#readAt = now;
    this.#shown = key;
    if (events.length === 0) return this.#note("No event since this page was opened");
    const rows = events.toReversed().map((event) => [
      timeText(event.time),
      element("span", { class: event.level === "error" ? "bad" : event.level === "warn" ? "warn" : "" }, [event.level]),
      eventText(event),
    ]);
    this.#panel.replaceChildren(table("Events, the newest first", ["Time", "Level", "Event"], rows));
  }

  async #generations(name: string | null, generation: number): Promise<void> {
    const key = `${name} ${generation}`;
    if (key === this.#shown) return;
    this.#shown = key;
    if (name === null) return this.#note("Nothing runs");
    this.#note("Reading");
    const found = await read<readonly PageGeneration[]>("generations", name);
    if (this.#shown !== key) return;
    if (found === null) return this.#failed("generations");
    this.#panel.replaceChildren(...found.map((one) =>
      element("details", one.current ? { open: "" } : {}, [
        element("summary", {}, [
          `generation ${one.generation} ${one.result}${one.current ? ", current" : ""} · ` +
          `${new Date(one.appliedAt).toLocaleString()} · ${one.location}`,
        ]),
        element("pre", {}, [one.plan ?? "The generation before is not kept"]),
      ])
    ));
  }

  async #connections(name: string | null): Promise<void> {
    const now = performance.now();
    if (now - this.#readAt < this.#restMs) return;
    this.#readAt = now;
    if (name === null) return this.#note("Nothing runs");
    const found = await read<PageConnections>("connections", name);
    this.#restMs = Math.max(READ_MS, (performance.now() - now) / READ_SHARE);
    if (this.#tab !== "connections" || this.#store.selected.topology !== name) return;
    if (found === null) return this.#failed("connections");
    const { connections, total } = found;
    const rows = connections.map((one) => [
      one.id,
      one.node,
      one.peer ?? "–",
      ageText(one.ageMs),
      String(one.generation),
      formatBytes(one.inBytes),
      formatBytes(one.outBytes),
    ]);
    const note = total > connections.length
      ? `The newest ${connections.length} of ${total} connections`
      : `${total} connection${total === 1 ? "" : "s"}`;
    const titles = ["ID", "Node", "Client", "Age", "Generation", "In", "Out"];
    this.#panel.replaceChildren(element("p", { class: "faint" }, [note]), table(note, titles, rows));
  }

  #note(text: string): void {
    this.#panel.replaceChildren(element("p", { class: "faint" }, [text]));
  }

  #failed(what: string): void {
    this.#shown = "";
    const line = element("p", { class: "bad" });
    setText(line, `Cannot read the ${what}; retrying`);
    this.#panel.replaceChildren(line);
  }
}

/** The answer of the engine; null if there is none. */
async function read<T>(path: string, topology: string): Promise<T | null> {
  try {
    const address = `/${path}?topology=${encodeURIComponent(topology)}`;
    const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return response.ok ? await response.json() : null;
  } catch {
    return null; // The engine has ended or is slow, or the browser has no free connection: the caller says so.
  }
}
