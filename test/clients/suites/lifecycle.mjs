// The server as a process: how it starts, refuses to start, stops, and what it writes.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parseAnswers } from "../support/http.mjs";
import { ashlar, eventually, kBinary, kSlow, removeFolder, sleep, temporaryFolder, track } from "../support/process.mjs";
import { Server, Store } from "../support/server.mjs";
import net from "node:net";

// `ashlar serve` that is expected to end by itself: {code, stderr}.
function refusedServe(args, env = {}) {
  const child = track(spawn(kBinary, ["serve", ...args], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] }));
  let stderr = "", stdout = "";
  child.stderr.on("data", (chunk) => (stderr += chunk));
  child.stdout.on("data", (chunk) => (stdout += chunk));
  const timer = setTimeout(() => child.kill("SIGKILL"), 10_000 * kSlow);
  return new Promise((done) => child.once("close", (code, signal) => {
    clearTimeout(timer);
    done({ code: code ?? signal, stderr, stdout });
  }));
}

export function lifecycleSuite(kind) {
  describe(`the process on ${kind}`, { timeout: 120_000 }, () => {
    const it = (name, run) => test(`${kind}: ${name}`, run);

    it("the first start shows a link, a tenant, a key and a curl line that works; the second only the address", async () => {
      const store = new Store(kind);
      try {
        mkdirSync(store.data);
        writeFileSync(join(store.data, "not-ours.txt"), "stays");
        const first = await Server.start({ store });
        assert.match(first.key, /^ashlar_sk_[0-9A-Za-z]{50}$/);
        assert.match(first.claimToken, /^[A-Za-z0-9_-]{43}$/);
        assert.match(first.stdout, /valid for 30 minutes/);
        assert.match(first.stdout, /^ {2}Sample tenant +demo$/m);
        const curl = first.stdout.split("\n").find((line) => line.startsWith("curl "));
        const { stdout, code } = await new Promise((done) => {
          const child = track(spawn("sh", ["-c", curl], { stdio: ["ignore", "pipe", "inherit"] }));
          let out = "";
          child.stdout.on("data", (chunk) => (out += chunk));
          child.once("close", (exit) => done({ stdout: out, code: exit }));
        });
        assert.equal(code, 0);
        const link = JSON.parse(stdout);
        assert.equal(link.url, "https://example.com/");
        assert.deepEqual(await first.stop(), { code: 0, signal: null });
        assert.ok(existsSync(join(store.data, "not-ours.txt")));

        const second = await Server.start({ store });
        assert.equal(second.key, null);
        assert.notEqual(second.claimToken, first.claimToken, "not claimed yet: a new link");
        assert.ok(second.startup_ms < 1000 * kSlow, `second start took ${Math.round(second.startup_ms)} ms`);
        console.log(`    ${kind}: first start ${Math.round(first.startup_ms)} ms, second ${Math.round(second.startup_ms)} ms`);
        second.api.key = first.key;
        assert.equal((await second.api.get(`/v1/links/${link.code}`)).status, 200);
        assert.equal((await second.api.get(`/${link.code}`)).headers.location, "https://example.com/");
        assert.deepEqual(await second.stop(), { code: 0, signal: null });
      } finally {
        store.remove();
      }
    });

    it("a clean stop answers what it has read, loses no click and exits 0", async () => {
      const store = new Store(kind);
      const server = await Server.start({ store, sets: { workers: 1 } });
      try {
        const ask = { key: null, headers: { "X-Requested-With": "ashlar-console" } };
        const password = "correct horse battery";
        assert.equal((await server.api.post("/v1/admin/claim", { token: server.claimToken, password }, ask)).status, 200);
        const { code } = (await server.api.post("/v1/links", { url: "https://example.com/" })).json;
        await server.api.get(`/${code}`);  // from here on the redirect needs no worker
        const connections = await Promise.all(Array.from({ length: 50 }, () => new Promise((done, failed) => {
          const socket = net.connect(server.port, "127.0.0.1", () => done(socket)).once("error", failed);
          socket.received = Buffer.alloc(0);
          socket.on("data", (chunk) => (socket.received = Buffer.concat([socket.received, chunk])));
        })));
        // The only worker is busy with passwords, half a second of them or more, while the creates arrive.
        const busy = Array.from({ length: 6 * kSlow }, () => server.api.post("/v1/admin/session", { password }, ask));
        await sleep(20);
        connections.forEach((socket, i) => {
          const body = JSON.stringify({ url: `https://example.com/slow/${i}`, code: `slow-${i}` });
          socket.write(`POST /v1/links HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
        });
        for (let i = 0; i < 24; ++i) assert.equal((await server.api.get(`/${code}`)).status, 302);
        await sleep(60 * kSlow);
        const before = connections.filter((socket) => parseAnswers(socket.received).length > 0).length;
        server.terminate();
        const exit = await server.exited;
        assert.deepEqual(exit, { code: 0, signal: null });
        assert.ok((await Promise.all(busy)).every((answer) => answer.status === 200));
        const answers = connections.map((socket) => parseAnswers(socket.received));
        assert.deepEqual(answers.map((found) => found[0]?.status), Array(50).fill(201));
        console.log(`    ${kind}: ${50 - before} of 50 creates were under way at the SIGTERM`);
        assert.ok(before < 50, "nothing was under way: this showed nothing");
        for (const socket of connections) socket.destroy();

        const again = await Server.start({ store });
        again.api.key = server.key;
        for (let i = 0; i < 50; ++i) assert.equal((await again.api.get(`/v1/links/slow-${i}`)).status, 200);
        assert.equal((await again.api.get(`/v1/links/${code}/stats`)).json.clicks, 25);
        await again.stop();
      } finally {
        await server.stop();
        store.remove();
      }
    });

    it("a body under way at the stop is read to its end and answered", async () => {
      const server = await Server.start({ store: kind });
      try {
        const body = JSON.stringify({ url: "https://example.com/half", code: "half-way" });
        const socket = net.connect(server.port, "127.0.0.1");
        let received = Buffer.alloc(0);
        socket.on("data", (chunk) => (received = Buffer.concat([received, chunk])));
        socket.write(`POST /v1/links HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 9)}`);
        await sleep(100 * kSlow);
        server.terminate();
        await sleep(100 * kSlow);
        socket.write(body.slice(9));
        assert.deepEqual(await server.exited, { code: 0, signal: null });
        const [answer] = parseAnswers(received);
        assert.equal(answer?.status, 201);
        assert.equal(answer.headers.connection, "close");
        socket.destroy();
      } finally {
        await server.stop();
      }
    });

    it("a stop does not wait for those who only listen", async () => {
      const server = await Server.start({ store: kind });
      const idle = net.connect(server.port, "127.0.0.1");
      const half = net.connect(server.port, "127.0.0.1", () => half.write("GET /healthz HT"));
      for (const socket of [idle, half]) socket.on("error", () => {});
      const stream = net.connect(server.port, "127.0.0.1", () =>
        stream.write(`GET /v1/clicks/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.key}\r\n\r\n`));
      await new Promise((done) => stream.once("data", done));
      const began = performance.now();
      assert.deepEqual(await server.stop(), { code: 0, signal: null });
      assert.ok(performance.now() - began < 3000 * kSlow);
      for (const socket of [idle, half, stream]) socket.destroy();
    });

    it("wrong settings stop the start with one line and exit code 2", async () => {
      const folder = temporaryFolder();
      const data = (name, args = []) =>
        ["--data", join(folder, `data-${name}`), ...(args.includes("--listen") ? [] : ["--listen", "127.0.0.1:0"]), ...args];
      const config = (name, text) => (writeFileSync(join(folder, name), text), join(folder, name));
      const cases = [
        [["--set", "no.such=1"], "no.such"], [["--set", "http.io_threads=0"], "http.io_threads"], [["--set", "http.io_threads=many"], "http.io_threads"],
        [["--set", "workers"], "KEY=VALUE"], [["--listen", "nowhere"], "listen: 'nowhere'"], [["--listen", "127.0.0.1:99999"], "65535"],
        [["--listen", "not-an-address:80"], "listen: 'not-an-address:80'"], [["--store", "mysql://x"], "store"], [["--set", "log.level=loud"], "log.level"],
        [["--set", "cors.origins=example.com"], "example.com"], [["--set", "http.trusted_proxies=10.0.0.0/99"], "10.0.0.0/99"],
        [["--set", "tls.certificate=x.pem"], "tls"], [["--set", "tls.certificate=/no/x.pem", "--set", "tls.private_key=/no/x.key"], "/no/x."],
        [["--set", `tls.certificate=${config("no.pem", "x")}`, "--set", `tls.private_key=${config("no.key", "x")}`], "no.pem"],
        [["--set", "otlp.endpoint=here"], "otlp.endpoint"], [["--set", "public_url=http://"], "public_url"],
        [["--set", "public_url=ftp://x"], "public_url"], [["--set", "otlp.sample_ratio=2"], "otlp.sample_ratio"], [["--set", "otlp.sample_ratio=nan"], "otlp.sample_ratio"],
        [["--set", "metrics.listen=here"], "metrics.listen"], [["--config", join(folder, "missing.toml")], "missing.toml"],
        [["--config", config("syntax.toml", "listen = \n")], "syntax.toml"], [["--config", config("unknown.toml", "[http]\nspeed = 9\n")], "unknown.toml:2"],
        [["--config", config("type.toml", 'workers = "lots"\n')], "workers"], [["--no-such-flag"], "no-such-flag"], [["surplus"], "surplus"],
      ];
      try {
        const refusals = await Promise.all(cases.map(([args], i) => refusedServe(data(i, args))));
        const wrong = refusals.map(({ code, stderr, stdout }, i) => ({ set: cases[i][0].join(" "), code, stderr, stdout, named: cases[i][1] }))
          .filter(({ code, stderr, stdout, named }) => code !== 2 || !/^ashlar: [^\n]+\n$/.test(stderr) || !stderr.includes(named) || stdout !== "");
        assert.deepEqual(wrong, []);
        const byEnvironment = await refusedServe(data("env"), { ASHLAR_HTTP_IDLE_TIMEOUT_S: "soon" });
        assert.equal(byEnvironment.code, 2);
        assert.match(byEnvironment.stderr, /^ashlar: .*ASHLAR_HTTP_IDLE_TIMEOUT_S.*\n$/);
        const mistyped = await refusedServe(data("typo"), { ASHLAR_HTTP_IDLE_TIMEOUT: "60" });
        assert.equal(mistyped.code, 2);
        assert.match(mistyped.stderr, /^ashlar: ASHLAR_HTTP_IDLE_TIMEOUT: there is no such setting .*\n$/);
      } finally {
        removeFolder(folder);
      }
    });

    it("later settings win: file, environment, command line", () => {
      const folder = temporaryFolder();
      const file = join(folder, "ashlar.toml");
      writeFileSync(file, 'workers = 3\nworker_queue = 30\n[http]\nidle_timeout_s = 7\n');
      const { code, stdout } = ashlar(["serve", "--print-settings", "--config", file, "--set", "workers=5", "--store", "postgres://user:hidden@h/db"],
        { env: { ASHLAR_WORKERS: "4", ASHLAR_WORKER_QUEUE: "40" } });
      assert.equal(code, 0);
      for (const line of ["workers = 5", "worker_queue = 40", "http.idle_timeout_s = 7"]) assert.ok(stdout.includes(`${line} `), `${line}\n${stdout}`);
      assert.ok(!stdout.includes("hidden"));
      assert.match(stdout, /^# store = "postgres:\/\/\*\*\*@h\/db" /m);
      writeFileSync(file, stdout);
      const again = ashlar(["serve", "--print-settings", "--config", file]);
      assert.equal(again.stderr, "");
      assert.equal(again.stdout, stdout.replace(/^# store = .*@h\/db"/m, 'store = ""'));
      removeFolder(folder);
    });

    it("what cannot be opened is refused in one line", async () => {
      const folder = temporaryFolder();
      writeFileSync(join(folder, "file"), "");
      const taken = net.createServer().listen(0, "127.0.0.1");
      await new Promise((done) => taken.once("listening", done));
      for (const args of [["--data", join(folder, "file"), "--listen", "127.0.0.1:0"], ["--data", join(folder, "data"), "--listen", `127.0.0.1:${taken.address().port}`],
        ["--data", join(folder, "data"), "--listen", "127.0.0.1:0", "--store", "postgres://nobody:secret-word@127.0.0.1:1/none"]]) {
        const { code, stderr } = await refusedServe(args);
        assert.equal(code, 1, args.join(" "));
        const lines = stderr.trim().split("\n");
        assert.equal(lines.filter((line) => line.startsWith("ashlar: ")).length, 1, stderr);
        assert.ok(!stderr.includes("secret-word"), stderr);
      }
      taken.close();
      removeFolder(folder);
    });

    if (kind === "sqlite") {
      it("a second server on the folder is refused in one line", async () => {
        const server = await Server.start({ store: kind });
        try {
          const { code, stderr, stdout } = await refusedServe([...server.store.args, "--listen", "127.0.0.1:0"]);
          assert.equal(code, 1);
          assert.match(stderr, /^ashlar: [^\n]*\n$/);
          assert.ok(stderr.includes(server.store.data));
          assert.equal(stdout, "");
          assert.equal((await server.api.get("/v1/links")).status, 200);
        } finally {
          await server.stop();
        }
      });

      it("help and version read well", () => {
        const help = ashlar(["--help"]);
        assert.equal(help.code, 0);
        for (const word of ["serve", "migrate", "tenant", "admin", "key", "verify", "version"]) assert.match(help.stdout, new RegExp(`^ +${word}\\b`, "m"));
        assert.match(ashlar(["version"]).stdout, /^ashlar \d+\.\d+\.\d+\n$/);
        for (const args of [["serve", "--help"], ["key", "create", "--help"], ["tenant", "--help"]]) assert.equal(ashlar(args).code, 0);
        for (const args of [[], ["no-such-command"], ["key"]]) {
          const { code, stderr } = ashlar(args);
          assert.equal(code, 2);
          assert.match(stderr, /^ashlar: [^\n]+\n$/);
        }
      });
    }

    it("what is acknowledged while commands run beside the server outlives a SIGKILL", async () => {
      const store = new Store(kind);
      const server = await Server.start({ store });
      try {
        const codes = [];
        for (let i = 0; i < 6; ++i) {
          codes.push((await server.api.post("/v1/links", { url: `https://example.com/${i}` })).json.code);
          assert.equal(server.cli("tenant", "list").code, 0);
        }
        await server.kill();
        const again = await Server.start({ store });
        again.api.key = server.key;
        for (const code of codes) assert.equal((await again.api.get(`/v1/links/${code}`)).status, 200, code);
        assert.equal(again.cli("verify").stdout, "ok\n");
        await again.stop();
      } finally {
        await server.stop();
        store.remove();
      }
    });

    it("verify and migrate work beside the server", async () => {
      const server = await Server.start({ store: kind });
      try {
        await server.api.post("/v1/links", { url: "https://example.com/" });
        const verified = server.cli("verify");
        assert.equal(verified.code, 0, verified.stderr);
        assert.equal(verified.stdout, "ok\n");
        assert.equal(server.cli("migrate", "--dry-run").stdout, "");
        assert.equal(server.cli("migrate").stdout, "0 migrations done\n");
      } finally {
        await server.stop();
      }
    });

    it("no secret is ever in the log", async () => {
      const server = await Server.start({ store: kind, sets: { "log.level": "debug" } });
      const secrets = {
        key: server.key, "claim token": server.claimToken, password: "planted-password-7f3a", "wrong password": "planted-wrong-2b90",
        target: "planted-target-91cc", body: "planted-body-55de", cookie: "planted-cookie-0a1b", query: "planted-query-88aa",
        "wrong key": "ashlar_sk_plantedWrongKey00000000000000000000000000000000000", "idempotency key": "planted-idempotency-6c6c",
        referrer: "planted-referrer-1234", header: "planted-header-4321", code: "planted-code-9876",
      };
      if (server.store.database) secrets["database password"] = new URL(server.store.database.url).password;
      try {
        const { api } = server;
        const ask = { key: null, headers: { "X-Requested-With": "ashlar-console" } };
        const claimed = await api.post("/v1/admin/claim", { token: server.claimToken, password: secrets.password }, ask);
        secrets.session = /ashlar_session=([^;]+)|=([^;]+);/.exec(claimed.headers["set-cookie"][0]).slice(1).find(Boolean);
        await api.post("/v1/admin/session", { password: secrets["wrong password"] }, ask);
        await api.get("/v1/links", { key: null, headers: { Cookie: claimed.headers["set-cookie"][0].split(";")[0], "Ashlar-Tenant": "demo" } });
        const made = await api.post("/v1/links", { url: `https://example.com/${secrets.target}` }, { headers: { "Idempotency-Key": secrets["idempotency key"] } });
        await api.get(`/${made.json.code}`, { headers: { Referer: `https://example.com/${secrets.referrer}`, Cookie: secrets.cookie } });
        await api.get(`/${secrets.code}`);
        await api.post("/v1/links", `{"url":"${secrets.body}`);
        await api.post("/v1/links", { url: `ftp://${secrets.body}`, [secrets.body]: secrets.body });
        await api.get(`/v1/links?q=${secrets.query}`);
        await api.get(`/v1/links?${secrets.query}=1`);
        await api.get(`/v1/links/${secrets.code}`);
        await api.get("/v1/links", { key: secrets["wrong key"] });
        await api.get("/v1/links", { headers: { Cookie: secrets.cookie, "X-Planted": secrets.header } });
        secrets["new key"] = (await api.post("/v1/keys", { scopes: ["links:read"] })).json.key;
        secrets["command line's key"] = server.newKey("demo", "links:read");
        await eventually("the log has these requests", () => server.log().filter((line) => line.route === "/v1/links").length >= 6);
      } finally {
        await server.stop();
      }
      for (const [what, text] of Object.entries(secrets)) {
        assert.ok(text && text.length >= 8, `${what}: was not planted`);
        assert.ok(!server.stderr.includes(text), `${what} is in the log: ${server.stderr.split("\n").find((line) => line.includes(text))}`);
      }
      for (const line of server.log()) assert.ok("level" in line || "severity" in line, JSON.stringify(line));
    });
  });
}
