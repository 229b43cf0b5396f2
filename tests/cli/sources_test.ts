/**
 * Sources: what is read from where, and what is said when it is not there.
 *
 * @module
 */

import assert from "node:assert/strict";
import { CommandFailure } from "../../src/cli/command.ts";
import { readSources, type SourceHost } from "../../src/cli/sources.ts";
import { NetgraphError } from "../../src/errors.ts";
import { test } from "../harness.ts";

const FILES: Readonly<Record<string, string>> = {
  "/home/web.yaml": "name: web",
  "/home/notes.txt": "-",
  "/home/topologies/echo.yaml": "name: echo",
  "/home/topologies/mirror.yml": "name: mirror",
  "/home/empty/readme.md": "-",
  "/home/edited/web.yaml": "name: web",
  "/home/edited/.#web.yaml": "lock of an editor",
  "/home/edited/.web.yaml": "hidden",
  "/home/edited/._web.yaml": "of another system",
  "/home/edited/#web.yaml#": "draft of an editor",
  "/home/edited/web.yaml~": "backup of an editor",
  "/home/edited/old.yaml/web.yaml": "in a folder",
  "/home/capitals/WEB.YAML": "name: web",
  "/home/capitals/mirror.Yml": "name: mirror",
};

function host(variables: Readonly<Record<string, string>> = {}, cwd = "/home"): SourceHost {
  const encode = (text: string) => new TextEncoder().encode(text);
  const names = (path: string) =>
    Object.keys(FILES).filter((file) => file.startsWith(`${path}/`)).map((file) =>
      file.slice(path.length + 1).split("/")[0] ?? ""
    );
  return {
    downloads: {
      get: (url) => {
        if (url.includes("late")) return Promise.reject(new NetgraphError("ETIMEDOUT", "Too late"));
        const status = url.endsWith("/web.yaml") ? 200 : 404;
        return Promise.resolve({ status, octets: encode("name: web"), etag: null, lastModified: null });
      },
    },
    process: { cwd, env: (name) => variables[name] },
    files: {
      read: (path) => Promise.resolve(encode(FILES[path] ?? "")),
      readStdin: () => Promise.resolve(encode("name: piped")),
      list: (path) =>
        names(path).length === 0
          ? Promise.reject(new NetgraphError("ENOENT", "Not there"))
          : Promise.resolve([...new Set(names(path))].sort()),
      stat: (path) => {
        const kind = path in FILES ? "file" : names(path).length > 0 ? "directory" : null;
        return Promise.resolve(kind === null ? null : { kind, bytes: 1, uid: 0, mode: 0o644 });
      },
    },
  };
}

const namesOf = async (sources: readonly string[], from: SourceHost = host()) =>
  (await readSources(sources, from)).map(({ name, location }) => [name, location]);

test("readSources() reads files, folders and standard input in order", async () => {
  assert.deepEqual(await namesOf(["web.yaml", "topologies/", "-", "./topologies/../web.yaml"]), [
    ["web.yaml", "/home/web.yaml"],
    ["topologies/echo.yaml", "/home/topologies/echo.yaml"],
    ["topologies/mirror.yml", "/home/topologies/mirror.yml"],
    ["<stdin>", "-"],
    ["./topologies/../web.yaml", "/home/web.yaml"],
  ]);
});

test("readSources() passes over what editors and other systems leave in a folder, and over folders in it", async () => {
  assert.deepEqual(await namesOf(["edited"]), [["edited/web.yaml", "/home/edited/web.yaml"]]);
  // A file that is named is meant.
  assert.deepEqual(await namesOf(["edited/.web.yaml"]), [["edited/.web.yaml", "/home/edited/.web.yaml"]]);
});

test("readSources() takes the files of a folder whose names are written in capitals", async () => {
  assert.deepEqual((await namesOf(["capitals"])).map(([name]) => name), ["capitals/WEB.YAML", "capitals/mirror.Yml"]);
});

test("readSources() takes the system's names of standard input for it", async () => {
  for (const name of ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"]) {
    assert.deepEqual(await namesOf([name]), [["<stdin>", "-"]]);
  }
});

test("readSources() names the file of a folder that is a link to nothing, or a circle of links", async () => {
  const from = host();
  const stat = (path: string) =>
    path.endsWith("/mirror.yml") ? Promise.reject(new NetgraphError("ELOOP", "A loop")) : from.files.stat(path);
  const rows: readonly (readonly [SourceHost["files"], source: string, message: RegExp])[] = [
    [{ ...from.files, stat }, "topologies", /^Cannot read "topologies\/mirror\.yml": /],
    [
      { ...from.files, stat: (path) => path.endsWith(".yml") ? Promise.resolve(null) : from.files.stat(path) },
      "topologies",
      /^Cannot read "topologies\/mirror\.yml": it is a symbolic link to a missing file/,
    ],
    [
      { ...from.files, stat: () => Promise.resolve(null) },
      "web.yaml",
      /^Cannot read "web\.yaml": it is a symbolic link to a missing file/,
    ],
  ];
  for (const [files, source, message] of rows) {
    await assert.rejects(
      readSources([source], { ...from, files }),
      (error) => error instanceof CommandFailure && error.exitCode === 65 && message.test(error.message),
    );
  }
});

test("readSources() refuses a folder that has more text than a source may have", async () => {
  const from = host();
  const large = { kind: "file", bytes: 4 * 1024 * 1024, uid: 0, mode: 0 } as const;
  const folder = { ...large, kind: "directory" } as const;
  const files = {
    ...from.files,
    list: () => Promise.resolve(["a", "b", "c", "d", "e"].map((name) => `${name}.yaml`)),
    stat: (path: string) => Promise.resolve(path.endsWith(".yaml") ? large : folder),
  };
  await assert.rejects(
    readSources(["many"], { ...from, files }),
    (error) => error instanceof CommandFailure && error.exitCode === 65 && /more than 16 MiB/.test(error.message),
  );
});

test("readSources() reads from the web, and keeps passwords to itself", async () => {
  assert.deepEqual(await namesOf(["https://me:secret@example.org/web.yaml"]), [
    ["https://example.org/web.yaml", "https://example.org/web.yaml"],
  ]);
});

test("readSources() takes relative paths from INIT_CWD", async () => {
  const from = host({ INIT_CWD: "/home/topologies" }, "/elsewhere");
  assert.deepEqual(await namesOf(["echo.yaml"], from), [["echo.yaml", "/home/topologies/echo.yaml"]]);
});

test("readSources() returns the revision", async () => {
  const [source] = await readSources(["web.yaml"], host());
  assert.match(source?.revision ?? "", /^sha256:[0-9a-f]{64}$/);
});

const REFUSED: readonly (readonly [sources: readonly string[], said: RegExp])[] = [
  [[], /the current folder has "web.yaml", "topologies\/echo.yaml" and "topologies\/mirror.yml"/],
  [["wev.yaml"], /"wev.yaml": did you mean "web.yaml"/],
  [["topologies/ecco.yaml"], /did you mean "topologies\/echo.yaml"/],
  [["echo"], /did you mean "topologies\/echo.yaml"/],
  [["echo.yaml"], /did you mean "topologies\/echo.yaml"/],
  [["frobnicate.json"], /the current folder has "web.yaml"/],
  [["ssh://example.org/net.git"], /apply --git/],
  [["https://"], /not a web address/],
  [["ftp://example.org/web.yaml"], /https:\/\/ or http:\/\//],
];

const INVALID: readonly (readonly [sources: readonly string[], said: RegExp])[] = [
  [["empty"], /"empty" has no topology/],
  [["https://example.org/none.yaml"], /none\.yaml": the server answers 404/],
  [["https://me:secret@example.org/late.yaml"], /"https:\/\/example.org\/late\.yaml": the server takes longer/],
  [["secret.yaml"], /"secret.yaml": permission denied/],
  [["large.yaml"], /"large.yaml": it is larger than 4 MiB/],
];

for (const [sources, said] of INVALID) {
  test(`readSources() finds no valid text in ${JSON.stringify(sources)}`, async () => {
    const from = host();
    const read = (path: string) => {
      const code = path.includes("secret") ? "EACCES" : "E2BIG";
      return Promise.reject(new NetgraphError(code, `Cannot read ${path}`));
    };
    const stat = from.files.stat;
    const found = { kind: "file", bytes: 1, uid: 0, mode: 0 } as const;
    const files = {
      ...from.files,
      read,
      stat: (path: string) => path.endsWith(".yaml") ? Promise.resolve(found) : stat(path),
    };
    await assert.rejects(readSources(sources, { ...from, files }), (error) => {
      assert.ok(error instanceof CommandFailure);
      // What cannot be reached is no invalid topology.
      assert.equal(error.exitCode, sources[0]?.startsWith("https:") === true ? 69 : 65);
      assert.match(error.message, said);
      return true;
    });
  });
}

for (
  const [code, said] of [["EACCES", /"barred\/web.yaml": permission denied/], ["ELOOP", /"barred\/web.yaml"/]] as const
) {
  test(`readSources() finds no valid text where it may not look: ${code}`, async () => {
    const from = host();
    const stat = () => Promise.reject(new NetgraphError(code, "Cannot look at /home/barred/web.yaml"));
    await assert.rejects(readSources(["barred/web.yaml"], { ...from, files: { ...from.files, stat } }), (error) => {
      assert.ok(error instanceof CommandFailure);
      assert.equal(error.exitCode, 65);
      assert.match(error.message, said);
      return true;
    });
  });
}

for (const [sources, said] of REFUSED) {
  test(`readSources() refuses ${JSON.stringify(sources)}`, async () => {
    await assert.rejects(readSources(sources, host()), (error) => {
      assert.ok(error instanceof CommandFailure);
      assert.equal(error.exitCode, 64);
      assert.match(error.message, said);
      return true;
    });
  });
}
