/**
 * A strict reader of OpenMetrics 1.0 text, as far as we write it: whatever it does not know is an error.
 *
 * @module
 */

/** A sample with its labels in order. */
export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A family and its samples. */
export interface ReadFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly ReadSample[];
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const HELP = new RegExp(`^# HELP (${NAME}) (.+)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (gauge|counter|info|histogram)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (-?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?)$`);
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(,|$)/y;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  gauge: [""],
  counter: ["_total"],
  info: ["_info"],
  histogram: ["_bucket", "_count", "_sum"],
};

/**
 * Reads a text.
 *
 * @throws Error at the first thing that is not as the specification has it
 */
export function readOpenMetrics(text: string): readonly ReadFamily[] {
  if (!text.endsWith("\n# EOF\n") && text !== "# EOF\n") throw new Error("The text does not end with # EOF");
  const families: { name: string; type: string; help: string; samples: ReadSample[] }[] = [];
  const lines = text.split("\n").slice(0, -2);
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    const help = HELP.exec(line);
    if (help === null) {
      families.at(-1)?.samples.push(readSample(line));
      if (families.length === 0) throw new Error(`A sample before its family: ${line}`);
      continue;
    }
    const type = TYPE.exec(lines[++index] ?? "");
    if (type?.[1] !== help[1]) throw new Error(`HELP without its TYPE: ${line}`);
    families.push({ name: help[1] ?? "", type: type?.[2] ?? "", help: help[2] ?? "", samples: [] });
  }
  for (const family of families) check(family);
  const names = families.map(({ name }) => name);
  if (new Set(names).size < names.length) throw new Error(`A family comes twice in ${names.join(" ")}`);
  return families;
}

function readSample(line: string): ReadSample {
  const [, name, text = "", value] = SAMPLE.exec(line) ?? [];
  if (name === undefined) throw new Error(`Neither a sample nor a head: "${line}"`);
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const at = LABEL.lastIndex;
    const [, label, escaped = ""] = LABEL.exec(text) ?? [];
    if (label === undefined) throw new Error(`No label at ${at} of ${text}`);
    if (label in labels) throw new Error(`Label "${label}" comes twice: ${line}`);
    labels[label] = escaped.replace(/\\(.)/g, (_, one: string) => one === "n" ? "\n" : one);
  }
  return { name, labels, value: Number(value) };
}

function check({ name, type, samples }: ReadFamily): void {
  if (samples.length === 0) throw new Error(`Family "${name}" is empty`);
  const keys = samples.map((sample) => sample.name + JSON.stringify(Object.entries(sample.labels).sort()));
  if (new Set(keys).size < keys.length) throw new Error(`A sample of "${name}" comes twice`);
  for (const sample of samples) {
    const suffix = sample.name.slice(name.length);
    if (!sample.name.startsWith(name) || !(SUFFIXES[type] ?? []).includes(suffix)) {
      throw new Error(`"${sample.name}" is no sample of the ${type} "${name}"`);
    }
    if (type !== "gauge" && sample.value < 0) throw new Error(`"${sample.name}" is negative`);
    if (type === "info" && sample.value !== 1) throw new Error(`"${sample.name}" is not 1`);
  }
  if (type === "histogram") checkBuckets(name, samples);
}

/** Buckets grow up to +Inf, which is the count. */
function checkBuckets(name: string, samples: readonly ReadSample[]): void {
  const groups = Map.groupBy(samples, ({ labels: { le: _, ...labels } }) => JSON.stringify(labels));
  for (const group of groups.values()) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => labels["le"] === "+Inf" ? Infinity : Number(labels["le"]));
    const counts = buckets.map(({ value }) => value);
    const grows = (list: readonly number[]) =>
      list.every((value, index) => index === 0 || value >= (list[index - 1] ?? 0));
    if (!grows(bounds) || !grows(counts) || bounds.at(-1) !== Infinity) {
      throw new Error(`Buckets of "${name}" do not grow`);
    }
    const count = group.find((sample) => sample.name === `${name}_count`)?.value;
    const sum = group.find((sample) => sample.name === `${name}_sum`);
    if (count !== counts.at(-1) || sum === undefined) throw new Error(`Count or sum of "${name}" is wrong`);
  }
}
