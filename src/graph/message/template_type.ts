/**
 * A template as an ASCII value, so that a control message can contain it.
 *
 * @module
 */

import { array } from "../../ascii/array.ts";
import { enumeration } from "../../ascii/scalar.ts";
import { optional, required, struct, withInitial } from "../../ascii/struct.ts";
import { string } from "../../ascii/text.ts";
import type { AsciiType } from "../../ascii/type.ts";
import {
  canonicalLink,
  DEFAULT_RESTART,
  type End,
  type LinkState,
  type MessageState,
  type NodeState,
  type ParameterState,
  type RestartPolicy,
  type TemplateState,
} from "../data/state.ts";

/** The two directions of {@linkcode mapType}; `from(to(x))` equals x. */
interface Mapping<T, U> {
  to(value: T): U;
  from(value: U): T;
}

/** The type whose texts are those of `inner` and whose values are `mapping.to` of its values. */
function mapType<T, U>(inner: AsciiType<T>, mapping: Mapping<T, U>): AsciiType<U> {
  const { initial } = inner;
  return {
    description: inner.description,
    ...(initial === undefined ? {} : { initial: mapping.to(initial) }),
    parse: (scanner) => mapping.to(inner.parse(scanner)),
    read: (literal) => mapping.to(inner.read(literal)),
    format: (value) => inner.format(mapping.from(value)),
    pack: (value, writer) => inner.pack(mapping.from(value), writer),
    unpack: (reader) => mapping.to(inner.unpack(reader)),
  };
}

/** When a node that failed is recreated. */
export const restartPolicy: AsciiType<RestartPolicy> = enumeration({ always: 0, "on-failure": 1, never: 2 });

const end: AsciiType<End> = mapType(struct({ node: required(string), hook: optional(string) }), {
  to: ({ node, hook }) => ({ node, hook: hook ?? null }),
  from: ({ node, hook }) => ({ node, ...(hook === null ? {} : { hook }) }),
});

const link: AsciiType<LinkState> = mapType(struct({ one: required(end), other: required(end) }), {
  to: ({ one, other }) => canonicalLink(one, other),
  from: ({ ends: [one, other] }) => ({ one, other }),
});

const message: AsciiType<MessageState> = mapType(
  struct({ command: required(string), argument: optional(string) }),
  {
    to: ({ command, argument }) => ({ command, argument: argument ?? null }),
    from: ({ command, argument }) => ({ command, ...(argument === null ? {} : { argument }) }),
  },
);

const node: AsciiType<NodeState> = mapType(
  struct({
    name: required(string),
    type: required(string),
    hook: optional(string),
    restart: withInitial(restartPolicy, DEFAULT_RESTART),
    messages: withInitial(array(message), []),
  }),
  {
    to: ({ hook, ...rest }) => ({ ...rest, hook: hook ?? null }),
    from: ({ hook, ...rest }) => ({ ...rest, ...(hook === null ? {} : { hook }) }),
  },
);

const parameter: AsciiType<ParameterState> = mapType(struct({ name: required(string), value: optional(string) }), {
  to: ({ name, value }) => ({ name, value: value ?? null }),
  from: ({ name, value }) => ({ name, ...(value === null ? {} : { value }) }),
});

/** A template: the argument of `settemplate`. */
export const templateType: AsciiType<TemplateState> = struct({
  name: required(string),
  parameters: withInitial(array(parameter), []),
  entry: required(end),
  nodes: required(array(node)),
  links: withInitial(array(link), []),
});
