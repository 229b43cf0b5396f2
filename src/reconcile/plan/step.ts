/**
 * One step of a plan: a control message with its address, its cause, its cost and its text.
 *
 * @module
 */

import { quoteText } from "../../ascii/quote.ts";
import type { Cost } from "../../graph/core/command.ts";
import { escapeReferences } from "../../graph/core/reference.ts";
import {
  type End,
  formatEnd,
  formatMessage,
  type LinkState,
  type ManualLink,
  type MessageState,
} from "../../graph/data/state.ts";
import type { NodeState, RestartPolicy, TemplateState } from "../../graph/data/state.ts";
import { templateType } from "../../graph/message/template_type.ts";

/** The effect of a step on the topology; `silent` ones belong to an apply or to another
 * step, and are neither printed nor counted. */
export type StepKind = "add" | "change" | "remove" | "silent";

/** Open connections that a step closes or keeps. */
export interface ConnectionEffect {
  /** Open connections of its nodes that stay open during the whole plan. */
  readonly kept: number;
  /** Open connections that it closes. */
  readonly closed: number;
}

/** A control message of a plan. */
export interface Step {
  /** The address: `web/front:`, or `web/:` for the scope itself. */
  readonly path: string;
  readonly command: string;
  readonly argument: string | null;
  /** The printed short form: `mkpeer ksocket metrics inet/stream/tcp`, `msg bind inet/127.0.0.1:80`. */
  readonly text: string;
  readonly kind: StepKind;
  /** Its subject in the summary: `node front`, `template session`. */
  readonly subject: string;
  /** The cause, as text: `added`, `setting "max" changed`. */
  readonly cause: string;
  /** Null if nothing is disturbed. */
  readonly cost: Cost | null;
  readonly connections: ConnectionEffect | null;
  /** The declared node concerned, by its name after the plan; null for templates and the scope. */
  readonly node: string | null;
  /** True for one of the node's own messages: only these are part of the node's declaration. */
  readonly declared: boolean;
  /** The index of the node's desired message; null for all other steps. */
  readonly messageIndex: number | null;
}

/** The cause and the cost of a step. */
export interface Reason {
  readonly kind: StepKind;
  readonly cause: string;
  readonly cost?: Cost | null;
  readonly connections?: ConnectionEffect | null;
}

/** Creates a declared node; with `hold` the scope itself holds its hook, because no link does. */
export function createNode(scope: string, node: NodeState, options: { hold: boolean; reason: Reason }): Step {
  const held = options.hold && node.hook !== null ? ` peerhook=${quoteText(node.hook)}` : "";
  return {
    ...anchorStep(scope, `node ${node.name}`, options.reason),
    command: "mkpeer",
    argument: `{ type=${quoteText(node.type)} ourhook=${quoteText(node.name)}${held} }`,
    text: ["mkpeer", node.type, node.name, ...(node.hook === null ? [] : [node.hook])].join(" "),
    node: node.name,
  };
}

/** Ends a node. */
export function shutdownNode(scope: string, name: string, reason: Reason): Step {
  return nodeStep(scope, name, { command: "shutdown", argument: null, text: "shutdown", reason });
}

/** Ends a topology with everything that remains of it. */
export function closeScope(scope: string, reason: Reason): Step {
  return { ...anchorStep(scope, "topology", reason), command: "shutdown", argument: null, text: "shutdown" };
}

/** Gives an old node a temporary name until its replacement takes over. */
export function renameOldNode(scope: string, names: { name: string; temporary: string }, reason: Reason): Step {
  const step = renameNode(scope, { from: names.name, to: names.temporary }, reason);
  return { ...step, node: names.name, subject: `node ${names.name}` };
}

/** Ends an old node that has a temporary name. */
export function shutdownOldNode(scope: string, names: { name: string; temporary: string }, reason: Reason): Step {
  return { ...shutdownNode(scope, names.temporary, reason), node: names.name, subject: `node ${names.name}` };
}

/** Renames a node permanently. */
export function renameNode(scope: string, names: { from: string; to: string }, reason: Reason): Step {
  const argument = `{ name=${quoteText(names.to)} }`;
  const step = nodeStep(scope, names.from, { command: "name", argument, text: `name ${names.to}`, reason });
  return { ...step, node: names.to, subject: `node ${names.to}` };
}

/** Renames a node in references. */
export function renameInReferences(scope: string, names: { from: string; to: string }): Step {
  return silentStep(scope, "refer", `{ from=${quoteText(names.from)} to=${quoteText(names.to)} }`);
}

/** Sends one of a node's messages; `index` is its place in the desired ones, null for one that resets a setting. */
export function sendMessage(
  scope: string,
  node: string,
  options: { message: MessageState; index: number | null; reason: Reason },
): Step {
  const { message, index, reason } = options;
  const step = nodeStep(scope, node, { ...message, text: `msg ${formatMessage(message)}`, reason });
  return { ...step, declared: true, messageIndex: index };
}

/** Joins two nodes; it counts as a change of the first unless `node` is another. */
export function linkNodes(scope: string, link: LinkState, options: { node: string; reason: Reason }): Step {
  return linkStep(scope, link, { command: "link", ...options });
}

/** Removes a link. */
export function unlinkNodes(scope: string, link: LinkState, options: { node: string; reason: Reason }): Step {
  return linkStep(scope, link, { command: "unlink", ...options });
}

/** Removes a manual link. */
export function removeManualLink(scope: string, link: ManualLink, connections: ConnectionEffect | null): Step {
  const { node, template, hook, peer, peerType } = link;
  const about = template === null ? "" : ` of ${template}`;
  const cause = `joined manually${about} to ${peer} (${peerType})`;
  const path = template === null ? `${scope}/${node}:` : `${node}:`;
  const subject = template === null ? `node ${node}` : `link ${node}`;
  return {
    ...stepOf(path, subject, { kind: "change", cause, cost: "live", connections }),
    command: "rmhook",
    argument: `{ hook=${quoteText(hook)} }`,
    text: `rmhook ${hook}`,
    node: template === null ? node : null,
  };
}

/** Adds or changes a template. */
export function setTemplate(scope: string, template: TemplateState, reason: Reason): Step {
  return {
    ...anchorStep(scope, `template ${template.name}`, reason),
    command: "settemplate",
    // References to a template's user or to a reply are resolved later: the anchor must not resolve them.
    argument: escapeReferences(templateType.format(template)),
    text: `settemplate ${template.name}`,
  };
}

/** Removes a template. */
export function deleteTemplate(scope: string, name: string, reason: Reason): Step {
  return {
    ...anchorStep(scope, `template ${name}`, reason),
    command: "deltemplate",
    argument: `{ name=${quoteText(name)} }`,
    text: `deltemplate ${name}`,
  };
}

/** Sets when a node is recreated. */
export function setRestart(scope: string, node: string, options: { restart: RestartPolicy; reason: Reason }): Step {
  return {
    ...anchorStep(scope, `node ${node}`, options.reason),
    command: "setrestart",
    argument: `{ node=${quoteText(node)} policy=${options.restart} }`,
    text: `setrestart ${node} ${options.restart}`,
    node,
  };
}

/** Sets the description of the topology. */
export function setDescription(scope: string, description: string | null, reason: Reason): Step {
  const argument = escapeReferences(quoteText(description ?? ""));
  return {
    ...anchorStep(scope, "description", reason),
    command: "setdescription",
    argument,
    text: `setdescription ${argument}`,
  };
}

/** Sets the generation of the following steps. */
export function setGeneration(scope: string, generation: number): Step {
  return silentStep(scope, "setgeneration", String(generation));
}

/** Starts accepting and reading. */
export function startTraffic(scope: string): Step {
  return silentStep(scope, "release", null);
}

function silentStep(scope: string, command: string, argument: string | null): Step {
  const text = argument === null ? command : `${command} ${argument}`;
  return { ...anchorStep(scope, command, { kind: "silent", cause: "" }), command, argument, text };
}

function linkStep(
  scope: string,
  link: LinkState,
  options: { command: string; node: string; reason: Reason },
): Step {
  const [a, b] = link.ends;
  const fields = [...endFields("node", "hook", a), ...endFields("peer", "peerhook", b)];
  return {
    ...anchorStep(scope, `node ${options.node}`, options.reason),
    command: options.command,
    argument: `{ ${fields.join(" ")} }`,
    text: `${options.command} ${formatEnd(a)} ${formatEnd(b)}`,
    node: options.node,
  };
}

function endFields(node: string, hook: string, end: End): readonly string[] {
  const name = `${node}=${quoteText(end.node)}`;
  return end.hook === null ? [name] : [name, `${hook}=${quoteText(end.hook)}`];
}

function nodeStep(
  scope: string,
  node: string,
  what: { command: string; argument: string | null; text: string; reason: Reason },
): Step {
  const { command, argument, text, reason } = what;
  return { ...stepOf(`${scope}/${node}:`, `node ${node}`, reason), command, argument, text, node };
}

function anchorStep(scope: string, subject: string, reason: Reason): Omit<Step, "command" | "argument" | "text"> {
  return stepOf(`${scope}/:`, subject, reason);
}

function stepOf(path: string, subject: string, reason: Reason): Omit<Step, "command" | "argument" | "text"> {
  const { kind, cause, cost = null, connections = null } = reason;
  return { path, kind, subject, cause, cost, connections, node: null, declared: false, messageIndex: null };
}
