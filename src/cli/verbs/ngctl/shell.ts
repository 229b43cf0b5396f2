/**
 * ngctl's commands, carried out by a session.
 *
 * @module
 */

import { parseText } from "../../../ascii/parse.ts";
import { quoteText } from "../../../ascii/quote.ts";
import { string } from "../../../ascii/text.ts";
import { freebsdErrno, NetgraphError } from "../../../errors.ts";
import type { SessionEvent, SessionMessage, SessionNode, SessionReply } from "../../../graph/session/session.ts";
import { Answers, type Late } from "../../../graph/session/session_answers.ts";
import { type CommandName, helpLines, type Match, matchCommand, unknownHint, usageOf } from "./commands.ts";
import { dotLines } from "./dot.ts";
import { commandLines, dataLines, listLines, replyLines, showLines, typeLines } from "./format.ts";
import { freebsdText } from "./strerror.ts";
import type { ShellOptions, ShellResult } from "./terms.ts";
import { debugLevel, flagsOf, LineError, scriptLines, splitLine, unquoteWord } from "./words.ts";
import { fileOctets, typedOctets, WriteError } from "./write.ts";

/** ngctl's name of what most commands do, in errors. */
const SENDING = "send msg";
/** As long as a name of a node, hook or type, and a path, may be in ngctl's structs. */
const MAX_NAME = 31;
const MAX_PATH = 511;
/** Files that read each other would never end. */
const MAX_READ_DEPTH = 16;

type Run = (words: readonly string[]) => Promise<ShellResult>;

/** A shell over one session. */
export class Shell {
  readonly #options: ShellOptions;
  readonly #answers: Answers;
  #debugLevel: number;
  #depth = 0;

  readonly #commands: Readonly<Record<CommandName, Run>> = {
    config: (words) => this.#config(words),
    connect: (words) => this.#connect(words),
    debug: (words) => Promise.resolve(this.#debug(words)),
    dot: (words) => this.#dot(words),
    help: (words) => Promise.resolve(this.#help(words)),
    list: (words) => this.#list(words),
    mkpeer: (words) => this.#mkpeer(words),
    msg: (words) => this.#msg(words),
    name: (words) => this.#name(words),
    read: (words) => this.#read(words),
    rmhook: (words) => this.#rmhook(words),
    show: (words) => this.#show(words),
    shutdown: (words) => this.#shutdown(words),
    status: (words) => this.#status(words),
    types: (words) => this.#types(words),
    write: (words) => this.#write(words),
    quit: () => Promise.resolve("quit"),
  };

  constructor(options: ShellOptions) {
    this.#options = options;
    this.#debugLevel = options.debugLevel;
    this.#answers = new Answers((event) => this.#onEvent(event));
  }

  /** Receives events, until the session ends. The caller awaits it. */
  async follow(): Promise<void> {
    await this.#answers.follow(this.#options.session.events());
  }

  /** Carries out one line. */
  async line(line: string): Promise<ShellResult> {
    try {
      return await this.command(splitLine(line, this.#options));
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      return this.#fail(error.message);
    }
  }

  /** Carries out a file: the first line that does not succeed ends it. */
  async script(text: string): Promise<ShellResult> {
    for (const [index, line] of scriptLines(text, this.#options).entries()) {
      const result = await this.line(line);
      if (result === "done") continue;
      if (result !== "quit" || this.#options.strict) this.#options.warn(`line ${index + 1}: error in file`);
      return result;
    }
    return "done";
  }

  /** Carries out one command; no words are none. */
  async command(words: readonly string[]): Promise<ShellResult> {
    const [word, ...rest] = words;
    if (word === undefined) return "done";
    const match = matchCommand(word);
    if (match.kind !== "found") return this.#fail(this.#unmatched(word, match));
    if (this.#debugLevel > 0) this.#options.warn([match.command, ...rest].join(" "));
    const result = await this.#commands[match.command](rest);
    if (result === "usage") this.#options.warn(usageOf(match.command, this.#options));
    return result;
  }

  #config([path, ...rest]: readonly string[]): Promise<ShellResult> {
    if (path === undefined) return Promise.resolve("usage");
    return this.#text(
      { path, command: "textconfig", argument: rest.length === 0 ? null : quoteText(rest.join(" ")) },
      "config",
    );
  }

  #connect(words: readonly string[]): Promise<ShellResult> {
    const [path, relative, ours, peer] = this.#pathed(words, 3);
    if (peer === undefined) return Promise.resolve("usage");
    const fields = { path: this.#cut(relative, MAX_PATH), ourhook: this.#cut(ours), peerhook: this.#cut(peer) };
    return this.#generic(path, "connect", fields);
  }

  #debug([word, ...rest]: readonly string[]): ShellResult {
    if (rest.length > 0) return "usage";
    if (word === undefined) {
      this.#options.print([`Current debug level is ${this.#debugLevel}`]);
      return "done";
    }
    const level = debugLevel(word, { current: this.#debugLevel, strict: this.#options.strict });
    if (level === null) return "usage";
    this.#debugLevel = level;
    return "done";
  }

  async #dot(words: readonly string[]): Promise<ShellResult> {
    const { flags, rest: [file, ...more] } = flagsOf(words, "c");
    if (flags === null || more.length > 0) return "usage";
    return await this.#guarded(async ({ session, print, writeFile }) => {
      const lines = dotLines(await this.#nodes(session), { compact: flags.has("c") });
      if (file === undefined) print(lines);
      else await writeFile(this.#plain(file), `${lines.join("\n")}\n`);
    }, file === undefined ? SENDING : `Could not open ${file} for writing`);
  }

  #help([word, ...more]: readonly string[]): ShellResult {
    const { strict, print } = this.#options;
    if (more.length > 0 && !strict) return "usage";
    const match = word === undefined ? null : matchCommand(word);
    if (match !== null && match.kind !== "found") {
      const failed = this.#fail(this.#unmatched(word ?? "", match));
      return strict ? "done" : failed;
    }
    print(helpLines(match === null ? null : match.command, this.#options));
    return "done";
  }

  /** ngctl's output before the first prompt. */
  greet(): void {
    if (this.#options.strict) this.#options.print(helpLines(null, this.#options));
  }

  async #list(words: readonly string[]): Promise<ShellResult> {
    const { flags, rest } = flagsOf(words, "ln");
    if (flags === null || rest.length > 0) return "usage";
    return await this.#guarded(async ({ session, print, strict }) => {
      print(listLines(await this.#nodes(session), { long: flags.has("l"), named: flags.has("n"), strict }));
    });
  }

  #mkpeer(words: readonly string[]): Promise<ShellResult> {
    const [path, type, ours, peer] = this.#pathed(words, 3);
    if (peer === undefined) return Promise.resolve("usage");
    return this.#generic(path, "mkpeer", {
      type: this.#cut(type),
      ourhook: this.#cut(ours),
      peerhook: this.#cut(peer),
    });
  }

  async #msg([path, command, ...rest]: readonly string[]): Promise<ShellResult> {
    if (path === undefined || command === undefined) return "usage";
    const argument = rest.length === 0 ? null : rest.join(" ");
    const { folder } = this.#options;
    return await this.#send({ path: this.#plain(path), command, argument, folder, generic: false });
  }

  #name([path, name, ...more]: readonly string[]): Promise<ShellResult> {
    if (path === undefined || name === undefined || more.length > 0) return Promise.resolve("usage");
    return this.#generic(this.#plain(path), "name", { name: this.#cut(this.#plain(name)) });
  }

  async #read([file, ...more]: readonly string[]): Promise<ShellResult> {
    if (file === undefined || more.length > 0) return "usage";
    if (this.#depth >= MAX_READ_DEPTH) return this.#fail(`${file}: files read each other more than 16 deep`);
    let text: string;
    try {
      text = new TextDecoder().decode(await this.#options.readFile(this.#plain(file)));
    } catch (error) {
      return this.#refused(error, file);
    }
    this.#depth++;
    try {
      return await this.script(text);
    } finally {
      this.#depth--;
    }
  }

  #rmhook(words: readonly string[]): Promise<ShellResult> {
    const [path, hook] = this.#pathed(words, 1);
    return hook === undefined ? Promise.resolve("usage") : this.#generic(path, "rmhook", { hook: this.#cut(hook) });
  }

  async #show(words: readonly string[]): Promise<ShellResult> {
    const { flags, rest: [path, ...more] } = flagsOf(words, "n");
    if (flags === null || path === undefined || more.length > 0) return "usage";
    return await this.#guarded(async ({ session, print, strict }) => {
      const nodes = await session.nodes(this.#plain(path));
      for (const node of nodes) print(showLines(node, { hooks: !flags.has("n"), strict }));
    });
  }

  #shutdown([path, ...more]: readonly string[]): Promise<ShellResult> {
    if (path === undefined || more.length > 0) return Promise.resolve("usage");
    return this.#generic(this.#plain(path), "shutdown", null, this.#options.strict ? "shutdown" : SENDING);
  }

  #status([path, ...more]: readonly string[]): Promise<ShellResult> {
    if (path === undefined || more.length > 0) return Promise.resolve("usage");
    return this.#text({ path, command: "textstatus", argument: null }, "status");
  }

  async #types(words: readonly string[]): Promise<ShellResult> {
    if (words.length > 0) return "usage";
    return await this.#guarded(async ({ session, print, strict }) => {
      print(typeLines(await session.types(), { strict }));
    });
  }

  async #write([hook, ...rest]: readonly string[]): Promise<ShellResult> {
    if (hook === undefined || rest.length === 0) return "usage";
    const [option, file, ...more] = rest;
    if (option === "-f" && (file === undefined || more.length > 0)) return "usage";
    const name = this.#plain(hook);
    const path = option === "-f" && file !== undefined ? this.#plain(file) : null;
    let doing = `can't read file "${path}"`;
    try {
      const octets = path === null ? typedOctets(rest, this.#options) : await fileOctets(path, this.#options);
      doing = `writing to hook "${name}"`;
      await this.#options.session.write(name, octets);
      return "done";
    } catch (error) {
      return error instanceof WriteError ? this.#fail(error.message) : this.#refused(error, doing);
    }
  }

  /** A command whose answer is a text that some types have. */
  async #text(message: Omit<SessionMessage, "generic">, what: "status" | "config"): Promise<ShellResult> {
    const { session, print } = this.#options;
    const path = this.#plain(message.path);
    const none = `No ${what} available for "${path}"`;
    try {
      const answer = await session.send({ ...message, path, generic: false });
      const text = answer.kind === "reply" ? answer.reply.text : null;
      print(
        text === null ? [none] : [`${what === "status" ? "Status" : "Config"} for "${path}":`, parseText(string, text)],
      );
      return "done";
    } catch (error) {
      if (!(error instanceof NetgraphError) || (error.code !== "ENOSYS" && error.code !== "EINVAL")) {
        return this.#refused(error, SENDING);
      }
      print([none]);
      return "done";
    }
  }

  #generic(
    path = ".",
    command: string,
    fields: Readonly<Record<string, string | undefined>> | null,
    doing = SENDING,
  ): Promise<ShellResult> {
    const argument = fields === null
      ? null
      : `{ ${Object.entries(fields).map(([name, value = ""]) => `${name}=${quoteText(value)}`).join(" ")} }`;
    return this.#send({ path, command, argument, generic: true }, doing);
  }

  /** All nodes; ngctl lists them by their numbers. */
  async #nodes(session: ShellOptions["session"]): Promise<readonly SessionNode[]> {
    const nodes = await session.nodes(null);
    return this.#options.strict ? nodes.toSorted((a, b) => a.id - b.id) : nodes;
  }

  /** ngctl cuts what does not fit its structs. */
  #cut(text = "", length = MAX_NAME): string {
    return this.#options.strict ? text.slice(0, length) : text;
  }

  /** Sends a message and handles a later answer. */
  async #send(message: SessionMessage, doing = SENDING): Promise<ShellResult> {
    const { session, strict, interactive } = this.#options;
    try {
      const answer = await session.send(message);
      if (answer.kind === "reply") {
        this.#reply(answer.reply);
        return "done";
      }
      const { token } = answer;
      if (!message.generic && message.command === "accept") {
        this.#answers.leave(token);
        return "done";
      }
      if (!message.generic && message.command === "connect" && (strict || interactive)) {
        const result = this.#refused(new NetgraphError("EINPROGRESS", "Operation now in progress"), SENDING);
        // Its answer may already be here, but is printed second.
        this.#answers.leave(token);
        return result;
      }
      return this.#finish(await this.#answers.wait(token));
    } catch (error) {
      return this.#refused(error, doing);
    }
  }

  #finish(late: Late): ShellResult {
    if (late.kind === "reply") {
      this.#reply(late.reply);
      return "done";
    }
    return this.#refused(new NetgraphError(late.code, late.message), SENDING);
  }

  #reply(reply: SessionReply): void {
    // A command without reply sends none.
    if (reply.text !== null) this.#options.print(replyLines(reply));
  }

  /** Shows events. Data is shown only at a terminal: a script could not distinguish it from the rest. */
  #onEvent(event: SessionEvent): void {
    const { print, interactive } = this.#options;
    switch (event.kind) {
      case "data":
        if (interactive) print(dataLines(event.hook, event.octets));
        return;
      case "eof":
        if (interactive) print([`Rec'd end of data on hook "${event.hook}"`]);
        return;
      case "abort":
        if (interactive) print([`Rec'd reset on hook "${event.hook}"`]);
        return;
      case "unhooked": // As in ngctl, a removed hook is not reported.
        return;
      case "command":
        return print(commandLines(event, this.#options));
      case "reply":
        return this.#reply(event.reply);
      case "failure":
        return print(replyLines({ ...event, text: String(freebsdErrno(event.code)) }));
      default:
        event satisfies never;
    }
  }

  async #guarded(work: (options: ShellOptions) => Promise<void>, doing = SENDING): Promise<ShellResult> {
    try {
      await work(this.#options);
      return "done";
    } catch (error) {
      return this.#refused(error, doing);
    }
  }

  #unmatched(word: string, match: Exclude<Match, { readonly kind: "found" }>): string {
    if (this.#options.strict) return `"${word}": ${match.kind} command`;
    const hint = match.kind === "unknown" ? unknownHint(word) : `: ${match.candidates.join(", ")}`;
    return `${match.kind} command "${word}"${hint}`;
  }

  /** Prints errors of the graph or the system; internal errors are thrown. */
  #refused(error: unknown, doing: string): ShellResult {
    if (!(error instanceof NetgraphError)) throw error;
    if (this.#options.strict) return this.#fail(`${doing}: ${freebsdText(error.code)}`);
    // The error of an invalid message names the action itself.
    return this.#fail(doing === SENDING ? `${SENDING}: ${error.message}` : error.message);
  }

  #fail(text: string): ShellResult {
    this.#options.warn(text);
    return "failed";
  }

  /** Words of which the first, the path, may be left out. */
  #pathed(words: readonly string[], desired: number): readonly string[] {
    if (words.length !== desired && words.length !== desired + 1) return [];
    const plain = words.map((word) => this.#plain(word));
    return words.length === desired ? [".", ...plain] : plain;
  }

  #plain(word: string): string {
    return unquoteWord(word, this.#options);
  }
}
