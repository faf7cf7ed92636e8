// Faktory's protocol as its existing workers speak it: npm's faktory-worker, unmodified, and the protocol's own words on a socket.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Client, Worker } from "faktory-worker";
import { eventually, kPostgres, kSlow, removeFolder, sleep, temporaryFolder } from "./support/process.mjs";
import { Server } from "./support/server.mjs";
import { freePort } from "./suites/edge.mjs";

let names = 0;
const fresh = (name) => `${name}-${++names}`;
const jid = () => randomBytes(12).toString("hex");

// One connection, line by line.
class Wire {
  static async open(port) {
    const wire = new Wire();
    wire.socket = net.connect(port, "127.0.0.1");
    wire.text = "";
    wire.closed = new Promise((done) => wire.socket.once("close", done));
    wire.socket.setEncoding("utf8").on("data", (text) => (wire.text += text)).on("error", () => {});
    wire.greeting = await wire.answer();
    return wire;
  }
  async answer(limit_ms = 5000) {
    const whole = () => {
      const end = this.text.indexOf("\r\n");
      if (end < 0) return false;
      if (this.text[0] !== "$" || this.text.startsWith("$-1")) return end + 2;
      const size = end + 2 + Number(this.text.slice(1, end)) + 2;  // ASCII in these tests
      return this.text.length >= size && size;
    };
    const size = await eventually("an answer", whole, limit_ms * kSlow);
    const answer = this.text.slice(0, size - 2);
    this.text = this.text.slice(size);
    return answer.startsWith("$") && !answer.startsWith("$-1") ? answer.slice(answer.indexOf("\r\n") + 2) : answer;
  }
  say(line, limit_ms) {
    this.socket.write(line + "\r\n");
    return this.answer(limit_ms);
  }
  hello(password, more = {}) {
    const { s, i } = JSON.parse(this.greeting.slice(4));
    let hash = createHash("sha256").update(password + s).digest();
    for (let n = 1; n < i; ++n) hash = createHash("sha256").update(hash).digest();
    return this.say(`HELLO ${JSON.stringify({ v: 2, pwdhash: hash.toString("hex"), ...more })}`);
  }
  close() {
    this.socket.destroy();
  }
}

function suite(kind) {
  describe(`Faktory's protocol on ${kind}`, { timeout: 180_000 * kSlow }, () => {
    const it = (name, run) => test(`${kind}: ${name}`, { timeout: 60_000 * kSlow }, run);
    let server, api, port, password, folder, keysFile;
    const open = [];
    before(async () => {
      port = await freePort();
      folder = temporaryFolder();
      keysFile = join(folder, "keys");
      server = await Server.start({ store: kind, args: ["--faktory-listen", `127.0.0.1:${port}`, "--faktory-keys", keysFile] });
      for (const name of ["acme", "other"]) server.newTenant(name);
      password = server.newKey("acme", "tasks:read", "tasks:write");
      api = server.client(password);
      writeFileSync(keysFile, `# workers of acme\r\n${password}\r\n`, { mode: 0o600 });
    });
    after(async () => {
      for (const one of open) await one.close();
      api?.close();
      await server?.stop();
      if (folder) removeFolder(folder);
    });
    const client = (options = {}) => {
      const made = new Client({ url: `tcp://:${password}@127.0.0.1:${port}`, poolSize: 4, ...options });
      open.push(made);
      return made;
    };
    const wire = async (more) => {
      const made = await Wire.open(port);
      open.push(made);
      if (more !== null) assert.equal(await made.hello(password, { wid: "w1", hostname: "h", ...more }), "+OK");
      return made;
    };
    const push = (made, job) => made.say(`PUSH ${JSON.stringify({ jid: jid(), jobtype: "j", args: [], ...job })}`);

    it("a worker of npm's faktory-worker works what its client pushes", async () => {
      const queue = fresh("node");
      const done = [];
      const worker = new Worker({ url: `tcp://:${password}@127.0.0.1:${port}`, concurrency: 5, queues: [queue, "default"], registry: {
        add: async (a, b) => done.push(a + b),
        flaky: async (id) => {
          done.push(`try ${id}`);
          if (done.filter((one) => one === `try ${id}`).length === 1) throw new Error("not yet");
        } } });
      await worker.work();
      const producer = client();
      const bulk = await producer.pushBulk(Array.from({ length: 30 }, (_, n) => ({ ...producer.job("add", n, 1000).toJSON(), queue })));
      assert.deepEqual(bulk, {});
      const flaky = producer.job("flaky", 1);
      flaky.queue = queue;
      await flaky.push();
      await eventually("the sums are there", () => done.filter((one) => one >= 1000).length === 30, 20_000 * kSlow);
      await eventually("the failed job was tried again", () => done.filter((one) => one === "try 1").length === 2, 20_000 * kSlow);
      await eventually("all is acknowledged", async () => {
        const { json } = await api.get(`/v1/tasks?queue=${queue}&state=done&limit=100`);
        return json.data.length === 31;
      }, 10_000 * kSlow);
      assert.deepEqual([...new Set(done.filter((one) => one >= 1000))].length, 30, "each once");
      worker.quiet();
      await worker.stop();
    });

    it("FETCH waits two seconds, and what comes meanwhile comes at once", async () => {
      const [one, two] = [await wire(), await wire()];
      const [urgent, plain] = [fresh("urgent"), fresh("plain")];
      const begun = performance.now();
      assert.equal(await one.say(`FETCH ${urgent} ${plain}`), "$-1");
      const waited = performance.now() - begun;
      assert.ok(waited > 1500 && waited < 6000 * kSlow, `waited ${waited} ms`);
      const asked = one.say(`FETCH ${urgent} ${plain}`);
      await sleep(300);
      const pushed = performance.now();
      assert.equal(await push(two, { queue: plain, args: [7] }), "+OK");
      const job = JSON.parse(await asked);
      assert.ok(performance.now() - pushed < 1000 * kSlow, "at once");
      assert.deepEqual([job.args, job.queue, job.reserve_for], [[7], plain, 1800]);
      assert.equal(await one.say(`ACK {"jid":"${job.jid}"}`), "+OK");
    });

    it("queues are asked in their order, jobs by priority", async () => {
      const made = await wire();
      const [first, second] = [fresh("first"), fresh("second")];
      await push(made, { queue: second, args: ["second"] });
      await push(made, { queue: first, args: ["low"], priority: 1 });
      await push(made, { queue: first, args: ["high"], priority: 9 });
      const got = [];
      for (let n = 0; n < 3; ++n) got.push(JSON.parse(await made.say(`FETCH ${first} ${second}`)).args[0]);
      assert.deepEqual(got, ["high", "low", "second"]);
    });

    it("a hundred fetches that wait hold no thread", async () => {
      const queue = fresh("many");
      const waiting = [];
      for (let n = 0; n < 100; ++n) waiting.push((await wire({ wid: `many${n}` })).say(`FETCH ${queue}`, 10_000));
      assert.equal((await api.get("/v1/queues")).status, 200);
      const made = await wire();
      const begun = performance.now();
      assert.equal(await push(made, { queue: fresh("elsewhere") }), "+OK");
      assert.ok(performance.now() - begun < 1000 * kSlow);
      for (const one of await Promise.all(waiting)) assert.equal(one, "$-1");
    });

    it("a jid that lives is one job; done, it may come again", async () => {
      const made = await wire();
      const [queue, id] = [fresh("unique"), jid()];
      for (let n = 0; n < 3; ++n) assert.equal(await push(made, { queue, jid: id }), "+OK");
      assert.equal(JSON.parse(await made.say(`FETCH ${queue}`)).jid, id);
      assert.equal(await made.say(`FETCH ${queue}`), "$-1");
      assert.equal(await made.say(`ACK {"jid":"${id}"}`), "+OK");
      assert.equal(await push(made, { queue, jid: id }), "+OK");
      assert.equal(JSON.parse(await made.say(`FETCH ${queue}`)).jid, id);
    });

    it("FAIL tells why; retry 0 is dead at once and can be seen, and live again", async () => {
      const made = await wire();
      const [queue, id] = [fresh("fail"), jid()];
      await push(made, { queue, jid: id, retry: 0 });
      await made.say(`FETCH ${queue}`);
      assert.equal(await made.say(`FAIL ${JSON.stringify({ jid: id, errtype: "TypeError", message: "no", backtrace: ["at a"] })}`), "+OK");
      const [task] = (await api.get(`/v1/tasks?queue=${queue}&state=dead`)).json.data;
      assert.match(task.error, /^TypeError: no\nat a/);
      assert.equal(task.unique_key, id);
      const redriven = await api.post(`/v1/tasks/${task.id}/redrive`);
      assert.equal(redriven.status, 200, redriven.text);
      const again = JSON.parse(await made.say(`FETCH ${queue}`, 10_000));
      assert.equal(again.jid, id);
      assert.deepEqual(again.failure.retry_count, 0);
    });

    it("who does not hold a job cannot end it", async () => {
      const [mine, other] = [await wire({ wid: "mine" }), await wire({ wid: "other" })];
      const [queue, id] = [fresh("fence"), jid()];
      await push(mine, { queue, jid: id });
      await mine.say(`FETCH ${queue}`);
      assert.match(await other.say(`ACK {"jid":"${id}"}`), /^-ERR faktory_not_reserved/);
      assert.match(await other.say(`FAIL {"jid":"${id}"}`), /^-ERR faktory_not_reserved/);
      const sameWorker = await wire({ wid: "mine" });
      assert.equal(await sameWorker.say(`ACK {"jid":"${id}"}`), "+OK", "any connection of the worker may");
      assert.match(await mine.say(`ACK {"jid":"${id}"}`), /^-ERR faktory_not_reserved/);
    });

    it("`at` is kept, and a task that came by REST is a job too", async () => {
      const made = await wire();
      const queue = fresh("mixed");
      await push(made, { queue, at: new Date(Date.now() + 3600_000).toISOString() });
      assert.equal(await made.say(`FETCH ${queue}`), "$-1");
      const created = await api.post("/v1/tasks", { queue, payload: { order: 17 } });
      const plain = JSON.parse(await made.say(`FETCH ${queue}`));
      assert.deepEqual([plain.jid, plain.jobtype, plain.args], [`task-${created.json.id}`, queue, [{ order: 17 }]]);
      assert.equal(await made.say(`ACK {"jid":"${plain.jid}"}`), "+OK");
      assert.equal((await api.get(`/v1/tasks/${created.json.id}`)).json.state, "done");
      const info = JSON.parse(await made.say("INFO"));
      assert.equal(info.faktory.queues[queue], 0);
      assert.equal(info.faktory.tasks.Scheduled.size >= 1, true);
    });

    it("the password is an API key of the file, with the scopes of tasks", async () => {
      const wrong = await wire(null);
      assert.match(await wrong.hello("guessed", {}), /^-ERR invalid_api_key/);
      await wrong.closed;
      const none = await wire(null);
      assert.match(await none.say("HELLO {\"v\":2}"), /^-ERR invalid_api_key/);
      const silent = await wire(null);
      assert.match(await silent.say(`FETCH default`), /^-ERR HELLO comes first/);
      await silent.closed;
      const reader = server.newKey("acme", "tasks:read");
      const doomed = server.newKey("other", "tasks:read", "tasks:write");
      writeFileSync(keysFile, `${password}\n${reader}\n\n# of another tenant\n  ${doomed}\n`);
      const weak = await wire(null);
      assert.match(await weak.hello(reader, {}), /^-ERR missing_scope/);
      const queue = fresh("tenants");
      const own = await wire();
      await push(own, { queue });
      const another = await Wire.open(port);
      open.push(another);
      assert.equal(await another.hello(doomed, { wid: "w1" }), "+OK");
      assert.equal(await another.say(`FETCH ${queue}`), "$-1", "another tenant's job is not seen");
      // Out of the file is out of the server.
      writeFileSync(keysFile, `${password}\n`);
      await eventually("the connection of a key that is taken away ends", async () => {
        const said = await Promise.race([another.say("BEAT {\"wid\":\"w1\"}"), another.closed.then(() => "-closed")]).catch(() => "-closed");
        return said.startsWith("-");
      }, 15_000 * kSlow, 500);
    });

    it("what is not offered, and what is no command, is said; the connection lives", async () => {
      const made = await wire();
      for (const line of ["FLUSH", "QUEUE PAUSE *", "MUTATE {}", "BATCH NEW {}", "TRACK GET x"]) {
        assert.match(await made.say(line), /^-ERR this command is not offered here/, line);
      }
      assert.match(await made.say("JUMP"), /^-ERR unknown command/);
      assert.match(await made.say("PUSH {"), /^-MALFORMED/);
      assert.match(await made.say('PUSH {"jid":"short","jobtype":"j","args":[]}'), /^-MALFORMED jid/);
      assert.match(await made.say(`PUSH ${JSON.stringify({ jid: jid(), jobtype: "j", args: ["x".repeat(300_000)] })}`), /^-ERR payload_too_large/);
      const refused = JSON.parse(await made.say(`PUSHB ${JSON.stringify([{ jid: "short", jobtype: "j", args: [] }, { jid: jid(), jobtype: "j", args: [], queue: fresh("batch") }])}`));
      assert.deepEqual(Object.keys(refused), ["short"]);
      assert.match(await made.say("BEAT {\"wid\":\"w1\"}"), /^\+OK/);
      // Several commands in one write are answered in their order.
      made.socket.write("BEAT {}\r\nJUMP\r\nINFO\r\n");
      assert.match(await made.answer(), /^\+OK/);
      assert.match(await made.answer(), /^-ERR unknown/);
      assert.equal(JSON.parse(await made.answer()).server.description, "Ashlar");
      made.socket.write("END\r\n");
      await made.closed;
      const endless = await wire();
      endless.socket.write("PUSH " + "x".repeat(5_000_000));
      assert.match(await endless.answer(20_000), /^-ERR a command has at most/);
    });

    it("a worker that leaves while it waits takes no job with it", async () => {
      const queue = fresh("left");
      for (let n = 0; n < 5; ++n) {
        const gone = await wire({ wid: `gone${n}` });
        gone.socket.write(`FETCH ${queue}\r\n`);
        await sleep(50);
        gone.close();
      }
      const made = await wire();
      await push(made, { queue });
      assert.equal(JSON.parse(await made.say(`FETCH ${queue}`)).queue, queue);
    });
  });
}

for (const kind of ["sqlite", "postgres"]) {
  if (kind === "postgres" && kPostgres === "") {
    test("Faktory's protocol on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set: PostgreSQL is NOT tested" }, () => {});
    continue;
  }
  suite(kind);
}
