/**
 * exec: a program whose standard input and output are a hook.
 *
 * Hooks: `io`. Messages: `setprogram`, `getprogram`.
 *
 * The program starts with `setprogram`. What arrives at `io` is its standard input, and an end of file closes it; its
 * standard output leaves by `io`, and its end is an end of file. Both directions push back. In a template there is one
 * program per connection, and the end of the connection ends it: SIGTERM, and SIGKILL after `killAfter`.
 *
 * A program that ends by itself ends its node as a closed connection does. If its status is not 0, its output still
 * ends normally, because a program that prints why it fails is often right to do so; if a signal ends it, the output
 * may be incomplete, and the connection is reset. Both are a fault (`ProgramFailed`), of a copy at its listener. Each
 * line of its standard error is an event (`program-output`), unless `stderr` is `io`.
 *
 * @example A program per connection
 * ```yaml
 * nodes:
 *   web: { type: ksocket, hook: inet/stream/tcp, messages: [bind: inet/127.0.0.1:7, listen: 128, accept: { template: run }] }
 * templates:
 *   run:
 *     entry: program
 *     nodes:
 *       program: { type: exec, messages: [setprogram: { path: /bin/cat }] }
 * ```
 *
 * @module
 */

import type { Clock, Timer } from "../../clock.ts";
import { NetgraphError } from "../../errors.ts";
import { refusedProgram } from "./exec_check.ts";
import type { Graph } from "../../graph/core/graph.ts";
import type { Hook } from "../../graph/core/hook.ts";
import type { Item } from "../../graph/core/item.ts";
import { acquireItem, releaseItem, sendSign } from "../../graph/core/item_pool.ts";
import type { Handlers } from "../../graph/core/message.ts";
import type { Node } from "../../graph/core/node.ts";
import {
  type DeclaredNode,
  defineNodeType,
  type Finding,
  type NodeBehaviour,
  type NodeContext,
  type NodeType,
} from "../../graph/core/node_type.ts";
import { makerOf } from "../../graph/core/copy_drops.ts";
import { Pending } from "../../graph/core/pending.ts";
import type { CloseReason } from "../../graph/data/close_reason.ts";
import type { Capabilities } from "../../socket/capability.ts";
import type { ProgramExit, ProgramOwner, Programs, ProgramSpec, RunningProgram } from "../../socket/program.ts";
import type { Octets } from "../../socket/socket.ts";
import { oneOfHooks } from "../fixed_hooks.ts";
import { checkExec } from "./exec_check.ts";
import { EXEC_COMMANDS, type ExecCommands, type ProgramReply, programSpec } from "./exec_commands.ts";

const HOOK = "io";

/** How long the end of the output waits for the exit, which says whether the output is complete. */
const EXIT_MS = 100;

/** For this time after the exit a client may still send without a reset, which would destroy the last output. */
const LATE_INPUT_MS = 500;

class Exec implements NodeBehaviour<ExecCommands>, ProgramOwner {
  readonly #node: Node;
  readonly #graph: Graph;
  readonly #clock: Clock;
  readonly #programs: Programs | null;
  #hook: Hook | null = null;
  #spec: ProgramSpec | null = null;
  #program: RunningProgram | null = null;
  #starting: Pending<null> | null = null;
  #pid = 0;
  #exit: ProgramExit | null = null;
  /** The program reads no more. */
  #inputClosed = false;
  #outputEnded = false;
  /** Waits for the exit after the end of the output. */
  #exitTimer: Timer | null = null;
  #isEndSent = false;
  #overAt = 0;

  readonly commands: Handlers<ExecCommands> = {
    setprogram: (args) => this.#start(programSpec(args)),
    getprogram: () => this.#reply(),
  };

  constructor({ node, graph, clock }: NodeContext, programs: Programs | null) {
    this.#node = node;
    this.#graph = graph;
    this.#clock = clock;
    this.#programs = programs;
  }

  addHook(hook: Hook): void {
    this.#hook = hook;
  }

  hookConnected(): void {
    this.#read();
  }

  hookRemoved(): void {
    this.#hook = null;
  }

  released(): void {
    this.#read();
  }

  receive(hook: Hook, item: Item): void | false {
    if (item.kind === "abort") return this.#stopped(item.reason);
    const program = this.#program;
    if (item.kind === "eof") return program?.endInput();
    if (program !== null && !this.#inputClosed) return program.send(item);
    if (this.#exit !== null && this.#clock.now() - this.#overAt > LATE_INPUT_MS) sendSign(hook, "abort", "reset");
    item.refusal = program === null ? "ENOTCONN" : "EPIPE";
    hook.drop(program === null ? "no_destination" : "reset", item.length);
  }

  resumed(): void {
    this.#program?.resume();
  }

  /** Bytes that the program has not read. */
  held(): number {
    return this.#inputClosed ? 0 : this.#program?.queuedBytes ?? 0;
  }

  shutdown(): Pending<null> | void {
    this.#exitTimer?.cancel();
    const program = this.#program;
    this.#program = null;
    if (program === null) return;
    const released = new Pending<null>();
    program.stop(() => released.resolve(null));
    return released;
  }

  // The program

  started(pid: number): void {
    this.#pid = pid;
    this.#starting?.resolve(null);
  }

  startFailed(error: NetgraphError): void {
    this.#program = null;
    this.#starting?.reject(error);
  }

  arrived({ buffer, offset, length }: Octets): void | false {
    const hook = this.#hook;
    if (hook === null) return;
    const item = acquireItem().carry(buffer, offset, length);
    const taken = hook.send(item);
    releaseItem(item);
    return taken;
  }

  ended(): void {
    this.#outputEnded = true;
    if (this.#exit !== null) return this.#over(this.#exit);
    // A program may close its output and continue to run.
    this.#exitTimer = this.#clock.after(EXIT_MS, () => this.#sendEnd("eof"));
  }

  drained(): void {
    this.#hook?.resume();
  }

  inputClosed(lostBytes: number): void {
    this.#inputClosed = true;
    if (lostBytes > 0) this.#hook?.dropKept("reset", lostBytes);
    this.#hook?.resume();
  }

  complained(line: string): void {
    const { label, name, origin: { scope } } = this.#node;
    const node = makerOf(this.#node)?.name ?? name ?? label;
    this.#graph.emit({ kind: "program-output", topology: scope, node, pid: this.#pid, line });
  }

  exited(exit: ProgramExit): void {
    this.#exit = exit;
    this.#inputClosed = true;
    if (this.#outputEnded) this.#over(exit);
  }

  #start(spec: ProgramSpec): Pending<null> {
    if (this.#spec !== null) {
      throw new NetgraphError("EALREADY", `Cannot start "${spec.path}": "${this.#node.path}" has a program already`);
    }
    const refused = refusedProgram(spec);
    if (refused !== null) throw new NetgraphError("EINVAL", `Cannot start "${spec.path}": ${refused}`);
    if (this.#programs === null) {
      throw new NetgraphError("EOPNOTSUPP", `Cannot start "${spec.path}": this runtime starts no programs`);
    }
    const starting = new Pending<null>();
    this.#starting = starting;
    this.#program = this.#programs.start(spec, this);
    this.#spec = spec;
    this.#read();
    return starting;
  }

  /** Its output has a destination once the nodes are linked and ready. */
  #read(): void {
    if (this.#hook !== null && !this.#node.held) this.#program?.resume();
  }

  /** The program has ended, and so has its output. */
  #over(exit: ProgramExit): void {
    this.#exitTimer?.cancel();
    this.#overAt = this.#clock.now();
    const failed = exit.kind === "signal" || exit.status !== 0;
    const message = `Program "${this.#spec?.path ?? ""}" ${describeExit(exit)}`;
    this.#node.reportOutcome(failed ? { reason: "ProgramFailed", code: "EIO", message } : null);
    const error = new NetgraphError(failed ? "EIO" : "ENOTCONN", message);
    if (failed && this.#node.origin.owner !== null) this.#reportFailure(error);
    this.#sendEnd(exit.kind === "signal" ? "abort" : "eof");
    this.#fail(failed ? "error" : "eof", error);
  }

  #sendEnd(kind: "eof" | "abort"): void {
    if (this.#isEndSent) return;
    this.#isEndSent = true;
    sendSign(this.#hook, kind, "error");
  }

  /** The other side has failed: nothing can read the output. */
  #stopped(reason: CloseReason): void {
    const program = this.#program;
    this.#program = null;
    this.#exitTimer?.cancel();
    program?.stop();
    this.#fail(reason, new NetgraphError("ECONNRESET", `Connection of "${this.#node.path}" was reset`));
  }

  /** A declared node has failed, and is restarted as its policy says; a copy ends with its connection. */
  #fail(reason: CloseReason, error: NetgraphError): void {
    const { name, alive, origin: { scope } } = this.#node;
    if (name === null || !alive) return;
    const data = error.toData();
    this.#node.fail(data, reason);
    this.#graph.emit({ kind: "failed", topology: scope, node: name, reason, error: data });
    this.#graph.emit({ kind: "changed", scope });
  }

  #reportFailure(error: NetgraphError): void {
    const maker = makerOf(this.#node);
    if (maker === null) return;
    const { scope: topology, owner } = this.#node.origin;
    const peer = owner?.report()?.peer ?? this.#node.path;
    const node = maker.name ?? maker.path;
    this.#graph.emit({ kind: "connection-failed", topology, node, peer, reason: "error", error: error.toData() });
  }

  #reply(): ProgramReply {
    const exit = this.#exit;
    const known = { path: this.#spec?.path ?? "", pid: this.#pid, status: 0, signal: "" };
    if (exit === null) return { ...known, state: this.#program === null ? "idle" : "running" };
    if (exit.kind === "status") return { ...known, state: "exited", status: exit.status };
    return { ...known, state: "killed", signal: exit.signal };
  }
}

function describeExit(exit: ProgramExit): string {
  return exit.kind === "status" ? `exited with status ${exit.status}` : `was killed by ${exit.signal}`;
}

/** The type of exec nodes; `programs` is null if only the facts are needed, or where no program can be started. */
export function execType(capabilities: Capabilities, programs: Programs | null): NodeType<ExecCommands> {
  return defineNodeType({
    name: "exec",
    summary: "A program; its standard input and output are the hook",
    cookie: 1_796_000_001,
    commands: EXEC_COMMANDS,
    hooks: [{ pattern: HOOK, summary: "Data from here is its standard input; its standard output leaves here" }],
    parseHook: oneOfHooks("exec", [HOOK]),
    automaticHook: (taken: ReadonlySet<string>): string | null => taken.has(HOOK) ? null : HOOK,
    flow: () => "stream",
    outside: true,
    check: (node: DeclaredNode): readonly Finding[] => checkExec(node, capabilities),
    create: (context) => new Exec(context, programs),
  });
}
