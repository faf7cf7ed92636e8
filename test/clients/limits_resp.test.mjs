// CL.THROTTLE as redis-cell's callers use it: by ioredis, unmodified, and by redis-cli.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import net from "node:net";
import { after, before, describe, test } from "node:test";
import Redis from "ioredis";
import { eventually, kSlow, sleep } from "./support/process.mjs";
import { Server } from "./support/server.mjs";
import { freePort } from "./suites/edge.mjs";

class Resp {
  static async start({ sets = {}, store } = {}) {
    const resp = new Resp();
    resp.clients = new Set();
    resp.port = await freePort();
    resp.server = await Server.start({ store, sets, args: ["--resp-listen", `127.0.0.1:${resp.port}`] });
    return resp;
  }
  client(options = {}) {
    const redis = new Redis({ host: "127.0.0.1", port: this.port, connectTimeout: 5000 * kSlow, maxRetriesPerRequest: 3, ...options });
    redis.on("error", () => {});  // each command says it too
    this.clients.add(redis);
    return redis;
  }
  async stop() {
    for (const redis of this.clients) redis.disconnect();
    await this.server?.stop();
  }
}

const throttle = (redis, ...args) => redis.call("CL.THROTTLE", ...args);
const refused = (promise) => promise.then((answer) => assert.fail(`answered ${answer}`), (error) => error.message);

describe("CL.THROTTLE", { timeout: 60_000 * kSlow }, () => {
  let resp;
  let redis;
  before(async () => {
    resp = await Resp.start();
    redis = resp.client();
  });
  after(() => resp?.stop());

  test("what redis-cell answers", async () => {
    // a burst of 0 is one at once; one each two seconds, then
    assert.deepEqual(await throttle(redis, "one", 0, 1, 2), [0, 1, 0, -1, 2]);
    assert.deepEqual(await throttle(redis, "one", 0, 1, 2), [1, 1, 0, 2, 2]);
    assert.deepEqual(await throttle(redis, "another", 0, 1, 2), [0, 1, 0, -1, 2]);
    // 15 + 1 at once, 30 a minute
    assert.deepEqual(await throttle(redis, "many", 15, 30, 60), [0, 16, 15, -1, 2]);
    assert.deepEqual(await throttle(redis, "many", 15, 30, 60, 5), [0, 16, 10, -1, 12]);
    assert.deepEqual(await throttle(redis, "many", 15, 30, 60, 11), [1, 16, 10, 2, 12]);
    // more than ever fits
    assert.deepEqual(await throttle(redis, "many", 15, 30, 60, 17), [1, 16, 10, -1, 12]);
    await sleep(2100);
    assert.deepEqual(await throttle(redis, "one", 0, 1, 2), [0, 1, 0, -1, 2]);
  });

  test("quantity 0 looks and takes nothing", async () => {
    for (let i = 0; i < 3; ++i) assert.deepEqual(await throttle(redis, "look", 4, 5, 3600, 0), [0, 5, 5, -1, 0]);
    assert.deepEqual(await throttle(redis, "look", 4, 5, 3600, 5), [0, 5, 0, -1, 3600]);
    assert.deepEqual((await throttle(redis, "look", 4, 5, 3600, 0)).slice(1, 3), [5, 0]);
  });

  test("what is wrong is said, and the connection goes on", async () => {
    assert.equal(await refused(throttle(redis)), "Cell error: Usage: cl.throttle <key> <max_burst> <count per period> <period> [<quantity>]");
    assert.match(await refused(throttle(redis, "k", 1, 2)), /^Cell error: Usage/);
    assert.match(await refused(throttle(redis, "k", 1, 2, 3, 4, 5)), /^Cell error: Usage/);
    for (const bad of [["k", "x", 1, 1], ["k", 1, "1.5", 1], ["k", 1, 1, ""], ["k", 1, 1, 1, "many"], ["k", -1, 1, 1], ["k", 1, 0, 1], ["k", 1, 1, 0]]) {
      assert.match(await refused(throttle(redis, ...bad)), /^Cell error: /, `${bad}`);
    }
    assert.match(await refused(redis.get("k")), /^ERR unknown command 'get'/i);
    assert.equal(await redis.ping(), "PONG");
  });

  test("1,000 in one pipeline: each answered, in order, and counted exactly", async () => {
    const pipeline = redis.pipeline();
    for (let i = 0; i < 1000; ++i) pipeline.call("CL.THROTTLE", "pipeline", 399, 1, 86400);
    const answers = await pipeline.exec();
    assert.equal(answers.length, 1000);
    answers.forEach(([error, [limited, limit, remaining]], i) => {
      assert.equal(error, null);
      assert.deepEqual([limited, limit, remaining], [i < 400 ? 0 : 1, 400, Math.max(399 - i, 0)], `command ${i}`);
    });
  });

  test("several connections at once are counted exactly", async () => {
    const clients = Array.from({ length: 4 }, () => resp.client());
    const answers = await Promise.all(clients.flatMap((client) => Array.from({ length: 100 }, () => throttle(client, "at once", 49, 1, 86400))));
    assert.equal(answers.filter(([limited]) => limited === 0).length, 50);
    for (const client of clients) await client.quit();
  });

  test("any bytes are a key", async () => {
    const key = Buffer.from([0, 255, 13, 10, 36]);
    assert.equal((await throttle(redis, key, 0, 1, 3600))[0], 0);
    assert.equal((await throttle(redis, key, 0, 1, 3600))[0], 1);
    assert.equal((await throttle(redis, key.subarray(1), 0, 1, 3600))[0], 0);
    assert.match(await refused(throttle(redis, "k".repeat(4097), 0, 1, 1)), /^Cell error: /);
  });

  test("HELLO 3, and what else clients say on connecting", async () => {
    const hello = await redis.call("HELLO", "3");  // RESP3: a map
    const fields = Array.isArray(hello) ? Object.fromEntries(hello.flatMap((each, i) => (i % 2 ? [] : [[each, hello[i + 1]]]))) : hello;
    assert.equal(fields.server, "ashlar");
    assert.equal(fields.proto, 3);
    assert.deepEqual((await throttle(redis, "three", 0, 1, 3600)).slice(0, 3), [0, 1, 0]);
    assert.match(await refused(redis.call("HELLO", "4")), /^NOPROTO/);
    assert.equal((await redis.call("HELLO", "2")).includes("proto"), true);
    const named = resp.client({ connectionName: "tests", db: 0, lazyConnect: true });
    await named.connect();
    assert.equal(await named.client("GETNAME"), "tests");
    assert.equal(await named.echo("hi"), "hi");
    assert.match(await refused(named.select(1)), /^ERR DB index/);
    assert.match(await refused(named.auth("nothing")), /^ERR AUTH|^WRONGPASS/);
  });

  test("what is not Redis' protocol ends that connection, with a reason", async () => {
    const text = await new Promise((done) => {
      let all = "";
      const socket = net.connect(resp.port, "127.0.0.1", () => socket.write("*1\r\n$-5\r\n"));
      socket.setEncoding("latin1").on("data", (more) => (all += more)).on("end", () => (socket.end(), done(all)));
    });
    assert.match(text, /^-ERR Protocol error/);
    assert.equal(await redis.ping(), "PONG");
  });

  test("redis-cli", (t) => {
    const run = (...args) => spawnSync("redis-cli", ["-p", String(resp.port), ...args], { encoding: "utf8", timeout: 10_000 * kSlow });
    const ping = run("ping");
    if (ping.error?.code === "ENOENT") {
      console.log("SKIPPED: redis-cli is not installed; CL.THROTTLE by hand was not tested");
      return t.skip("no redis-cli");
    }
    assert.equal(ping.stdout.trim(), "PONG");
    assert.deepEqual(run("CL.THROTTLE", "by hand", "0", "1", "3600").stdout.trim().split("\n"), ["0", "1", "0", "-1", "3600"]);
    assert.deepEqual(run("-3", "CL.THROTTLE", "by hand", "0", "1", "3600").stdout.trim().split("\n").slice(0, 3), ["1", "1", "0"]);
  });
});

describe("CL.THROTTLE with callers' keys", { timeout: 60_000 * kSlow }, () => {
  let resp;
  before(async () => { resp = await Resp.start({ sets: { "resp.require_key": "true" } }); });
  after(() => resp?.stop());
  const by = (key, options = {}) => resp.client({ password: key, ...options });
  const day = [4, 1, 86400];

  test("without a key nothing is answered but AUTH", async () => {
    const redis = resp.client({ protocol: 2, enableReadyCheck: false });
    assert.match(await refused(throttle(redis, "k", ...day)), /^NOAUTH/);
    assert.match(await refused(redis.ping()), /^NOAUTH/);
    assert.match(await refused(redis.auth("ashlar_sk_wrong")), /^WRONGPASS/);
    assert.match(await refused(redis.auth("x".repeat(5000))), /^WRONGPASS/);
    assert.equal(await redis.auth(resp.server.newKey("demo", "limits:check")), "OK");
    assert.equal((await throttle(redis, "k", ...day))[0], 0);
  });

  test("a key with the scope counts for its tenant, whatever the user's name; tenants do not share", async () => {
    resp.server.newTenant("other");
    const own = resp.server.newKey("demo", "limits:check");
    const theirs = resp.server.newKey("other", "limits:check");
    assert.deepEqual((await throttle(by(own), "shared", ...day)).slice(0, 3), [0, 5, 4]);
    assert.deepEqual((await throttle(by(resp.server.newKey("demo", "limits:check"), { username: "anybody" }), "shared", ...day)).slice(0, 3), [0, 5, 3]);
    assert.deepEqual((await throttle(by(theirs), "shared", ...day)).slice(0, 3), [0, 5, 4]);
    const usage = async (key) => (await resp.server.api.get("/v1/limits/usage", { key })).json.rules.find(({ rule }) => rule === "cl.throttle");
    assert.equal((await usage(resp.server.newKey("other", "limits:read"))).total.allowed, 1);
  });

  test("HELLO 3 with AUTH", async () => {
    const key = resp.server.newKey("demo", "limits:check");
    for (const protocol of [2, 3]) assert.equal((await throttle(by(key, { protocol }), `by ${protocol}`, ...day))[0], 0);
    const redis = resp.client({ protocol: 2, enableReadyCheck: false });
    await redis.call("HELLO", "3", "AUTH", "default", key);
    assert.equal((await throttle(redis, "hello", ...day))[0], 0);
    const wrong = by("wrong", { retryStrategy: null });
    assert.match(await refused(throttle(wrong, "k", ...day)), /^WRONGPASS|Connection is closed/);
  });

  test("a key without limits:check, and one that was revoked, are no passwords", async () => {
    const redis = resp.client({ protocol: 2, enableReadyCheck: false });
    assert.match(await refused(redis.auth(resp.server.newKey("demo", "links:read", "limits:read"))), /^WRONGPASS/);
    const manager = resp.server.newKey("demo", "keys:read", "keys:write", "limits:check");
    const made = await resp.server.api.post("/v1/keys", { name: "short", scopes: ["limits:check"] }, { key: manager });
    assert.equal(made.status, 201, made.text);
    assert.equal(await redis.auth(made.json.key), "OK");
    assert.equal((await throttle(redis, "revoked", ...day))[0], 0);
    const gone = await resp.server.api.delete(`/v1/keys/${made.json.id}`, { key: manager });
    assert.ok(gone.status < 300, gone.text);
    const another = resp.client({ protocol: 2, enableReadyCheck: false });
    assert.match(await refused(another.auth(made.json.key)), /^WRONGPASS/);
    // and who has been let in with it is out, a second later
    await eventually("the connection is refused", () => throttle(redis, "revoked", ...day).then(() => false, ({ message }) => /^NOAUTH/.test(message)), 3000);
    assert.equal(await redis.auth(manager), "OK");
    assert.equal((await throttle(redis, "back", ...day))[0], 0);
  });
});

test("with keys but none required, who gives none acts as the installation", { timeout: 60_000 * kSlow }, async () => {
  const resp = await Resp.start();
  try {
    const redis = resp.client();
    assert.deepEqual((await throttle(redis, "k", 1, 1, 86400)).slice(0, 3), [0, 2, 1]);
    const keyed = resp.client({ password: resp.server.newKey("demo", "limits:check") });
    assert.deepEqual((await throttle(keyed, "k", 1, 1, 86400)).slice(0, 3), [0, 2, 1]);
    assert.deepEqual((await throttle(redis, "k", 1, 1, 86400)).slice(0, 3), [0, 2, 0]);
  } finally {
    await resp.stop();
  }
});

test("a client comes back after the server has, and finds its counts", { timeout: 60_000 * kSlow }, async () => {
  const resp = await Resp.start();
  try {
    const redis = resp.client({ retryStrategy: () => 50, maxRetriesPerRequest: null });
    assert.deepEqual((await throttle(redis, "back", 2, 1, 86400)).slice(0, 3), [0, 3, 2]);
    const { server } = resp;
    server.ownsStore = false;
    await server.stop();
    resp.server = await Server.start({ store: server.store, args: ["--resp-listen", `127.0.0.1:${resp.port}`] });
    resp.server.ownsStore = true;
    await eventually("ioredis is connected again", () => redis.status === "ready", 5000);
    assert.deepEqual((await throttle(redis, "back", 2, 1, 86400)).slice(0, 3), [0, 3, 1]);
  } finally {
    await resp.stop();
  }
});
