/**
 * The control API as OpenAPI 3.1, served at `/v1/openapi.json`: derived from the served operations. A test compares it
 * with the answers of an engine.
 *
 * @module
 */

import { JSON_MEDIA, NDJSON, type Operation } from "./operation.ts";
import { Definitions, looseRecord, named, type Schema } from "./shape.ts";
import { FAILURE } from "./status_shape.ts";

const ERROR_ANSWER = named("ErrorAnswer", looseRecord({ error: FAILURE }));

/** The description of an engine of this version that serves these operations. */
export function describeApi(version: string, operations: readonly Operation<unknown, unknown>[]): Schema {
  const definitions = new Definitions("#/components/schemas/");
  const paths: Record<string, Record<string, Schema>> = {};
  for (const operation of operations) {
    const { path, method } = operation;
    paths[path] = { ...paths[path], [method.toLowerCase()]: describe(operation, definitions) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "sockgraph's control API", version },
    servers: [{ url: "http://sockgraph", description: "On the control socket: curl --unix-socket PATH" }],
    paths,
    components: { schemas: definitions.schemas },
  };
}

function describe(operation: Operation<unknown, unknown>, definitions: Definitions): Schema {
  const { name, summary, media, request, response } = operation;
  const content = { [media]: { schema: response.schema(definitions) } };
  const body = request.body(definitions);
  const refused = { description: "Refused", content: { [JSON_MEDIA]: { schema: ERROR_ANSWER.schema(definitions) } } };
  return {
    operationId: name,
    summary,
    parameters: request.parameters,
    ...(body === null ? {} : { requestBody: { required: true, content: { [JSON_MEDIA]: { schema: body } } } }),
    responses: {
      "200": { description: media === NDJSON ? "One JSON object per line" : "Done", content },
      default: refused,
    },
  };
}
