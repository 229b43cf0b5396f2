/**
 * The processor time of a program. On a machine with other load this figure is steady, whereas a rate also depends on
 * the other load.
 *
 * @module
 */

/** The unit of `/proc` on every Linux on which Deno runs: USER_HZ. */
const TICKS_PER_SECOND = 100;

/** Seconds of processor time of a process, its threads, and the children that it has or had. */
export async function cpuSeconds(pid: number): Promise<number> {
  const own = parseStat(await Deno.readTextFile(`/proc/${pid}/stat`));
  const living = await Promise.all((await childrenOf(pid)).map((child) => cpuSeconds(child).catch(() => 0)));
  return living.reduce((sum, seconds) => sum + seconds, own);
}

/** User and system time, that of ended children included. */
export function parseStat(text: string): number {
  // The program's name, in parentheses, may hold anything; behind it are the fields from the third on.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
  return fields.slice(11, 15).reduce((sum, ticks) => sum + ticks, 0) / TICKS_PER_SECOND;
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const lists: string[] = [];
  for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
    lists.push(await Deno.readTextFile(`/proc/${pid}/task/${name}/children`).catch(() => ""));
  }
  return lists.flatMap((list) => list.trim().split(" ")).filter((text) => text !== "").map(Number);
}
