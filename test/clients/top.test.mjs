// `ashlar top` as a shell sees it: pipes, files, a terminal, signals, a reader that goes away.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ashlar, eventually, kBinary, kSlow, temporaryFolder, track } from "./support/process.mjs";

const once = (input, ...more) => ashlar(["top", "--once", "--k", "10", "--window", "300s", "--format", "tsv", ...more], { input });
const said = { code: 0, stderr: "" };

function randomOf(seed) {  // mulberry32
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const kSecond = 1_000_000_000n;
function bruteForce(events, window_s, k) {
  const newest = events.reduce((a, { at }) => (at > a ? at : a), events[0].at);
  const counts = new Map();
  for (const { at, user } of events) if (at > newest - BigInt(window_s) * kSecond) counts.set(user, (counts.get(user) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0]))).slice(0, k)
    .map(([user, count], i) => `${i + 1}\t${user}\t${count}\n`).join("");
}

function startTop(args, options = {}) {
  const child = track(spawn(kBinary, ["top", ...args], { stdio: "pipe", ...options }));
  const run = { child, stdout: "", stderr: "" };
  child.stdin.on("error", () => {});
  child.stdout.setEncoding("utf8").on("data", (text) => { run.stdout += text; });
  child.stderr.setEncoding("utf8").on("data", (text) => { run.stderr += text; });
  run.ended = new Promise((done) => child.on("close", (code, signal) => done({ code, signal })));
  return run;
}

test("--once is exact by timestamp: fractions, any order, both ends of the window", () => {
  assert.deepEqual(once("1000 a x\n700 b x\n700.000000001 c x\n1000 a x\n701 b x"), { ...said, stdout: "1\ta\t2\n2\tb\t1\n3\tc\t1\n" });
  assert.deepEqual(once("1000.5 a x\n700.5 b x\n700.500000001 c x\n"), { ...said, stdout: "1\ta\t1\n2\tc\t1\n" });
  assert.deepEqual(once("1970-01-01T00:16:40Z a x\n1970-01-01 01:16:40.25+01:00 a x\n700.25 b x\n"), { ...said, stdout: "1\ta\t2\n" });
  for (let seed = 1; seed <= 12; ++seed) {
    const random = randomOf(seed), below = (n) => Math.floor(random() * n);
    const window_s = [1, 10, 300, 86_400][below(4)];
    const events = [], lines = [];
    for (let i = 0; i < 4000; ++i) {
      const second = 1_700_000_000 + below(3 * window_s + 5);
      const nanos = [0, 0, 1, 500_000_000, 999_999_999, below(1e9)][below(6)];
      const user = ["ann", "bob", "Bob", "çelik", `u${below(200)}`][below(5)];
      events.push({ at: BigInt(second) * kSecond + BigInt(nanos), user });
      lines.push(`${second}${nanos ? `.${String(nanos).padStart(9, "0")}` : ""}${" \t"[below(2)]}${user} act ${below(9)}`);
    }
    assert.equal(once(lines.join("\n"), "--window", `${window_s}s`).stdout, bruteForce(events, window_s, 10), `seed ${seed}`);
  }
});

test("nothing in, nothing out", () => {
  for (const format of ["tsv", "json", "table"]) assert.deepEqual(ashlar(["top", "--once", "--format", format]), { ...said, stdout: "" });
  assert.deepEqual(once("\n \n\r\n"), { ...said, stdout: "" });
});

test("malformed lines are counted and reported, never fatal", () => {
  const result = once("nonsense\n5 a x\r\n5 b\n\0\xff\n" + "y".repeat(70_000) + "\n5 a x\n");
  assert.equal(result.code, 0);
  assert.equal(result.stdout, "1\ta\t2\n");
  assert.equal(result.stderr, "ashlar top: 6 lines, 3 malformed, 1 too long; the first is line 1: it begins with no time: neither Unix seconds nor RFC 3339\n");
  assert.match(once("5 a x\n{\"at\":6}\n").stderr, /^ashlar top: 2 lines, 1 malformed; the first is line 2: no user\n$/);
});

test("access logs and JSON lines, mixed, by each dimension", () => {
  const log = [
    '10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a?q=1 HTTP/1.0" 200 2326',
    '10.0.0.1 - frank [10/Oct/2000:20:55:37 +0000] "POST /b HTTP/1.1" 201 5 "http://x/" "Mozilla/5.0 (\\"x\\")"',
    '{"at":971211338.5,"user":"frank","action":"GET","endpoint":"GET /a"}',
    '{"timestamp":"2000-10-10T20:55:39Z","user_id":7,"tags":{"a":["}"]}}',
    "971211340 frank GET",
  ].join("\n");
  assert.equal(once(log).stdout, "1\tfrank\t3\n2\t10.0.0.1\t1\n3\t7\t1\n");
  assert.equal(once(log, "--by", "action").stdout, "1\tGET\t3\n2\tPOST\t1\n");
  assert.equal(once(log, "--by", "endpoint").stdout, "1\tGET /a\t2\n2\tGET\t1\n3\tPOST /b\t1\n");
  assert.equal(once(log, "--input", "clf").stdout, "1\t10.0.0.1\t1\n2\tfrank\t1\n");
  assert.deepEqual(JSON.parse(ashlar(["top", "--once", "--format", "json", "--k", "1"], { input: log }).stdout), {
    as_of: "2000-10-10T20:55:40Z", window_s: 300, by: "user", events: 5, names: 3, exact: true, lines: 5, malformed: 0, too_long: 0,
    top: [{ rank: 1, user: "frank", count: 3 }],
  });
});

test("names are escaped on the way out", () => {
  const input = Buffer.concat([Buffer.from('{"at":1,"user":"tab\\there\\nnew"}\n1 '), Buffer.from([0x1b, 0x5b, 0x32, 0x4a, 0xff]), Buffer.from(" x\n")]);
  assert.equal(once(input).stdout, "1\t\\x1b[2J\\xff\t1\n2\ttab\\there\\nnew\t1\n");
});

test("files, one after the other, - among them", () => {
  const folder = temporaryFolder();
  const [first, second] = ["first", "second"].map((name) => join(folder, name));
  writeFileSync(first, "1 a x\n2 a x");
  writeFileSync(second, "3 b x\n");
  assert.deepEqual(once("4 b x\n5 b x", first, second, "-"), { ...said, stdout: "1\tb\t3\n2\ta\t2\n" });
  const missing = once("", first, join(folder, "none"));
  assert.deepEqual([missing.code, missing.stdout], [1, ""]);
  assert.match(missing.stderr, /^ashlar: cannot open \S+none: No such file or directory\n$/);
  assert.match(once("", folder).stderr, /^ashlar: cannot read \S+: Is a directory\n$/);
});

test("a wrong option is exit code 2 and one line", () => {
  for (const [option, value] of [["--k", "0"], ["--k", "many"], ["--window", "0"], ["--window", "25h"], ["--by", "tenant"],
    ["--format", "xml"], ["--input", "csv"], ["--interval", "1ms"], ["--max-memory", "12"]]) {
    const { code, stdout, stderr } = ashlar(["top", "--once", option, value]);
    assert.deepEqual([code, stdout], [2, ""], `${option} ${value}`);
    assert.match(stderr, new RegExp(`^ashlar: ${option} takes [^\n]+, not '${value}'\n$`));
  }
  for (const args of [["top", "--wrong"], ["top", "--k"]]) {
    const { code, stderr } = ashlar(args);
    assert.equal(code, 2);
    assert.match(stderr, /^ashlar: [^\n]+\n$/);
  }
});

test("live, elsewhere than on a terminal: rows at each interval as the pipe grows, then the last and the rate", async () => {
  const run = startTop(["--interval", "100ms", "--format", "tsv"]);
  run.child.stdin.write("1 a x\n2 a");
  await eventually("the first table", () => run.stdout.includes("1\ta\t1\n\n"));
  run.child.stdin.write(" x\n3 b x\n");
  await eventually("the second table", () => run.stdout.endsWith("1\ta\t2\n2\tb\t1\n\n"));
  run.child.stdin.end("4 c x");
  assert.deepEqual(await run.ended, { code: 0, signal: null });
  assert.ok(run.stdout.endsWith("1\ta\t2\n2\tb\t1\n3\tc\t1\n\n"), run.stdout);
  assert.match(run.stderr, /^ashlar top: 4 lines in \d+\.\d\d s, \d+ lines? a second\n$/);
});

test("a signal ends it with a last table", async () => {
  for (const signal of ["SIGINT", "SIGTERM"]) {
    const run = startTop(["--interval", "100ms", "--format", "json"]);
    run.child.stdin.write("1 a x\n");
    await eventually("a table", () => run.stdout.includes('"user":"a"'));
    run.child.kill(signal);
    assert.deepEqual(await run.ended, { code: 0, signal: null });
    for (const line of run.stdout.trimEnd().split("\n")) assert.equal(JSON.parse(line).top[0].user, "a");
    assert.match(run.stderr, /lines? a second\n$/);
  }
});

test("a reader that goes away ends it quietly", () => {
  const { status, stdout, stderr } = spawnSync("bash", ["-c", 'set -o pipefail; yes "1 a x" | head -c 400000000 | "$0" top --interval 100ms --format tsv | head -n 1', kBinary],
    { encoding: "utf8", timeout: 30_000 * kSlow });
  assert.match(stdout, /^1\ta\t\d+\n$/);
  assert.equal(stderr, "");
  assert.notEqual(status, 1);
  const full = spawnSync("bash", ["-c", 'echo "1 a x" | "$0" top --once > /dev/full', kBinary], { encoding: "utf8" });
  assert.equal(full.status, 1);
  assert.match(full.stderr, /^ashlar: cannot write to standard output: [^\n]+\n$/);
});

test("on a terminal it redraws in place, with colours unless NO_COLOR, and gives the cursor back", () => {
  const log = join(temporaryFolder(), "log");
  writeFileSync(log, "1 alice x\n2 alice x\n3 bob\x1b[31m x\n");
  const onTerminal = (more) => {
    const { status, stdout } = spawnSync("script", ["-qec", `(cat '${log}'; sleep 0.5) | '${kBinary}' top --interval 100ms`, "/dev/null"],
      { encoding: "utf8", timeout: 30_000 * kSlow, input: "", env: { PATH: process.env.PATH, TERM: "xterm", LANG: "C.UTF-8", ...more } });
    assert.equal(status, 0);
    return stdout;
  };
  const colored = onTerminal({});
  assert.ok(colored.startsWith("\x1b[?25l"), JSON.stringify(colored));
  assert.match(colored, /\x1b\[5A\r/);
  assert.ok(colored.includes("\x1b[?25h"));
  assert.ok(colored.lastIndexOf("\x1b[?25h") > colored.lastIndexOf("\x1b[?25l"));
  assert.ok(colored.includes("\x1b[36m█"));
  assert.ok(colored.includes("bob\\x1b[31m"));
  const plain = onTerminal({ NO_COLOR: "1" });
  assert.doesNotMatch(plain, /\x1b\[\d*m/);
  assert.match(plain, /\x1b\[5A\r/);
  assert.doesNotMatch(onTerminal({ TERM: "dumb" }), /\x1b/);
});

test("over --max-memory it says so, and the bounds hold", () => {
  const random = randomOf(1);
  const lines = [];
  let hot = 0;
  for (let i = 0; i < 1_200_000; ++i) {
    const isHot = random() < 0.1;
    hot += isHot ? 1 : 0;
    lines.push(`${1000 + Math.floor(i / 8000)} ${isHot ? "hot" : `u${i}`} x`);
  }
  const input = lines.join("\n");
  assert.deepEqual(once(input, "--k", "1"), { ...said, stdout: `1\thot\t${hot}\n` });
  const bounded = once(input, "--k", "1", "--max-memory", "16m");
  assert.equal(bounded.code, 0);
  assert.match(bounded.stderr, /^ashlar top: over --max-memory: [^\n]+\n$/);
  const [rank, name, lower, upper, sure] = bounded.stdout.trimEnd().split("\t");
  assert.deepEqual([rank, name, sure], ["1", "hot", "guaranteed"]);
  assert.ok(Number(lower) <= hot && hot <= Number(upper), bounded.stdout);
  assert.ok(Number(upper) - Number(lower) < hot / 10, bounded.stdout);
  // The same from a file, whose reads are cut elsewhere.
  const log = join(temporaryFolder(), "log");
  writeFileSync(log, input);
  assert.equal(once("", "--k", "1", "--max-memory", "16m", log).stdout, bounded.stdout);
});
