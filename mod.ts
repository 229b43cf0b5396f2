/**
 * sockgraph: netgraph for user space, declared in YAML.
 *
 * A topology declares nodes, the hooks that join them, and the control messages of each node, in order. An
 * {@linkcode Engine} compares this desired state with the observed state, applies the difference, verifies it, and
 * reports status. This is the library on which the program `sockgraph` is built.
 *
 * - {@linkcode loadTopology} reads YAML, {@linkcode renderDiagnostics} formats its errors, {@linkcode dumpTopology}
 *   writes YAML, {@linkcode topologySchema} returns the JSON Schema for editors.
 * - {@linkcode Engine} runs topologies: on real sockets, which {@linkcode detectRuntime} finds, or in a
 *   {@linkcode MemoryNetwork}, with a virtual clock and fault injection for tests.
 * - {@linkcode Graph} is a graph without an engine, with the calls of libnetgraph; {@linkcode GraphSocket} is a node of
 *   the program in it, and {@linkcode defineNodeType} defines a node type.
 * - {@linkcode parseText} with {@linkcode sockaddr} or {@linkcode sockopt}, {@linkcode parseEndpoint} and
 *   {@linkcode parsePath} read netgraph's ASCII forms.
 *
 * A unit test of a topology, without ports and without waiting:
 *
 * @example
 * ```ts
 * import { builtinTypes, Engine, loadTopology, MemoryNetwork, renderDiagnostics } from "@sockgraph/sockgraph";
 *
 * const text = `
 * name: echo
 * nodes:
 *   server:
 *     type: ksocket
 *     hook: inet/stream/tcp
 *     messages:
 *       - bind: inet/127.0.0.1:7
 *       - listen: 16
 *       - accept: { peer: echo }
 *   echo:
 *     type: echo
 * `;
 * const network = new MemoryNetwork();
 * const sockets = network.openSockets();
 * const { topologies, diagnostics } = loadTopology({
 *   source: { name: "echo.yaml", text },
 *   types: builtinTypes(sockets),
 *   env: () => null,
 *   defaultName: null,
 *   baseDirectory: null,
 * });
 * if (diagnostics.length > 0) throw new Error(renderDiagnostics(diagnostics));
 *
 * await using engine = new Engine({ sockets, clock: network.clock, pid: 0 });
 * const source = { kind: "library", location: "echo.yaml", revision: null };
 * const desired = topologies.map(({ state }) => ({ state, source }));
 * const [outcome] = await engine.apply(
 *   { topologies: desired, replace: [], rollback: true, waitMs: 0 },
 *   (event) => event.kind === "plan" && console.log(event.text),
 * );
 * if (outcome?.result !== "applied") throw new Error(outcome?.message ?? "Nothing was applied");
 *
 * const { text: address } = await engine.msg({ path: "echo/server:", command: "getname", argument: null });
 * console.log(address); // inet/127.0.0.1:7
 * ```
 *
 * @module
 */

// Failures

export {
  type ErrorCode,
  type ErrorData,
  type ErrorSubject,
  errorText,
  isRetryable,
  NetgraphError,
} from "./src/errors.ts";

// Topologies: text in, states out, and back

export {
  type DecodedSource,
  decodeSource,
  type LoadedTopology,
  type LoadOptions,
  type LoadResult,
  loadTopology,
} from "./src/topology/load/load.ts";
export {
  type DiagnosticStyle,
  renderDiagnostic,
  renderDiagnostics,
  type RenderOptions,
} from "./src/topology/parse/render.ts";
export type {
  Diagnostic,
  DiagnosticCode,
  DiagnosticData,
  Related,
  Severity,
  Unlisted,
} from "./src/topology/parse/diagnostic.ts";
export type { SourceFile, SourcePart, Span } from "./src/topology/parse/source.ts";
export type { Included, IncludedFile, IncludeEdge } from "./src/topology/parse/include.ts";
export type { GivenValue, GivenValues } from "./src/topology/parse/parameters.ts";
export type { Listener, PlacedTarget } from "./src/topology/check/addresses.ts";
export type { NodeOrigin as NodePlace, Origins } from "./src/topology/resolve/build_state.ts";
export { dumpTopologies, dumpTopology } from "./src/topology/print/dump.ts";
export type { JsonSchema } from "./src/topology/print/value_schema.ts";
export { topologySchema } from "./src/topology/print/schema.ts";
export type {
  End,
  GraphState,
  LinkState,
  ManualLink,
  MessageState,
  NodeState,
  ParameterState,
  RestartPolicy,
  TemplateState,
} from "./src/graph/data/state.ts";

// The engine

export { Engine } from "./src/engine/engine.ts";
export type { ChangeOptions } from "./src/engine/changes.ts";
export type { ApplyEvent, ApplyOutcome, ApplyResult, PrunedEvent } from "./src/api/apply_event.ts";
export type {
  ApplyRequest,
  PlannedRemoval,
  PlanRequest,
  PlanResult,
  RequestedTopology,
} from "./src/api/operations/apply.ts";
export type {
  AdoptResult,
  Confirmed,
  DownRequest,
  DownResult,
  DrainApi,
  DrainOutcome,
  DrainRequest,
  Generation,
  ReconcileRequest,
  RollbackRequest,
  TopologyApi,
} from "./src/api/operations/topology.ts";
export type { EngineApi } from "./src/api/engine_api.ts";
export type { MsgRequest, MsgResult } from "./src/api/operations/nodes.ts";
export type { StatusApi, WaitRequest, WaitResult } from "./src/api/operations/status.ts";
export type { ErrorBody, ErrorBodyCode } from "./src/api/error_body.ts";
export type { ConnectionEventApi, ConnectionLine } from "./src/api/operations/connection_events.ts";
export type { TapApi, TapLine, TapQuery } from "./src/api/operations/tap.ts";
export type { TapAct, TapDirection, Tapped, TapRecord, TapRequest } from "./src/graph/data/tap.ts";
export type { Tap, Taps, TapsOptions } from "./src/graph/core/taps.ts";
export type { EndedConnection } from "./src/graph/data/connection_line.ts";
export type { ControlEvent, ControlEventBody, EventApi, StreamEvent } from "./src/api/operations/events.ts";
export type { ChangeResult, ClientChange, EngineEvent, HostEvent, ReconcileEvent } from "./src/reconcile/loop/event.ts";
export type { ChangeEvent, StepEvent, StepState } from "./src/reconcile/apply/change_event.ts";
export type { PlanSummary } from "./src/reconcile/plan/summary.ts";
export type { PlanPrecondition } from "./src/reconcile/plan/plan_precondition.ts";
export type { PlanHead } from "./src/reconcile/plan/plan.ts";
export type { PlanJson, StepJson } from "./src/reconcile/plan/plan_text.ts";
export type { ConnectionEffect, StepKind } from "./src/reconcile/plan/step.ts";
export type { StallCause } from "./src/reconcile/status/condition.ts";
export type * from "./src/reconcile/status/status_types.ts";

// The graph

export { Graph, type GraphOpening, type OpeningOverSockets } from "./src/engine/library/graph.ts";
export type { OpeningByName } from "./src/engine/opening.ts";
export {
  GraphSocket,
  type LateReply,
  type SendDataOptions,
  type SocketItem,
  type SocketOptions,
  type TypedMessage,
  type TypedReply,
} from "./src/engine/library/graph_socket.ts";
export type { OverflowPolicy } from "./src/channel.ts";
export type { TypeSource } from "./src/engine/worker/node_modules.ts";
export {
  type ConnectHooks,
  GENERIC_COMMANDS,
  type GenericCommands,
  type HookList,
  type LinkInfo,
  type MakePeer,
  type NodeInfo,
  type NodeList,
  type TypeInfo,
  type TypeList,
} from "./src/graph/message/generic.ts";
export type { BinaryMessage } from "./src/graph/message/conversion.ts";
export type { Graph as GraphCore, GraphOptions as GraphCoreOptions, MakeOptions } from "./src/graph/core/graph.ts";
export type {
  DataAddress,
  Session,
  SessionAnswer,
  SessionCommand,
  SessionData,
  SessionEvent,
  SessionHook,
  SessionListener,
  SessionMessage,
  SessionNode,
  SessionReply,
  TypeCount,
  WriteOptions,
} from "./src/graph/session/session.ts";
export type { GraphPort, SendOptions } from "./src/graph/port/port.ts";
export type {
  ClosedBy,
  ConnectionRecord,
  ConnectionRecording,
  LineFormat,
  RecordedAddress,
  RecordedTls,
} from "./src/graph/data/connection_record.ts";
export type { ConnectionLog } from "./src/graph/core/connection_log.ts";
export type { ConnectionsEnded, EventError, EventLevel, GraphEvent, GraphFailure } from "./src/graph/data/event.ts";
export type { Share } from "./src/graph/data/share.ts";
export type { NodeNumbers } from "./src/graph/core/node_numbers.ts";
export type { Scope } from "./src/graph/core/scope.ts";
export type { Node, NodeEnd, NodeOrigin } from "./src/graph/core/node.ts";
export type { MessageLog, MessageLogEntry } from "./src/graph/core/message_log.ts";
export { BackPressure } from "./src/graph/core/back_pressure.ts";
export type { Hook } from "./src/graph/core/hook.ts";
export { Item, type ItemKind, keepItem, type Tag } from "./src/graph/core/item.ts";
export { SharedBuffer } from "./src/buffer.ts";
export { type Outcome, Pending } from "./src/graph/core/pending.ts";
export type { HookName, NodeId, NodeName, ScopeName } from "./src/graph/data/name.ts";
export type {
  ConnectionGroup,
  CopiesSnapshot,
  LinkSnapshot,
  MessagePhase,
  MessageRecord,
  NodePhase,
  NodeSnapshot,
  ScopeSnapshot,
  SnapshotOptions,
  UnnamedSnapshot,
} from "./src/graph/data/snapshot.ts";
export type { Counts } from "./src/graph/data/totals.ts";

// Node types

export type { AcceptTarget } from "./src/nodes/ksocket/accept_target.ts";
export type { ClientPart } from "./src/graph/core/reference.ts";
export type { ProxyVersion } from "./src/socket/proxy_protocol.ts";
export type { Destination } from "./src/nodes/ksocket/destination.ts";
export type { RouteConditions, RouteRule } from "./src/nodes/ksocket/routing/route_rule.ts";
export type { ConnectionPhase } from "./src/nodes/ksocket/connection/connection_host.ts";
export type { KsocketConfig, KsocketConfigPatch } from "./src/nodes/ksocket/ksocket_config.ts";
export { KSOCKET_COMMANDS, type KsocketCommands } from "./src/nodes/ksocket/ksocket_commands.ts";
export { builtinTypes, describeBuiltinTypes } from "./src/nodes/builtin.ts";
export type { CloseReason } from "./src/graph/data/close_reason.ts";
export type { Fault, FaultReason } from "./src/graph/data/fault.ts";
export {
  type CheckedMessage,
  type DeclaredNode,
  defineNodeType,
  type Finding,
  type Flow,
  type HookRule,
  type MessageChange,
  type NodeBehaviour,
  type NodeContext,
  type NodeType,
  type OptionalFact,
} from "./src/graph/core/node_type.ts";
export type { Answer, ArrivedMessage, CallContext, Handlers, Reply } from "./src/graph/core/message.ts";
export { type FlowCommand, sendLinkState } from "./src/graph/message/peer_message.ts";
export type {
  CertificateReport,
  ConnectionCounts,
  NodeReport,
  RuleCounts,
  Traffic,
} from "./src/graph/data/node_report.ts";
export type { TargetCounts, TargetTotals, TotalsByTarget } from "./src/graph/data/target_counts.ts";
export type { TargetEvent, TargetEventKind, TargetJudgement } from "./src/graph/data/target_event.ts";
export type { TargetReport, TargetState } from "./src/graph/data/target_report.ts";
export type { Balance, TargetSpec } from "./src/nodes/pool/target_spec.ts";
export type { CountBook, CountMoment } from "./src/graph/core/count_book.ts";
export {
  type Carried,
  CONNECTION_RESULTS,
  type ConnectionResult,
  type CountsSnapshot,
  type HookRow,
  type HookSnapshot,
  type NodeCounts,
  type RowPlace,
  type Tally,
} from "./src/graph/data/counts.ts";
export type { DurationCounts, Timings, TimingsSnapshot, Way } from "./src/graph/data/timings.ts";
export type { Claim, NamedClaim, Target } from "./src/graph/data/claim.ts";
export type {
  ArgsOf,
  Command,
  CommandKind,
  CommandTable,
  Cost,
  ReadBack,
  ReplyOf,
  SettingEntry,
  Use,
} from "./src/graph/core/command.ts";

// Sockets, machines and time

export { detectRuntime } from "./src/runtimes/detect.ts";
export { MemoryNetwork } from "./src/runtimes/memory/network.ts";
export { VirtualClock } from "./src/runtimes/memory/clock.ts";
export type { Clock, Timer } from "./src/clock.ts";
export type * from "./src/runtimes/runtime.ts";
export type { StandardIo, StandardIoOwner, StandardStream } from "./src/socket/standard_io.ts";
export type { FileOwner, FileSpec, FileStream, FileStreams, FileUse, FileWritten } from "./src/socket/file_stream.ts";
export type { ProxyProtocol, Via } from "./src/socket/via.ts";
export type {
  ProgramExit,
  ProgramOwner,
  Programs,
  ProgramSpec,
  ProgramStderr,
  RunningProgram,
} from "./src/socket/program.ts";
export type { ProgramIo, ProgramScript, StartScript } from "./src/runtimes/memory/programs.ts";
export type { Bound, Octets, Socket, SocketOwner, SocketRuntime, TakeBeforeTls } from "./src/socket/socket.ts";
export type {
  TlsCertificate,
  TlsOptions,
  TlsPair,
  TlsSessionInfo,
  TlsState,
  TlsVerify,
  TlsVerifyClient,
  TlsVersion,
} from "./src/socket/tls.ts";
export type { TlsSettings } from "./src/nodes/ksocket/tls_settings.ts";
export {
  type Capabilities,
  END_KINDS,
  type EndKind,
  ENDS_BY_RUNTIME,
  type Feature,
  FEATURES,
  type Features,
  type OptionSupport,
  RUNTIME_NAMES,
  type RuntimeName,
  SOCKET_KINDS,
  type SocketKind,
  type Support,
  type TlsLack,
} from "./src/socket/capability.ts";

// Types that others refer to

export type { GitSource, Source, UrlSource } from "./src/sources/source.ts";
export type { Download, DownloadOptions, Downloads } from "./src/runtimes/downloads.ts";
export type { FailurePlace, NoticeEvent, SourceEvent, SourceReason } from "./src/api/source_event.ts";
export type { WorkFailure } from "./src/graph/core/outcomes.ts";
export type { Background, BackgroundProcess, LogFile, StartOptions } from "./src/runtimes/background.ts";
export type { FreebsdForm, FreebsdMessage } from "./src/graph/core/freebsd_form.ts";
export type { OwnershipCheck, OwnershipPolicy } from "./src/sources/ownership.ts";
export type { CommandOptions, CommandResult, CommandRunner } from "./src/runtimes/command_runner.ts";
export type { Task } from "./src/cooperative.ts";
export type { LiveNode } from "./src/reconcile/status/live_node.ts";
export type { FollowRequest, NamedValue, SourceApi } from "./src/api/operations/source.ts";
export type { SmallMap } from "./src/graph/core/small_map.ts";
export type { DrainCommands, DrainOrder, DrainResult } from "./src/graph/core/drain.ts";
export type { AddressUser, AddressUsers, BoundAddress } from "./src/runtimes/address_users.ts";

// ASCII forms

export { parseText } from "./src/ascii/parse.ts";
export { boolean, enumeration, int32, uint32, uint64 } from "./src/ascii/scalar.ts";
export {
  type BinaryPlace,
  type Field,
  type FieldHints,
  type FieldNotes,
  type Fields,
  type FieldValue,
  type InitialField,
  optional,
  type OptionalField,
  type OptionalName,
  required,
  type RequiredField,
  struct,
  type StructValue,
  withInitial,
} from "./src/ascii/struct.ts";
export { string } from "./src/ascii/text.ts";
export { size } from "./src/ascii/size.ts";
export { duration } from "./src/ascii/duration.ts";
export { type Rate, rate } from "./src/ascii/rate.ts";
export type { FieldDescription, NamedWord, TypeDescription, ValueFacts } from "./src/ascii/description.ts";
export { AsciiError, type AsciiErrorPlace } from "./src/ascii/error.ts";
export type { Literal, LiteralField } from "./src/ascii/literal.ts";
export type { AsciiType } from "./src/ascii/type.ts";
export type { FailOptions, Scanner, Token } from "./src/ascii/scanner.ts";
export type { IntegerBits, OctetReader, OctetWriter } from "./src/ascii/octets.ts";
export type { Cidr } from "./src/socket/cidr.ts";
export { type AcceptReply, sockaddr } from "./src/socket/address_text.ts";
export type { ConnectAddress, NameAddress, PoolAddress, SocketAddress, TargetAddress } from "./src/socket/address.ts";
export { type SocketOption, sockopt } from "./src/socket/option.ts";
export type { LingerValue, Membership6Value, MembershipValue, OptionValue } from "./src/socket/option_value.ts";
export {
  type Endpoint,
  type FamilyName,
  formatEndpoint,
  type NumberingSystem,
  parseEndpoint,
  type SocketType,
} from "./src/socket/endpoint.ts";
export { formatPath, parsePath, type Path, type PathNode } from "./src/graph/message/path.ts";
