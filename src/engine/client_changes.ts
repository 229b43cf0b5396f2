/**
 * Reports clients' changes on the terminal of the engine, which otherwise would not show them.
 *
 * @module
 */

import type { ApplyOutcome } from "../api/apply_event.ts";
import type { CommandTable } from "../graph/core/command.ts";
import type { NodeType } from "../graph/core/node_type.ts";
import { formatMessage, type MessageState } from "../graph/data/state.ts";
import { GENERIC_COMMANDS } from "../graph/message/generic.ts";
import type { ClientChange } from "../reconcile/loop/event.ts";

/** Reports clients' changes at their end. */
export class ClientReport {
  readonly #report: (change: ClientChange) => void;
  readonly #types: readonly NodeType[];

  /** @param types the node types, which define the queries */
  constructor(report: (change: ClientChange) => void, types: readonly NodeType[]) {
    this.#report = report;
    this.#types = types;
  }

  /** Reports a change of a topology. */
  changed(topology: string, what: string): void {
    this.#report({ kind: "client-change", topology, text: `${topology}: ${what} by a client` });
  }

  /** Reports the results of changes of several topologies. */
  outcomes(verb: string, outcomes: readonly ApplyOutcome[]): void {
    for (const { topology, result, generation, message } of outcomes) {
      if (result === "unchanged") continue;
      if (result === "applied") this.changed(topology, `generation ${generation} ${verb}`);
      else {this.#report({
          kind: "client-change",
          topology,
          text: `${topology}: change by a client failed: ${message}`,
        });}
    }
  }

  /**
   * Reports a control message, unless it is a query.
   *
   * @param path begins with a node
   */
  message(path: string, message: MessageState): void {
    if (this.#isQuery(message.command)) return;
    const [node = ""] = path.split(":");
    const slash = node.indexOf("/");
    const text = formatMessage(message);
    const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
    const topology = slash < 0 ? "" : node.slice(0, slash);
    this.#report({ kind: "client-change", topology, text: `${path} ${shown} sent by a client` });
  }

  /** True for a message that is a query in every node type that has it. */
  #isQuery(command: string): boolean {
    const tables: readonly CommandTable[] = [GENERIC_COMMANDS, ...this.#types.map(({ commands }) => commands)];
    const kinds = tables.flatMap((table) => Object.hasOwn(table, command) ? [table[command]?.kind] : []);
    return kinds.length > 0 && kinds.every((kind) => kind === "query");
  }
}

/** The limit of a shown message: `send` may carry thousands of bytes. */
const SHOWN_CHARACTERS = 200;
