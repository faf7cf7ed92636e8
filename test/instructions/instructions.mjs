// What one pass through each hot path costs in instructions, by callgrind, against expected.tsv. Clocks on a shared machine are
// noise; instructions are the same every time, so 3 % more is a change of the code.
//   node test/instructions/instructions.mjs            compares; ends with `N passed, N failed, N skipped`
//   node test/instructions/instructions.mjs --update   writes expected.tsv anew: do so when a change is meant, and say why in the commit
// Paths: instructions.cc. Needs valgrind and the release build's program `instructions` in ASHLAR_BUILD (build/release).
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const kBand = 0.03;
const kExpected = new URL("expected.tsv", import.meta.url);
const program = resolve(process.env.ASHLAR_BUILD ?? "build/release", "instructions");

// Findings of [path, expected, measured]; either may be undefined.
function compare(expected, measured) {
  const rows = [...new Set([...expected.keys(), ...measured.keys()])].sort();
  return rows.map((path) => {
    const [was, is] = [expected.get(path), measured.get(path)];
    if (was === undefined) return { path, was, is, wrong: "has no row in expected.tsv: --update" };
    if (is === undefined) return { path, was, is, wrong: "is no path of instructions.cc any more: --update" };
    const change = is / was - 1;
    if (change > kBand) return { path, was, is, wrong: "costs more" };
    if (change < -kBand) return { path, was, is, wrong: "costs less: --update, or it may creep back unseen" };
    return { path, was, is };
  });
}

// The band holds what is to be held: planted rows, each with whether it must be found wrong.
function selfTest() {
  const planted = [[100, 100, false], [100, 102.9, false], [100, 97.1, false], [100, 103.1, true], [100, 96.9, true],
    [undefined, 1, true], [1, undefined, true]];
  const map = (value) => new Map(value === undefined ? [] : [["planted", value]]);
  return planted.filter(([was, is, wrong]) => (compare(map(was), map(is))[0].wrong !== undefined) !== wrong);
}

function read() {
  const lines = existsSync(kExpected) ? readFileSync(kExpected, "utf8").split("\n") : [];
  const built = lines.find((line) => line.startsWith("# built: "))?.slice("# built: ".length);
  const rows = lines.filter((line) => line && !line.startsWith("#") && line !== "path\tinstructions");
  return { built, expected: new Map(rows.map((line) => line.split("\t")).map(([path, count]) => [path, Number(count)])) };
}

function write(built, measured) {
  const rows = [...measured].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, count]) => `${path}\t${count.toFixed(1)}`);
  writeFileSync(kExpected, [
    "# Instructions of one pass through each path of instructions.cc, written by instructions.mjs --update.",
    `# built: ${built}`, "path\tinstructions", ...rows, ""].join("\n"));
}

// One run of the program under callgrind: it writes a file each time that the measured function returns, twice for each path.
function measure(folder) {
  const ask = (word) => execFileSync(program, [word], { encoding: "utf8" }).trim();
  const paths = ask("--list").split("\n");
  const passes = Number(ask("--passes"));
  // String functions are chosen by what the processor can: without the wide ones the choice is the same on most machines.
  const env = { ...process.env, GLIBC_TUNABLES: "glibc.cpu.hwcaps=-AVX2,-AVX,-BMI2,-ERMS,-FSRM" };
  const run = spawnSync("valgrind", ["--tool=callgrind", "--collect-atstart=no", "--toggle-collect=ashlar_measured",
    "--dump-after=ashlar_measured", `--callgrind-out-file=${join(folder, "out")}`, program], { env, encoding: "utf8", timeout: 120_000 });
  if (run.status !== 0) throw new Error(`callgrind ended with ${run.status ?? run.signal}:\n${run.stderr}`);
  const cost = (part) => {
    const summary = /^summary: (\d+)$/m.exec(readFileSync(join(folder, `out.${part}`), "utf8"));
    if (!summary) throw new Error(`callgrind's file ${part} has no summary`);
    return Number(summary[1]);
  };
  return new Map(paths.map((path, i) => [path, (cost(2 * i + 2) - cost(2 * i + 1)) / passes]));
}

function finish(passed, failed, skipped) {
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exit(failed ? 1 : 0);
}

function skip(why) {
  console.log(`SKIP: instruction counts: ${why}`);
  finish(0, 0, 1);
}

if (spawnSync("valgrind", ["--version"]).status !== 0) skip("valgrind is not installed (Debian package valgrind)");
if (!existsSync(program)) {
  console.log(`FAILED: ${program} was not built (target tools)`);
  finish(0, 1, 0);
}
const built = execFileSync(program, ["--built"], { encoding: "utf8" }).trim();
const update = process.argv.includes("--update");
const { built: wanted, expected } = read();
if (!update && built !== wanted) skip(`built by "${built}", and expected.tsv by "${wanted}": not comparable`);

const folder = mkdtempSync(join(tmpdir(), "ashlar-instructions-"));
let measured;
try {
  measured = measure(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (update) {
  write(built, measured);
  console.log(`expected.tsv: ${measured.size} paths`);
  process.exit(0);
}
const missed = selfTest();
for (const [was, is] of missed) console.log(`self-test failed: expected ${was}, measured ${is}`);
const rows = compare(expected, measured);
for (const { path, was, is, wrong } of rows) {
  const change = was && is ? `${((is / was - 1) * 100).toFixed(1)} %` : "";
  console.log(`${wrong ? "FAILED" : "ok"}: ${path.padEnd(28)} ${(is ?? 0).toFixed(1).padStart(9)} instructions ${change.padStart(8)}${wrong ? `  ${wrong}` : ""}`);
}
const wrong = rows.filter((row) => row.wrong).length;
finish(rows.length - wrong + (missed.length ? 0 : 1), wrong + (missed.length ? 1 : 0), 0);
