/**
 * `tap`: what passes through connections, live.
 *
 * @module
 */

import { choiceOption, flag, sizeOption, textOption } from "../args/options.ts";
import { control, desired, nullable } from "../args/parts.ts";
import { CLIENT, type Given, type Verb, verb } from "../verb.ts";

const options = () => ({
  path: desired("PATH", "A listener, or a ksocket that connects: web/front"),
  client: nullable(
    textOption("--client", { metavar: "CIDR", description: "Only connections of clients in this block of addresses" }),
    "all",
  ),
  connection: nullable(
    textOption("--connection", { metavar: "ID", description: "Only the connection with this ID, as in open lines" }),
    "all",
  ),
  format: nullable<TapFormat>(
    choiceOption("--format", {
      words: ["text", "hex", "pcap", "json"],
      metavar: "FORMAT",
      description: "text, hex, json, or pcap for Wireshark",
    }),
    "text",
  ),
  direction: nullable<"in" | "out" | "both">(
    choiceOption("--direction", {
      words: ["in", "out", "both"],
      metavar: "WHAT",
      description: "in: what the node reads from its socket; out: what it sends",
    }),
    "both",
  ),
  limitBytes: nullable(sizeOption("--limit", "Exit after this many bytes"), "no limit"),
  count: flag("--count", "Print only the sums of connections, items and bytes, at the end"),
  newOnly: flag("--new-only", "Only connections that begin from now on"),
  control: control(),
});

/** The format of the output. */
export type TapFormat = "text" | "hex" | "pcap" | "json";

/** `tap PATH` */
export type TapInvocation = Given<"tap", typeof options>;

/** The verb `tap`. */
export const TAP: Verb = verb({
  name: "tap",
  summary: "Print what passes through connections",
  usage: "[OPTION…] PATH",
  description: "Print a copy of what passes through the connections of a node, until Ctrl-C. With TLS, the copy " +
    "contains the decrypted data: protect it as you protect the data itself. If the output is read too slowly, copies are dropped " +
    "and counted; connections never wait for it.",
  examples: [
    ["sockgraph tap web/front", "all connections of a listener"],
    ["sockgraph tap --client 10.0.0.0/8 --direction in web/front", "what some clients send"],
    ["sockgraph tap --format pcap web/front > web.pcap", "for Wireshark and tshark"],
    ["sockgraph tap --count --limit 1MiB web/front", "sums only"],
  ],
  meaning:
    "print what passes through the connections of a node, as text, hex, JSON or pcap: see [docs/tap.md](docs/tap.md)",
  synonyms: ["tcpdump", "dump", "sniff", "capture"],
  permissions: CLIENT,
  readOnly: true,
  options,
  run: async (invocation, context) => await (await import("./tap/run.ts")).tap(invocation, context),
});
