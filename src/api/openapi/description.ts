/**
 * The control API in the words of OpenAPI 3.1, served at `/v1/openapi.json`. A test holds it against the handler: every
 * route both ways, and what an engine really answers against the schemas.
 *
 * @module
 */

import { OPEN_METRICS } from "../../telemetry/openmetrics.ts";
import { named, type Schema } from "../json_schema.ts";
import { savedPlanSchema } from "../plan_schema.ts";
import { NDJSON } from "../protocol.ts";
import { CHANGE_SCHEMAS } from "./change_schemas.ts";
import { STATUS_SCHEMAS } from "./status_schemas.ts";

/** What one route takes and answers; absent: nothing, or text. */
interface Route {
  readonly summary: string;
  /** In the query; `*` at the end: may be repeated, `!`: must be given. */
  readonly query?: readonly string[];
  /** The name of a schema. */
  readonly request?: string;
  readonly answer?: string;
  /** Where it is not JSON. */
  readonly media?: string;
}

const NAME = "name*";
const SESSION = "What `ngctl` works with; see `session_protocol.ts` for its shapes";

const ROUTES: Readonly<Record<string, Route>> = {
  "GET /livez": { summary: "200 as long as the engine answers", media: "text/plain" },
  "GET /readyz": { summary: "200 when everything is Ready, else 503", media: "text/plain" },
  "GET /metrics": { summary: "What runs as numbers", media: OPEN_METRICS },
  "GET /v1/openapi.json": { summary: "This description", answer: "Description" },
  "GET /v1/version": { summary: "Who answers", answer: "Engine" },
  "GET /v1/status": { summary: "What runs, or a part of it", query: [NAME, "node"], answer: "Status" },
  "GET /v1/nodes": { summary: "Connections and copies", query: [NAME, "node"], answer: "LiveNode", media: NDJSON },
  "GET /v1/wait": { summary: "Waits for Ready", query: [NAME, "timeoutMs"], answer: "WaitAnswer" },
  "GET /v1/history": { summary: "The generations that are remembered", query: ["name!"], answer: "HistoryAnswer" },
  "GET /v1/events": { summary: "A snapshot, then what happens", answer: "News", media: NDJSON },
  "GET /v1/export": { summary: "What runs as YAML", query: ["name"], media: "application/yaml; charset=utf-8" },
  "POST /v1/plan": { summary: "The plan that apply would carry out", request: "PlanRequest", answer: "PlanAnswer" },
  "POST /v1/apply": { summary: "Makes it so", request: "ApplyRequest", answer: "ChangeEvent", media: NDJSON },
  "POST /v1/follow": { summary: "Follows sources", request: "FollowRequest", answer: "ChangeEvent", media: NDJSON },
  "POST /v1/rollback": { summary: "Goes back", request: "RollbackRequest", answer: "ChangeEvent", media: NDJSON },
  "POST /v1/reconcile": { summary: "Tries now", request: "ReconcileRequest", answer: "ChangeEvent", media: NDJSON },
  "POST /v1/confirm": { summary: "Confirms a change", request: "Names", answer: "ConfirmAnswer" },
  "POST /v1/adopt": { summary: "Accepts manual changes as the desired state", request: "Name", answer: "AdoptAnswer" },
  "POST /v1/suspend": { summary: "Suspends reconciliation", request: "Name", answer: "Nothing" },
  "POST /v1/resume": { summary: "Resumes reconciliation", request: "Name", answer: "Nothing" },
  "POST /v1/down": { summary: "Stops topologies", request: "DownRequest", answer: "DownAnswer" },
  "POST /v1/drain": { summary: "Drains connections", request: "DrainRequest", answer: "DrainAnswer" },
  "POST /v1/msg": { summary: "Sends a control message", request: "MessageRequest", answer: "MessageAnswer" },
  "POST /v1/session": { summary: SESSION, request: "Session", answer: "Session", media: NDJSON },
  "POST /v1/session/{id}/msg": { summary: SESSION, request: "Session", answer: "Session" },
  "POST /v1/session/{id}/write": { summary: SESSION, request: "Session", answer: "Session" },
  "POST /v1/session/{id}/nodes": { summary: SESSION, request: "Session", answer: "Session" },
  "POST /v1/session/{id}/types": { summary: SESSION, request: "Session", answer: "Session" },
  "POST /v1/session/{id}/close": { summary: SESSION, request: "Session", answer: "Session" },
};

/** The description of an engine of this version. */
export function describeApi(version: string): Schema {
  const paths: Record<string, Record<string, Schema>> = {};
  for (const [name, route] of Object.entries(ROUTES)) {
    const [method = "", path = ""] = name.split(" ");
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(route, path) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "sockgraph's control API", version },
    servers: [{ url: "http://sockgraph", description: "On the control socket: curl --unix-socket PATH" }],
    paths,
    components: { schemas: schemas() },
  };
}

function operationOf(
  { summary, query = [], request, answer, media = "application/json" }: Route,
  path: string,
): Schema {
  const inPath = path.includes("{id}") ? [{ name: "id", in: "path", required: true, schema: { type: "string" } }] : [];
  const content = { [media]: { schema: answer === undefined ? { type: "string" } : named(answer) } };
  const refused = { description: "Refused", content: { "application/json": { schema: named("ErrorAnswer") } } };
  return {
    summary,
    parameters: [...inPath, ...query.map(parameterOf)],
    ...(request === undefined ? {} : {
      requestBody: { required: true, content: { "application/json": { schema: named(request) } } },
    }),
    responses: { "200": { description: media === NDJSON ? "One of these a line" : "Done", content }, default: refused },
  };
}

function parameterOf(query: string): Schema {
  const name = query.replace(/[*!]$/, "");
  const one = { type: "string" };
  const schema = query.endsWith("*") ? { type: "array", items: one } : one;
  return { name, in: "query", required: query.endsWith("!"), schema };
}

function schemas(): Readonly<Record<string, unknown>> {
  const { $defs, properties } = relocated(savedPlanSchema());
  return {
    ...STATUS_SCHEMAS,
    ...CHANGE_SCHEMAS,
    ...Object($defs),
    State: stateOf(properties),
    Session: { type: "object" },
    Description: { type: "object" },
  };
}

/** The state that a saved plan holds is the one that requests carry. */
function stateOf(properties: unknown): unknown {
  return ["topologies", "items", "properties", "state"].reduce<unknown>((at, step) => Object(at)[step], properties);
}

/** The same with its definitions where OpenAPI wants them. */
function relocated(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema).replaceAll("#/$defs/", "#/components/schemas/"));
}
