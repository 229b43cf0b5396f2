/**
 * A layer on a stream, between its connection and its owner: what arrives passes it upwards, what is sent passes it
 * downwards. TLS, PROXY headers, byte rates and taps are layers, and serve on every runtime.
 *
 * ```text
 * owner ◀─ StreamSocket ◀─ layer ◀─ connection     (StreamUpper: arrived, ended, drained, flushed, failed)
 *          StreamSocket ─▶ layer ─▶ connection     (StreamLower: send, end, resume, finish)
 * ```
 *
 * A stream without layers is a socket on a connection: it has no place for them, so that they cost nothing.
 *
 * @module
 */

import type { StreamLower, StreamUpper } from "./stream_transport.ts";

/** What stands on a {@linkcode StreamLower}, and is one for the next layer or the socket. */
export type StreamLayer = StreamLower & StreamUpper;
