// Counts that are kept in process, over the end of the process: all of them after a clean one, and after a SIGKILL those of a
// moment before (limits.snapshot_s).
import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Api } from "./support/http.mjs";
import { eventually, kSlow, sleep } from "./support/process.mjs";
import { Server, Store } from "./support/server.mjs";
import { freePort } from "./suites/edge.mjs";

const kLimit = 1000;

// A store and rule files that outlive their servers.
class Counted {
  static async open() {
    const counted = new Counted();
    counted.store = new Store("sqlite");
    counted.rules = mkdtempSync(join(counted.store.folder, "rules-"));
    writeFileSync(join(counted.rules, "day.yaml"),
      `domain: day\ndescriptors:\n  - key: user\n    rate_limit: {unit: day, requests_per_unit: ${kLimit}}\n`);
    await counted.start();
    return counted;
  }
  async start() {
    const port = await freePort();
    this.server = await Server.start({
      store: this.store, sets: { "limits.snapshot_s": 1 },
      args: ["--limits-config", this.rules, "--limits-http-listen", `127.0.0.1:${port}`],
    });
    this.key ??= this.server.key;
    this.server.api.key = this.key;
    this.api = new Api(`http://127.0.0.1:${port}`);
  }
  // {remaining} of a rule file's count; hits 0 looks.
  async file(user, hits) {
    const answer = await this.api.post("/json", { domain: "day", descriptors: [{ entries: [{ key: "user", value: user }], hitsAddend: String(hits) }] });
    assert.ok(answer.status === 200 || answer.status === 429, answer.text);
    return answer.json.statuses[0].limitRemaining ?? 0;
  }
  // And of a native rule's: a peek says what would be left after it, so it is of 0 units.
  async native(user, cost) {
    const body = { attributes: { user }, cost, peek: cost === 0 };
    const answer = await this.server.api.post("/v1/limits/check", body);
    assert.equal(answer.status, 200, answer.text);
    return answer.json.limits[0].remaining;
  }
  async look(user) {
    return { file: await this.file(user, 0), native: await this.native(user, 0) };
  }
  async close() {
    this.api?.close();
    await this.server?.stop();
    this.store.remove();
  }
}

// A day's window must not end between two looks.
async function awayFromMidnight() {
  const left_ms = 86_400_000 - (Date.now() % 86_400_000);
  if (left_ms < 60_000 * kSlow) await sleep(left_ms + 1000);
}

describe("counts and the end of the process", { timeout: 180_000 * kSlow }, () => {
  test("a clean restart loses none, a SIGKILL those of its last second at most", async () => {
    await awayFromMidnight();
    const counted = await Counted.open();
    try {
      const rule = { name: "day", key: ["user"], limit: kLimit, per: "day", algorithm: "fixed_window" };
      assert.equal((await counted.server.api.call("PUT", "/v1/limits/rules", { body: { rules: [rule] } })).status, 200);
      for (let i = 0; i < 7; ++i) await Promise.all([counted.file("ann", 1), counted.native("ann", 1)]);
      const before = await counted.look("ann");
      assert.deepEqual(before, { file: kLimit - 7, native: kLimit - 7 });
      counted.api.close();
      assert.deepEqual(await counted.server.stop(), { code: 0, signal: null });

      await counted.start();
      assert.deepEqual(await counted.look("ann"), before, "after a clean restart");
      assert.deepEqual(await counted.look("nobody"), { file: kLimit, native: kLimit });

      await counted.file("ann", 5);
      await counted.native("ann", 5);
      const written = await counted.look("ann");
      await sleep(3000 * kSlow);  // limits.snapshot_s, and what a busy machine adds
      await counted.file("ann", 3);
      const last = await counted.look("ann");
      counted.api.close();
      await counted.server.kill();

      await counted.start();
      const after = await counted.look("ann");
      assert.equal(after.native, written.native, "nothing was taken in the last second");
      assert.ok(after.file >= last.file && after.file <= written.file, `${after.file}, not between ${last.file} and ${written.file}`);
    } finally {
      await counted.close();
    }
  });

  test("a snapshot that is cut short or is none starts anew, and says so", async () => {
    await awayFromMidnight();
    const counted = await Counted.open();
    try {
      await counted.file("bob", 4);
      counted.api.close();
      await counted.server.stop();
      writeFileSync(join(counted.store.data, "limits.counts"), "not what it was");
      await counted.start();
      assert.equal(await counted.file("bob", 0), kLimit);
      await eventually("the log says it", () => counted.server.stderr.includes("limits' counts not restored"));
      await counted.file("bob", 2);
      counted.api.close();
      await counted.server.stop();
      await counted.start();
      assert.equal(await counted.file("bob", 0), kLimit - 2, "and the next one is good");
    } finally {
      await counted.close();
    }
  });
});
