/**
 * `tap`: what passes through connections, live.
 *
 * @module
 */

import { decodeBase64 } from "../../../api/operations/session.ts";
import type { TapLine } from "../../../api/operations/tap.ts";
import { type CommandContext, CommandFailure } from "../../command.ts";
import { askEngine, socketPlace } from "../../connection.ts";
import { EXIT, type ExitCode } from "../../exit_code.ts";
import { engineEnded, isBroken } from "../../follow.ts";
import type { Output } from "../../output.ts";
import { OutputStream } from "../../output_stream.ts";
import { NoEngine } from "../../connection.ts";
import type { TapInvocation } from "../tap.ts";
import { PcapWriter } from "./pcap.ts";
import { hexView, TextView } from "./view.ts";

/** Prints a line; settles when there is room for the next one. */
type Print = (line: TapLine, octets: Uint8Array) => Promise<void>;

/** Prints until a signal, the limit, or the end of the engine. */
export async function tap(invocation: TapInvocation, { runtime, output, stop }: CommandContext): Promise<ExitCode> {
  const { path, client, connection, direction, newOnly, count, limitBytes, format } = invocation;
  if (count && (format === "hex" || format === "pcap")) {
    throw new CommandFailure(EXIT.usage, `--count supports the formats text and json, not "${format}"`);
  }
  const socket = socketPlace(runtime, invocation.control).path;
  const stream = new OutputStream(output, { clock: runtime.clock, signal: stop.signal });
  const print = printerOf(invocation, stream);
  const enough = new AbortController();
  const signal = AbortSignal.any([stop.signal, enough.signal]);
  const query = { path, client, connection, direction: direction ?? "both", newOnly, lengths: count } as const;
  const sums = new Sums();
  await askEngine(runtime, socket, async (engine) => {
    try {
      for await (const line of engine.tap(query, { signal })) {
        if (line.kind === "ready") output.note(`Tapping "${path}"; Ctrl-C ends it`);
        await print(line, line.kind === "data" ? decodeBase64(line.base64) : NOTHING);
        sums.add(line);
        if (signal.aborted) return;
        if (sums.bytes >= (limitBytes ?? Infinity)) return enough.abort();
      }
    } catch (error) {
      if (!signal.aborted && (error instanceof NoEngine || !isBroken(error))) throw error;
    }
    if (!signal.aborted) throw engineEnded();
  }).finally(() => stream.end());
  if (count) printCount(sums, invocation, output);
  if (sums.lost.items > 0) {
    const { items, bytes } = sums.lost;
    await stream.warn(`${items} items with ${bytes} bytes are missing: this reader was too slow`);
  }
  return EXIT.done;
}

const NOTHING = new Uint8Array(0);

/** The totals of the tap. */
class Sums {
  connections = 0;
  readonly in = { items: 0, bytes: 0 };
  readonly out = { items: 0, bytes: 0 };
  lost = { items: 0, bytes: 0 };

  get bytes(): number {
    return this.in.bytes + this.out.bytes;
  }

  add(line: TapLine): void {
    if (line.kind === "open") this.connections++;
    else if (line.kind === "lost") this.lost = { items: line.items, bytes: line.bytes };
    else if (line.kind === "data") {
      const sum = this[line.direction];
      sum.items++;
      sum.bytes += line.length;
    }
  }
}

function printCount({ connections, in: read, out, lost }: Sums, { format }: TapInvocation, output: Output): void {
  if (format === "json") return output.result(JSON.stringify({ connections, in: read, out, lost }));
  output.result(
    `connections ${connections}  in ${read.items} items ${read.bytes} bytes  out ${out.items} items ${out.bytes} bytes`,
  );
}

function printerOf({ format, count }: TapInvocation, stream: OutputStream): Print {
  if (count) return () => Promise.resolve();
  if (format === "pcap") {
    const writer = new PcapWriter();
    const begun = stream.octets(writer.header());
    return async (line, octets) => {
      await begun;
      const packets = writer.packets(line, octets);
      if (packets.length > 0) await stream.octets(packets);
    };
  }
  if (format === "json") return (line) => stream.line(JSON.stringify(line));
  const asText = new TextView();
  return async (line, octets) => {
    const text = format === "hex" ? hexView(line, octets) : asText.show(line, octets);
    if (text !== "") await stream.line(text);
  };
}
