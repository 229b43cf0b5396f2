/**
 * The TLS of a ksocket: `settls`, `gettls`. Several messages add up. Certificates and keys are given by path, so that no
 * key is ever part of a message, a status or a log.
 *
 * @module
 */

import { array } from "../../ascii/array.ts";
import { enumeration } from "../../ascii/scalar.ts";
import { optional, required, struct } from "../../ascii/struct.ts";
import { filePath, string } from "../../ascii/text.ts";
import type { AsciiType } from "../../ascii/type.ts";
import type { SettingEntry } from "../../graph/core/command.ts";
import type { Fault } from "../../graph/data/fault.ts";
import type { CertificateReport } from "../../graph/data/node_report.ts";
import type { TargetAddress } from "../../socket/address.ts";
import type { KsocketConfig } from "./ksocket_config.ts";
import { EXPIRES_SOON_MS, type TlsOptions, type TlsState } from "../../socket/tls.ts";

/** The argument of `settls`: any of the fields. */
export type TlsSettings = Omit<TlsOptions, "handshakeTimeout">;

/** The type of {@linkcode TlsSettings}. */
export const tlsSettings: AsciiType<TlsSettings> = struct({
  cert: optional(filePath(), "The path of the certificate in PEM form, followed by those of its issuers", {
    defaultNote: "none; a socket that listens needs one",
  }),
  key: optional(filePath(), "The path of the private key in PEM form, without a passphrase", {
    defaultNote: "none; given together with cert",
  }),
  certs: optional(
    array(struct({
      cert: required(filePath(), "The path of another certificate"),
      key: required(filePath(), "The path of its private key"),
    })),
    "More certificates of a server, of which the name that the client asks for (SNI) chooses one",
    { defaultNote: "none; the first certificate is for all other names" },
  ),
  ca: optional(filePath(["system"]), "The path of the certificates of trusted CAs in PEM form, or system", {
    defaultNote: "system for a client; none for a server",
  }),
  verifyClient: optional(
    enumeration({ none: 0, request: 1, require: 2 }),
    "Whether clients must present a certificate of a trusted CA; request accepts clients without one",
    { default: "none" },
  ),
  verify: optional(
    enumeration({ full: 0, ca: 1, none: 2 }),
    "What a client verifies of the server's certificate: its CA and name, its CA only, or nothing",
    { default: "full" },
  ),
  serverName: optional(string, "The name that the server's certificate must have, which is also sent as SNI", {
    defaultNote: "the host of connect",
  }),
  alpn: optional(array(string), "The application protocols, the preferred one first", { defaultNote: "none" }),
  minVersion: optional(enumeration({ "1.2": 0, "1.3": 1 }), "The oldest TLS version that is accepted", {
    default: "1.2",
  }),
});

/** A setting, field by field; a certificate and its key are one. */
export function tlsEntries(settings: TlsSettings | null): readonly SettingEntry<TlsSettings>[] {
  const { cert, key, ...rest } = settings ?? {};
  const pair = cert === undefined && key === undefined ? [] : [{
    key: "cert",
    args: { ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) },
  }];
  return [...pair, ...Object.entries(rest).map(([name, value]) => ({ key: name, args: { [name]: value } }))];
}

/** The values of fields that are not given; the other fields have none. */
const DEFAULTS: ReadonlyMap<string, TlsSettings> = new Map(
  Object.entries({
    verifyClient: { verifyClient: "none" },
    verify: { verify: "full" },
    alpn: { alpn: [] },
    certs: { certs: [] },
    minVersion: { minVersion: "1.2" },
  }),
);

/** The settings that give a field its default back; null if only a new node has it. */
export function resetTls(key: string): TlsSettings | null {
  return DEFAULTS.get(key) ?? null;
}

/** Settings without the fields that have their defaults. */
export function plainTls(settings: TlsSettings): TlsSettings {
  return Object.fromEntries(Object.entries(settings).filter(([name, value]) => !isDefault(name, value)));
}

function isDefault(name: string, value: unknown): boolean {
  return JSON.stringify(DEFAULTS.get(name)) === JSON.stringify({ [name]: value });
}

/** True where all fields of `settings` hold. */
export function hasTls(found: unknown, settings: TlsSettings): boolean {
  if (typeof found !== "object" || found === null) return false;
  const fields = new Map<string, unknown>(Object.entries(found));
  return Object.entries(settings).every(([name, value]) =>
    fields.has(name) ? JSON.stringify(fields.get(name)) === JSON.stringify(value) : isDefault(name, value)
  );
}

/** The options of a socket that listens, or will listen. */
export function serverTls(
  settings: TlsSettings,
  { handshakeTimeout }: Pick<KsocketConfig, "handshakeTimeout">,
): TlsOptions {
  return { ...settings, handshakeTimeout };
}

/** The options of a socket before it connects to `address`. */
export function clientTls(
  settings: TlsSettings,
  { address, config }: { readonly address: TargetAddress; readonly config: Pick<KsocketConfig, "handshakeTimeout"> },
): TlsOptions {
  const host = address.family === "name" ? address.name : "host" in address ? address.host : null;
  return {
    ...(host === null ? {} : { serverName: host }),
    ca: "system",
    ...settings,
    handshakeTimeout: config.handshakeTimeout,
  };
}

const DAY_MS = 24 * 3_600_000;

/** Notes on a node's certificates, for an operator. */
export function tlsNotes({ certificates, notes }: TlsState, now: Date): readonly string[] {
  const expiries = certificates.map(({ path, notAfter }) => `Certificate "${path}" ${expiry(notAfter, now)}`);
  return [...expiries, ...notes];
}

/** A node's certificates, as data. */
export function certificateReports({ certificates }: TlsState): readonly CertificateReport[] {
  return certificates.map(({ path, notAfter }) => ({ path, notAfter: new Date(notAfter).toISOString() }));
}

/** The problems with a node's certificates. */
export function tlsFaults({ certificates, failure }: TlsState, now: Date): readonly Fault[] {
  const soon = certificates.filter(({ notAfter }) => notAfter - now.getTime() < EXPIRES_SOON_MS);
  const faults = soon.map(({ path, notAfter }): Fault => ({
    reason: "CertificateExpires",
    code: "ETLS",
    message: `Certificate "${path}" ${expiry(notAfter, now)}`,
    count: 1,
    since: new Date(Math.min(notAfter - EXPIRES_SOON_MS, now.getTime())).toISOString(),
    serving: true,
  }));
  if (failure === null) return faults;
  const { message, since, count } = failure;
  const text = `${message}; the previous one stays in use`;
  return [...faults, {
    reason: "CertificateInvalid",
    code: "ETLS",
    message: text,
    count,
    since: since.toISOString(),
    serving: true,
  }];
}

function expiry(notAfter: number, now: Date): string {
  const days = Math.floor((notAfter - now.getTime()) / DAY_MS);
  if (notAfter <= now.getTime()) return `expired on ${new Date(notAfter).toISOString().slice(0, 10)}`;
  return days === 0 ? "expires in less than a day" : `expires in ${days} ${days === 1 ? "day" : "days"}`;
}
