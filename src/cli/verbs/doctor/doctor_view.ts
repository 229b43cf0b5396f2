/**
 * The result of `doctor` as text: the facts by subject, the runtimes as a table, the sources, and last the problems.
 *
 * @module
 */

import type { RuntimeSupport } from "../../../engine/worker/socket_support.ts";
import type { ControlReport, DoctorReport, RightsReport, SourceOnRuntime, SourceReport } from "./doctor_report.ts";
import type { Tone } from "../../color.ts";
import type { Output } from "../../output.ts";
import { displayPath } from "../../paths.ts";
import { type Column, layOutTable } from "../../table.ts";
import { wrap } from "../../width.ts";
import { installation } from "../../../version.ts";

/** The layout. */
export interface DoctorStyle {
  readonly width: number;
  /** The user's working folder. */
  readonly base: string;
  /** The user's ID. */
  readonly uid: number | null;
  readonly paint: Output["paint"];
}

/** One row of the table: a label, the kind of socket, and the feature; `options` counts those that can be set. */
type Row = readonly [label: string, kind: string, what: string];

/** The differences between runtimes; `-o json` has everything. */
const ROWS: readonly Row[] = [
  ["TCP", "inet/stream", "open"],
  ["  bind, then connect", "inet/stream", "bind-connect"],
  ["  backlog", "inet/stream", "backlog"],
  ["  half-close", "inet/stream", "half-close"],
  ["  reset", "inet/stream", "reset"],
  ["  TLS", "inet/stream", "tls"],
  ["  options", "inet/stream", "options"],
  ["UDP", "inet/dgram", "open"],
  ["  connect", "inet/dgram", "connect-filter"],
  ["  receive buffer", "inet/dgram", "receive-room"],
  ["  reports refused datagrams", "inet/dgram", "refused-datagrams"],
  ["  options", "inet/dgram", "options"],
  ["unix stream", "local/stream", "open"],
  ["unix datagram", "local/dgram", "open"],
  ["raw, seqpacket, …", "other", "open"],
];

const TONES: ReadonlyMap<string, Tone> = new Map([
  ["no", "bad"],
  ["works", "good"],
  ["hint", "warning"],
  ["problem", "bad"],
  ["warning", "warning"],
]);

/** The meaning of the cells, as in docs/runtimes.md. */
const LEGEND: readonly (readonly [word: string, meaning: string])[] = [
  ["native", "done by the system"],
  ["emulated", "done in user space with the same effect"],
  ["hint", "accepted, but the value may not be used as given"],
  ["no", "not supported"],
];

/** The kind of installation, as text. */
const INSTALLATIONS = { checkout: "a checkout", npm: "the npm package" } as const;

const LABEL_WIDTH = 13;

/** All lines. */
export function doctorLines(report: DoctorReport, style: DoctorStyle): readonly string[] {
  const { paint } = style;
  return [
    ...factLines(report, style),
    "",
    ...tableLines(report, style),
    ...report.sources.flatMap((source) => ["", ...sourceLines(source, style)]),
    "",
    ...findingLines(report, style),
  ].map((line) => line === "" ? line : line.trimEnd()).map((line) =>
    line.replace(/^(problem|warning):/, (word) => {
      return paint(TONES.get(word.slice(0, -1)) ?? "strong", word);
    })
  );
}

function factLines(report: DoctorReport, style: DoctorStyle): readonly string[] {
  const { host, version, build, rights } = report;
  const built = build === null ? INSTALLATIONS[installation()] : `a single binary of ${build.commit.slice(0, 12)}`;
  return [
    ...fact("sockgraph", [`${version}, ${built}, on ${host.name} ${host.version}, ${host.system}`], style),
    ...fact("permissions", permissionWords(report), style),
    ...fact("ports", [portWords(rights)], style),
    ...fact("open files", [fileWords(rights)], style),
    ...fact("tls", [tlsWords(report)], style),
    ...fact("control", controlWords(report.control, style), style),
    ...fact("environment", environmentWords(report), style),
  ];
}

/** A label and its text; nothing if the text is empty. */
function fact(label: string, said: readonly string[], { width, paint }: DoctorStyle): readonly string[] {
  const lines = said.flatMap((text) => wrap(text, Math.max(20, width - LABEL_WIDTH)));
  return lines.map((line, index) => {
    const head = (index === 0 ? label : "").padEnd(LABEL_WIDTH);
    return `${paint("faint", head)}${line}`;
  });
}

function permissionWords({ permissions }: DoctorReport): readonly string[] {
  if (permissions === null) return [];
  const names = (desired: string) => permissions.filter(({ state }) => state === desired).map(({ name }) => name);
  const granted = names("granted");
  const limited = names("limited");
  return [
    `${granted.length === 0 ? "none" : granted.join(", ")}${limited.length === 0 ? "" : ";"}` +
    (limited.length === 0 ? "" : ` not granted, or only in part: ${limited.join(", ")}`),
  ];
}

function portWords({ firstFreePort, privilegedPorts }: RightsReport): string {
  if (firstFreePort === null || privilegedPorts === null) return "unknown whether those below 1024 may be bound";
  if (firstFreePort === 0) return "all may be bound";
  if (privilegedPorts) {
    return `all may be bound; those below ${firstFreePort} need CAP_NET_BIND_SERVICE, which is granted`;
  }
  return `from ${firstFreePort} on; those below need CAP_NET_BIND_SERVICE`;
}

function fileWords({ openFiles, connections }: RightsReport): string {
  if (openFiles === null) return "unknown";
  const { soft, hard } = openFiles;
  const more = hard === soft ? "" : `, up to ${hard} by ulimit -n`;
  if (typeof connections !== "number") return `${soft}${more}`;
  const relayed = about(connections / 2);
  return `${soft}${more}: about ${about(connections)} connections, ${relayed} if each has a connection to a target`;
}

/** Rounded down to two digits. */
function about(count: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, count))) - 1);
  return Math.floor(count / unit) * unit;
}

function tlsWords({ tls: { library, path, version, problem } }: DoctorReport): string {
  if (version !== null) return `${version}, ${path ?? library}`;
  return path === null ? `${library} was not found` : `${path}; ${problem}`;
}

function controlWords(control: ControlReport, { base, uid }: DoctorStyle): readonly string[] {
  const { engine, reason, state } = control;
  const owner = control.uid === null || control.uid === uid ? "owned by this user" : `owned by user ${control.uid}`;
  const inThreads = engine === null || engine.threads < 2 ? "" : ` in ${engine.threads} threads`;
  const said = {
    free: "free, no engine is running",
    engine: `${owner}; engine ${engine?.version}, runtime ${engine?.runtime}${inThreads}, pid ${engine?.pid}`,
    stale: `${owner}; an engine that crashed has left it, and apply removes it`,
    unusable: `unusable: ${reason}`,
    unknown: `unknown: ${reason}`,
  };
  return [`${displayPath(base, control.path)}, from ${control.from}`, said[state]];
}

function environmentWords({ environment }: DoctorReport): readonly string[] {
  const words = Object.entries(environment);
  return [words.map(([name, value]) => value === null ? `${name} is not set` : `${name}="${value}"`).join(", ")];
}

function tableLines({ sockets }: DoctorReport, style: DoctorStyle): readonly string[] {
  const { support, offered, chosen } = sockets;
  const titles = support.map(({ runtime }): Column => ({ title: runtime }));
  const place = support.map(({ runtime }) => runtime === chosen ? "default" : offered.includes(runtime) ? "yes" : "no");
  const rows = ROWS.map(([label, kind, what]) => [label, ...support.map((one) => cell(one, kind, what))]);
  const columns: readonly Column[] = [{ title: "SOCKETS", least: 12 }, ...titles];
  const [header = "", ...lines] = layOutTable(columns, [["usable here", ...place], ...rows], style);
  const used = LEGEND.filter(([word]) => rows.some((cells) => cells.includes(word)));
  const legend = [...used, ["options", "how many can be set"]].map(([word, meaning]) => `${word}: ${meaning}`).join(
    "; ",
  );
  return [
    style.paint("faint", header),
    ...lines.map((line) => paintCells(line, style)),
    ...wrap(legend, Math.max(20, style.width)).map((line) => style.paint("faint", line)),
  ];
}

function cell({ kinds }: RuntimeSupport, kind: string, what: string): string {
  const found = kinds[kind];
  if (what === "options") return String(found?.settable.length ?? 0);
  return found?.features[what] ?? "no";
}

/** Colours words in a line after its layout, because colours need no columns. */
function paintCells(line: string, { paint }: DoctorStyle): string {
  return line.replace(/(?<= {2})(no|hint)(?=\s|$)/g, (word) => paint(TONES.get(word) ?? "strong", word));
}

function sourceLines({ source, topologies, runtimes }: SourceReport, style: DoctorStyle): readonly string[] {
  const names = topologies.length === 0 ? "" : `: ${topologies.join(", ")}`;
  return [`${style.paint("strong", source)}${names}`, ...runtimes.flatMap((one) => runtimeLines(one, style))];
}

function runtimeLines({ runtime, works, diagnostics }: SourceOnRuntime, style: DoctorStyle): readonly string[] {
  const head = `  ${runtime.padEnd(7)}`;
  const said = diagnostics.map(({ line, column, message, code, severity }) => {
    const place = line === null ? "" : `${line}:${column} `;
    return `${place}${severity === "error" ? "" : "warning: "}${message} [${code}]`;
  });
  const word = works ? "works" : "no";
  const verdict = `${head}${style.paint(TONES.get(word) ?? "strong", word)}`;
  const indent = " ".repeat(head.length + 7);
  const [first = "", ...rest] = said.flatMap((text) => wrap(text, Math.max(20, style.width - indent.length)));
  const gap = " ".repeat(7 - word.length);
  return [`${verdict}${first === "" ? "" : gap}${first}`, ...rest.map((line) => indent + line)];
}

function findingLines({ findings }: DoctorReport, { width }: DoctorStyle): readonly string[] {
  if (findings.length === 0) return ["No problems found."];
  return findings.flatMap(({ severity, message }) => {
    const [first = "", ...rest] = wrap(`${severity}: ${message}`, width);
    return [first, ...rest.map((line) => `  ${line}`)];
  });
}
