/**
 * A script of ngctl(8) → topologies: what it would build is what they declare.
 *
 * @module
 */

import { nearHint } from "../../../ascii/near.ts";
import { GENERIC_COMMANDS } from "../../../graph/message/generic.ts";
import { parseScopeName } from "../../../graph/data/name.ts";
import type { GraphState } from "../../../graph/data/state.ts";
import { AsciiError } from "../../../ascii/error.ts";
import { type CommandName, matchCommand, usageOf } from "../ngctl/commands.ts";
import {
  canonicalMessage,
  type ImportContext,
  judged,
  noteChange,
  noteLoss,
  refuse,
  type Word,
  type WordLine,
  wordLines,
} from "./reading.ts";
import { newNode, ScriptGraph, type ScriptNode } from "./script_graph.ts";
import { statesOf } from "./script_state.ts";

/** Parses a script. Comments are lines whose first word begins with #, also where ngctl would not accept that. */
export function importNgctl(context: ImportContext): readonly GraphState[] {
  const reader = new Reader(context);
  const lines = wordLines(context.file, { isComment: () => false, trailing: false });
  reader.isShell = lines.some(({ words }) => programAt(words) >= 0);
  for (const line of reader.isShell ? joined(lines) : lines) reader.line(line);
  return statesOf(reader.graph, { context, holds: reader.holds, descriptions: reader.descriptions });
}

class Reader {
  readonly graph = new ScriptGraph();
  /** Nodes that only hold others, as marked in our own scripts. */
  readonly holds = new Set<string>();
  /** By topology. */
  readonly descriptions = new Map<string, string>();
  /** True for a script of a shell: it has other lines than those of ngctl. */
  isShell = false;
  /** True after `quit`, which ends ngctl. */
  #hasQuit = false;
  readonly #context: ImportContext;
  #topology: string;
  /** The word that ends a here-document for ngctl; null outside of one. */
  #here: string | null = null;
  /** Nodes of the system that a note has been made of. */
  readonly #outside = new Set<string>();

  constructor(context: ImportContext) {
    this.#context = context;
    this.#topology = context.name;
  }

  line({ words: written, span }: WordLine): void {
    const [first] = written;
    if (first?.text.startsWith("#") === true) return this.#comment(written);
    if (this.#here !== null && first?.text === this.#here && written.length === 1) {
      this.#here = null;
      this.#hasQuit = false;
      return;
    }
    if (this.#hasQuit) return noteLoss(this.#context, span, "The line is left out: it follows quit");
    // A shell script calls ngctl for each line, or with a here-document.
    const program = this.#here === null ? programAt(written) : -1;
    const all = program < 0 ? written : this.#shellWords(written, program);
    const [command, ...words] = all;
    if (command === undefined) return;
    const match = matchCommand(command.text);
    if (match.kind !== "found" && this.isShell && program < 0 && this.#here === null) {
      return noteLoss(this.#context, span, "The line is left out: it does not call ngctl");
    }
    if (match.kind !== "found") return refuse(this.#context, command.span, `${match.kind} command "${command.text}"`);
    const shell = program < 0 ? undefined : all.find(({ text }) => /[$`]/.test(text));
    if (shell !== undefined) {
      return refuse(this.#context, shell.span, `Variable of the shell in "${shell.text}" has no value here`);
    }
    // A call of ngctl with quit alone ends nothing that follows.
    if (match.command === "quit") this.#hasQuit = program < 0;
    judged(this.#context, span, () => this.#carryOut(match.command, words, span));
  }

  /** The arguments of ngctl in a shell's line, without quotes around words. */
  #shellWords(written: readonly Word[], program: number): readonly Word[] {
    const end = written.findIndex(({ text }, index) =>
      index > program && /^(&|&&|\|\||;|\||[0-9]?[<>].*|&>.*)$/.test(text)
    );
    const rest = end < 0 ? [] : written.slice(end);
    const here = /^<<-?["']?(\w+)["']?$/.exec(rest.map(({ text }) => text).join(""))?.[1];
    if (here !== undefined) this.#here = here;
    const [before] = written;
    for (
      const [side, words] of [["before", written.slice(0, program)], [
        "behind",
        here === undefined ? rest : [],
      ]] as const
    ) {
      const [word] = words;
      if (word === undefined || before === undefined) continue;
      const text = words.map((one) => one.text).join(" ");
      noteLoss(this.#context, word.span, `"${text}" ${side} ngctl is left out`);
    }
    const own = written.slice(program + 1, end < 0 ? undefined : end);
    const flags = own.findIndex(({ text }) => !/^-/.test(text));
    return here !== undefined || flags < 0 ? [] : own.slice(flags).map(unquoted);
  }

  #carryOut(command: CommandName, words: readonly Word[], span: WordLine["span"]): void {
    if (!this.#understand(command, words, span)) refuse(this.#context, span, usageOf(command, { strict: false }));
  }

  /** @returns false for a command with the wrong number of words */
  #understand(command: CommandName, words: readonly Word[], span: WordLine["span"]): boolean {
    const own: Word = { text: ".", span: { start: span.start, end: span.start } };
    const pathed = (count: number) => words.length === count ? [own, ...words] : words;
    switch (command) {
      case "mkpeer":
        return this.#mkpeer(pathed(3), span);
      case "connect":
        return this.#connect(pathed(3));
      case "name":
        return this.#name(words);
      case "rmhook":
        return this.#rmhook(pathed(1));
      case "shutdown":
        return this.#shutdown(words);
      case "msg":
        return this.#msg(words);
      case "config":
      case "read":
      case "write":
        noteLoss(this.#context, span, `Command "${command}" is left out: a topology has no counterpart`);
        return true;
      default:
        // Commands that only show information build nothing.
        return true;
    }
  }

  /** The information in comments of our own scripts. */
  #comment(words: readonly Word[]): void {
    const [mark, ours, key, ...rest] = words;
    if (mark?.text !== "#" || ours?.text !== "sockgraph:" || key === undefined) return;
    const [value] = rest;
    // `one_hold has a hook to each node …`; earlier scripts have `one_hold holds …`.
    const isHold = value?.text === "has" && rest[1]?.text === "a" && rest[2]?.text === "hook";
    if (isHold || value?.text === "holds") this.holds.add(key.text);
    if (value === undefined) return;
    if (key.text === "description") this.descriptions.set(this.#topology, rest.map(({ text }) => text).join(" "));
    if (key.text === "no") noteLoss(this.#context, { start: value.span.end, end: value.span.end }, lossOf(rest));
    if (key.text !== "topology") return;
    judged(this.#context, value.span, () => {
      this.#topology = parseScopeName(value.text);
    });
  }

  #mkpeer([path, type, ours, peer, ...more]: readonly Word[], span: WordLine["span"]): boolean {
    if (path === undefined || type === undefined || ours === undefined) return false;
    if (peer === undefined || more.length > 0) return false;
    const found = this.#context.types.find(({ name, creatable }) => creatable && name === type.text) ?? null;
    if (found === null) {
      const hint = nearHint(type.text, this.#context.types.map(({ name }) => name));
      const message = `Node type "${type.text}" is not supported: its nodes and their links are left out`;
      noteLoss(this.#context, type.span, hint === null ? message : `${message}; ${hint}`);
    }
    this.#judgePath(path, (node) => {
      const made = newNode(found, { typeName: type.text, topology: this.#topology, span });
      judged(this.#context, peer.span, () => this.graph.make({ node, hook: ours.text }, made, peer.text));
    });
    return true;
  }

  #connect([path, relative, ours, peer, ...more]: readonly Word[]): boolean {
    if (path === undefined || relative === undefined || ours === undefined) return false;
    if (peer === undefined || more.length > 0) return false;
    this.#judgePath(path, (node) =>
      judged(this.#context, relative.span, () => {
        const other = this.graph.resolve(relative.text, node);
        this.#noteOutside(relative);
        judged(this.#context, peer.span, () => {
          this.graph.join({ node, hook: ours.text }, { node: other, hook: peer.text });
        });
      }));
    return true;
  }

  #name([path, name, ...more]: readonly Word[]): boolean {
    if (path === undefined || name === undefined || more.length > 0) return false;
    this.#judgePath(path, (node) => judged(this.#context, name.span, () => this.graph.rename(node, name.text)));
    return true;
  }

  #rmhook([path, hook, ...more]: readonly Word[]): boolean {
    if (path === undefined || hook === undefined || more.length > 0) return false;
    this.#judgePath(path, (node) => this.graph.remove(node, hook.text));
    return true;
  }

  #shutdown([path, ...more]: readonly Word[]): boolean {
    if (path === undefined || more.length > 0) return false;
    this.#judgePath(path, (node) => this.graph.shutdown(node));
    return true;
  }

  #msg([path, command, ...rest]: readonly Word[]): boolean {
    if (path === undefined || command === undefined) return false;
    const [first] = rest;
    const last = rest.at(-1);
    const at = first === undefined || last === undefined ? null : { start: first.span.start, end: last.span.end };
    this.#judgePath(path, (node) => {
      if (node.type === null) return noteLoss(this.#context, command.span, `Message to "${node.typeName}" is left out`);
      const generic = !Object.hasOwn(node.type.commands, command.text);
      if (command.text === "shutdown") return this.graph.shutdown(node);
      if (generic && Object.hasOwn(GENERIC_COMMANDS, command.text)) {
        return noteLoss(this.#context, command.span, `Message "${command.text}" is left out: write it as a command`);
      }
      if (generic) return judged(this.#context, command.span, () => refuseMessage(command, node));
      const argument = at === null ? null : argumentOf(this.#context.file.text, at, rest);
      const { type } = node;
      judged(this.#context, at ?? command.span, () => {
        const message = canonicalMessage(type, command.text, argument);
        node.messages.push(type.kernel?.read(message) ?? message);
      });
      if (type.name === "one2many" && command.text === "setconfig" && !/\benabledLinks\s*=/.test(argument ?? "")) {
        const message = "On FreeBSD setconfig without enabledLinks switches all links off; here all are on";
        noteChange(this.#context, command.span, message);
      }
      if (command.text === "setpersistent") node.persistent = true;
      if (command.text === "accept") {
        const message = "Accept accepts one connection without a hook: set a target for all connections, accept: { … }";
        noteChange(this.#context, command.span, message);
      }
    });
    return true;
  }

  #judgePath(path: Word, work: (node: ScriptNode) => void): void {
    judged(this.#context, path.span, () => {
      const node = this.graph.resolve(path.text, this.graph.own);
      this.#noteOutside(path);
      work(node);
    });
  }

  #noteOutside({ text, span }: Word): void {
    for (const name of this.graph.outside.keys()) {
      if (this.#outside.has(name)) continue;
      this.#outside.add(name);
      noteLoss(this.#context, span, `"${text}" is of a node of the system: it is left out with its links`);
    }
  }
}

/** The lines of a shell: a backslash at the end continues on the next one. */
function joined(lines: readonly WordLine[]): readonly WordLine[] {
  const whole: WordLine[] = [];
  let goesOn = false;
  for (const { words, span } of lines) {
    const before: WordLine | undefined = goesOn ? whole.pop() : undefined;
    const all: readonly Word[] = [...before?.words ?? [], ...words];
    goesOn = all.at(-1)?.text === "\\";
    whole.push({
      words: goesOn ? all.slice(0, -1) : all,
      span: { start: before?.span.start ?? span.start, end: span.end },
    });
  }
  return whole;
}

/** The position of ngctl in a shell's line; -1 if absent. */
function programAt(words: readonly Word[]): number {
  return words.findIndex(({ text }) => /^(?:\/\S*\/)?ngctl$/.test(text));
}

/** A word without its quotes, which the shell removes. */
function unquoted({ text, span }: Word): Word {
  const inner = /^(["'])(.*)\1$/.exec(text)?.[2];
  return inner === undefined ? { text, span } : { text: inner, span: { start: span.start + 1, end: span.end - 1 } };
}

/** The argument in the file, without the shell's quotes around all of it. */
function argumentOf(text: string, at: WordLine["span"], words: readonly Word[]): string {
  const raw = text.slice(at.start, at.end).replace(/\\\r?\n/g, "  ");
  const inner = /^'([^']*)'$|^"((?:\\.|[^"\\])*)"$/.exec(raw);
  if (inner !== null && words.length > 1) return inner[1] ?? (inner[2] ?? "").replace(/\\(["\\$`])/g, "$1");
  return words.length === 1 ? words[0]?.text ?? raw : raw;
}

function lossOf(words: readonly Word[]): string {
  return `Not in the script: ${words.slice(1).map(({ text }) => text).join(" ")}`;
}

function refuseMessage({ text }: Word, { type, typeName }: ScriptNode): never {
  const hint = nearHint(text, Object.keys(type?.commands ?? {}));
  throw new AsciiError("ENOSYS", `A ${typeName} has no message "${text}"`, { length: text.length, hint });
}
