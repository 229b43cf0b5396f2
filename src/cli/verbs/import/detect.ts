/**
 * Detects the format of a file.
 *
 * @module
 */

import { matchCommand } from "../ngctl/commands.ts";
import type { ImportFormat } from "./format.ts";
import { portNumber } from "./service.ts";

/** The format of a text, by the first line that shows it; null if none does. */
export function detectFormat(text: string): ImportFormat | null {
  let unknown = false;
  const isYaml = /^(services|chains|hops)\s*:/m.test(text);
  if (/^\s*\{\s*"(services|ServeNodes|Debug|Retries|Routes|ChainNodes|chains|api|log|metrics)"/.test(text)) {
    return "gost";
  }
  for (const line of text.split("\n")) {
    const words = line.trim().split(/\s+/);
    const [first = "", second = ""] = words;
    if (/^# sockgraph: topology /.test(line)) return "ngctl";
    if (first === "" || first.startsWith("#")) continue;
    if (/^\[(Unit|Socket)\]$/.test(first) && /^\[Socket\]/m.test(text)) return "systemd";
    if (isHaproxySection(line)) return "haproxy";
    if (isNginx(line)) return "nginx";
    if (isYaml && /^(services|version|name|networks|volumes|x-[\w-]+|secrets|configs|chains|hops)\s*:/.test(line)) {
      return isGostYaml(text) ? "gost" : "compose";
    }
    // A shell script has other lines before those.
    if (words.some((word) => /(^|\/)socat1?$/.test(word))) return "socat";
    if (words.some((word, index) => /(^|[/=])gost$/.test(word) && /^-/.test(words[index + 1] ?? ""))) return "gost";
    if (words.some((word) => /^(\/\S*\/)?ngctl$/.test(word))) return "ngctl";
    if (isRule(words)) return "rinetd";
    if (unknown) continue;
    if (/^(TCP|UDP|UNIX|ABSTRACT)\d?(-[A-Z]+)?:/i.test(first) && words.length <= 3) return "socat";
    if (/^(allow|deny|logfile|logcommon|pidlogfile)$/.test(first) && !second.endsWith(";")) return "rinetd";
    if (!/[;{]$/.test(line.trim()) && matchCommand(first).kind === "found") return "ngctl";
    unknown = true;
  }
  return null;
}

/** `frontend web`, `global`: a section begins in the first column. */
function isHaproxySection(line: string): boolean {
  return /^(global|defaults)(\s+[\w.-]+)?(\s+from\s+\S+)?\s*(#.*)?$/.test(line) ||
    /^(frontend|backend|listen|resolvers|peers)\s+[\w.:-]+/.test(line);
}

/** A directive that opens a block, or one that only nginx has. */
function isNginx(line: string): boolean {
  return /^\s*(stream|http|events|server|mail)\s*\{/.test(line) ||
    /^\s*(upstream\s+\S+|map\s+\S+\s+\S+)\s*\{/.test(line) ||
    /^\s*(worker_processes|load_module|user|pid|error_log|include|log_format|limit_conn_zone)\s[^{]*;?\s*(#.*)?$/.test(
        line,
      ) && /;\s*(#.*)?$/.test(line) ||
    /^\s*(stream|server|upstream\s+\S+)\s*$/.test(line);
}

/** gost has a list of services, compose a mapping. */
function isGostYaml(text: string): boolean {
  return /^services\s*:\s*(#.*)?\n(\s*(#.*)?\n)*\s*-\s/m.test(text) || /^(chains|hops)\s*:/m.test(text);
}

/** `0.0.0.0 8080 10.0.0.2 80` */
function isRule([from = "", port = "", to = "", target = ""]: readonly string[]): boolean {
  const hosts = [from, to].every((host) => /^[\w.:*-]+$/.test(host) && /[.:]|^localhost$/.test(host));
  return hosts && [port, target].every((one) => portNumber(one.replace(/\/(tcp|udp)$/, ""), "tcp") !== null);
}
