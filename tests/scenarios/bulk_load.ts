/**
 * Connections through a relay on the system's sockets, small and in bulk, which end in every way, while taps come and
 * go, byte rates change, and the relay's target is a socket or a tee. Every byte is checked.
 *
 * As a program it prints how many were wrong: `deno run -A --unstable-net tests/scenarios/bulk_load.ts 20000`.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- It is also a program, whose product is what it prints.

import process from "node:process";
import { hostTurn } from "../../src/runtimes/posix/turn.ts";
import { type Ends, RealRelay } from "../support/real_relay.ts";
import { Streamer } from "../support/streams.ts";

/** What happened. */
export interface BulkLoadFigures {
  readonly connections: number;
  /** What was wrong, by connection; empty if nothing was. */
  readonly wrong: readonly string[];
  /** Bytes that arrived, and how many of them the system has moved. */
  readonly bytes: number;
  readonly moved: number;
  readonly taps: number;
  readonly rates: number;
  readonly targets: number;
}

type Ending = "client first" | "server first" | "both" | "client reset" | "server reset";

const ENDINGS: readonly Ending[] = ["client first", "server first", "both", "both", "client reset", "server reset"];
const SIZES = [0, 1, 1_000, 100_000, 600_000, 3_000_000, 6_000_000];
const CONCURRENT = 16;
const TEE = 'entry={ node="tap" hook="left" } nodes=[ { name="tap" type="tee" } ' +
  '{ name="to" type="ksocket" hook="inet/stream/tcp" messages=[ { command="connect" argument="TARGET" } ] } ] ' +
  'links=[ { one={ node="tap" hook="right" } other={ node="to" } } ]';

/** Runs it; the same seed has the same connections. */
export async function runBulkLoad(connections: number, seed = 1): Promise<BulkLoadFigures> {
  const random = randomOf(seed);
  const choose = <T>(of: readonly [T, ...T[]] | readonly T[]): T | undefined => of[Math.floor(random() * of.length)];
  const figures = { connections, wrong: [] as string[], bytes: 0, moved: 0, taps: 0, rates: 0, targets: 0 };
  await using relay = new RealRelay();
  await relay.listen(undefined, TEE);
  const disturb = new Disturbance(relay, random, figures);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < connections; index = next++) {
      if (index % 4 === 0) await disturb.next();
      const plan = {
        ending: choose(ENDINGS) ?? "both",
        up: choose(SIZES) ?? 0,
        down: choose(SIZES) ?? 0,
        isSlow: random() < 0.3,
      };
      const outcome = await runOne(relay, index, plan);
      figures.bytes += outcome.bytes;
      if (outcome.wrong !== null) figures.wrong.push(`${index} ${JSON.stringify(plan)}: ${outcome.wrong}`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, work));
  figures.moved = relay.moved;
  return figures;
}

interface Plan {
  readonly ending: Ending;
  /** Bytes from the client, and from the server. */
  readonly up: number;
  readonly down: number;
  readonly isSlow: boolean;
}

async function runOne(
  relay: RealRelay,
  index: number,
  plan: Plan,
): Promise<{ readonly wrong: string | null; readonly bytes: number }> {
  const sockets = await relay.pair();
  // Both directions are the same stream, from another position for each connection.
  const client = new Streamer(sockets.client, index * 7919);
  const server = new Streamer(sockets.server, index * 7919);
  if (plan.isSlow) {
    for (const [one, socket] of [[client, sockets.client], [server, sockets.server]] as const) {
      let arrivals = 0;
      one.answer = () => {
        if (++arrivals % 3 !== 0) return;
        void pause(arrivals % 5).then(() => socket.resume());
        return false;
      };
    }
  }
  const wrong = await converse({ client, server }, sockets, plan);
  return { wrong, bytes: client.receivedBytes + server.receivedBytes };
}

/** Sends both ways and ends; says what was wrong. */
async function converse(
  { client, server }: { readonly client: Streamer; readonly server: Streamer },
  sockets: Ends,
  { ending, up, down }: Plan,
): Promise<string | null> {
  const endOf = (one: Streamer): Promise<void> => one.until(() => one.endedCount + one.errors.length > 0);
  const say = async (one: Streamer, bytes: number): Promise<void> => {
    await one.send(bytes);
    sockets[one === client ? "client" : "server"].shutdown();
  };
  switch (ending) {
    case "client first":
      await say(client, up);
      await endOf(server);
      await say(server, down);
      break;
    case "server first":
      await say(server, down);
      await endOf(client);
      await say(client, up);
      break;
    case "both":
      await Promise.all([say(client, up), say(server, down)]);
      break;
    default:
      return await reset(ending === "client reset" ? [client, server] : [server, client], sockets, { client, up });
  }
  await Promise.all([endOf(client), endOf(server)]);
  const errors = [...client.errors, ...server.errors].map(({ message }) => message);
  if (errors.length > 0) return errors.join(", ");
  if (server.receivedBytes !== up) return `${server.receivedBytes} of ${up} bytes arrived at the server`;
  return client.receivedBytes === down ? null : `${client.receivedBytes} of ${down} bytes arrived at the client`;
}

/** One side breaks the connection while the other sends. */
async function reset(
  [one, other]: readonly [Streamer, Streamer],
  sockets: Ends,
  { client, up }: { readonly client: Streamer; readonly up: number },
): Promise<string | null> {
  await one.send(up);
  const sending = other.sendUntil(() => false);
  sockets[one === client ? "client" : "server"].abort();
  await other.until(() => other.errors.length + other.endedCount > 0);
  // A failure is noticed by a sender that waits.
  other.wake();
  if (other.endedCount > 0) {
    sockets[one === client ? "server" : "client"].abort();
    return "a reset became an end";
  }
  await sending;
  return other.receivedBytes <= one.sent ? null : "more bytes arrived than were sent";
}

/** What changes while connections run. */
class Disturbance {
  readonly #relay: RealRelay;
  readonly #random: () => number;
  readonly #figures: { taps: number; rates: number; targets: number };
  #isTapped = false;

  constructor(relay: RealRelay, random: () => number, figures: { taps: number; rates: number; targets: number }) {
    this.#relay = relay;
    this.#random = random;
    this.#figures = figures;
  }

  async next(): Promise<void> {
    const what = this.#random();
    if (what < 0.4) await this.#tap();
    else if (what < 0.8) await this.#rate();
    else await this.#target();
  }

  async #tap(): Promise<void> {
    this.#isTapped = !this.#isTapped;
    this.#figures.taps++;
    const request = {
      topology: "t",
      node: "front",
      connection: null,
      client: null,
      direction: "both",
      newOnly: false,
      payload: true,
    } as const;
    await this.#relay.port.tap(this.#isTapped ? { kind: "open", tap: 1, request } : { kind: "close", tap: 1 });
    this.#relay.events.length = 0;
  }

  /** Of one connection, or of its target. */
  async #rate(): Promise<void> {
    const nodes = this.#relay.undeclared().filter(({ type }) => type.name === "ksocket");
    const node = nodes[Math.floor(this.#random() * nodes.length)];
    if (node === undefined) return;
    this.#figures.rates++;
    const rate = this.#random() < 0.5 ? 0 : 200_000_000;
    await this.#relay.msg(`${node.path}:`, `setconfig { maxBytesPerSecond=${rate} }`);
  }

  async #target(): Promise<void> {
    this.#figures.targets++;
    await this.#relay.accept(this.#random() < 0.3 ? '{ template="copy" }' : "{ connect=TARGET }");
  }
}

async function pause(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await hostTurn();
}

/** Numbers from 0 to 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

if (import.meta.main) {
  const [count = "1000", seed = "1"] = process.argv.slice(2);
  const { wrong, ...figures } = await runBulkLoad(Number(count), Number(seed));
  for (const one of wrong) console.log(one);
  console.log(JSON.stringify({ ...figures, wrong: wrong.length }));
}
