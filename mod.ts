/**
 * sockgraph: netgraph for user space, declared in YAML.
 *
 * A topology names nodes, the hooks that join them, and the control messages that each gets, in order. A reconciler
 * compares that with what runs, makes the difference so, checks it, and reports status.
 *
 * @module
 */

export {
  type ErrorCode,
  type ErrorData,
  type ErrorSubject,
  errorText,
  isRetryable,
  NetgraphError,
} from "./src/errors.ts";
