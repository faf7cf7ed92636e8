// Two tenants and what their messages say: keys of templates are each tenant's own.
import assert from "node:assert/strict";

const kKey = "welcome";
const kNobodys = "nothing";
const content = (word) => ({ description: word, locales: { en: { short: `${word} says hello` } } });

const kNamed = {
  "GET /v1/notification-templates/{key}": {},
  "DELETE /v1/notification-templates/{key}": {},
  "GET /v1/notification-templates/{key}/versions": {},
  "GET /v1/notification-templates/{key}/versions/{version}": {},
  "POST /v1/notification-templates/{key}/publish": { body: { version: 1 } },
  "POST /v1/notification-templates/{key}/preview": { body: {} },
  "POST /v1/notification-templates/{key}/test": { body: { to: { email: "b@example.com" } } },
};

export const kTemplateRoutes = {
  ...Object.fromEntries(Object.entries(kNamed).map(([name, { body }]) => [name, { rule: "templates", bodies: [body] }])),
  "PUT /v1/notification-templates/{key}": { rule: "templates", bodies: [content("of-tenant-b")] },
  "GET /v1/notification-templates": { rule: "templates" },
};

const fill = (path, key) => path.replace("{key}", key).replace("{version}", "1");

// `bare`: an answer without what tells one request from another.
export async function templatesStory({ a, b, mark, bare }) {
  const put = async (client, key, word) => {
    const answer = await client.call("PUT", `/v1/notification-templates/${key}`, { body: content(word) });
    assert.equal(answer.status, 200, answer.text);
    return answer;
  };
  const picture = async (client) => JSON.stringify(await Promise.all(
    ["", `/${kKey}`, `/${kKey}/versions`].map(async (end) => (await client.get(`/v1/notification-templates${end}`)).json)));
  for (const key of [kKey, `${kKey}-2`]) await put(a, key, mark);
  const before = await picture(a);
  for (const [route, { body }] of Object.entries(kNamed)) {
    const [method, path] = route.split(" ");
    const theirs = await b.call(method, fill(path, kKey), { body });
    assert.equal(theirs.status, 404, `${route}: ${theirs.text}`);
    assert.ok(!theirs.text.includes(mark), `${route}: ${theirs.text}`);
    assert.deepEqual(bare(theirs), bare(await b.call(method, fill(path, kNobodys), { body })), route);
  }
  const { next_cursor: cursor } = (await a.get("/v1/notification-templates?limit=1")).json;
  assert.ok(cursor);
  assert.equal((await b.get(`/v1/notification-templates?limit=1&cursor=${cursor}`)).json.reason, "invalid_cursor");
  assert.ok(!(await put(b, kKey, "of-tenant-b")).text.includes(mark));
  assert.equal(await picture(a), before, "what A has is not as before");
  assert.ok(!(await picture(b)).includes(mark));
}
