// What stands between the network and the API: console's sign-in, events, compression, CORS, proxies, TLS, metrics, request ids, traces.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import tls from "node:tls";
import { gunzipSync } from "node:zlib";
import { eventStream, parseAnswers, raw } from "../support/http.mjs";
import { eventually, kSlow, removeFolder, sleep, temporaryFolder } from "../support/process.mjs";
import { Server, Store } from "../support/server.mjs";
import { assertProblem } from "./links.mjs";

const kOrigin = "https://app.example.com";

export async function freePort() {
  const socket = net.createServer().listen(0, "127.0.0.1");
  await new Promise((done) => socket.once("listening", done));
  const { port } = socket.address();
  await new Promise((done) => socket.close(done));
  return port;
}

const wrongClaim = (headers = "") => {
  const body = '{"token":"not-the-token","password":"long enough to be one"}';
  return `POST /v1/admin/claim HTTP/1.1\r\nHost: x\r\nX-Requested-With: ashlar-console\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
};

export function edgeSuite(kind) {
  describe(`the edge on ${kind}`, { timeout: 120_000 }, () => {
    let store, server, api;
    const it = (name, run) => test(`${kind}: ${name}`, run);
    before(async () => {
      store = new Store(kind);
      server = await Server.start({ store, sets: { "cors.origins": kOrigin, "http.trusted_proxies": "127.0.0.1" } });
      api = server.api;
    });
    after(async () => {
      await server?.stop();
      store?.remove();
    });

    // Another server on the same store, for the settings of one test. The first one rests meanwhile, since a folder has one server.
    const withServer = async (sets, run) => {
      const key = server.key;
      await server.stop();
      const own = await Server.start({ store, sets });
      try {
        own.api.key = key;
        await run(own);
      } finally {
        await own.stop();
        const { key: first } = server;
        server = await Server.start({ store, sets: { "cors.origins": kOrigin, "http.trusted_proxies": "127.0.0.1" } });
        server.key = first;
        api = server.api;
        api.key = first;
      }
    };

    it("the public pages need no key", async () => {
      for (const [path, type] of [["/healthz", "application/json"], ["/readyz", "application/json"], ["/metrics", "text/plain"],
        ["/v1/openapi.json", "application/json"], ["/docs", "text/html"], ["/robots.txt", "text/plain"], ["/_/", "text/html"]]) {
        const answer = await api.get(path, { key: null });
        assert.equal(answer.status, 200, path);
        assert.ok(answer.headers["content-type"].startsWith(type), `${path}: ${answer.headers["content-type"]}`);
      }
      const { json } = await api.get("/v1/openapi.json", { key: null });
      assert.match(json.openapi, /^3\.1\./);
      assert.ok(Object.keys(json.paths).every((path) => path.startsWith("/")));
      assertProblem(await api.get("/v1/no-such-thing"), 404, "not_found");
    });

    it("the console: claimed once by its one-time link, then by password", async () => {
      const ask = { key: null, headers: { "X-Requested-With": "ashlar-console" } };
      const session = (cookie) => api.get("/v1/admin/session", { key: null, headers: { ...ask.headers, ...(cookie ? { Cookie: cookie } : {}) } });
      assert.deepEqual((({ authenticated, claimed }) => ({ authenticated, claimed }))((await session()).json), { authenticated: false, claimed: false });
      assertProblem(await api.post("/v1/admin/claim", { token: "wrong-token", password: "correct horse battery" }, ask), 403, "claim_token_invalid");
      assertProblem(await api.post("/v1/admin/claim", { token: server.claimToken, password: "short" }, ask), 422, "invalid_request", "/password");
      const claimed = await api.post("/v1/admin/claim", { token: server.claimToken, password: "correct horse battery" }, ask);
      assert.equal(claimed.status, 200, claimed.text);
      const cookie = claimed.headers["set-cookie"][0].split(";")[0];
      assert.match(claimed.headers["set-cookie"][0], /; Path=\/; HttpOnly; SameSite=Strict$/);
      assert.equal((await session(cookie)).json.authenticated, true);
      const again = await api.post("/v1/admin/claim", { token: server.claimToken, password: "correct horse battery" }, ask);
      assert.ok(again.status === 409 || again.status === 403, again.text);

      const admin = (headers = {}) => ({ key: null, headers: { ...ask.headers, Cookie: cookie, ...headers } });
      assert.equal((await api.get("/v1/tenants", admin())).json.data[0].name, "demo");
      assert.equal((await api.get("/v1/links", admin({ "Ashlar-Tenant": "demo" }))).status, 200);
      assertProblem(await api.get("/v1/links", admin()), 400, "tenant_required");
      assertProblem(await api.get("/v1/links", admin({ "Ashlar-Tenant": "nobody" })), 404, "tenant_not_found");
      assertProblem(await api.post("/v1/tenants", { name: "by-console" }, { key: null, headers: { Cookie: cookie } }), 403, "csrf_check_failed");
      assertProblem(await api.post("/v1/tenants", { name: "by-console" }, admin({ Origin: "https://evil.example" })), 403, "csrf_check_failed");
      assert.equal((await api.post("/v1/tenants", { name: "by-console" }, admin())).status, 201);
      assertProblem(await api.post("/v1/tenants", { name: "by-console" }, admin()), 409, "tenant_exists");
      assertProblem(await api.get("/v1/tenants"), 403, "admin_required");

      assertProblem(await api.post("/v1/admin/session", { password: "wrong horse battery" }, ask), 401, "wrong_password");
      const signedIn = await api.post("/v1/admin/session", { password: "correct horse battery" }, { key: null, headers: { ...ask.headers, "X-Forwarded-Proto": "https" } });
      assert.equal(signedIn.status, 200, signedIn.text);
      assert.match(signedIn.headers["set-cookie"][0], /; Secure$/, "behind a proxy that speaks TLS");
      assert.equal((await api.delete("/v1/admin/session", admin())).status, 204);
      assert.equal((await session(cookie)).json.authenticated, false);
      assertProblem(await api.get("/v1/tenants", admin()), 401, "session_ended");

      const reset = server.cli("admin", "reset-password");
      assert.notEqual(reset.code, 0, "an empty password");
    });

    it("a last request is answered like any other: Connection: close, HTTP/1.0, half-closed", async () => {
      const body = '{"url":"https://example.com/last"}';
      const head = `Host: x\r\nAuthorization: Bearer ${api.key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
      for (const parts of [
        [`POST /v1/links HTTP/1.1\r\n${head}Connection: close\r\n\r\n${body}`],
        [`POST /v1/links HTTP/1.1\r\n${head}Connection: close\r\n\r\n${body.slice(0, 5)}`, 50, body.slice(5)],
        [`POST /v1/links HTTP/1.0\r\n${head}\r\n`, 50, body],
        [`POST /v1/links HTTP/1.1\r\n${head}\r\n${body}`, "END"],
        [`POST /v1/links HTTP/1.1\r\n${head}Expect: 100-continue\r\nConnection: close\r\n\r\n`, 50, body],
      ]) {
        const { answers, closed } = await raw(server.port, parts);
        assert.deepEqual(answers.map((answer) => answer.status), [201], JSON.stringify(parts));
        assert.ok(closed);
      }
      const kept = await raw(server.port, ["GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET /healthz HTTP/1.0\r\n\r\n"]);
      assert.deepEqual(kept.answers.map((answer) => answer.headers.connection), ["keep-alive", "close"]);
    });

    it("clicks arrive as events while somebody watches", async () => {
      const { code } = (await api.post("/v1/links", { url: "https://example.com/watched" })).json;
      const quiet = (await api.post("/v1/links", { url: "https://example.com/quiet" })).json;
      const all = eventStream(server.origin, "/v1/clicks/stream", api.key);
      const one = eventStream(server.origin, `/v1/clicks/stream?code=${code}`, api.key);
      for (const stream of [all, one]) {
        const answer = await stream.ready;
        assert.equal(answer.statusCode, 200);
        assert.equal(answer.headers["content-type"], "text/event-stream");
        assert.equal(answer.headers["cache-control"], "no-store");
      }
      const began = performance.now();
      for (let i = 0; i < 7; ++i) await api.get(`/${code}`);
      await api.get(`/${quiet.code}`);
      const counted = (stream, of) => stream.events.map(({ data }) => JSON.parse(data)).filter((event) => event.code === of);
      const sum = (events) => events.reduce((total, event) => total + event.clicks, 0);
      await eventually("the events tell of 8 clicks", () => sum(counted(all, code)) === 7 && sum(counted(all, quiet.code)) === 1);
      await eventually("the stream of one link tells of 7", () => sum(counted(one, code)) === 7);
      assert.ok(performance.now() - began < 2000 * kSlow);
      assert.equal(counted(one, quiet.code).length, 0);
      assert.equal(counted(one, code).at(-1).total, 7);
      assert.ok(all.events.every(({ event }) => event === "clicks"));
      assertProblem(await api.get("/v1/clicks/stream?code=no-such-code"), 404, "link_not_found");
      all.close();
      one.close();
    });

    it("large answers are compressed for who accepts it, small and tagged ones are not", async () => {
      for (let i = 0; i < 12; ++i) await api.post("/v1/links", { url: `https://example.com/${"long/".repeat(40)}${i}` });
      const plain = await api.get("/v1/links?limit=12");
      assert.equal(plain.headers["content-encoding"], undefined);
      assert.match(plain.headers.vary, /Accept-Encoding/);
      const packed = await api.get("/v1/links?limit=12", { headers: { "Accept-Encoding": "br, gzip;q=0.8" } });
      assert.equal(packed.headers["content-encoding"], "gzip");
      assert.match(packed.headers.vary, /Accept-Encoding/);
      assert.ok(packed.body.length < plain.body.length / 3);
      assert.deepEqual(gunzipSync(packed.body), plain.body);
      for (const accept of ["gzip;q=0", "br", "identity"]) {
        assert.equal((await api.get("/v1/links?limit=12", { headers: { "Accept-Encoding": accept } })).headers["content-encoding"], undefined, accept);
      }
      assert.equal((await api.get("/healthz", { headers: { "Accept-Encoding": "gzip" } })).headers["content-encoding"], undefined);
    });

    it("CORS: only for the origins of the settings", async () => {
      const preflight = (origin) => api.call("OPTIONS", "/v1/links", { key: null, headers: {
        Origin: origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type,idempotency-key" } });
      const allowed = await preflight(kOrigin);
      assert.equal(allowed.status, 204);
      assert.equal(allowed.headers["access-control-allow-origin"], kOrigin);
      for (const method of ["GET", "POST"]) assert.ok(allowed.headers["access-control-allow-methods"].includes(method));
      for (const name of ["authorization", "content-type", "idempotency-key", "if-match"]) {
        assert.ok(allowed.headers["access-control-allow-headers"].toLowerCase().includes(name), name);
      }
      assert.match(allowed.headers.vary, /Origin/);
      assert.equal(allowed.headers["access-control-allow-credentials"], undefined);
      for (const origin of ["https://evil.example", `${kOrigin}.evil.example`, "null", "http://app.example.com"]) {
        assert.equal((await preflight(origin)).headers["access-control-allow-origin"], undefined, origin);
        assert.equal((await api.get("/v1/links", { headers: { Origin: origin } })).headers["access-control-allow-origin"], undefined, origin);
      }
      const answer = await api.get("/v1/links", { headers: { Origin: kOrigin } });
      assert.equal(answer.headers["access-control-allow-origin"], kOrigin);
      for (const name of ["etag", "link", "x-request-id", "idempotency-replayed"]) {
        assert.ok(answer.headers["access-control-expose-headers"].toLowerCase().includes(name), name);
      }
      assert.match((await api.get("/v1/links")).headers.vary, /Origin/);
      const refused = await api.get("/v1/links", { key: "wrong", headers: { Origin: kOrigin } });
      assert.equal(refused.headers["access-control-allow-origin"], kOrigin, "a page must be able to read what was wrong");
      for (const [answer, status] of [[await api.get("/v1/no-such-thing", { headers: { Origin: kOrigin } }), 404],
        [await api.delete("/v1/links", { headers: { Origin: kOrigin } }), 405]]) {
        assert.equal(answer.status, status);
        assert.equal(answer.headers["access-control-allow-origin"], kOrigin, `${status} before any route`);
      }
    });

    it("CORS of one tenant, and off without a setting", async () => {
      await withServer({ "cors.tenant_origins": `demo=${kOrigin}` }, async (own) => {
        assert.equal((await own.api.get("/v1/links", { headers: { Origin: kOrigin } })).headers["access-control-allow-origin"], kOrigin);
        const other = own.client(own.newKey("by-console", "links:read"));
        assert.equal((await other.get("/v1/links", { headers: { Origin: kOrigin } })).headers["access-control-allow-origin"], undefined);
        other.close();
      });
      await withServer({}, async (own) => {
        const answer = await own.api.get("/v1/links", { headers: { Origin: kOrigin } });
        assert.equal(answer.headers["access-control-allow-origin"], undefined);
      });
    });

    // The only thing that shows which client the server sees is how often somebody may guess the claim token.
    const attempts = async (own, count, prefix, headers = "") => {
      const statuses = [];
      for (let i = 0; i < count; ++i) {
        const { answers, closed } = await raw(own.port, [prefix, wrongClaim(headers)], { answers: 1 });
        statuses.push(answers[0]?.status ?? (closed ? "closed" : "silent"));
      }
      return statuses;
    };
    it("X-Forwarded-For counts from a trusted proxy, its last untrusted entry", async () => {
      const from = (entry) => `X-Forwarded-For: ${entry}\r\n`;
      await withServer({ "http.trusted_proxies": "127.0.0.1,10.0.0.0/8" }, async (own) => {
        const first = await attempts(own, 12, "", from("198.51.100.1"));
        assert.deepEqual(first.slice(10), [429, 429]);
        assert.ok(!first.slice(0, 10).includes(429), String(first));
        assert.deepEqual(await attempts(own, 1, "", from("203.0.113.5, 198.51.100.1, 10.1.2.3")), [429]);
        assert.notEqual((await attempts(own, 1, "", from("198.51.100.1, 198.51.100.2")))[0], 429);
      });
      await withServer({}, async (own) => {
        await attempts(own, 10, "", from("198.51.100.1"));
        assert.deepEqual(await attempts(own, 1, "", from("198.51.100.2")), [429], "nobody trusts this client's header");
      });
    });

    it("the PROXY protocol, versions 1 and 2, says who the client is", async () => {
      const v1 = (address) => `PROXY TCP4 ${address} 127.0.0.1 50000 80\r\n`;
      const v2 = (address) => Buffer.concat([Buffer.from("0d0a0d0a000d0a515549540a21110010", "hex").subarray(0, 14), Buffer.from([0, 12]),
        Buffer.from([...address.split(".").map(Number), 127, 0, 0, 1, 0xc3, 0x50, 0, 80])]);
      await withServer({ "http.proxy_protocol": "true" }, async (own) => {
        const first = await attempts(own, 11, v1("192.0.2.1"));
        assert.equal(first[10], 429);
        assert.ok(!first.slice(0, 10).includes(429), String(first));
        assert.deepEqual(await attempts(own, 1, v2("192.0.2.1")), [429]);
        assert.notEqual((await attempts(own, 1, v2("192.0.2.2")))[0], 429);
        assert.notEqual((await attempts(own, 1, v1("192.0.2.3")))[0], 429);
        for (const wrong of ["", "PROXY TCP4 999.0.2.1 127.0.0.1 1 2\r\n", "PROXY TCP9 192.0.2.1 127.0.0.1 1 2\r\n", `PROXY TCP4 ${"1".repeat(200)}`]) {
          assert.deepEqual(await attempts(own, 1, wrong), ["closed"], JSON.stringify(wrong));
        }
        // In pieces, and with two requests behind it.
        const { answers } = await raw(own.port, ["PROXY TC", 30, "P4 192.0.2.9 127.0.0.1 50000 8", 30, "0\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"], { answers: 2 });
        assert.deepEqual(answers.map((answer) => answer.status), [200, 200]);
      });
    });

    it("TLS by a certificate file, exchanged by SIGHUP without a pause", async () => {
      const folder = temporaryFolder();
      const make = (name) => {
        execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
          "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", join(folder, `${name}.key`), "-out", join(folder, `${name}.pem`)],
        { stdio: "ignore", timeout: 30_000 });
        return readFileSync(join(folder, `${name}.pem`));
      };
      const [first, second] = [make("first"), make("second")];
      const use = (name) => ["key", "pem"].forEach((end) => copyFileSync(join(folder, `${name}.${end}`), join(folder, `used.${end}`)));
      use("first");
      const secure = { servername: "localhost", ca: [first, second] };
      const request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
      const shown = (port) => new Promise((done, failed) => {
        const socket = tls.connect({ port, host: "127.0.0.1", ...secure }, () => {
          done(socket.getPeerCertificate().fingerprint256);
          socket.destroy();
        });
        socket.setTimeout(5000 * kSlow, () => socket.destroy(new Error("no handshake in time")));
        socket.once("error", failed);
      });
      const own = await Server.start({ store: kind, sets: { "tls.certificate": join(folder, "used.pem"), "tls.private_key": join(folder, "used.key") } });
      try {
        assert.ok(own.origin.startsWith("https://"));
        const before = await shown(own.port);
        const { answers } = await raw(own.port, [request, request], { answers: 2, secure });
        assert.deepEqual(answers.map((answer) => answer.status), [200, 200]);
        const big = await raw(own.port, ["GET /v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"], { answers: 1, secure });
        assert.equal(big.answers[0].json.openapi.slice(0, 3), "3.1");

        const kept = tls.connect({ port: own.port, host: "127.0.0.1", ...secure });
        let got = Buffer.alloc(0);
        kept.on("data", (chunk) => (got = Buffer.concat([got, chunk])));
        await new Promise((done) => kept.once("secureConnect", done));
        use("second");
        own.child.kill("SIGHUP");
        const now = await eventually("the second certificate is shown", async () => {
          const fingerprint = await shown(own.port);
          return fingerprint !== before && fingerprint;
        });
        kept.write(request);
        await eventually("the old connection goes on", () => parseAnswers(got).length === 1);
        kept.destroy();

        writeFileSync(join(folder, "used.pem"), "no certificate");
        own.child.kill("SIGHUP");
        await sleep(300);
        assert.equal(await shown(own.port), now, "a broken file changes nothing");
        const plain = await raw(own.port, [request]);
        assert.ok(plain.closed && plain.answers.every((answer) => answer.status >= 400), "plain HTTP on the TLS port");
        assert.equal((await own.stop()).code, 0);
      } finally {
        await own.stop();
        removeFolder(folder);
      }
    });

    it("metrics on a listener of their own", async () => {
      const port = await freePort();
      await withServer({ "metrics.listen": `127.0.0.1:${port}` }, async (own) => {
        await own.api.get("/v1/links");
        assert.equal((await own.api.get("/metrics", { key: null })).status, 404);
        const metrics = await own.api.get("/metrics", { key: null, port });
        assert.equal(metrics.status, 200);
        assert.match(metrics.text, /^ashlar_http_requests_total\{[^}]*route="\/v1\/links"[^}]*\} [1-9]/m);
        assert.equal((await own.api.get("/v1/links", { port })).status, 404, "the API is not on that listener");
      });
    });

    it("metrics count requests by route, links and clicks", async () => {
      const { code } = (await api.post("/v1/links", { url: "https://example.com/" })).json;
      for (let i = 0; i < 2; ++i) await api.get(`/${code}`);
      const { text } = await api.get("/metrics", { key: null });
      for (const name of ["ashlar_http_requests_total", "ashlar_http_request_duration_seconds_bucket", "ashlar_links_cache_hits_total",
        "ashlar_process_resident_memory_bytes", "ashlar_build_info"]) assert.match(text, new RegExp(`^${name}[{ ]`, "m"), name);
      assert.match(text, /^ashlar_http_requests_total\{[^}]*method="POST"[^}]*route="\/v1\/links"[^}]*status="2xx"\} [1-9]/m);
      assert.match(text, /^ashlar_storage_\w+/m);
      assert.match(text, /^ashlar_pool_\w+/m);
    });

    it("a request's id goes from the caller to the answer, the problem and the log", async () => {
      const own = await api.get("/v1/links/no-such-code", { headers: { "X-Request-Id": "caller-made_1.2" } });
      assert.equal(own.headers["x-request-id"], "caller-made_1.2");
      assert.equal(own.json.request_id, "caller-made_1.2");
      await eventually("the log has it", () => server.log().some((line) => line.request_id === "caller-made_1.2" && line.status === 404 &&
        line.route === "/v1/links/{code}" && line.tenant === "demo" && line.duration_ms >= 0 && line.method === "GET"));
      for (const wrong of ["with space", "x".repeat(65), 'quo"te', "semi;colon"]) {
        const answer = await api.get("/healthz", { headers: { "X-Request-Id": wrong } });
        assert.match(answer.headers["x-request-id"], /^[0-9a-f]{16}$/);
      }
      assert.notEqual((await api.get("/healthz")).headers["x-request-id"], (await api.get("/healthz")).headers["x-request-id"]);
    });

    it("a sampled traceparent comes out as a span at the collector", async () => {
      const spans = [];
      const collector = http.createServer((request, answer) => {
        const chunks = [];
        request.on("data", (chunk) => chunks.push(chunk));
        request.on("end", () => {
          if (request.url === "/v1/traces") {
            const body = JSON.parse(Buffer.concat(chunks));
            for (const resource of body.resourceSpans) for (const scope of resource.scopeSpans) for (const span of scope.spans) {
              spans.push({ ...span, resource: Object.fromEntries(resource.resource.attributes.map(({ key, value }) => [key, value])) });
            }
          }
          answer.writeHead(200, { "Content-Type": "application/json" }).end("{}");
        });
      });
      await new Promise((done) => collector.listen(0, "127.0.0.1", done));
      try {
        await withServer({ "otlp.endpoint": `http://127.0.0.1:${collector.address().port}`, "otlp.sample_ratio": "0" }, async (own) => {
          const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
          await own.api.get("/v1/links", { headers: { traceparent: `00-${trace}-00f067aa0ba902b7-01` } });
          await own.api.get("/v1/links", { headers: { traceparent: "00-11111111111111111111111111111111-00f067aa0ba902b7-00" } });
          await own.api.get("/v1/links", { headers: { traceparent: "nonsense" } });
          const span = await eventually("the span is exported", () => spans.find(({ traceId }) => traceId === trace), 8000);
          assert.equal(span.parentSpanId, "00f067aa0ba902b7");
          assert.match(span.spanId, /^[0-9a-f]{16}$/);
          assert.equal(span.resource["service.name"].stringValue, "ashlar");
          const attributes = Object.fromEntries(span.attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
          assert.equal(attributes["http.route"], "/v1/links");
          assert.equal(String(attributes["http.response.status_code"]), "200");
          assert.ok(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano));
          assert.ok(own.log().some((line) => line.trace_id === trace));
          assert.equal(spans.filter(({ traceId }) => traceId !== trace).length, 0, "what was not sampled");
        });
      } finally {
        collector.closeAllConnections();
        await new Promise((done) => collector.close(done));
      }
    });
  });
}
