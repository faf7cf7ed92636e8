// Two tenants and what is done to many links at once: B names A's links among its own, and neither reads, changes nor finds them.
import assert from "node:assert/strict";

export const kManyLinksRoutes = Object.fromEntries(["POST /v1/links/bulk", "POST /v1/links/bulk-update"].map((name) => [name, { rule: "many_links" }]));

const kNobodys = "of-nobody-x-many";  // as long as A's

// `bare`: an answer without what tells one request from another.
export async function manyLinksStory({ a, b, mark, bare }) {
  const code = "of-tenant-a-many";
  const url = "https://example.com/of-either/many";  // B makes a link of the same: no mark in it
  const key = { headers: { "Idempotency-Key": "leak-many" } };
  const made = await a.post("/v1/links/bulk", { links: [{ url, code, tags: [mark], owner: mark }, { url: `${url}/2`, tags: [mark] }] }, key);
  assert.equal(made.json.created, 2, made.text);
  const picture = async () => JSON.stringify((await a.get(`/v1/links?tag=${mark}&limit=100`)).json);
  const before = await picture();
  const without = (answer, name) => JSON.parse(JSON.stringify(bare(answer)).replaceAll(name, "CODE"));

  // By their codes, among others: as nobody's.
  for (const set of [{ enabled: false }, { owner: "stolen", tags_add: ["stolen"] }, { archived: true, expires_at: null }]) {
    const ask = (name) => b.post("/v1/links/bulk-update", { codes: [name], set });
    const theirs = await ask(code);
    assert.equal(theirs.json.results[0].problem.reason, "link_not_found", theirs.text);
    assert.deepEqual(without(theirs, code), without(await ask(kNobodys), kNobodys));
  }
  // By what they are: none.
  for (const filter of [{}, { tag: mark }, { owner: mark }, { q: code }, { enabled: true }, { archived: false }]) {
    const found = await b.post("/v1/links/bulk-update", { filter, limit: 1000, set: { tags_add: ["b-was-here"] } });
    assert.equal(found.status, 200, found.text);
    assert.ok(!found.text.includes(mark), found.text);
    for (const { code: changed, domain } of found.json.results) {
      assert.equal((await b.get(`/v1/links/${changed}${domain ? `?domain=${domain}` : ""}`)).status, 200);
    }
  }
  const cursor = (await a.post("/v1/links/bulk-update", { filter: { tag: mark }, limit: 1, set: { archived: false } })).json.next_cursor;
  assert.ok(cursor);
  assert.equal((await b.post("/v1/links/bulk-update", { filter: {}, cursor, set: { archived: false } })).json.reason, "invalid_cursor");

  // A's code is taken, like B's own, and says no more than that; A's link is not found by its URL; A's key is not B's.
  await b.post("/v1/links", { url: "https://example.com/", code: kNobodys });
  const many = await b.post("/v1/links/bulk", { links: [{ url, code }, { url, code: kNobodys }, { url, find_if_exists: true }, { url, code, find_if_exists: true }] }, key);
  assert.equal(many.headers["idempotency-replayed"], undefined);
  const [taken, own, found, named] = many.json.results;
  assert.deepEqual([taken.problem, own.problem, found.outcome, named.problem], [own.problem, own.problem, "created", own.problem]);
  assert.notEqual(found.link.code, code);
  assert.equal((await a.get(`/v1/links/${found.link.code}`)).status, 404);
  assert.equal(await picture(), before, "A's links are not as before");
}
