/**
 * Writes `src/engine/page/assets.ts`: the live page as three texts, so that it is in every form of the program, and
 * needs no network.
 *
 * `deno run -A scripts/bundle_page.ts` writes it with Bun's bundler. With `--check` it writes nothing, and exits with 1
 * if the file does not belong to the sources: it names a digest of them, which needs no bundler to compare.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- A separate program whose result is its output.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { bunCommand } from "./find_bun.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const ENTRY = join(ROOT, "src/page/main.ts");
const STATIC = ["src/page/page.html", "src/page/page.css"].map((path) => join(ROOT, path));
const OUTPUT = join(ROOT, "src/engine/page/assets.ts");
const PACKAGES = ["@dagrejs/dagre", "string-width"];

/** The sources of the page: the modules that are loaded, not those of types only. */
export function pageSources(): readonly string[] {
  const found = new Set<string>();
  const queue = [ENTRY];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    const text = readFileSync(path, "utf8");
    for (const [, names = "", specifier = ""] of text.matchAll(/^import ([^;]*?) from "(\.[^"]+)";/gm)) {
      if (!isTypeOnly(names)) queue.push(join(dirname(path), specifier));
    }
  }
  return [...found, ...STATIC].sort();
}

function isTypeOnly(names: string): boolean {
  if (names.startsWith("type ")) return true;
  const members = names.replace(/[{}]/g, "").split(",").map((one) => one.trim()).filter((one) => one !== "");
  return members.every((one) => one.startsWith("type "));
}

/** A source without its comments and its layout, which are not in the bundle. */
function codeOf(text: string): string {
  return text.replace(/\/\*[^]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "").replace(/\s+/g, " ");
}

/** A digest of all that is bundled. */
export function pageDigest(): string {
  const hash = createHash("sha256");
  for (const path of pageSources()) hash.update(`${relative(ROOT, path)}\n${codeOf(readFileSync(path, "utf8"))}\n`);
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  for (const name of PACKAGES) hash.update(`${name} ${dependencies[name]}\n`);
  return hash.digest("hex");
}

/** Whether the written file belongs to the sources. */
export function isCurrent(): boolean {
  return readFileSync(OUTPUT, "utf8").includes(pageDigest());
}

async function bundle(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sg-page-"));
  try {
    const [program, ...args] = await bunCommand();
    const output = join(folder, "page.js");
    const options = ["build", ENTRY, "--target=browser", "--format=esm", "--minify", `--outfile=${output}`];
    const child = spawn(program, [...args, ...options], { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error(`Bun's bundler ended with ${code}`);
    return await readFile(output, "utf8");
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function write(): Promise<void> {
  const [html = "", style = ""] = STATIC.map((path) => readFileSync(path, "utf8"));
  const constant = (name: string, purpose: string, text: string) =>
    `/** ${purpose} */\nexport const ${name}: string = ${JSON.stringify(text)};\n`;
  writeFileSync(
    OUTPUT,
    [
      "/**\n * The live page. Written by `scripts/bundle_page.ts`; its sources are in `src/page/`.\n *\n" +
      ` * Digest of the sources: ${pageDigest()}\n *\n * @module\n */\n`,
      constant("PAGE_HTML", "The page.", html),
      constant("PAGE_STYLE", "Its style.", style.replaceAll(/\n\s*/g, "\n")),
      constant("PAGE_SCRIPT", "Its program, with the libraries that it uses.", await bundle()),
    ].join("\n"),
  );
}

if (import.meta.main) {
  if (!process.argv.includes("--check")) await write();
  else if (!isCurrent()) {
    console.error("src/engine/page/assets.ts is stale: run deno run -A scripts/bundle_page.ts");
    process.exit(1);
  }
}
