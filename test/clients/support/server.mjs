// Server: one `ashlar serve`, from its start to its end, and what its banner says.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Api } from "./http.mjs";
import { createDatabase } from "./postgres.mjs";
import { ashlar, eventually, kBinary, kSlow, removeFolder, sleep, temporaryFolder, track } from "./process.mjs";

const kStartLimit_ms = 30_000;
const kStopLimit_ms = 30_000;

// Where a server keeps its data: a folder, and a PostgreSQL database where `kind` says so.
export class Store {
  constructor(kind) {
    this.kind = kind;
    this.folder = temporaryFolder();
    this.database = kind === "postgres" ? createDatabase() : null;
  }
  get data() {
    return join(this.folder, "data");
  }
  get args() {
    return ["--data", this.data, ...(this.database ? ["--store", this.database.url] : [])];
  }
  // After the death of its servers: PostgreSQL still ends what it had been told, a commit too.
  async settled() {
    if (!this.database) return;
    await eventually("the dead server's sessions end", () => this.database.query(
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()") === "0", 10_000);
  }
  remove() {  // idempotent
    this.database?.drop();
    this.database = null;
    removeFolder(this.folder);
  }
}

export class Server {
  // `sets`: settings {key: value}; `store`: a Store, or its kind ("sqlite", "postgres") for one that goes with the server.
  // `kill_after_ms`: SIGKILL so soon after the start, wherever it stands; then null is returned.
  // `wrap`: a command that becomes the server's program, given as its last arguments.
  static async start({ store = "sqlite", sets = {}, args = [], env = {}, listen = "127.0.0.1:0", kill_after_ms, wrap = [] } = {}) {
    const own = typeof store === "string";
    const server = new Server(own ? new Store(store) : store, own);
    if (kill_after_ms !== undefined) {
      server.begin(sets, args, env, listen, wrap).catch(() => {});  // the kill is what ends it
      await sleep(kill_after_ms);
      await server.kill();
      return null;
    }
    try {
      await server.begin(sets, args, env, listen, wrap);
    } catch (error) {
      await server.stop().catch(() => {});
      throw error;
    }
    return server;
  }

  constructor(store, ownsStore) {
    this.store = store;
    this.ownsStore = ownsStore;
    this.stdout = "";
    this.stderr = "";
    this.key = null;
    this.claimToken = null;
    this.ending = false;  // the test has told it to end
  }

  async begin(sets, args, env, listen, wrap = []) {
    const all = ["serve", ...this.store.args, "--listen", listen];
    for (const [key, value] of Object.entries(sets)) all.push("--set", `${key}=${value}`);
    const started = performance.now();
    const [program, ...words] = [...wrap, kBinary, ...all, ...args];
    this.child = track(spawn(program, words, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] }));
    this.exited = new Promise((done) => this.child.once("close", (code, signal) => done({ code, signal })));
    this.exited.then(({ code, signal }) => {
      const asked = this.ending && (code === 0 || signal === "SIGTERM" || signal === "SIGKILL");
      if (asked || !this.origin) return;
      console.log(`THE SERVER DIED: exit code ${code}, signal ${signal}; the end of what it wrote:\n${this.stderr.slice(-2000)}`);
    });
    this.child.stderr.setEncoding("utf8").on("data", (text) => (this.stderr += text));
    await new Promise((ready, failed) => {
      const timer = setTimeout(() => failed(new Error(`no banner in ${kStartLimit_ms * kSlow} ms\n${this.stderr}`)), kStartLimit_ms * kSlow);
      this.child.once("error", failed);
      this.exited.then(({ code }) => failed(new Error(`exit code ${code} at the start\n${this.stderr}`)));
      this.child.stdout.setEncoding("utf8").on("data", (text) => {
        this.stdout += text;
        // The banner is written at once, so what follows its last fixed line has come with it.
        if (!/^ {2}Links .*\n/m.test(this.stdout)) return;
        clearTimeout(timer);
        ready();
      });
    });
    this.startup_ms = performance.now() - started;
    this.origin = /^ {2}API +(https?:\/\/[^/\s]+)\/v1\//m.exec(this.stdout)[1];
    this.port = Number(new URL(this.origin).port);
    this.key = /^ {2}Its API key +(ashlar_sk_\w+)$/m.exec(this.stdout)?.[1] ?? null;
    this.claimToken = /\/_\/#\/claim\/(\S+)/.exec(this.stdout)?.[1] ?? null;
    this.api = new Api(this.origin, this.key);
  }

  get pid() {
    return this.child.pid;
  }

  client(key) {
    return new Api(this.origin, key);
  }

  // Another command of the binary on the same store.
  cli(...args) {
    return ashlar([...args, ...this.store.args]);
  }

  newKey(tenant, ...scopes) {
    const made = this.cli("key", "create", "--tenant", tenant, ...scopes.flatMap((scope) => ["--scope", scope]));
    if (made.code !== 0) throw new Error(made.stderr);
    return made.stdout.trim();
  }

  newTenant(name) {
    const made = this.cli("tenant", "create", name);
    if (made.code !== 0) throw new Error(made.stderr);
    return made.stdout.trim();
  }

  rss_bytes() {
    const pages = /^VmRSS:\s+(\d+) kB$/m.exec(this.procStatus());
    return Number(pages[1]) * 1024;
  }

  procStatus() {
    return readFileSync(`/proc/${this.pid}/status`, "utf8");
  }

  // The log's lines so far, parsed.
  log() {
    return this.stderr.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  }

  kill() {
    this.ending = true;
    this.api?.close();
    this.child.kill("SIGKILL");
    return this.exited;
  }

  terminate() {
    this.ending = true;
    this.child.kill("SIGTERM");
  }

  // SIGTERM and the exit {code, signal}; SIGKILL where it does not end in time. Idempotent.
  async stop() {
    this.ending = true;
    this.api?.close();
    if (this.child?.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill("SIGTERM");
      const timer = setTimeout(() => this.child.kill("SIGKILL"), kStopLimit_ms * kSlow);
      await this.exited;
      clearTimeout(timer);
    }
    if (this.ownsStore) this.store.remove();
    return this.exited;
  }
}
