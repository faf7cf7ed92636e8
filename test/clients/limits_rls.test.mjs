// Envoy's rate limit service as an unmodified gRPC client sees it (Envoy's own .proto files), and as curl sees its /json. The
// conversation in test/limits/replay was recorded with envoyproxy/ratelimit.
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { Api } from "./support/http.mjs";
import { ashlar, eventually, kRoot, kSlow, removeFolder, sleep, temporaryFolder } from "./support/process.mjs";
import { Server } from "./support/server.mjs";
import { freePort } from "./suites/edge.mjs";

const kReplay = join(kRoot, "test/limits/replay");
const kUnits_s = { SECOND: 1, MINUTE: 60, HOUR: 3600, DAY: 86400, WEEK: 604800, 7: 604800, MONTH: 2592000, YEAR: 31536000 };

const deps = join(dirname(createRequire(import.meta.url).resolve("@grpc/grpc-js-xds/package.json")), "deps");
const definition = loadSync(["envoy/service/ratelimit/v3/rls.proto"], {
  includeDirs: ["envoy-api", "xds", "googleapis", "protoc-gen-validate"].map((name) => join(deps, name)),
  longs: String, enums: String, oneofs: true, defaults: false,
});
const { RateLimitService } = grpc.loadPackageDefinition(definition).envoy.service.ratelimit.v3;
const healthDefinition = {
  Check: {
    path: "/grpc.health.v1.Health/Check", requestStream: false, responseStream: false,
    requestSerialize: (name) => Buffer.concat([Buffer.from([10, name.length]), Buffer.from(name)]),
    responseDeserialize: (bytes) => bytes[1],  // the status, a small number
    requestDeserialize: String, responseSerialize: Buffer.from,
  },
};

const recorded = (name) => readFileSync(join(kReplay, `${name}.jsonl`), "utf8").trim().split("\n").map((line) => JSON.parse(line));
const descriptor = (...pairs) => ({ entries: pairs.map(([key, value]) => ({ key, value })) });
const ask = (domain, ...descriptors) => ({ domain, descriptors });

// The client's .proto files are of a time before descriptors had hits_addend, and before the WEEK: /json tests those.
const kOnlyJson = new Set(["snake case", "numbers as text", "nulls are not set", "no descriptors", "no domain"]);
const isForGrpc = ({ scenario, request }) => request && !kOnlyJson.has(scenario) && !request.descriptors.some((each) => each.hitsAddend !== undefined);

function checkDurations(response) {
  for (const status of response.statuses ?? []) {
    if (!status.currentLimit) {
      assert.equal(status.durationUntilReset, undefined);
      continue;
    }
    const left = status.durationUntilReset;
    const seconds = Number(typeof left === "string" ? left.replace(/s$/, "") : left.seconds);
    assert.ok(seconds >= 1 && seconds <= kUnits_s[status.currentLimit.unit], `${seconds} s of a ${status.currentLimit.unit}`);
  }
}
// What is compared: all but the time that is left.
function comparable(response) {
  const copy = structuredClone(response);
  for (const status of copy.statuses ?? []) {
    delete status.durationUntilReset;
    if (status.currentLimit?.unit === 7) status.currentLimit.unit = "WEEK";
  }
  return copy;
}

class Rls {
  static async start({ folder, sets = {} }) {
    const rls = new Rls();
    rls.folder = folder ?? temporaryFolder();
    if (!folder) for (const name of readdirSync(join(kReplay, "rules"))) copyFileSync(join(kReplay, "rules", name), join(rls.folder, name));
    rls.ports = { grpc: await freePort(), http: await freePort() };
    rls.server = await Server.start({
      sets,
      args: ["--limits-config", rls.folder, "--grpc-listen", `127.0.0.1:${rls.ports.grpc}`, "--limits-http-listen", `127.0.0.1:${rls.ports.http}`],
    });
    rls.client = new RateLimitService(`127.0.0.1:${rls.ports.grpc}`, grpc.credentials.createInsecure());
    rls.api = new Api(`http://127.0.0.1:${rls.ports.http}`);
    return rls;
  }
  call(request, options = { deadline: Date.now() + 10_000 * kSlow }) {
    return new Promise((done, failed) => {
      this.client.ShouldRateLimit(request, options, (error, response) => (error ? failed(error) : done(response)));
    });
  }
  health(service) {
    const Health = grpc.makeGenericClientConstructor(healthDefinition, "grpc.health.v1.Health");
    const client = new Health(`127.0.0.1:${this.ports.grpc}`, grpc.credentials.createInsecure());
    return new Promise((done, failed) => client.Check(service, (error, status) => (client.close(), error ? failed(error) : done(status))));
  }
  async stop() {
    this.client?.close();
    this.api?.close();
    await this.server?.stop();
    removeFolder(this.folder);
  }
}

const withRls = (name, options, run) => test(name, async () => {
  const rls = await Rls.start(options);
  try {
    await run(rls);
  } finally {
    await rls.stop();
  }
});

describe("Envoy's rate limit service", { timeout: 180_000 * kSlow }, () => {
  for (const [name, sets] of Object.entries({ plain: {}, headers: { "limits.response_headers": "true" }, shadow: { "limits.shadow": "true" } })) {
    withRls(`gRPC answers as it was recorded: ${name}`, { sets: { "limits.count_refused": "true", ...sets } }, async (rls) => {
      let compared = 0;
      const lines = recorded(name);
      const left = new Set(lines.filter((line) => !isForGrpc(line)).map(({ scenario }) => scenario));
      for (const line of lines.filter(({ scenario }) => !left.has(scenario))) {
        const response = await rls.call(line.request);
        checkDurations(response);
        const wanted = comparable(line.response);
        const got = comparable(response);
        delete wanted.dynamicMetadata;
        for (const list of [wanted.responseHeadersToAdd, got.responseHeadersToAdd]) {
          for (const header of list ?? []) if (header.key === "RateLimit-Reset") header.value = "some";
        }
        assert.deepEqual(got, wanted, `${line.scenario}: ${JSON.stringify(line.request)}`);
        ++compared;
      }
      assert.ok(compared > 120, `${compared} calls`);
    });
  }

  withRls("/json answers as it was recorded, good and bad", { sets: { "limits.count_refused": "true" } }, async (rls) => {
    for (const line of recorded("plain")) {
      const body = line.text ?? JSON.stringify(line.request);
      const answer = await rls.api.call("POST", "/json", { body, headers: { "Content-Type": "application/x-www-form-urlencoded" } });
      assert.equal(answer.status, line.status, `${line.scenario}: ${body}: ${answer.text}`);
      if (!line.response) continue;
      assert.equal(answer.headers["content-type"], "application/json");
      checkDurations(answer.json);
      assert.deepEqual(comparable(answer.json), comparable(line.response), `${line.scenario}: ${body}`);
    }
  });

  describe("as it is by default", () => {
    let rls;
    before(async () => { rls = await Rls.start({}); });
    after(() => rls?.stop());

    test("a refused request counts nowhere", async () => {
      const both = ask("shop", descriptor(["general", "all"]), descriptor(["user", "zoe"]));
      assert.equal((await rls.call(both)).overallCode, "OK");
      for (let i = 0; i < 5; ++i) {
        const refused = await rls.call(both);
        assert.equal(refused.overallCode, "OVER_LIMIT");
        assert.deepEqual(refused.statuses.map((status) => [status.code, status.limitRemaining ?? 0]), [["OVER_LIMIT", 0], ["OK", 2]]);
      }
      assert.equal((await rls.call(ask("shop", descriptor(["user", "zoe"])))).statuses[0].limitRemaining, 1);
    });

    test("errors are UNKNOWN, in ratelimit's words", async () => {
      const error = async (request) => {
        const { code, details } = await rls.call(request).then(() => assert.fail("answered"), (failed) => failed);
        return [code, details];
      };
      assert.deepEqual(await error({ descriptors: [descriptor(["user", "x"])] }), [grpc.status.UNKNOWN, "rate limit domain must not be empty"]);
      assert.deepEqual(await error({ domain: "shop" }), [grpc.status.UNKNOWN, "rate limit descriptor list must not be empty"]);
      const many = ask("shop", ...Array.from({ length: 33 }, (_, i) => descriptor(["user", `many${i}`])));
      assert.equal((await error(many))[0], grpc.status.UNKNOWN);
      const [code] = await error(ask("shop", { ...descriptor(["user", "x"]), limit: { requestsPerUnit: 5 } }));
      assert.equal(code, grpc.status.UNKNOWN);
    });

    test("calls at once on one connection are counted exactly", async () => {
      const request = ask("shop", descriptor(["weekly", "at once"]));
      const answers = await Promise.all(Array.from({ length: 300 }, () => rls.call(request)));
      assert.equal(answers.filter(({ overallCode }) => overallCode === "OK").length, 10);
    });

    test("hits are given back", async () => {
      // is_negative_hits is newer than the client's .proto: its field is number 4 of the descriptor
      const bytes = (negative) => {
        const entry = Buffer.from("\x0a\x04user\x12\x03ivy", "latin1");
        const inner = Buffer.concat([Buffer.from([10, entry.length]), entry, Buffer.from([26, 2, 8, 2]), Buffer.from(negative ? [32, 1] : [])]);
        return Buffer.concat([Buffer.from("\x0a\x04shop\x12", "latin1"), Buffer.from([inner.length]), inner]);
      };
      const send = (negative) => new Promise((done, failed) => {
        rls.client.makeUnaryRequest(RateLimitService.service.ShouldRateLimit.path, (message) => message,
          RateLimitService.service.ShouldRateLimit.responseDeserialize, bytes(negative), (error, response) => (error ? failed(error) : done(response)));
      });
      assert.equal((await send(false)).statuses[0].limitRemaining, 1);
      assert.equal((await send(false)).overallCode, "OVER_LIMIT");
      assert.equal((await send(true)).statuses[0].limitRemaining, 3);
      assert.equal((await send(false)).overallCode, "OK");
    });

    test("/healthcheck and gRPC's health", async () => {
      const answer = await rls.api.get("/healthcheck");
      assert.deepEqual([answer.status, answer.text], [200, "OK"]);
      for (const service of ["", "ratelimit", "envoy.service.ratelimit.v3.RateLimitService"]) assert.equal(await rls.health(service), 1, service);
    });

    test("/json by another name, and what is not there", async () => {
      assert.equal((await rls.api.get("/nothing")).status, 404);
      assert.equal((await rls.api.get("/json")).status, 405);
    });
  });

  withRls("rules follow their files, and a bad file changes nothing", {}, async (rls) => {
    const file = join(rls.folder, "live.yaml");
    const put = (text) => {
      writeFileSync(join(rls.folder, "..next"), text);  // what begins with .. is no rule file
      renameSync(join(rls.folder, "..next"), file);
    };
    const rule = (amount, more = "") => `domain: live\ndescriptors:\n  - key: user\n    rate_limit: {unit: day, requests_per_unit: ${amount}}\n${more}`;
    const look = ask("live", { ...descriptor(["user", "x"]), hitsAddend: 0 });
    const limit = async () => (await rls.api.post("/json", look)).json.statuses[0].currentLimit?.requestsPerUnit;
    assert.equal(await limit(), undefined);
    put(rule(5));
    await eventually("the new file is used", async () => (await limit()) === 5, 3000 * kSlow);
    put(rule(7));
    await eventually("the changed file is used", async () => (await limit()) === 7, 3000 * kSlow);
    put(rule(9, "  - key: user\n    foo: bar\n"));
    await eventually("the bad file is complained of", () => rls.server.stderr.includes("unknown key 'foo'"), 3000 * kSlow);
    assert.equal(await limit(), 7);
    rmSync(file);
    await eventually("the file that went is not used", async () => (await limit()) === undefined, 3000 * kSlow);

    // as Kubernetes replaces a ConfigMap: a link to a folder is swapped
    const version = (name, amount) => {
      mkdirSync(join(rls.folder, name));
      writeFileSync(join(rls.folder, name, "live.yaml"), rule(amount));
      symlinkSync(name, join(rls.folder, "..data_next"));
      renameSync(join(rls.folder, "..data_next"), join(rls.folder, "..data"));
    };
    version("..2026_1", 11);
    symlinkSync("..data/live.yaml", file);
    await eventually("the linked file is used", async () => (await limit()) === 11, 3000 * kSlow);
    version("..2026_2", 12);
    await eventually("the swapped folder is used", async () => (await limit()) === 12, 3000 * kSlow);
  });

  withRls("no decision is lost while 1,000 rules are loaded again and again", {}, async (rls) => {
    const write = (version) => {
      const rules = Array.from({ length: 1000 }, (_, i) => `  - {key: user, value: u${i}, rate_limit: {unit: day, requests_per_unit: ${1_000_000 + version}}}\n`);
      writeFileSync(join(rls.folder, "..next"), `domain: many\ndescriptors:\n${rules.join("")}`);
      renameSync(join(rls.folder, "..next"), join(rls.folder, "many.yaml"));
    };
    let stop = false;
    let calls = 0;
    const versions = new Set();
    const caller = async (id) => {
      for (; !stop; ++calls) {
        const response = await rls.call(ask("many", descriptor(["user", `u${id}`])));
        assert.equal(response.overallCode, "OK");
        versions.add(response.statuses[0].currentLimit?.requestsPerUnit);
      }
    };
    const callers = Array.from({ length: 8 }, (_, id) => caller(id));
    for (let version = 1; version <= 5; ++version) {
      write(version);
      await sleep(700);
    }
    stop = true;
    await Promise.all(callers);
    assert.ok(calls > 100, `${calls} calls`);
    assert.ok(versions.size >= 4, `${[...versions]}`);
  });
});

// What the console shows of rule files: counts of those who ask, over gRPC and /json, of rules that only watch, and by whom.
test("usage, shadow report and live stream of the installation's own rules", { timeout: 60_000 * kSlow }, async () => {
  const rls = await Rls.start({});
  try {
    writeFileSync(join(rls.folder, "..next"), `domain: seen
descriptors:
  - {key: user, rate_limit: {unit: day, requests_per_unit: 3}}
  - {key: watched, shadow_mode: true, rate_limit: {name: trial, unit: day, requests_per_unit: 1}}
`);
    renameSync(join(rls.folder, "..next"), join(rls.folder, "seen.yaml"));
    const { api } = rls.server;
    const ask_ = { headers: { "X-Requested-With": "ashlar-console", Origin: rls.server.origin }, key: null };
    const claimed = await api.post("/v1/admin/claim", { token: rls.server.claimToken, password: "correct horse battery" }, ask_);
    assert.equal(claimed.status, 200, claimed.text);
    const session = { key: null, headers: { ...ask_.headers, Cookie: claimed.headers["set-cookie"][0].split(";")[0] } };
    const own = async (path) => {
      const answer = await api.get(`/v1/limits/own/${path}`, session);
      assert.equal(answer.status, 200, answer.text);
      return answer.json;
    };
    const usage = async (rule) => (await own("usage")).rules.find((each) => each.rule === rule)?.total;
    await eventually("the rules are used", async () => (await usage("seen.user")) !== undefined, 3000 * kSlow);

    for (let i = 0; i < 4; ++i) await rls.call(ask("seen", descriptor(["user", "ann"])));
    for (let i = 0; i < 2; ++i) await rls.api.post("/json", ask("seen", descriptor(["user", "bob"]), descriptor(["watched", "w"])));
    await rls.api.post("/json", ask("seen", { ...descriptor(["user", "ann"]), hitsAddend: 0 }));  // looks
    const limit = { unit: "DAY", requestsPerUnit: 1 };
    for (let i = 0; i < 2; ++i) await rls.call(ask("seen", { ...descriptor(["any", "x"]), limit }));

    const three = ({ allowed, denied, shadow_denied }) => [allowed, denied, shadow_denied];
    assert.deepEqual(three(await usage("seen.user")), [5, 1, 0]);
    assert.deepEqual(three(await usage("seen.watched")), [1, 0, 1]);
    assert.deepEqual(three(await usage("request")), [1, 1, 0]);
    const detail = await own("usage/rule?rule=seen.user");
    assert.deepEqual(detail.denied_keys.rows.map(({ key }) => key), ["user_ann"]);
    const shadow = await own("shadow");
    assert.deepEqual(shadow.rules.map(({ rule, would_deny_total: total }) => [rule, total]), [["seen.watched", 1]]);
    const live = await fetch(`${rls.server.origin}/v1/limits/own/live`, { headers: session.headers });
    assert.equal(live.status, 200);
    let events = "";
    const reading = (async () => {
      for await (const bytes of live.body) {
        events += Buffer.from(bytes).toString();
        if (/^data: .*"rule":"seen\.user","allowed":[1-9]/m.test(events)) return;
      }
    })();
    await rls.call(ask("seen", descriptor(["user", "cleo"])));
    await Promise.race([reading, sleep(5000 * kSlow).then(() => assert.fail(`the live stream said only ${events}`))]);
    await eventually("the metric has the named rule", async () =>
      /^ashlar_limits_decisions_total\{[^}]*outcome="shadow_denied"[^}]*rule="trial"[^}]*\} 1$|^ashlar_limits_decisions_total\{[^}]*rule="trial"[^}]*outcome="shadow_denied"[^}]*\} 1$/m
        .test((await api.get("/metrics", { key: null })).text), 3000 * kSlow);
    assert.equal((await api.get("/v1/limits/own/usage")).status >= 400, true, "a tenant's key does not see it");
    // Connections of the main listener too, whichever listener was made last: the one that asks is among them.
    assert.match((await api.get("/metrics", { key: null })).text, /^ashlar_http_connections_open [1-9]/m);
  } finally {
    await rls.stop();
  }
});

test("limits check: 0 where all is good, else 1 and the reason", () => {
  const folder = temporaryFolder();
  try {
    const name = (file) => join(folder, file);
    assert.equal(ashlar(["limits", "check", folder]).code, 0, "an empty folder");
    writeFileSync(name("shop.yaml"), "domain: shop\n");
    assert.equal(ashlar(["limits", "check", folder]).code, 0);
    writeFileSync(name("a.rules.json"), '{"rules":[{"name":"all","limit":3,"per":"hour"}]}');
    assert.equal(ashlar(["limits", "check", folder]).code, 0, "native rules");

    const refused = (what) => {
      const { code, stdout, stderr } = ashlar(["limits", "check", folder]);
      assert.equal(code, 1, what);
      assert.match(stdout + stderr, what);
    };
    writeFileSync(name("a.rules.json"), '{"rules":[{"name":"all","limit":3,"per":"fortnight"}]}');
    refused(/a\.rules\.json: /);
    writeFileSync(name("a.rules.json"), "not JSON");
    refused(/a\.rules\.json: /);
    rmSync(name("a.rules.json"));
    writeFileSync(name("also.yaml"), "domain: shop\n");
    refused(/shop\.yaml: the domain 'shop' is in another file already/);
    writeFileSync(name("also.yaml"), "domain: other\ndescriptors:\n  - key: a\n    rate_limit: {unit: parsec}\n");
    refused(/also\.yaml: line 3: no such unit: 'parsec'/);
    rmSync(name("also.yaml"));
    mkdirSync(name("inner"));
    refused(/inner is a folder/);
    rmSync(name("inner"), { recursive: true });
    writeFileSync(name(".hidden"), "");
    refused(/\.hidden: a rule file needs a domain/);
    rmSync(name(".hidden"));
    assert.equal(ashlar(["limits", "check", folder]).code, 0);
    assert.equal(ashlar(["limits", "check", name("nowhere")]).code, 1);
  } finally {
    removeFolder(folder);
  }
});
