// Everything that a test must not leave behind: child processes and temporary folders. Both go when this process ends, however it
// ends short of SIGKILL. Also where the tests are told what to test.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const kRoot = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
export const kBinary = resolve(kRoot, process.env.ASHLAR_BIN ?? "build/release/ashlar");
export const kPostgres = process.env.ASHLAR_TEST_POSTGRES ?? "";

// Builds with sanitizers take several times as long and several times the memory: bounds of time are stretched for them by
// kSlow, bounds of memory do not hold.
const sanitized = /\/(asan|tsan)(\/|$)/.test(`/${process.env.ASHLAR_BUILD ?? ""}`) || /\/(asan|tsan)\//.test(kBinary);
export const kSanitized = sanitized;
export const kSlow = sanitized ? 10 : 1;

const children = new Set();
const folders = new Set();

export function track(child) {
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

export function temporaryFolder(name = "ashlar-client") {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  folders.add(folder);
  return folder;
}

export function removeFolder(folder) {
  folders.delete(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => process.exit(130));

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Until `check` gives something true, which is returned. Fails with `what` after `limit_ms` (stretched by kSlow).
export async function eventually(what, check, limit_ms = 5000, pause_ms = 20) {
  const end = performance.now() + limit_ms * kSlow;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (performance.now() > end) throw new Error(`${what}: not within ${limit_ms * kSlow} ms`);
    await sleep(pause_ms);
  }
}

// One command of the binary to its end: {code, stdout, stderr}.
export function ashlar(args, { input = "", env = {}, timeout_ms = 30_000 } = {}) {
  const result = spawnSync(kBinary, args, {
    input, encoding: "utf8", timeout: timeout_ms * kSlow, killSignal: "SIGKILL", env: { ...process.env, ...env }, maxBuffer: 64 << 20,
  });
  if (result.error) throw result.error;
  return { code: result.status, stdout: result.stdout, stderr: result.stderr };
}
