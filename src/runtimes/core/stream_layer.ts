/**
 * A layer on a stream, between its connection and its owner: received data passes it upwards, sent data passes it
 * downwards. TLS, PROXY headers, byte rates and taps are layers, which work on every runtime.
 *
 * ```text
 * owner ◀─ StreamSocket ◀─ layer ◀─ connection     (StreamUpper: arrived, ended, drained, flushed, failed)
 *          StreamSocket ─▶ layer ─▶ connection     (StreamLower: send, end, resume, finish)
 * ```
 *
 * A stream without layers is a socket on a connection: it has no field for them, so they cost nothing.
 *
 * @module
 */

import type { StreamLower, StreamUpper } from "./stream_transport.ts";

/** The upper side of a {@linkcode StreamLower}, and the lower side of the next layer or of the socket. */
export type StreamLayer = StreamLower & StreamUpper;
