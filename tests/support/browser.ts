/**
 * Chromium without a window, driven by its DevTools protocol.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { peer } from "../harness.ts";

const chromium = peer("chromium");

/** Why tests with a browser cannot run here; null where they can. On CI too: Ubuntu has no package of it. */
export const browserSkip: string | null = chromium.skip === null ? null : "there is no chromium here";

type Fields = Readonly<Record<string, unknown>>;

/** What the browser sends. */
interface Received {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Fields;
  readonly result?: Fields;
  readonly error?: { readonly message: string };
}

/** A browser with one page. */
export class Browser implements AsyncDisposable {
  /** What the page has written to its console as warnings and errors, and its uncaught errors. */
  readonly complaints: string[] = [];
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (received: Received) => void>();
  #session: string | null = null;
  #calls = 0;

  private constructor(child: ChildProcess, folder: string, socket: WebSocket) {
    this.#child = child;
    this.#folder = folder;
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#take(JSON.parse(String(data))));
  }

  /** Starts it with an empty page. */
  static async start({ width = 1400, height = 900 } = {}): Promise<Browser> {
    const folder = await mkdtemp(join(tmpdir(), "sg-browser-"));
    const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
    const child = spawn(
      chromium.path ?? "chromium",
      [
        ...flags,
        "--remote-debugging-port=0",
        `--user-data-dir=${folder}`,
        `--window-size=${width},${height}`,
        "about:blank",
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    const socket = new WebSocket(await listeningAt(child));
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => resolve());
      socket.addEventListener("error", () => reject(new Error("Cannot reach the browser")));
    });
    const browser = new Browser(child, folder, socket);
    const { targetId } = await browser.call("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await browser.call("Target.attachToTarget", { targetId, flatten: true });
    browser.#session = String(sessionId);
    for (const domain of ["Page", "Runtime", "Log"]) await browser.call(`${domain}.enable`);
    await browser.size(width, height);
    return browser;
  }

  /** Calls a method of the protocol. */
  async call(method: string, params: Fields = {}): Promise<Fields> {
    const id = ++this.#calls;
    const { result, error } = await new Promise<Received>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(
        JSON.stringify({ id, method, params, ...(this.#session === null ? {} : { sessionId: this.#session }) }),
      );
    });
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  /** The size of the page, in pixels. */
  async size(width: number, height: number): Promise<void> {
    await this.call("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
  }

  /** Visits an address. */
  async visit(url: string): Promise<void> {
    await this.call("Page.navigate", { url });
  }

  /** The value of an expression in the page, which is JSON; a promise is awaited. */
  async value(expression: string): Promise<unknown> {
    const answer = await this.call("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    const { result, exceptionDetails } = JSON.parse(JSON.stringify(answer));
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return result.value;
  }

  /** Waits until an expression is true, at each frame of the page; a page that is left meanwhile is asked again. */
  async until(expression: string): Promise<void> {
    const wait = `new Promise((done) => {
      const ask = () => (${expression}) ? done(true) : setTimeout(ask, 20);
      ask();
    })`;
    for (;;) {
      try {
        await this.value(wait);
        return;
      } catch (error) {
        if (!/navigat|context|closed/i.test(String(error))) throw error;
      }
    }
  }

  /** A picture of the page as PNG. */
  async screenshot(): Promise<Uint8Array> {
    const { data } = await this.call("Page.captureScreenshot", { format: "png" });
    return Uint8Array.from(atob(String(data)), (character) => character.charCodeAt(0));
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#socket.addEventListener("close", () => resolve()));
    this.#socket.close();
    const ended = once(this.#child, "close");
    this.#child.kill("SIGKILL");
    await Promise.all([closed, ended]);
    await removeFolder(this.#folder);
  }

  #take(received: Received): void {
    if (received.id !== undefined) {
      this.#waiting.get(received.id)?.(received);
      this.#waiting.delete(received.id);
      return;
    }
    const text = JSON.stringify(received.params);
    if (received.method === "Runtime.exceptionThrown" || received.method === "Log.entryAdded") {
      this.complaints.push(text);
    }
    if (received.method === "Runtime.consoleAPICalled" && /"type":"(?:error|warning|assert)"/.test(text)) {
      this.complaints.push(text);
    }
  }
}

/** The address of the protocol, which it prints. */
async function listeningAt(child: ChildProcess): Promise<string> {
  let said = "";
  for await (const chunk of child.stderr ?? []) {
    said += chunk;
    const found = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
    if (found !== undefined) {
      return found;
    }
  }
  throw new Error(`The browser has ended: ${said}`);
}

/** Removes the profile, which processes of the browser may write to for a moment after its end. */
async function removeFolder(folder: string): Promise<void> {
  const until = performance.now() + 10_000;
  for (;;) {
    try {
      return await rm(folder, { recursive: true, force: true });
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
