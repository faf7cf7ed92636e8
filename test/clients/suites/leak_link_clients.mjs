// Two tenants and links through the APIs of other shorteners, whose routes stand in no description, and their imports.
import assert from "node:assert/strict";
import { eventually } from "../support/process.mjs";

const kShlink = "/rest/v3";
const kKutt = "/api/v2";
const kDub = "/api/dub";

// Every route of theirs, with what B sends; {id}: A's link or one that nobody has.
const kNamed = [
  ["GET", `${kShlink}/short-urls/{id}`], ["PATCH", `${kShlink}/short-urls/{id}`, { longUrl: "https://example.com/stolen", tags: ["stolen"], title: "stolen", maxVisits: 1 }],
  ["DELETE", `${kShlink}/short-urls/{id}`], ["GET", `${kShlink}/short-urls/{id}/redirect-rules`],
  ["POST", `${kShlink}/short-urls/{id}/redirect-rules`, { redirectRules: [{ longUrl: "https://example.com/stolen", conditions: [{ type: "device", matchKey: null, matchValue: "ios" }] }] }],
  ["GET", `${kShlink}/short-urls/{id}/visits`], ["DELETE", `${kShlink}/short-urls/{id}/visits`],
  ["PATCH", `${kKutt}/links/{id}`, { target: "https://example.com/stolen" }], ["DELETE", `${kKutt}/links/{id}`], ["GET", `${kKutt}/links/{id}/stats`],
  ["DELETE", `${kKutt}/links/{id}/stats`],
  ["GET", `${kDub}/analytics?linkId={id}`], ["GET", `${kDub}/links/info?linkId={id}`], ["PATCH", `${kDub}/links/{id}`, { url: "https://example.com/stolen", title: "stolen" }], ["DELETE", `${kDub}/links/{id}`],
];
const kLists = [`${kShlink}/short-urls`, `${kShlink}/short-urls?itemsPerPage=-1&orderBy=visits-DESC`, `${kShlink}/short-urls?tags[]=MARK`, `${kShlink}/short-urls?searchTerm=MARK`,
  `${kShlink}/visits/non-orphan`, `${kShlink}/visits/orphan`, `${kShlink}/visits`, `${kShlink}/tags`, `${kShlink}/tags/stats`, `${kShlink}/domains`, `${kShlink}/domains/DEFAULT/visits`,
  `${kKutt}/links?all=true&limit=50`, `${kKutt}/links?search=MARK`, `${kKutt}/users`,
  `${kDub}/links`, `${kDub}/links?showArchived=true&search=MARK`, `${kDub}/links/count?showArchived=true`, `${kDub}/tags`, `${kDub}/analytics?groupBy=top_links`, `${kDub}/analytics?groupBy=referers&tagId=MARK`, `${kDub}/domains`, `${kDub}/domains?search=MARK`];

export async function linkClientsStory({ a, b, mark, bare }) {
  const keyed = (client, path) => (path.startsWith(kDub) ? {} : { key: null, headers: { "X-Api-Key": client.key } });
  const call = (client, method, path, body) => client.call(method, path, { ...keyed(client, path), body });
  const code = `${mark}-clients`;
  const host = `${mark}.example`;
  const nobodys = `${code.slice(0, -4)}none`;
  const made = await call(a, "POST", `${kShlink}/short-urls`, { longUrl: `https://example.com/${mark}`, customSlug: code, tags: [mark], title: mark });
  assert.equal(made.status, 200, made.text);
  assert.equal((await call(a, "PATCH", `${kShlink}/domains/redirects`, { domain: host, invalidShortUrlRedirect: `https://example.com/${mark}` })).status, 200);
  await a.get(`/${code}`, { key: null, headers: { Referer: `https://${mark}.example/` } });
  await eventually("A's click is kept", async () => (await call(a, "GET", `${kShlink}/short-urls/${code}/visits`)).json.visits.data.length === 1);
  assert.equal((await call(a, "POST", `${kDub}/tags`, { name: `${mark}-made`, color: "red" })).status, 201);
  await a.get(`/${mark}-lost`, { key: null, headers: { Host: host } });
  await eventually("A's orphan visit is kept", async () => (await call(a, "GET", `${kShlink}/visits/orphan`)).json.visits.data.length === 1);
  const picture = async () => JSON.stringify(await Promise.all([call(a, "GET", `${kDub}/tags`), call(a, "GET", `${kShlink}/visits/orphan`), call(a, "GET", `${kShlink}/visits`)].map(async (each) => (await each).json))) + JSON.stringify(await Promise.all(["/v1/links?limit=100", "/v1/link-tags", "/v1/link-domains", `/v1/links/${code}/clicks`]
    .map(async (path) => (await a.get(path)).json)));
  const before = await picture();
  for (const [method, path, body] of kNamed) {
    const [theirs, none] = await Promise.all([code, nobodys].map((id) => call(b, method, path.replace("{id}", id), body)));
    assert.equal(theirs.status, 404, `${method} ${path}: ${theirs.text}`);
    const same = (answer, id) => JSON.stringify(bare(answer)).replaceAll(id, "ID").replace(/"content-length":"\d+"/, "");
    assert.equal(same(theirs, code), same(none, nobodys), `${method} ${path}`);
  }
  for (const path of kLists) {
    const list = await call(b, "GET", path.replace("MARK", mark));
    assert.equal(list.status, 200, list.text);
    assert.ok(!list.text.includes(mark), `${path}: ${list.text}`);
  }
  // A's tag and domain are nobody's to B.
  for (const [method, path, body] of [["GET", `${kShlink}/tags/${mark}/visits`], ["PUT", `${kShlink}/tags`, { oldName: mark, newName: "stolen" }],
    ["GET", `${kShlink}/domains/${host}/visits`], ["GET", `${kShlink}/visits/orphan?domain=${host}`], ["DELETE", `${kKutt}/domains/${host}`], ["PATCH", `${kDub}/domains/${host}`, { notFoundUrl: "https://example.com/stolen" }],
    ["DELETE", `${kDub}/domains/${host}`], ["GET", `${kDub}/analytics?domain=${host}`], ["PATCH", `${kDub}/tags/${mark}`, { name: "stolen" }], ["PATCH", `${kDub}/tags/${mark}-made`, { color: "blue" }],
    ["DELETE", `${kDub}/tags/${mark}`], ["DELETE", `${kDub}/tags/${mark}-made`], ["GET", `${kDub}/links/info?domain=${host}&key=${code}`]]) {
    assert.equal((await call(b, method, path, body)).status, 404, `${method} ${path}`);
  }
  assert.equal((await call(b, "DELETE", `${kShlink}/tags?tags[]=${mark}`)).status, 204);
  assert.deepEqual((await call(b, "DELETE", `${kShlink}/visits/orphan`)).json, { deletedVisits: 0 });
  assert.equal((await call(b, "PATCH", `${kDub}/links/bulk`, { linkIds: [code], data: { title: "stolen" } })).text, "[]");
  assert.deepEqual((await call(b, "DELETE", `${kDub}/links/bulk?linkIds=${code}`)).json, { deletedCount: 0 });
  // B may name A's host: nothing is served there for it, and A's domain stays as it is. (It is taken away again: its name has the mark.)
  for (const [method, path, body] of [["PATCH", `${kShlink}/domains/redirects`, { domain: host, baseUrlRedirect: null }], ["POST", `${kKutt}/domains`, { address: host }], ["POST", `${kDub}/domains`, { slug: host }]]) {
    const named = await call(b, method, path, body);
    assert.ok([200, 201].includes(named.status), `${method} ${path}: ${named.text}`);
    assert.equal((await b.get(`/v1/link-domains/${host}`)).json.state, "unverified", `${method} ${path}`);
    assert.equal((await call(b, "DELETE", `${kKutt}/domains/${host}`)).status, 200);
  }
  // The same tag is B's own.
  assert.equal((await call(b, "POST", `${kDub}/tags`, { name: `${mark}-made` })).status, 201);
  assert.equal((await call(b, "DELETE", `${kDub}/tags/${mark}-made`)).status, 200);
  // A code is taken for all: that much is told, and no more.
  const taken = await call(b, "PUT", `${kDub}/links/upsert`, { url: "https://example.com/of-tenant-b", key: code });
  assert.equal(taken.status, 409, taken.text);
  assert.ok(!taken.text.includes("https://example.com/of-tenant-a"));
  assert.equal(await picture(), before, "A's things are not as before");
  // Without a key, and with one where these routes do not look for it.
  for (const path of kLists.filter((each) => !each.startsWith(kDub))) {
    for (const options of [{ key: null }, {}, { key: null, headers: { "X-Api-Key": a.key.slice(0, -1) } }]) assert.equal((await b.get(path.replace("MARK", mark), options)).status, 401, path);
  }
  for (const path of kLists.filter((each) => each.startsWith(kDub))) {
    for (const options of [{ key: null }, { key: null, headers: { "X-Api-Key": a.key } }]) assert.equal((await b.get(path.replace("MARK", mark), options)).status, 401, path);
  }
}
