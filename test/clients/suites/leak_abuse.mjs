// Two tenants and what keeps their links from doing harm: deny lists are each tenant's own, and what is said of A's link is B's no more than the link.
import assert from "node:assert/strict";

const kOwners = ["GET /v1/links/{code}/review", "POST /v1/links/{code}/appeal"];
const kOwn = ["GET /v1/link-denials", "POST /v1/link-denials", "DELETE /v1/link-denials/{host}"];

export const kAbuseRoutes = {
  ...Object.fromEntries([...kOwners, ...kOwn].map((name) => [name, { rule: "abuse" }])),
  "GET /v1/operator-link-denials": { rule: "platform" },
  "POST /v1/operator-link-denials": { rule: "platform", body: () => ({ host: "of-tenant-b.example" }) },
  "DELETE /v1/operator-link-denials/{host}": { rule: "platform" },
  "GET /v1/link-reviews": { rule: "platform" },
  "POST /v1/link-reviews": { rule: "platform", body: () => ({ code: "any" }) },
  "GET /v1/link-reviews/{id}": { rule: "platform" },
  "POST /v1/link-reviews/{id}/decide": { rule: "platform", body: () => ({ decision: "clear" }) },
  "GET /v1/operator-link-domain-stops": { rule: "platform" },
  "POST /v1/operator-link-domain-stops": { rule: "platform", body: () => ({ domain: "of-tenant-b.example" }) },
  "DELETE /v1/operator-link-domain-stops/{domain}": { rule: "platform" },
  "GET /{code}/report": { rule: "open" },
  "POST /{code}/report": { rule: "abuse" },
};

// `bare`: an answer without what tells one request from another.
export async function abuseStory({ a, b, code, nobodys, mark, bare }) {
  const host = "only-a.example";  // without the mark: what B makes of it is B's own
  assert.equal((await a.post("/v1/link-denials", { host, note: mark })).status, 201);
  assert.equal((await a.post("/v1/link-denials", { host: `*.${host}`, note: mark })).status, 201);
  assert.equal((await b.post(`/${code}/report`, { reason: "spam", comment: mark }, { key: null })).status, 202);
  const picture = async () => JSON.stringify(await Promise.all(["/v1/link-denials", `/v1/links/${code}/review`].map(async (path) => (await a.get(path)).json)));
  const before = await picture();

  for (const route of kOwners) {
    const [method, path] = route.split(" ");
    const ask = (which) => b.call(method, path.replace("{code}", which), method === "POST" ? { body: { text: "mine" } } : {});
    const theirs = await ask(code);
    assert.equal(theirs.status, 404, `${route}: ${theirs.text}`);
    assert.deepEqual(bare(theirs), bare(await ask(nobodys)), route);
  }
  assert.deepEqual((await b.get("/v1/link-denials")).json, { data: [], next_cursor: null });
  const gone = await b.delete(`/v1/link-denials/${host}`);
  assert.equal(gone.status, 404);
  assert.deepEqual(bare(gone), bare(await b.delete("/v1/link-denials/of-nobody.example")));
  assert.equal((await b.post("/v1/links", { url: `https://${host}/of-tenant-b` })).status, 201, "A's list is A's alone");
  assert.equal((await a.post("/v1/links", { url: `https://${host}/` })).json.reason, "target_denied");
  assert.equal((await b.post("/v1/link-denials", { host })).status, 201, "the same name is B's own");
  const { next_cursor: cursor } = (await a.get("/v1/link-denials?limit=1")).json;
  assert.ok(cursor);
  assert.equal((await b.get(`/v1/link-denials?limit=1&cursor=${cursor}`)).json.reason, "invalid_cursor");
  // Who reports is told the same of a link that he may not see as of one that he may.
  const mine = (await b.post("/v1/links", { url: "https://example.com/of-tenant-b" })).json.code;
  const told = await Promise.all([code, mine].map(async (which) => bare(await b.post(`/${which}/report`, { reason: "spam" }, { key: null }))));
  assert.deepEqual(told[0], told[1]);
  assert.equal(await picture(), before, "what A has is not as before");
}
