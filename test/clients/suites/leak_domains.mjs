// Two tenants and domains of links: B may name A's host, learns nothing of A by it, and nothing is served there for B. What is on it is everybody's to follow and A's alone to see.
import assert from "node:assert/strict";
import { PNG } from "pngjs";

const kAt = "/v1/link-domains";
const kHost = "of-tenant-a.example";
const kNobodys = "of-nobody-x.example";  // as long, for Content-Length

const kNamed = [`GET ${kAt}/{host}`, `PATCH ${kAt}/{host}`, `DELETE ${kAt}/{host}`, `POST ${kAt}/{host}/verify`];

const kLogo = "/v1/link-qr-logo";
const kLogoRoutes = ["GET", "PUT", "DELETE"];

export const kDomainRoutes = Object.fromEntries([...kNamed, `GET ${kAt}`, `POST ${kAt}`, ...kLogoRoutes.map((method) => `${method} ${kLogo}`)].map((name) => [name, { rule: "domains" }]));
for (const name of ["GET /v1/operator-link-domains", "POST /v1/operator-link-domains/{id}/approve", "POST /v1/operator-link-domains/{id}/revoke"]) kDomainRoutes[name] = { rule: "platform" };

function logo(shade) {
  const png = new PNG({ width: 4, height: 4 });
  png.data.fill(shade);
  return PNG.sync.write(png);
}

// The picture in QR codes: each tenant's own, and by A's host B reaches none.
async function logosStory({ a, b, bare }) {
  const put = (api, query, shade) => api.call("PUT", `${kLogo}${query}`, { body: logo(shade) });
  for (const query of ["", `?domain=${kHost}`]) assert.equal((await put(a, query, 7)).status, 200);
  const picture = async () => Promise.all(["", `?domain=${kHost}`].map(async (query) => (await a.get(`${kLogo}${query}`)).body.toString("hex")));
  const before = await picture();
  assert.equal((await b.get(kLogo)).json.reason, "logo_not_found");
  for (const method of kLogoRoutes) {
    const ask = (host) => b.call(method, `${kLogo}?domain=${host}`, { body: method === "PUT" ? logo(9) : undefined });
    const theirs = await ask(kHost);
    assert.equal(theirs.status, 404, `${method}: ${theirs.text}`);
    assert.deepEqual(bare(theirs), bare(await ask(kNobodys)), method);
  }
  assert.equal((await put(b, "", 9)).status, 200);
  assert.notEqual((await b.get(kLogo)).body.toString("hex"), before[0]);
  assert.equal((await b.delete(kLogo)).status, 204);
  assert.deepEqual(await picture(), before, "A's logos are not as before");
}

// `bare`: an answer without what tells one request from another.
export async function domainsStory({ a, b, mark, bare }) {
  const made = await a.post(kAt, { host: kHost, root_url: `https://example.com/${mark}`, not_found_url: `https://example.com/${mark}/lost` });
  assert.equal(made.status, 201, made.text);
  const code = "on-a-domain";
  const link = await a.post("/v1/links", { url: `https://example.com/${mark}/on-domain`, code, domain: kHost, tags: [mark] });
  assert.equal(link.status, 201, link.text);
  const picture = async () => JSON.stringify([(await a.get(`${kAt}/${kHost}`)).json, (await a.get(`/v1/links?domain=${kHost}`)).json]);
  const before = await picture();

  for (const route of kNamed) {
    const [method, path] = route.split(" ");
    const bodies = method === "PATCH" ? [{ root_url: "https://example.com/stolen" }, { not_found_url: null }, {}] : [undefined];
    for (const body of bodies) for (const headers of [{}, { "If-Match": '"v1"' }, { "If-Match": "*" }]) {
      const ask = (host) => b.call(method, path.replace("{host}", host), { body, headers });
      const theirs = await ask(kHost);
      assert.equal(theirs.status, 404, `${route}: ${theirs.text}`);
      assert.deepEqual(bare(theirs), bare(await ask(kNobodys)), route);
      assert.ok(!theirs.text.includes(mark), theirs.text);
    }
  }
  // Each route of a link, and the list, by A's domain.
  for (const [method, rest, body] of [["GET", ""], ["PATCH", "", { enabled: false }], ["GET", "/stats"], ["GET", "/clicks"], ["GET", "/qr"]]) {
    const ask = (host) => b.call(method, `/v1/links/${code}${rest}?domain=${host}`, { body });
    const theirs = await ask(kHost);
    assert.equal(theirs.status, 404, `${method} ${rest}: ${theirs.text}`);
    assert.deepEqual(bare(theirs), bare(await ask(kNobodys)), `${method} ${rest}`);
  }
  const list = await b.get(`/v1/links?domain=${kHost}`);
  assert.equal(list.status, 404, list.text);
  assert.deepEqual(bare(list), bare(await b.get(`/v1/links?domain=${kNobodys}`)));
  const create = (domain) => b.post("/v1/links", { url: "https://example.com/of-tenant-b", code: "stolen", domain });
  const refused = await create(kHost);
  assert.equal(refused.status, 422, refused.text);
  assert.deepEqual(bare(refused), bare(await create(kNobodys)));

  // B names A's host: it is told that it must be shown, as of any that is taken, and by no word whose it is.
  assert.equal((await b.post(kAt, { host: "of-tenant-b.example" })).json.state, "active");
  // (Without the mark: what B makes of a name is B's own.)
  const wanted = "wanted-by-both.example";
  assert.equal((await a.post(kAt, { host: wanted, not_found_url: `https://example.com/${mark}` })).json.state, "active");
  assert.equal((await a.post("/v1/links", { url: `https://example.com/${mark}/wanted`, code, domain: wanted, tags: [mark] })).status, 201);
  const claim = await b.post(kAt, { host: wanted });
  assert.deepEqual([claim.status, claim.json.state], [201, "unverified"], claim.text);
  const { host, challenge, created_at, updated_at, ...rest } = claim.json;
  assert.deepEqual(rest, { root_url: null, not_found_url: null, stopped: null, state: "unverified", proof: null, checked_at: null, check_error: null });
  assert.equal((await b.patch(`${kAt}/${wanted}`, { root_url: "https://example.com/stolen" })).status, 200);
  assert.equal((await b.get(`/v1/links/${code}?domain=${wanted}`)).status, 404);
  assert.equal((await b.post("/v1/links", { url: "https://example.com/of-tenant-b", code, domain: wanted })).status, 201);
  // (HEAD, since what is counted is counted later, and what A has is compared then.)
  const followed = await b.call("HEAD", `/${code}`, { key: null, headers: { Host: wanted } });
  assert.equal(followed.headers.location, `https://example.com/${mark}/wanted`, "A's link is no longer A's");
  assert.ok(!(await b.get(`/v1/links?domain=${wanted}`)).text.includes(mark));
  assert.ok(!(await b.get(`${kAt}?limit=100`)).text.includes(mark));
  assert.equal((await a.post(kAt, { host: `second.${kHost}` })).status, 201);
  const { next_cursor: cursor } = (await a.get(`${kAt}?limit=1`)).json;
  assert.ok(cursor);
  assert.equal((await b.get(`${kAt}?limit=1&cursor=${cursor}`)).json.reason, "invalid_cursor");
  // The same code on B's own domain is another link.
  const own = await b.post("/v1/links", { url: "https://example.com/of-tenant-b", code, domain: "of-tenant-b.example" });
  assert.equal(own.status, 201, own.text);
  assert.equal((await b.patch(`/v1/links/${code}?domain=of-tenant-b.example`, { url: "https://example.com/of-tenant-b/2" })).status, 200);
  await logosStory({ a, b, bare });
  assert.equal(await picture(), before, "A's domain is not as before");
}
