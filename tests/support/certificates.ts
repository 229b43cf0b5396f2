/**
 * Certificates for tests, made by openssl(1) into a temporary folder that is removed at the end of the process.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { peer } from "../harness.ts";

/** The program that makes them. */
export const openssl = peer("openssl");

/** A certificate with its key, by path. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** How a certificate is made. */
export interface Wanted {
  /** Its common name, and the name of its files. */
  readonly name: string;
  /** What it is for, such as `DNS:a.test,IP:127.0.0.1`. */
  readonly names?: string;
  /** Who signs it; absent: itself, as a CA. */
  readonly issuer?: Pair;
  /** From when to when, as openssl has it: `20200101000000Z`. */
  readonly validity?: { readonly from: string; readonly to: string };
  /** For how many days from now. */
  readonly days?: number;
}

/** A folder of certificates. */
export class Certificates {
  readonly folder: string;
  #serial = 0;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "sockgraph-tls-"));
    const { folder } = this;
    process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  }

  /** Makes a certificate and its key. */
  make({ name, names, issuer, validity, days = 30 }: Wanted): Pair {
    const at = join(this.folder, `${++this.#serial}-${name.replaceAll(/[^A-Za-z0-9]/g, "_")}`);
    const pair = { cert: `${at}.pem`, key: `${at}.key` };
    const extensions = issuer === undefined
      ? "basicConstraints=critical,CA:TRUE"
      : `basicConstraints=CA:FALSE\n${names === undefined ? "" : `subjectAltName=${names}`}`;
    writeFileSync(`${at}.ext`, `[v3]\n${extensions}\n`);
    run(
      "req",
      "-new",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-subj",
      `/CN=${name}`,
      ...[
        "-keyout",
        pair.key,
        "-out",
        `${at}.csr`,
      ],
    );
    const signer = issuer === undefined ? ["-signkey", pair.key] : ["-CA", issuer.cert, "-CAkey", issuer.key];
    const span = validity === undefined ? ["-days", `${days}`] : ["-days", "1"];
    run(
      ...["x509", "-req", "-in", `${at}.csr`, ...signer, "-set_serial", `${this.#serial}`, ...span],
      ...["-extfile", `${at}.ext`, "-extensions", "v3", "-out", pair.cert],
    );
    return pair;
  }
}

function run(...args: string[]): void {
  execFileSync(openssl.path ?? "openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
}
