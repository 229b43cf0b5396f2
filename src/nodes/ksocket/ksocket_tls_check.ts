/**
 * The problems with the TLS of a declared ksocket.
 *
 * @module
 */

import type { CheckedMessage, Finding } from "../../graph/core/node_type.ts";
import type { Capabilities, TlsLack } from "../../socket/capability.ts";
import { type Endpoint, formatEndpoint } from "../../socket/endpoint.ts";
import { LIBSSL } from "../../socket/tls.ts";
import type { TlsSettings } from "./tls_settings.ts";

/** The node, as these checks see it. */
export interface TlsSubject {
  readonly endpoint: Endpoint;
  readonly messages: readonly CheckedMessage[];
}

/** The problems of one `settls`. */
export function checkTlsMessage({ endpoint, messages }: TlsSubject, index: number): readonly Finding[] {
  const settings = messages[index]?.args;
  if (!endpoint.tls) {
    const hint = `use hook ${endpoint.family}/stream/tls`;
    return [finding(index, "no-tls", `A socket of ${formatEndpoint(endpoint)} has no TLS`, hint)];
  }
  const late = messages.slice(0, index).find(({ command }) => command === "listen" || command === "connect");
  if (late !== undefined) {
    return [finding(index, "wrong-order", `Message "settls" must come before "${late.command}"`, "move it up")];
  }
  if (!isSettings(settings)) return [];
  const has = (command: string) => messages.some((message) => message.command === command);
  const [listens, connects] = [has("listen"), has("connect")];
  return [
    ...checkPair(settings, index),
    ...settings.alpn?.some((name) => name === "" || name.length > 255) === true
      ? [finding(index, "bad-alpn", "An application protocol has 1 to 255 bytes", 'such as "h2"', "alpn")]
      : [],
    ...connects && settings.certs !== undefined
      ? [finding(index, "no-effect", "A socket that connects has one certificate", "use cert and key", "certs")]
      : [],
    ...connects && settings.verifyClient !== undefined && settings.verifyClient !== "none"
      ? [finding(index, "no-effect", "A socket that connects has no clients to verify", "remove it", "verifyClient")]
      : [],
    ...listens && settings.verify !== undefined
      ? [finding(index, "no-effect", "A socket that listens verifies clients", "use verifyClient", "verify")]
      : [],
    ...listens && settings.serverName !== undefined
      ? [finding(index, "no-effect", "A socket that listens verifies no server", "remove it", "serverName")]
      : [],
  ];
}

/** The missing parts of all `settls` together. */
export function checkTls({ endpoint, messages }: TlsSubject): readonly Finding[] {
  if (!endpoint.tls) return [];
  const listen = messages.findIndex(({ command }) => command === "listen");
  if (listen < 0) return [];
  const all: TlsSettings = Object.assign({}, ...messages.filter(isSettls).map(({ args }) => args));
  if (all.cert === undefined && (all.certs ?? []).length === 0) {
    const hint = "add settls: { cert: PATH, key: PATH } before listen";
    return [
      finding(
        listen,
        "missing-certificate",
        `A listener with hook "${formatEndpoint(endpoint)}" needs a certificate`,
        hint,
      ),
    ];
  }
  if ((all.verifyClient ?? "none") === "none" || all.ca !== undefined) return [];
  const at = messages.findLastIndex(({ command, args }) => {
    return command === "settls" && isSettings(args) && args.verifyClient !== undefined;
  });
  const hint = "add ca: the path of the certificates of the CAs that sign them";
  return [finding(at, "missing-ca", "No certificate of a client can be verified without a CA", hint, "verifyClient")];
}

/** The reason why TLS cannot be used, as words that follow the name of the runtime. */
const TLS_LACKS: Readonly<Record<TlsLack, { readonly code: string; readonly text: string; readonly hint: string }>> = {
  ffi: {
    code: "no-ffi",
    text: "calls OpenSSL by FFI, which this process may not do",
    hint: 'run Deno with "--allow-ffi"; the engine needs it, and a client of an engine does not',
  },
  library: {
    code: "no-libssl",
    text: `needs library "${LIBSSL.name}" (${LIBSSL.product}), which was not found on this machine`,
    hint: LIBSSL.hint,
  },
};

/** Warns where this process lacks what TLS needs; the engine that would run the topology may have it. */
export function checkTlsLack(
  { endpoint, capabilities }: { readonly endpoint: Endpoint; readonly capabilities: Capabilities },
): readonly Finding[] {
  if (!endpoint.tls || capabilities.tlsLack === null) return [];
  const { code, text, hint } = TLS_LACKS[capabilities.tlsLack];
  const message = `TLS on runtime "${capabilities.runtime}" ${text}`;
  return [{ severity: "warning", code, message, messageIndex: null, hint }];
}

function checkPair({ cert, key }: TlsSettings, index: number): readonly Finding[] {
  if ((cert === undefined) === (key === undefined)) return [];
  const [given, missing] = cert === undefined ? ["key", "cert"] : ["cert", "key"];
  const hint = "set both in the same settls message";
  return [finding(index, "missing-field", `Field "${given}" is given without "${missing}"`, hint, given)];
}

function isSettls({ command, args }: CheckedMessage): boolean {
  return command === "settls" && isSettings(args);
}

function isSettings(value: unknown): value is TlsSettings {
  return typeof value === "object" && value !== null && !("family" in value) && !("option" in value);
}

function finding(messageIndex: number, code: string, message: string, hint: string, field?: string): Finding {
  return {
    severity: "error",
    code,
    message,
    messageIndex,
    hint,
    ...(field === undefined ? {} : { path: [field] }),
  };
}
