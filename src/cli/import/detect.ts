/**
 * Which form a file has.
 *
 * @module
 */

import { matchCommand } from "../ngctl/commands.ts";
import type { ImportFormat } from "./reading.ts";

/** The form of a text, by the first line that tells; null where none does. */
export function detectFormat(text: string): ImportFormat | null {
  for (const line of text.split("\n")) {
    const words = line.trim().split(/\s+/);
    const [first = "", second = ""] = words;
    if (/^# sockgraph: topology /.test(line)) return "ngctl";
    if (first === "" || first.startsWith("#")) continue;
    if (/(^|\/)socat$/.test(first) || (first === "exec" && /(^|\/)socat$/.test(second))) return "socat";
    if (/^(TCP|UDP|UNIX|ABSTRACT)\d?(-[A-Z]+)?:/i.test(first) && words.length <= 3) return "socat";
    if (/^(allow|deny|logfile|logcommon|pidlogfile)$/.test(first) || isRule(words)) return "rinetd";
    if (first === "ngctl" || matchCommand(first).kind === "found") return "ngctl";
    return null;
  }
  return null;
}

/** `0.0.0.0 8080 10.0.0.2 80` */
function isRule([, port = "", , target = ""]: readonly string[]): boolean {
  return [port, target].every((one) => /^\d+(\/(tcp|udp))?$/.test(one));
}
