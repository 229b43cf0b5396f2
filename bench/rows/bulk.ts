/**
 * Rows `bulk` and `streams`: one TCP stream, and four of them, one way, at full speed, by iperf3.
 *
 * @module
 */

import type { RowName } from "../contender.ts";
import { freePort, untilBound } from "../ports.ts";
import type { Measured, Row } from "../row.ts";

/** The part of all data that may be in the buffers of a relay at the end of the time. */
const MISSING = 0.1;

/** TCP bulk. */
export const bulk: Row = bulkRow("bulk", { title: "TCP bulk, one stream (iperf3)", streams: 1 });
/** TCP bulk over several connections, which several threads can share. */
export const streams: Row = bulkRow("streams", { title: "TCP bulk, four streams (iperf3)", streams: 4 });

function bulkRow(name: RowName, { title, streams }: { readonly title: string; readonly streams: number }): Row {
  return {
    name,
    title,
    unit: "Gbit/s",
    asideUnits: [],
    cpu: { name: "CPU ms/GiB", perSecond: 1000 },
    transport: "tcp",
    lessIsBetter: false,
    direct: true,
    once: false,
    async open({ children }) {
      const target = freePort("tcp");
      await untilBound("tcp", target, children.start(["iperf3", "-s", "-B", "127.0.0.1", "-p", String(target)]));
      return {
        target,
        measure: async (port, { seconds }) => {
          const command = ["iperf3", "-c", "127.0.0.1", "-p", String(port), "-t", String(seconds), "-J"];
          return resultOf(await children.run([...command, "-P", String(streams)]));
        },
      };
    },
  };
}

function resultOf(text: string): Measured {
  const { error, end } = JSON.parse(text);
  if (error !== undefined) throw new Error(`iperf3: ${error}`);
  const { bytes: sent } = end.sum_sent;
  const { bytes: received, bits_per_second: rate } = end.sum_received;
  if (received > 0 && received >= sent * (1 - MISSING)) {
    return { value: rate / 1e9, done: received / 2 ** 30 };
  }
  throw new Error(`${sent} octets were sent, ${received} arrived`);
}
