/**
 * Rows `requests` and `connections`: small HTTP requests by wrk, over persistent connections, and with a new connection for each request.
 *
 * @module
 */

import type { RowName } from "../contender.ts";
import { startWebServer } from "../contenders/nginx.ts";
import { freePort, untilBound } from "../ports.ts";
import type { Measured, Row } from "../row.ts";

/** Small requests over 32 connections. */
export const requests: Row = wrkRow({
  name: "requests",
  title: "Small requests, 32 connections (wrk, keep-alive)",
  headers: [],
});

/** A new connection for every request. */
export const connections: Row = wrkRow({
  name: "connections",
  title: "New connections (wrk, Connection: close)",
  headers: ["-H", "Connection: close"],
});

function wrkRow({ name, title, headers }: { name: RowName; title: string; headers: readonly string[] }): Row {
  return {
    name,
    title,
    unit: "k/s",
    asideUnits: ["p99 ms"],
    cpu: { name: "CPU µs each", perSecond: 1e6 },
    transport: "tcp",
    lessIsBetter: false,
    direct: true,
    once: false,
    async open({ children, folder }) {
      const target = freePort("tcp");
      await untilBound("tcp", target, await startWebServer({ children, folder, port: target }));
      return {
        target,
        measure: async (port, { seconds }) => {
          const load = ["-t1", "-c32", `-d${seconds}`, "--latency", ...headers];
          return parseWrk(await children.run(["wrk", ...load, `http://127.0.0.1:${port}/`]));
        },
      };
    },
  };
}

/** How many of each make a millisecond. */
const UNITS: ReadonlyMap<string, number> = new Map([["us", 1000], ["ms", 1], ["s", 1 / 1000], ["m", 1 / 60_000]]);

/**
 * What wrk says: thousands of requests a second, the 99th percentile of latency in milliseconds, and how many.
 *
 * @throws Error when wrk saw an error, or says something else
 */
export function parseWrk(text: string): Measured {
  const trouble = /^\s*(Socket errors|Non-2xx).*$/m.exec(text)?.[0].trim();
  if (trouble !== undefined) throw new Error(`wrk: ${trouble}`);
  const rate = /^Requests\/sec:\s*([\d.]+)/m.exec(text)?.[1];
  const [, late, unit = ""] = /^\s*99%\s+([\d.]+)(us|ms|s|m)\s*$/m.exec(text) ?? [];
  const done = /^\s*(\d+) requests in /m.exec(text)?.[1];
  if (rate === undefined || late === undefined || done === undefined || Number(rate) === 0) {
    throw new Error(`wrk said something else: ${text.trim()}`);
  }
  return { value: Number(rate) / 1000, asides: [Number(late) / (UNITS.get(unit) ?? NaN)], done: Number(done) };
}
