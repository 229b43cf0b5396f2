/**
 * The live page: receives what the engine sends, and shows it. It sends nothing but requests to read.
 *
 * @module
 */

import { byId, setAll, setText } from "./elements.ts";
import { GraphView } from "./graph_view.ts";
import { Lists } from "./lists.ts";
import { nodeDetail } from "./node_panel.ts";
import { Store } from "./store.ts";
import { follow } from "./stream.ts";
import { TopologyList } from "./topology_list.ts";

const ZOOM = 1.25;
/** The interval in which old trouble, plots and lists are refreshed. */
const TICK_MS = 1_000;

const store = new Store();
const list = new TopologyList(byId("list"), (topology) => select({ topology, node: null }));
const graph = new GraphView(byId("graph"), (node) => select({ ...store.selected, node }));
const lists = new Lists(store);
let receivedAt = performance.now();
let isScheduled = false;
let detail = "";

function select(selected: Store["selected"]): void {
  store.selected = selected;
  draw();
}

/** Draws once per frame of the screen, however many messages there are. */
function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  requestAnimationFrame(() => {
    isScheduled = false;
    draw();
  });
}

function draw(): void {
  const { engine, topology, selected } = store;
  if (engine !== null) {
    const threads = engine.threads === 1 ? "" : `, ${engine.threads} threads`;
    setText(byId("engine"), `${engine.version}, ${engine.runtime}${threads}, pid ${engine.pid}`);
  }
  list.show(store);
  setText(byId("graph-title"), topology === null ? "Graph" : topology.name);
  graph.show(topology, selected.node);
  showDetail();
  lists.show();
}

/** The detail is replaced only if it differs: a reader may have selected text in it. */
function showDetail(): void {
  const { node, selected } = store;
  setText(byId("detail-title"), node === null ? "Node" : selected.node ?? "Node");
  const now = timeNow();
  const text = node === null ? "" : JSON.stringify([node.status, node.meter.samples.length > 0 ? now : 0]);
  if (text === detail && node !== null) return;
  detail = text;
  byId("detail").replaceChildren(...nodeDetail(node, now));
}

/** The time by the engine's clock, to a second. */
function timeNow(): number {
  const elapsed = performance.now() - receivedAt;
  return Math.floor((store.time + elapsed) / 1_000) * 1_000;
}

function connection(text: string, isLost: boolean): void {
  setText(byId("connection"), text);
  setAll(byId("connection"), { class: isLost ? "lost" : null });
}

byId("larger").addEventListener("click", () => graph.zoom(ZOOM));
byId("smaller").addEventListener("click", () => graph.zoom(1 / ZOOM));
byId("arrange").addEventListener("click", () => {
  graph.arrange();
  draw();
});
byId("fit").addEventListener("click", () => graph.zoom(null));
setInterval(() => {
  if (document.hidden) return;
  if (store.tick(timeNow())) schedule();
  if (store.node !== null) showDetail();
  lists.show();
}, TICK_MS);
follow({
  lastEvent: () => store.lastEvent,
  message: (message) => {
    store.handle(message);
    if (message.kind === "frame") receivedAt = performance.now();
    schedule();
  },
  state: connection,
});
