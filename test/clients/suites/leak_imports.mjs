// Two tenants and files that become links.
import assert from "node:assert/strict";

const kNamed = {
  "GET /v1/link-imports/{id}": {},
  "PUT /v1/link-imports/{id}/parts/{number}": { body: "keyword,url\nstolen,https://example.com/stolen\n" },
  "POST /v1/link-imports/{id}/start": {},
  "POST /v1/link-imports/{id}/cancel": {},
  "GET /v1/link-imports/{id}/report": {},
};
export const kImportRoutes = {
  ...Object.fromEntries(Object.keys(kNamed).map((name) => [name, { rule: "imports" }])),
  "POST /v1/link-imports": { rule: "imports", body: () => ({ source: "yourls" }) },
  "GET /v1/link-imports": { rule: "imports" },
  "GET /v1/link-export": { rule: "imports" },
};

export async function importsStory({ a, b, mark, bare, eventually }) {
  const made = await a.post("/v1/link-imports", { source: "yourls" });
  assert.equal(made.status, 201, made.text);
  const at = `/v1/link-imports/${made.json.id}`;
  assert.equal((await a.call("PUT", `${at}/parts/1`, { body: `keyword,url\n${mark}-import,https://example.com/${mark}\nx,${mark}\n` })).status, 200);
  const before = (await a.get(at)).text;
  for (const [route, { body }] of Object.entries(kNamed)) {
    const [method, path] = route.split(" ");
    const to = (id) => b.call(method, path.replace("{id}", id).replace("{number}", "1"), { body });
    const theirs = await to(made.json.id);
    assert.equal(theirs.status, 404, `${route}: ${theirs.text}`);
    assert.deepEqual(bare(theirs), bare(await to("987654321")), route);
  }
  assert.equal((await a.get(at)).text, before, "A's import is not as before");
  assert.equal((await a.post(`${at}/start`)).status, 202);
  await eventually("A's import is through", async () => (await a.get(at)).json.state === "done");
  const done = (await a.get(at)).json;
  assert.deepEqual([done.created, done.refused], [1, 1]);
  assert.equal((await b.get(`${at}/report`)).status, 404);
  for (const path of ["/v1/link-imports", "/v1/link-export", "/v1/link-export?password_hashes=true"]) {
    const answer = await b.get(path);
    assert.equal(answer.status, 200);
    assert.ok(!answer.text.includes(mark), answer.text);
  }
  const { headers } = await a.get("/v1/link-export?limit=1");
  const next = /<([^>]+)>/.exec(headers.link)[1];
  assert.equal((await b.get(next)).json.reason, "invalid_cursor");
  // What is A's is refused to B's import, and only that.
  const own = (await b.post("/v1/link-imports", { source: "yourls" })).json.id;
  await b.call("PUT", `/v1/link-imports/${own}/parts/1`, { body: `keyword,url\n${mark}-import,https://example.com/${mark}\nof-b-import,https://example.com/of-tenant-b\n` });
  await b.post(`/v1/link-imports/${own}/start`);
  await eventually("B's import is through", async () => (await b.get(`/v1/link-imports/${own}`)).json.state === "done");
  const report = (await b.get(`/v1/link-imports/${own}/report`)).json.data;
  assert.deepEqual(report.map(({ row, reason }) => [row, reason]), [[1, "code_taken"]]);
  assert.equal((await a.get(`/v1/links/${mark}-import`)).json.url, `https://example.com/${mark}`);
}
