/**
 * Row `status`: the response time of `status` while four TCP streams use all available capacity.
 *
 * @module
 */

import { setTimeout as after } from "node:timers/promises";
import { ControlClient } from "../../src/api/client.ts";
import { detectRuntime } from "../../src/runtimes/detect.ts";
import { VERSION } from "../../src/version.ts";
import { controlOf } from "../contenders/sockgraph.ts";
import { freePort, untilBound } from "../ports.ts";
import type { Row } from "../row.ts";

/** The pause between two requests, in milliseconds. */
const PAUSE_MS = 5;

/** The engine's answers under load. */
export const status: Row = {
  name: "status",
  title: "status under four streams (iperf3), 99 of 100 within",
  unit: "ms",
  asideUnits: ["ms, median"],
  cpu: null,
  transport: "tcp",
  lessIsBetter: true,
  direct: false,
  once: false,
  async open({ children }) {
    const target = freePort("tcp");
    await untilBound("tcp", target, children.start(["iperf3", "-s", "-B", "127.0.0.1", "-p", String(target)]));
    const { control } = await detectRuntime();
    return {
      target,
      measure: async (port, { folder, seconds }) => {
        const client = new ControlClient((request) => control.fetch(controlOf(folder), request), { version: VERSION });
        const command = ["iperf3", "-c", "127.0.0.1", "-p", String(port), "-t", String(seconds), "-P", "4"];
        const load = { over: false };
        const loading = children.run(command).finally(() => load.over = true);
        const times: number[] = [];
        while (!load.over) {
          const start = performance.now();
          await client.status();
          times.push(performance.now() - start);
          await after(PAUSE_MS);
        }
        await loading;
        times.sort((a, b) => a - b);
        const at = (part: number): number => times[Math.floor(times.length * part)] ?? Infinity;
        return { value: at(0.99), asides: [at(0.5)] };
      },
    };
  },
};
