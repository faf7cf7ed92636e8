// Files of other shorteners made into links: each source, progress, what is refused, a server killed in the middle, and a move from
// one installation to another.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually, sleep } from "../support/process.mjs";
import { Server, Store } from "../support/server.mjs";

const kPart = 3 * 1024 * 1024;

export async function importFile(api, request, file, { part = kPart } = {}) {
  const made = await api.post("/v1/link-imports", request);
  assert.equal(made.status, 201, made.text);
  const at = `/v1/link-imports/${made.json.id}`;
  for (let i = 0, number = 1; i < file.length || number === 1; i += part, ++number) {
    const put = await api.call("PUT", `${at}/parts/${number}`, { body: file.slice(i, i + part) });
    assert.equal(put.status, 200, put.text);
  }
  const started = await api.post(`${at}/start`);
  assert.equal(started.status, 202, started.text);
  return at;
}
async function through(api, at, limit_ms = 120_000) {
  await eventually(`${at} is through`, async () => !["open", "running"].includes((await api.get(at)).json.state), limit_ms);
  return (await api.get(at)).json;
}
const counts = ({ state, rows, created, existing, refused }) => ({ state, rows, created, existing, refused });

async function exported(api, query = "") {
  const lines = [];
  for (let next = `/v1/link-export?limit=700${query}`; next;) {
    const page = await api.get(next);
    assert.equal(page.status, 200, page.text);
    lines.push(...page.text.split("\n").filter((line) => line !== ""));
    next = /<([^>]+)>/.exec(page.headers.link ?? "")?.[1];
  }
  return lines;
}

const kFiles = {
  shlink: { request: { source: "shlink" }, file: "createdAt,domain,shortCode,shortUrl,longUrl,title,tags,visits\n"
    + "2024-01-02T03:04:05+01:00,,imp-shlink,https://s.test/imp-shlink,https://example.com/shlink,\"A, title\",one|two,7\n" },
  shlink_json: { request: { source: "shlink", format: "json" }, file: JSON.stringify({ shortUrls: { data: [{ shortCode: "imp-shlink2", longUrl: "https://example.com/shlink2",
    dateCreated: "2024-01-02T03:04:05+00:00", visitsSummary: { total: 9 }, tags: ["one"], meta: { validSince: null, validUntil: "2024-06-01T00:00:00+00:00", maxVisits: 10 }, title: null, domain: null }] } }) },
  kutt: { request: { source: "kutt", format: "json" }, file: JSON.stringify({ total: 1, data: [{ address: "imp-kutt", target: "https://example.com/kutt", description: "Mine",
    created_at: "2024-01-02T03:04:05.678Z", visit_count: 3 }] }) },
  yourls: { request: { source: "yourls" }, file: "keyword;url;title;timestamp;ip;clicks\r\nimp-yourls;https://example.com/yourls;Why;2024-01-02 03:04:05;192.0.2.1;12\r\n" },
  bitly: { request: { source: "bitly" }, file: "Link,Long URL,Title,Date Created,Total Clicks\nhttps://bit.ly/imp-bitly,https://example.com/bitly,B,2024-01-02,5\n" },
};

export function linkImportsSuite(kind) {
  describe(`imports of links on ${kind}`, { timeout: 600_000 }, () => {
    let server, api;
    const it = (name, run) => test(`${kind}: ${name}`, run);
    before(async () => {
      server = await Server.start({ store: kind });
      api = server.api;
    });
    after(() => server?.stop());

    it("exports of Shlink, Kutt, YOURLS and bit.ly", async () => {
      for (const [name, { request, file }] of Object.entries(kFiles)) {
        const done = await through(api, await importFile(api, request, file));
        assert.deepEqual(counts(done), { state: "done", rows: 1, created: 1, existing: 0, refused: 0 }, name);
        assert.equal(done.bytes_done, done.bytes);
      }
      const get = async (code) => (await api.get(`/v1/links/${code}`)).json;
      const shlink = await get("imp-shlink");
      assert.deepEqual([shlink.url, shlink.title, shlink.tags, shlink.clicks, shlink.created_at], ["https://example.com/shlink", "A, title", ["one", "two"], 7, "2024-01-02T02:04:05Z"]);
      const limited = await get("imp-shlink2");
      assert.deepEqual([limited.max_clicks, limited.clicks_left, limited.expires_at, limited.clicks], [10, 1, "2024-06-01T00:00:00Z", 9]);
      assert.equal((await api.get("/imp-shlink2", { key: null })).status, 410);
      assert.deepEqual([(await get("imp-kutt")).notes, (await get("imp-yourls")).title, (await get("imp-bitly")).clicks], ["Mine", "Why", 5]);
      assert.equal((await api.get("/imp-yourls", { key: null })).headers.location, "https://example.com/yourls");
    });

    it("the same file twice makes nothing twice; what is refused has its row and reason", async () => {
      const again = await through(api, await importFile(api, kFiles.yourls.request, kFiles.yourls.file));
      assert.deepEqual(counts(again), { state: "done", rows: 1, created: 0, existing: 1, refused: 0 });
      const rows = ["imp-yourls,https://example.com/other", "ok-one,https://example.com/1", "no slash/es,https://example.com/2", "links,https://example.com/3", "bad-url,nonsense",
        `own,${server.origin}/x`, "too,many,fields", ",https://example.com/generated", `long-title,https://example.com/4`];
      const at = await importFile(api, { source: "yourls" }, `keyword,url\n${rows.join("\n")}\n`, { part: 10 });
      const done = await through(api, at);
      assert.deepEqual(counts(done), { state: "done", rows: 9, created: 3, existing: 0, refused: 6 });
      const report = (await api.get(`${at}/report?limit=4`)).json;
      assert.equal(report.data.length, 4);
      const rest = (await api.get(`${at}/report?cursor=${report.next_cursor}`)).json;
      assert.deepEqual([...report.data, ...rest.data].map(({ row, code, reason }) => [row, code, reason]), [[1, "imp-yourls", "code_taken"], [3, "no slash/es", "code_malformed"],
        [4, "links", "code_reserved"], [5, "bad-url", "target_scheme"], [6, "own", "target_is_ashlar"], [7, "", "row_malformed"]]);
    });

    it("states: parts while it is open, none missing; cancelled; a file that does not go on", async () => {
      const { id } = (await api.post("/v1/link-imports", { source: "kutt" })).json;
      const at = `/v1/link-imports/${id}`;
      assert.equal((await api.call("PUT", `${at}/parts/2`, { body: "address,target\n" })).status, 200);
      assert.equal((await api.post(`${at}/start`)).json.reason, "import_state");
      assert.equal((await api.call("PUT", `${at}/parts/0`, { body: "x" })).json.reason, "part_number");
      assert.equal((await api.call("PUT", `${at}/parts/1`, { body: "" })).json.reason, "part_empty");
      assert.equal((await api.post(`${at}/cancel`)).json.state, "cancelled");
      assert.equal((await api.call("PUT", `${at}/parts/1`, { body: "x" })).json.reason, "import_state");
      assert.equal((await api.post(`${at}/start`)).json.reason, "import_state");
      const headless = await through(api, await importFile(api, { source: "yourls" }, "abc,https://example.com/,1\n"));
      assert.deepEqual([headless.state, headless.rows], ["failed", 0]);
      assert.match(headless.error, /none of them is keyword/);
      const broken = await through(api, await importFile(api, { source: "kutt" }, `address,target\nok-two,https://example.com/\nx,"${"y".repeat(1_100_000)}\n`));
      assert.deepEqual([broken.state, broken.created], ["failed", 1]);
      assert.match(broken.error, /row 1/);
      assert.equal((await api.post("/v1/link-imports", { source: "jsonl", format: "csv" })).json.errors[0].field, "/format");
      assert.equal((await api.post("/v1/link-imports", { source: "kutt", domain: "nobodys.example" })).status, 404);
      assert.ok((await api.get("/v1/link-imports?limit=2")).json.next_cursor);
    });

    it("a move to another installation keeps codes, settings and counts", async () => {
      const { host } = new URL("http://moved.example");
      await api.post("/v1/link-domains", { host });
      await api.post("/v1/links", { url: "https://example.com/moved", code: "moved-1", domain: host, title: "Quote \" and ü", tags: ["a", "b"], max_clicks: 5, forward_query: true,
        rules: [{ url: "https://example.com/de", languages: ["de"] }], variants: [{ url: "https://example.com/v1", weight: 1 }, { url: "https://example.com/v2", weight: 3 }], password: "open sesame" });
      await api.patch(`/v1/links/ok-one`, { enabled: false });
      const lines = await exported(api, "&password_hashes=true");
      assert.ok(lines.length >= 9);
      const reader = server.client(server.newKey("demo", "links:read"));
      assert.equal((await reader.get("/v1/link-export?password_hashes=true")).json.reason, "missing_scope");
      assert.ok(!(await reader.get("/v1/link-export")).text.includes("argon2"));
      const other = await Server.start({ store: kind });
      try {
        await other.api.post("/v1/link-domains", { host });
        const done = await through(other.api, await importFile(other.api, { source: "jsonl" }, `${lines.join("\n")}\n`, { part: 1_000 }));
        assert.deepEqual(counts(done), { state: "done", rows: lines.length, created: lines.length, existing: 0, refused: 0 });
        assert.deepEqual(await exported(other.api, "&password_hashes=true"), lines);
      } finally {
        await other.stop();
      }
    });
  });

  test(`${kind}: a server killed in the middle, again and again: each row once`, { timeout: 600_000 }, async () => {
    const kRows = 20_000;
    const store = new Store(kind);
    try {
      let server = await Server.start({ store });
      const key = server.key;
      const file = ["keyword,url,clicks", ...Array.from({ length: kRows }, (_, i) => `killed-${i},${i % 1_000 === 7 ? "nonsense" : `https://example.com/${i}`},${i % 3}`)].join("\n");
      const at = await importFile(server.api, { source: "yourls" }, file);
      let kills = 0;
      while (kills < 3) {
        await sleep(250);
        const { state, rows } = (await server.api.get(at)).json;
        if (state === "done") break;
        if (rows <= kills * 3_000) continue;
        await server.kill();
        ++kills;
        await store.settled();
        server = await Server.start({ store });
      }
      const api = server.client(key);
      const done = await through(api, at, 300_000);
      assert.ok(kills >= 1, "it was never killed in the middle");
      assert.deepEqual(counts(done), { state: "done", rows: kRows, created: kRows - 20, existing: 0, refused: 20 });
      assert.equal(done.bytes_done, done.bytes);
      const lines = (await exported(api)).map((line) => JSON.parse(line));
      assert.equal(lines.length, kRows - 20);
      assert.equal(new Set(lines.map(({ code }) => code)).size, kRows - 20);
      assert.ok(lines.every(({ code, clicks }) => clicks === Number(code.slice(7)) % 3), "each count once");
      assert.equal((await api.get(`${at}/report?limit=100`)).json.data.length, 20);
      console.log(`${kind}: ${kRows} rows imported over ${kills} kills`);
      api.close();
      await server.stop();
    } finally {
      store.remove();
    }
  });
}
