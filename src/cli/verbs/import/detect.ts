/**
 * Detects the format of a file.
 *
 * @module
 */

import { matchCommand } from "../ngctl/commands.ts";
import type { ImportFormat } from "./reading.ts";
import { portNumber } from "./service.ts";

/** The format of a text, by the first line that shows it; null if none does. */
export function detectFormat(text: string): ImportFormat | null {
  let unknown = false;
  for (const line of text.split("\n")) {
    const words = line.trim().split(/\s+/);
    const [first = ""] = words;
    if (/^# sockgraph: topology /.test(line)) return "ngctl";
    if (first === "" || first.startsWith("#")) continue;
    // A shell script has other lines before those.
    if (words.some((word) => /(^|\/)socat1?$/.test(word))) return "socat";
    if (words.some((word) => /^(\/\S*\/)?ngctl$/.test(word))) return "ngctl";
    if (isRule(words)) return "rinetd";
    if (unknown) continue;
    if (/^(TCP|UDP|UNIX|ABSTRACT)\d?(-[A-Z]+)?:/i.test(first) && words.length <= 3) return "socat";
    if (/^(allow|deny|logfile|logcommon|pidlogfile)$/.test(first)) return "rinetd";
    if (matchCommand(first).kind === "found") return "ngctl";
    unknown = true;
  }
  return null;
}

/** `0.0.0.0 8080 10.0.0.2 80` */
function isRule([from = "", port = "", to = "", target = ""]: readonly string[]): boolean {
  const hosts = [from, to].every((host) => /^[\w.:*-]+$/.test(host) && /[.:]|^localhost$/.test(host));
  return hosts && [port, target].every((one) => portNumber(one.replace(/\/(tcp|udp)$/, ""), "tcp") !== null);
}
