/**
 * PROXY headers of datagrams: the first datagram of a source begins with one, and its data follows.
 *
 * @module
 */

import type { SocketAddress } from "../../../socket/address.ts";
import { type ProxyEnds, readProxyHeader } from "../../../socket/proxy_protocol.ts";
import type { Octets } from "../../../socket/socket.ts";
import type { AcceptTarget } from "../accept_target.ts";
import { TrustedSources } from "../listener/trusted_sources.ts";

/** What a first datagram says. */
export interface DatagramHeader {
  /** The ends that it names; null without a header. */
  readonly client: ProxyEnds | null;
  /** The data behind it. */
  readonly rest: Octets;
}

/** Reads the headers at one listener. */
export class DatagramHeaders {
  readonly #trusted = new TrustedSources();

  /** The header of a first datagram, or why it is refused. */
  read(octets: Octets, from: SocketAddress, target: AcceptTarget): DatagramHeader | string {
    const { buffer, offset, length } = octets;
    const isTrusted = this.#trusted.has(from, target);
    if (!isTrusted && target.proxyProtocol === "require") return "the address is not in trusted";
    const reading = readProxyHeader(buffer.bytes.subarray(offset, offset + length));
    switch (reading.kind) {
      case "none":
        if (target.proxyProtocol === "require") return "it does not begin with a PROXY header";
        return { client: null, rest: octets };
      case "more":
        // A datagram is whole: this is the beginning of other data, unless a header is required.
        if (target.proxyProtocol === "require") return "its PROXY header is not complete";
        return { client: null, rest: octets };
      case "malformed":
        return `its PROXY header is malformed: ${reading.why}`;
      case "header": {
        if (!isTrusted) return "it sends a PROXY header, and the address is not in trusted";
        const { header, length: taken } = reading;
        return { client: header, rest: { buffer, offset: offset + taken, length: length - taken } };
      }
    }
  }
}
