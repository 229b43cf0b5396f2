/**
 * Parses the output of `git cat-file --follow-symlinks`: one object for each requested name, in the same order.
 *
 * @module
 */

/** Facts about objects, or facts followed by the contents. */
export type BatchMode = "--batch-check" | "--batch";

/** The object at a path of a commit. */
export interface GitObject {
  /** `link`: a symbolic link that does not lead to a part of the commit. */
  readonly kind: "blob" | "tree" | "commit" | "link" | "missing";
  /** Its hash; empty for a link and for a missing object. */
  readonly id: string;
  readonly bytes: number;
  /** The target of a link out of the repository; null for one without a target, and for other objects. */
  readonly target: string | null;
  /** Why a link has no target; null for any other object. */
  readonly broken: "dangling" | "loop" | "notdir" | null;
  /** Empty unless it was requested. */
  readonly contents: Uint8Array;
}

const NOTHING = new Uint8Array(0);
const NEWLINE = 0x0a;

/** Parses the whole output. */
export function gitObjects(answer: Uint8Array, mode: BatchMode): readonly GitObject[] {
  const objects: GitObject[] = [];
  let at = 0;
  const take = (length: number): Uint8Array => {
    const taken = answer.slice(at, at + length);
    at += length + 1; // The line break after it.
    return taken;
  };
  while (at < answer.length) {
    const end = answer.indexOf(NEWLINE, at);
    const line = new TextDecoder().decode(take((end === -1 ? answer.length : end) - at));
    objects.push(objectOf(line, mode, take));
  }
  return objects;
}

function objectOf(line: string, mode: BatchMode, take: (length: number) => Uint8Array): GitObject {
  // "symlink 11\n/etc/passwd\n"; the others name the path that was requested.
  const link = /^(symlink|dangling|loop|notdir) (\d+)$/.exec(line);
  if (link !== null) {
    const text = new TextDecoder().decode(take(Number(link[2])));
    const [, how] = link;
    const broken = how === "loop" || how === "notdir" ? how : how === "symlink" ? null : "dangling";
    const target = broken === null ? text : null;
    return { kind: "link", id: "", bytes: 0, target, broken, contents: NOTHING };
  }
  const [, id = "", type = "", size = ""] = /^([0-9a-f]+) (blob|tree|commit) (\d+)$/.exec(line) ?? [];
  if (type !== "blob" && type !== "tree" && type !== "commit") {
    return { kind: "missing", id: "", bytes: 0, target: null, broken: null, contents: NOTHING };
  }
  const bytes = Number(size);
  return { kind: type, id, bytes, target: null, broken: null, contents: mode === "--batch" ? take(bytes) : NOTHING };
}
