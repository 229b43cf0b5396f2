/**
 * A place in a Git repository: as written, and as shown.
 *
 * @module
 */

import type { GitSource } from "./source.ts";
import { addressWithoutSecrets } from "./secret_text.ts";
import { SourceError } from "./source_error.ts";

const ADDRESS = /^((https?|ssh|file):\/\/\S+|[\w.-]+@[\w.-]+:\S+)$/;
/** A valid name of a branch, which cannot be an option. */
const REF = /^[\w][\w./+-]*$/;

/**
 * Parses the text of a source.
 *
 * @throws SourceError for an invalid address, branch or path in a repository
 */
export function parseGitSource(url: string, { ref, path }: { readonly ref: string; readonly path: string }): GitSource {
  if (!ADDRESS.test(url)) {
    throw new SourceError(
      "usage",
      `"${
        addressWithoutSecrets(url)
      }" is not the address of a repository, which begins with https://, ssh:// or file://`,
    );
  }
  if (!REF.test(ref) || ref.includes("..")) throw new SourceError("usage", `"${ref}" is not a branch, tag or commit`);
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (segments.includes("..")) throw new SourceError("usage", `Path "${path}" is outside the repository`);
  return { kind: "git", url, ref, path: segments.join("/") };
}

/** The location of a file of a repository, as status shows it. */
export function gitLocation({ url, ref }: GitSource, path: string): string {
  return `${addressWithoutSecrets(url)}#${ref}:/${path}`;
}

/** The locations that a source in a repository covers: the path as a file, or the files directly in it. */
export function gitOrigins(source: GitSource): readonly string[] {
  const location = gitLocation(source, source.path);
  return location.endsWith("/") ? [location] : [location, `${location}/`];
}
