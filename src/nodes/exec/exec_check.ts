/**
 * Checks of a declared exec, before anything is started.
 *
 * @module
 */

import type { DeclaredNode, Finding } from "../../graph/core/node_type.ts";
import type { Capabilities } from "../../socket/capability.ts";
import { lackOfEnd } from "../lack_of_end.ts";

/** The problems of a declared exec. */
export function checkExec({ messages }: DeclaredNode, capabilities: Capabilities): readonly Finding[] {
  const lack = lackOfEnd("exec", capabilities);
  const starts = messages.flatMap(({ command }, at) => command === "setprogram" ? [at] : []);
  const findings: Finding[] = lack === null ? [] : [lack];
  if (starts.length === 0) {
    findings.push({
      severity: "warning",
      code: "no-program",
      message: "Without setprogram an exec has no program, and drops all data",
      messageIndex: null,
      hint: "add setprogram: { path: /usr/bin/PROGRAM }",
    });
  }
  const [, second] = starts;
  if (second !== undefined) {
    findings.push({
      severity: "error",
      code: "two-programs",
      message: "An exec has one program",
      messageIndex: second,
      hint: "remove this message, or add another exec",
    });
  }
  return [...findings, ...starts.flatMap((messageIndex) => checkPaths(messages[messageIndex]?.args, messageIndex))];
}

function checkPaths(args: unknown, messageIndex: number): readonly Finding[] {
  if (typeof args !== "object" || args === null) return [];
  const fields = new Map<string, unknown>(Object.entries(args));
  return ["path", "cwd"].flatMap((name): readonly Finding[] => {
    const value = fields.get(name);
    if (typeof value !== "string" || value.startsWith("/")) return [];
    const message = `Path "${value}" of ${name === "path" ? "the program" : "its folder"} is not absolute`;
    const hint = name === "path" ? `write path: /usr/bin/${value.split("/").at(-1)}` : "write it from / on";
    return [{ severity: "error", code: "relative-path", message, messageIndex, path: [name], hint }];
  });
}

/** Why such a program cannot be started, also where the message was sent manually; null if nothing is known. */
export function refusedProgram(
  { path, args, cwd, env }: {
    readonly path: string;
    readonly args: readonly string[];
    readonly cwd: string | null;
    readonly env: Readonly<Record<string, string>>;
  },
): string | null {
  if (!path.startsWith("/")) return "its path is not absolute";
  if (cwd !== null && !cwd.startsWith("/")) return "the path of its folder is not absolute";
  const texts = [path, cwd ?? "", ...args, ...Object.entries(env).flat()];
  if (texts.some((text) => text.includes("\0"))) return "a text for it contains a zero byte";
  if (Object.keys(env).some((name) => name === "" || name.includes("="))) return "a variable has an impossible name";
  return null;
}
