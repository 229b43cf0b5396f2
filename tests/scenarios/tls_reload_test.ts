/**
 * Certificates that are replaced while clients come: by writing the files, by renaming, and by exchanging a symbolic
 * link, as Kubernetes does. No client is dropped, and the next handshake has the new one.
 *
 * @module
 */

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { peer } from "../harness.ts";
import type { Pair } from "../support/certificates.ts";
import { withFolder } from "../support/folder.ts";
import { startNginx } from "../support/peers.ts";
import { run, textFrom } from "../support/process.ts";
import { tlsFiles, tlsSkip } from "../support/tls.ts";
import { scenario } from "./world.ts";

const curl = peer("curl");
const nginx = peer("nginx");
const openssl = peer("openssl");

/** How many clients one process of curl is, each with a handshake. */
const CLIENTS = 50;

/** A folder of certificates as Kubernetes mounts it: `tls.crt` is reached by `..data`, a link to a folder. */
class Mount {
  readonly cert: string;
  readonly key: string;
  readonly #folder: string;
  #version = 0;

  constructor(folder: string, pair: Pair) {
    this.#folder = folder;
    [this.cert, this.key] = [join(folder, "tls.crt"), join(folder, "tls.key")];
    this.swap(pair);
    for (const name of ["tls.crt", "tls.key"]) symlinkSync(join("..data", name), join(folder, name));
  }

  /** Another folder, by another link. */
  swap(pair: Pair): void {
    const next = `v${++this.#version}`;
    mkdirSync(join(this.#folder, next));
    copyFileSync(pair.cert, join(this.#folder, next, "tls.crt"));
    copyFileSync(pair.key, join(this.#folder, next, "tls.key"));
    symlinkSync(next, join(this.#folder, "..next"));
    renameSync(join(this.#folder, "..next"), join(this.#folder, "..data"));
  }

  /** Other content of the same files. */
  write(pair: Pair): void {
    copyFileSync(pair.key, this.key);
    copyFileSync(pair.cert, this.cert);
  }

  /** Other files in their place. */
  rename(pair: Pair): void {
    for (const [from, name] of [[pair.key, "tls.key"], [pair.cert, "tls.crt"]] as const) {
      const at = join(this.#folder, "..data", name);
      copyFileSync(from, `${at}.new`);
      renameSync(`${at}.new`, at);
    }
  }
}

scenario(
  "topologies/tls-terminate.yaml drops no client while its certificate is written, renamed over and exchanged by a link",
  { peers: [{ skip: tlsSkip }, curl, nginx, openssl], timeoutMs: 90_000 },
  async (withTopology) => {
    assert.ok(tlsFiles !== null);
    const { certificates, ca, server } = tlsFiles;
    const make = (name: string) => certificates.make({ name, names: "DNS:localhost,IP:127.0.0.1", issuer: ca });
    await withFolder(async (folder) => {
      await using origin = await startNginx(nginx.path ?? "", folder);
      mkdirSync(join(folder, "tls"));
      const mount = new Mount(join(folder, "tls"), server);
      const env = { CERT: mount.cert, KEY: mount.key, TARGET: `127.0.0.1:${origin.port}` };
      await withTopology("tls-terminate", env, async ({ address, engine }) => {
        const at = await address("front");
        let isOver = false;
        const load = async (): Promise<number> => {
          let served = 0;
          // Each in a connection of its own, as HTTP/1.0 has it.
          const flags = ["-sS", "-0", "--cacert", ca.cert, ...Array.from({ length: CLIENTS }, () => `https://${at}/`)];
          while (!isOver) {
            assert.equal(await textFrom(curl.path ?? "", flags), "hello from nginx\n".repeat(CLIENTS));
            served += CLIENTS;
          }
          return served;
        };
        const subject = async (): Promise<string> => {
          const flags = ["s_client", "-connect", at, "-CAfile", ca.cert, "-brief"];
          const { stderr } = await run(openssl.path ?? "", flags);
          return /Peer certificate: CN ?= ?(\w+)/.exec(stderr)?.[1] ?? stderr;
        };
        const change = async (): Promise<void> => {
          try {
            mount.write(make("written"));
            while (await subject() !== "written");
            mount.rename(make("renamed"));
            while (await subject() !== "renamed");
            mount.swap(make("swapped"));
            while (await subject() !== "swapped");
          } finally {
            isOver = true;
          }
        };
        const [served] = await Promise.all([load(), change()]);
        assert.ok(served > 0);
        const front = (await engine.status()).topologies[0]?.nodes.find(({ name }) => name === "front");
        assert.deepEqual([front?.reasons["tls"], front?.faults], [undefined, []]);
      });
    });
  },
);
