/**
 * The context of ngctl's shell, and the results of its commands.
 *
 * @module
 */

import type {
  SessionAnswer,
  SessionEvent,
  SessionMessage,
  SessionNode,
  TypeCount,
} from "../../../graph/session/session.ts";
import type { Strictness } from "./words.ts";

/** A node of ngctl's own in the graph. */
export interface ShellSession {
  events(): AsyncIterable<SessionEvent>;
  send(message: SessionMessage): Promise<SessionAnswer>;
  write(hook: string, octets: Uint8Array): Promise<void>;
  nodes(path: string | null): Promise<readonly SessionNode[]>;
  types(): Promise<readonly TypeCount[]>;
}

/** The world around the shell. */
export interface ShellOptions extends Strictness {
  readonly session: ShellSession;
  /** True for a terminal: data is shown as it arrives, without waiting. */
  readonly interactive: boolean;
  /** The folder for relative paths in messages. */
  readonly folder: string;
  /** Above 0 each command is shown before it is carried out. */
  readonly debugLevel: number;
  /** Prints lines of a result. */
  print(lines: readonly string[]): void;
  /** Prints an error, as `ngctl: …`. */
  warn(text: string): void;
  /** Reads a file that the person names. */
  readFile(path: string): Promise<Uint8Array>;
  /** Writes a file that the person names. */
  writeFile(path: string, text: string): Promise<void>;
}

/** The result of a command. */
export type ShellResult = "done" | "quit" | "usage" | "failed";
