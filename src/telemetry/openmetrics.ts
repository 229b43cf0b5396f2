/**
 * Metrics as text, in the format of OpenMetrics 1.0.
 *
 * Own code: the metrics are plain numbers that are read on request, and a library would add unneeded parts (prom-client
 * 15: a registry with its own state, and default metrics that are 0 on Deno).
 *
 * ```text
 * # HELP sockgraph_connections Open connections
 * # TYPE sockgraph_connections gauge
 * sockgraph_connections{topology="web",node="front"} 12
 * # EOF
 * ```
 *
 * @module
 */

/** The media type of the text. */
export const OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** The media type of the older text format of Prometheus, for readers that do not accept OpenMetrics. */
export const PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";

/** The labels that distinguish the samples of a family. */
export type Labels = Readonly<Record<string, string>>;

/** One number. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** A histogram of durations. */
export interface HistogramSample {
  readonly labels: Labels;
  readonly histogram: HistogramData;
}

/** A histogram in text form. */
export interface HistogramData {
  /** The cumulative counts, for each bound and for all. */
  readonly buckets: readonly Bucket[];
  /** The sum of all durations. */
  readonly sum: number;
}

/** One line of a histogram. */
export interface Bucket {
  readonly le: string;
  readonly count: number;
}

/** Samples of one kind and name. */
export type Family =
  & { readonly name: string; readonly help: string }
  & (
    | { readonly type: "gauge" | "counter" | "info"; readonly samples: readonly Sample[] }
    | { readonly type: "histogram"; readonly samples: readonly HistogramSample[] }
  );

/** The suffix of a sample's name after that of its family. */
const SUFFIXES = { gauge: "", counter: "_total", info: "_info" } as const;

/** Counts durations by upper bounds, in seconds. */
export class Histogram implements HistogramData {
  readonly #bounds: readonly number[];
  /** One more than bounds: the last one is for longer durations. */
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  /** Counts one. */
  observe(seconds: number): void {
    const found = this.#bounds.findIndex((bound) => seconds <= bound);
    const index = found < 0 ? this.#bounds.length : found;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += seconds;
  }

  /** The cumulative counts, for each bound and for all. */
  get buckets(): readonly Bucket[] {
    return bucketsOf(this.#bounds, this.#counts);
  }

  /** The sum of all durations. */
  get sum(): number {
    return this.#sum;
  }
}

/** Adds up the counts between bounds, and after the last one. */
export function bucketsOf(bounds: readonly number[], counts: readonly number[]): readonly Bucket[] {
  let count = 0;
  return counts.map((one, index) => {
    count += one;
    return { le: formatBound(bounds[index]), count };
  });
}

/** The text. Families without a sample are omitted. */
export function formatOpenMetrics(families: readonly Family[]): string {
  const lines = families.filter(({ samples }) => samples.length > 0).flatMap(linesOf);
  return [...lines, "# EOF", ""].join("\n");
}

/** The same in the older text format: families have the name of their samples, there is no type `info`, and no end. */
export function toPrometheusText(openMetrics: string): string {
  const lines: string[] = [];
  for (const line of openMetrics.split("\n")) {
    const [, name = "", type = ""] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (line === "# EOF") continue;
    if (type !== "counter" && type !== "info") lines.push(line);
    else {
      // The line before describes the family.
      const family = `${name}${SUFFIXES[type]}`;
      lines.push((lines.pop() ?? "").replace(`# HELP ${name} `, `# HELP ${family} `));
      lines.push(`# TYPE ${family} ${type === "info" ? "gauge" : type}`);
    }
  }
  return lines.join("\n");
}

function linesOf(family: Family): readonly string[] {
  const { name, help, type } = family;
  const head = [`# HELP ${name} ${escapeText(help)}`, `# TYPE ${name} ${type}`];
  if (family.type === "histogram") {
    return [...head, ...family.samples.flatMap(({ labels, histogram }) => histogramLines(name, labels, histogram))];
  }
  const suffix = SUFFIXES[family.type];
  return [...head, ...family.samples.map(({ labels, value }) => sampleLine(name + suffix, labels, value))];
}

function histogramLines(name: string, labels: Labels, histogram: HistogramData): readonly string[] {
  const { buckets, sum } = histogram;
  return [
    ...buckets.map(({ le, count }) => sampleLine(`${name}_bucket`, { ...labels, le }, count)),
    sampleLine(`${name}_count`, labels, buckets.at(-1)?.count ?? 0),
    sampleLine(`${name}_sum`, labels, sum),
  ];
}

function sampleLine(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeText(text).replaceAll('"', '\\"')}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`;
}

/** A bound is a float in the text: `1.0`, and the last one `+Inf`. */
function formatBound(bound: number | undefined): string {
  if (bound === undefined) return "+Inf";
  return Number.isInteger(bound) ? bound.toFixed(1) : String(bound);
}

function escapeText(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
