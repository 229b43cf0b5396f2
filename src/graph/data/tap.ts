/**
 * Copies of what passes through connections, for a client of the engine.
 *
 * @module
 */

/** A direction, as seen by the ksocket: `in` is what it reads from its socket. */
export type TapDirection = "in" | "out";

/** The connections that a tap observes. */
export interface TapRequest {
  /** The topology of the node. */
  readonly topology: string;
  /** A listener, whose connections are observed, or a ksocket that connects. */
  readonly node: string;
  /** Only the connection whose node has this ID; null: all of them. */
  readonly connection: number | null;
  /** Only clients in this block of addresses; null: all of them. */
  readonly client: string | null;
  /** The direction that is copied. */
  readonly direction: TapDirection | "both";
  /** True: only connections that begin after it. */
  readonly newOnly: boolean;
  /** False: only lengths are needed. */
  readonly payload: boolean;
}

/** Something that a tap has observed. */
export type TapRecord =
  /** A connection of which more follows. */
  | {
    readonly kind: "open";
    readonly time: number;
    /** The ID of its node. */
    readonly connection: number;
    readonly transport: "stream" | "datagram";
    /** The address of the other end; empty if it has none. */
    readonly peer: string;
    /** The own address; empty if it is not known. */
    readonly local: string;
    /** True if it begins now. */
    readonly isNew: boolean;
  }
  /** Bytes that have passed, or one datagram. */
  | {
    readonly kind: "data";
    readonly time: number;
    readonly connection: number;
    readonly direction: TapDirection;
    /** Empty where only lengths are needed. */
    readonly octets: Uint8Array<ArrayBuffer>;
    readonly length: number;
    /** Bytes of the same connection and direction of which the reader got no copy, before these. */
    readonly lostBytes: number;
  }
  /** A direction has ended: cleanly, or with the whole connection. */
  | {
    readonly kind: "end";
    readonly time: number;
    readonly connection: number;
    readonly direction: TapDirection;
    readonly how: "eof" | "reset";
  };

/** A change of the taps of a graph, or the progress of a reader. */
export type TapAct =
  | { readonly kind: "open"; readonly tap: number; readonly request: TapRequest }
  /** The reader has taken what one thread has emitted. */
  | { readonly kind: "taken"; readonly tap: number; readonly part: number; readonly cost: number }
  | { readonly kind: "close"; readonly tap: number };

/** Records of one tap, from one thread. */
export interface Tapped {
  /** The kind of event. */
  readonly kind: "tapped";
  /** The number of the tap. */
  readonly tap: number;
  /** The index of the thread. */
  readonly part: number;
  /** In their order. */
  readonly records: readonly TapRecord[];
  /** To be taken by the reader: what is not taken limits what is copied. */
  readonly cost: number;
  /** Items and bytes since it began of which the reader gets no copy, because it was too slow. */
  readonly lost: { readonly items: number; readonly bytes: number };
}
