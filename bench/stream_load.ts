/**
 * The other programs of `bench/worker.ts`: a server that discards all data, a client that sends as fast as possible, and a client
 * that measures the time of an echo.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- A separate program whose result is its output.

const PIECE_BYTES = 256 * 1024;
/** The pause of the echo client between two requests. */
const PAUSE_MS = 1;

if (import.meta.main) await main(Deno.args);

async function main([what = "", port = "", streams = "", seconds = ""]: readonly string[]): Promise<void> {
  if (what === "sink") return await swallow(Number(port));
  if (what === "pour") return console.log(await pour(Number(port), Number(streams), Number(seconds) * 1000));
  if (what === "echo") return await measureEcho(Number(port));
  throw new RangeError(`Cannot do "${what}": wanted sink, pour or echo`);
}

async function swallow(port: number): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  for (;;) {
    // The sender ends at any time: a reset before this accepts it is an error of accept (Deno 2.9.6).
    const connection = await listener.accept().catch(() => null);
    if (connection !== null) read(connection).catch(() => {});
  }
}

async function read(connection: Deno.Conn): Promise<void> {
  const room = new Uint8Array(PIECE_BYTES);
  while (await connection.read(room) !== null);
}

/** Sends over several connections for a time; returns the number of accepted bytes. */
async function pour(port: number, streams: number, ms: number): Promise<number> {
  const end = performance.now() + ms;
  const piece = new Uint8Array(PIECE_BYTES);
  const sent = await Promise.all(Array.from({ length: streams }, async () => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    let octets = 0;
    while (performance.now() < end) octets += await connection.write(piece);
    return octets;
  }));
  return sent.reduce((sum, octets) => sum + octets, 0);
}

/** Prints how long each echo took, a line each time the input has one, since the line before. */
async function measureEcho(port: number): Promise<void> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.setNoDelay(true);
  const octet = new Uint8Array(1);
  let times: number[] = [];
  const answer = async (): Promise<void> => {
    for await (const _ of Deno.stdin.readable) {
      console.log(JSON.stringify(times));
      times = [];
    }
    Deno.exit(0);
  };
  answer();
  console.log("[]");
  for (;;) {
    const start = performance.now();
    await connection.write(octet);
    if (await connection.read(octet) === null) throw new Error("The echo has ended");
    times.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
