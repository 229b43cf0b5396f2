/**
 * The checks of each kind of followed source: files by their stamps, a server by periodic requests, a repository by
 * fetching.
 *
 * @module
 */

import type { Clock } from "../../clock.ts";
import type { FollowRequest } from "../../api/operations/source.ts";
import { NetgraphError } from "../../errors.ts";
import { GitReader } from "../../sources/git.ts";
import { SourceFingerprint } from "../../sources/fingerprint.ts";
import { readAll } from "../../sources/source_snapshot.ts";
import type { GitSource, PlainSource, SourceText, UrlSource } from "../../sources/source.ts";
import { UrlReader } from "../../sources/url.ts";
import type { SourceProbe } from "../../sources/change_detector.ts";
import type { SourceMachine } from "./source_machine.ts";

/** The part of the machine that is needed. */
export type ProbeMachine = SourceMachine & { readonly clock: Clock };

type ProbeRequest = Pick<FollowRequest, "sources" | "allowEmpty" | "webIntervalMs">;

/**
 * The probe for these sources.
 *
 * @throws NetgraphError EINVAL for a repository together with others
 */
export function probeFor({ sources, allowEmpty, webIntervalMs }: ProbeRequest, machine: ProbeMachine): SourceProbe {
  const [git] = sources.filter((source) => source.kind === "git");
  if (git === undefined) {
    const plain = sources.filter((source) => source.kind !== "git");
    return plainProbe(plain, { allowEmpty, webIntervalMs, machine });
  }
  if (sources.length > 1) throw new NetgraphError("EINVAL", "Cannot follow a repository together with other sources");
  return gitProbe(git, machine);
}

interface PlainRequest extends Omit<ProbeRequest, "sources"> {
  readonly machine: ProbeMachine;
}

function plainProbe(
  sources: readonly (PlainSource | UrlSource)[],
  { allowEmpty, webIntervalMs, machine: { files, downloads, clock } }: PlainRequest,
): SourceProbe {
  const options = { downloads, clock, freshMs: webIntervalMs ?? 0 };
  const paths = sources.filter((source) => source.kind !== "url");
  const web = sources.filter((source) => source.kind === "url").map((source) => new UrlReader(source, options));
  const fingerprint = new SourceFingerprint(paths, files);
  return {
    fingerprint: async () => [...web.map((reader) => reader.fingerprint()), await fingerprint.read()].join("\n"),
    read: async () => {
      const snapshot = await readAll(paths, { files, allowEmpty, web });
      if (snapshot.kind === "texts") fingerprint.include(snapshot.texts.flatMap(includedPaths));
      return snapshot;
    },
    // A server sends a complete text, or none.
    whole: paths.length === 0,
    again: () => web.forEach((reader) => reader.again()),
    close: () => {
      web.forEach((reader) => reader.close());
      return Promise.resolve();
    },
  };
}

/** The paths of the files that a file includes. */
function includedPaths({ kind, included }: SourceText): readonly string[] {
  if (kind !== "file" || included === undefined) return [];
  return [...included.files.map(({ key }) => key), ...included.unusable];
}

function gitProbe(source: GitSource, { files, commands }: SourceMachine): SourceProbe {
  const reader = new GitReader(source, { files, commands });
  let fetches = 0;
  // Only fetching shows whether it has changed.
  const fingerprint = () => Promise.resolve(`${fetches++}`);
  return { fingerprint, read: () => reader.read(), close: () => reader.close(), whole: true };
}
