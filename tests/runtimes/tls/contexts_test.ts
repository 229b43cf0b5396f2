/**
 * How the files of certificates are read again.
 *
 * @module
 */

import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { VirtualClock } from "../../../src/runtimes/memory/clock.ts";
import { type SharedContext, TlsContexts } from "../../../src/runtimes/tls/contexts.ts";
import { test } from "../../harness.ts";
import type { Pair } from "../../support/certificates.ts";
import { withFolder } from "../../support/folder.ts";
import { type TlsFiles, tlsFiles, tlsSkip } from "../../support/tls.ts";

/** A context whose files are in a folder of their own, as `copy` puts them there. */
interface Loaded {
  readonly files: TlsFiles;
  readonly folder: string;
  readonly context: SharedContext;
  /** Checks the files, twice: a first failure may be a pair that is being replaced. */
  check(): void;
}

function loaded(name: string, body: (loaded: Loaded) => void): void {
  test(name, { skip: tlsSkip }, () =>
    withFolder((folder) => {
      assert.ok(tlsFiles !== null);
      const contexts = new TlsContexts(new VirtualClock());
      put(tlsFiles.server, folder);
      const context = contexts.use({ cert: join(folder, "tls.pem"), key: join(folder, "tls.key") });
      const check = (): void => {
        contexts.check();
        contexts.check();
      };
      body({ files: tlsFiles, folder, context, check });
      contexts.close();
      return Promise.resolve();
    }));
}

loaded("SharedContext uses a certificate that was written over the former one", ({ files, folder, context, check }) => {
  const before = context.context;
  check();
  assert.equal(context.context, before);
  put(files.client, folder);
  check();
  assert.notEqual(context.context, before);
  assert.equal(context.failure, null);
});

loaded("SharedContext uses a certificate that was renamed over the former one", ({ files, folder, context, check }) => {
  const before = context.context;
  mkdirSync(join(folder, "new"));
  put(files.client, join(folder, "new"));
  for (const name of ["tls.pem", "tls.key"]) renameSync(join(folder, "new", name), join(folder, name));
  check();
  assert.notEqual(context.context, before);
});

test(
  "SharedContext follows a symbolic link that is exchanged, each time",
  { skip: tlsSkip },
  () =>
    withFolder((folder) => {
      assert.ok(tlsFiles !== null);
      // As Kubernetes does: tls.pem leads to ..data/tls.pem, and ..data to a folder.
      const swap = (name: string, pair: Pair): void => {
        mkdirSync(join(folder, name));
        put(pair, join(folder, name));
        symlinkSync(name, join(folder, "..new"));
        renameSync(join(folder, "..new"), join(folder, "..data"));
      };
      swap("..1", tlsFiles.server);
      for (const name of ["tls.pem", "tls.key"]) symlinkSync(`..data/${name}`, join(folder, name));
      const contexts = new TlsContexts(new VirtualClock());
      const context = contexts.use({ cert: join(folder, "tls.pem"), key: join(folder, "tls.key") });
      const seen = new Set([context.context]);
      swap("..2", tlsFiles.client);
      contexts.check();
      seen.add(context.context);
      swap("..3", tlsFiles.server);
      contexts.check();
      seen.add(context.context);
      assert.equal(seen.size, 3);
      contexts.close();
      return Promise.resolve();
    }),
);

loaded("SharedContext refuses a pair that does not match, with its paths, and keeps the former one", (one) => {
  const { files, folder, context, check } = one;
  const before = context.context;
  copyFileSync(files.client.cert, join(folder, "tls.pem"));
  check();
  assert.equal(context.context, before);
  const message = `Private key "${folder}/tls.key" does not belong to certificate "${folder}/tls.pem"`;
  assert.equal(context.failure?.message, message);
  copyFileSync(files.client.key, join(folder, "tls.key"));
  check();
  assert.notEqual(context.context, before);
  assert.equal(context.failure, null);
});

loaded("SharedContext keeps a pair that is being replaced without a failure", ({ files, folder, context }) => {
  copyFileSync(files.client.cert, join(folder, "tls.pem"));
  context.check(new Date());
  assert.equal(context.failure, null);
  copyFileSync(files.client.key, join(folder, "tls.key"));
  context.check(new Date());
  assert.equal(context.failure, null);
});

loaded("SharedContext keeps the former certificate when the file is removed or is none", (one) => {
  const { folder, context, check } = one;
  const before = context.context;
  renameSync(join(folder, "tls.pem"), join(folder, "gone.pem"));
  check();
  assert.equal(context.failure?.message, `Cannot read "${folder}/tls.pem": there is no such file`);
  writeFileSync(join(folder, "tls.pem"), "nothing\n");
  check();
  assert.equal(context.failure?.message, `File "${folder}/tls.pem" has no certificate in PEM form`);
  assert.equal(context.context, before);
});

loaded("SharedContext notes a private key that all users can read", ({ folder, context, check }) => {
  assert.deepEqual(context.notes, []);
  chmodSync(join(folder, "tls.key"), 0o644);
  writeFileSync(join(folder, "tls.key"), "\n", { flag: "a" });
  check();
  assert.deepEqual(context.notes, [`Private key "${folder}/tls.key" can be read by all users: chmod 600 it`]);
});

test("TlsContexts.use() refuses what cannot be used, and reports which file", { skip: tlsSkip }, () => {
  assert.ok(tlsFiles !== null);
  const { server, client, ca } = tlsFiles;
  const contexts = new TlsContexts(new VirtualClock());
  const refused = (options: Parameters<TlsContexts["use"]>[0], message: string): void => {
    assert.throws(() => contexts.use(options), { message });
  };
  refused({ cert: server.cert }, 'Field "cert" is given without "key"');
  refused({ cert: "/none", key: server.key }, 'Cannot read "/none": there is no such file');
  refused(
    { cert: server.cert, key: client.key },
    `Private key "${client.key}" does not belong to certificate "${server.cert}"`,
  );
  refused({ cert: server.key, key: server.key }, `File "${server.key}" has no certificate in PEM form`);
  refused({ cert: server.cert, key: ca.cert }, `File "${ca.cert}" has no private key in PEM form`);
  refused({ ca: server.key }, `File "${server.key}" has no certificate in PEM form`);
  contexts.close();
});

test("TlsContexts shares what has the same configuration, and needs no timer without any", { skip: tlsSkip }, () => {
  assert.ok(tlsFiles !== null);
  const clock = new VirtualClock();
  const contexts = new TlsContexts(clock);
  const one = contexts.use({ ...tlsFiles.server, serverName: "a.test" });
  const other = contexts.use({ ...tlsFiles.server, serverName: "b.test" });
  assert.equal(one, other);
  contexts.release(one);
  contexts.release(other);
  // Unused, it is given back after a while, and then nothing is waited for.
  while (clock.step(clock.now() + 120_000));
  assert.notEqual(contexts.use(tlsFiles.server), one);
  contexts.close();
});

function put({ cert, key }: Pair, folder: string): void {
  copyFileSync(cert, join(folder, "tls.pem"));
  copyFileSync(key, join(folder, "tls.key"));
  chmodSync(join(folder, "tls.key"), 0o600);
}
