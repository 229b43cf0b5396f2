/**
 * The policy of a node for a receiver of copies that does not keep up: `setpolicy`, `getpolicy`.
 *
 * ```text
 * setpolicy { hook="*" policy=drop-oldest bytes=64KiB }
 * ```
 *
 * The policy of a hook's name takes precedence over that of `*`, and also applies to a hook that is created later.
 *
 * @module
 */

import { enumeration } from "../../ascii/scalar.ts";
import { size } from "../../ascii/size.ts";
import { required, struct, withInitial } from "../../ascii/struct.ts";
import { string } from "../../ascii/text.ts";
import { AsciiError } from "../../ascii/error.ts";
import type { AsciiType } from "../../ascii/type.ts";
import type { Command } from "../core/command.ts";
import type { Handlers } from "../core/message.ts";
import type { CheckedMessage, Finding } from "../core/node_type.ts";

/**
 * - `default`: the path blocks; a copy of a datagram is dropped, one of a stream ends its branch
 * - `block`: the sender waits
 * - `drop-newest`: new items without room are dropped
 * - `drop-oldest`: the oldest waiting items are dropped
 * - `disconnect`: the branch ends
 */
export type PolicyWord = "default" | "block" | "drop-newest" | "drop-oldest" | "disconnect";

/** The policy of one branch. */
export interface BranchPolicy {
  /** What happens when the queue is full. */
  readonly policy: PolicyWord;
  /** The limit of waiting bytes. */
  readonly bytes: number;
}

/** The argument of `setpolicy`. */
export interface HookPolicy extends BranchPolicy {
  /** The hook's name, or `*` for all without their own policy. */
  readonly hook: string;
}

/** The default policy of a branch. */
export const DEFAULT_POLICY: BranchPolicy = { policy: "default", bytes: 1024 * 1024 };

/** The hook that means all others. */
const ALL = "*";

/** The commands that all fan-out nodes share, by name. */
export type PolicyCommands = {
  readonly setpolicy: Command<HookPolicy, null>;
  readonly getpolicy: Command<string, BranchPolicy>;
};

const fields = {
  policy: required(
    enumeration({ default: 0, block: 1, "drop-newest": 2, "drop-oldest": 3, disconnect: 4 }),
    "What happens when the queue is full",
  ),
  bytes: withInitial(size, DEFAULT_POLICY.bytes, "How many bytes may be queued"),
} as const;
const hookPolicy: AsciiType<HookPolicy> = struct({
  hook: required(string, "The hook, or * for all hooks without a policy of their own"),
  ...fields,
});
const branchPolicy: AsciiType<BranchPolicy> = struct(fields);

/** The commands that all fan-out nodes share. */
export const POLICY_COMMANDS: PolicyCommands = {
  setpolicy: {
    id: 1001,
    summary: "What happens when a receiver of copies does not keep up",
    args: hookPolicy,
    reply: null,
    kind: "setting",
    cost: "live",
    entries: (policy) => policy === null ? [] : [{ key: policy.hook, args: policy }],
    reset: (hook) => ({ ...DEFAULT_POLICY, hook }),
    readBack: {
      query: "getpolicy",
      argument: ({ hook }) => string.format(hook),
      matches: ({ policy, bytes }, reply) => isPolicy(reply) && reply.policy === policy && reply.bytes === bytes,
    },
  },
  getpolicy: {
    id: 1002,
    summary: "What happens when the receiver at a hook does not keep up",
    args: string,
    argument: { summary: "The hook's name" },
    reply: branchPolicy,
    kind: "query",
    cost: "live",
  },
};

/** The policies of the branches of one node. */
export class BranchPolicies {
  readonly #said = new Map<string, BranchPolicy>();
  readonly #changed: () => void;

  /** Calls `changed` after every change. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** The policy of the hook of that name. */
  of(hook: string): BranchPolicy {
    return this.#said.get(hook) ?? this.#said.get(ALL) ?? DEFAULT_POLICY;
  }

  /** The handlers of {@linkcode POLICY_COMMANDS}. `parseHook` is the type's, so that an invalid hook is rejected. */
  handlers(parseHook: (name: string) => string): Handlers<PolicyCommands> {
    return {
      setpolicy: ({ hook, policy, bytes }) => {
        const name = hook === ALL ? ALL : parseHook(hook);
        // A default policy is not stored, because it would hide the policy of `*`.
        if (policy === "default" && bytes === DEFAULT_POLICY.bytes) this.#said.delete(name);
        else this.#said.set(name, { policy, bytes });
        this.#changed();
        return null;
      },
      getpolicy: (hook) => this.of(hook === ALL ? ALL : parseHook(hook)),
    };
  }
}

/**
 * The problems of the policies of a declared node: a hook that it cannot have; and, if a stream passes, that pieces of
 * it would be dropped.
 */
export function checkPolicies(
  messages: readonly CheckedMessage[],
  parseHook: (name: string) => string,
): readonly Finding[] {
  return messages.flatMap(({ command, args }, messageIndex): readonly Finding[] => {
    if (command !== "setpolicy" || !isPolicy(args)) return [];
    const unknown = hookProblem(args, parseHook);
    if (unknown !== null) {
      const { message, hint } = unknown;
      return [{ severity: "error", code: "unknown-hook", message, messageIndex, hint }];
    }
    if (!args.policy.startsWith("drop-")) return [];
    const message = `Policy "${args.policy}" removes pieces from a stream`;
    const hint = "use block or disconnect, or a frame node before it";
    return [{ severity: "warning", code: "lossy-stream", message, messageIndex, hint, onStream: true }];
  });
}

function hookProblem(args: object, parseHook: (name: string) => string): AsciiError | null {
  if (!("hook" in args) || typeof args.hook !== "string" || args.hook === ALL) return null;
  try {
    parseHook(args.hook);
    return null;
  } catch (error) {
    if (error instanceof AsciiError) return error;
    throw error;
  }
}

function isPolicy(args: unknown): args is BranchPolicy {
  return typeof args === "object" && args !== null && "policy" in args && "bytes" in args;
}
