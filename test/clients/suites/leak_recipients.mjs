// Two tenants and whom they tell: users' ids, names of topics, segments and categories are each tenant's own, so that B may have
// all that A has under the same names, and it is another's. (What is sent to them: leak_notifications.mjs.)
import assert from "node:assert/strict";

export const kRecipientScopes = ["notifications:read", "notifications:write"];

const kUser = "ann";
const kName = "offers";
const kNobodys = "nothing";

// What B asks of A's things, which is to B as of things that nobody has.
const kNamed = {
  "GET /v1/recipients/{user_id}": {},
  "PATCH /v1/recipients/{user_id}": { body: { name: "stolen" } },
  "DELETE /v1/recipients/{user_id}": {},
  "GET /v1/recipients/{user_id}/preferences": {},
  "PUT /v1/recipients/{user_id}/preferences": { body: { all: false } },
  "POST /v1/recipients/{user_id}/preferences-link": {},
  "GET /v1/recipients/{user_id}/devices": {},
  "DELETE /v1/recipients/{user_id}/devices/{device_id}": {},
  "GET /v1/notification-topics/{topic}": {},
  "DELETE /v1/notification-topics/{topic}": {},
  "GET /v1/notification-topics/{topic}/members": {},
  "DELETE /v1/notification-topics/{topic}/members": { body: { user_ids: [kUser] } },
  "GET /v1/notification-segments/{name}": {},
  "DELETE /v1/notification-segments/{name}": {},
  "GET /v1/notification-segments/{name}/preview": {},
  "GET /v1/notification-categories/{name}": {},
  "DELETE /v1/notification-categories/{name}": {},
  "GET /v1/notification-providers/{id}": {},
  "PATCH /v1/notification-providers/{id}": { body: { enabled: false } },
  "DELETE /v1/notification-providers/{id}": {},
  "GET /v1/notification-rules/{id}": {},
  "PUT /v1/notification-rules/{id}": { body: { name: "stolen", event_type: "link.*", to: { user_id: kUser }, content: { text: "x" } } },
  "DELETE /v1/notification-rules/{id}": {},
  "DELETE /v1/notification-suppressions": { query: (mark) => `?channel=email&address=${mark}@example.com` },
};
// What makes or lists things of B's own, under the names that A's have.
const kOwn = {
  "PUT /v1/recipients/{user_id}": { email: "of-tenant-b@example.com" },
  "POST /v1/recipients": { recipients: [{ user_id: "of-tenant-b" }] },
  "POST /v1/recipients/{user_id}/devices": { platform: "fcm", token: "of-tenant-b" },
  "PUT /v1/notification-topics/{topic}/members": { user_ids: ["of-tenant-b"] },
  "PUT /v1/notification-segments/{name}": { where: { locale: "of" } },
  "PUT /v1/notification-categories/{name}": { title: "of-tenant-b" },
  "POST /v1/notification-suppressions": { channel: "email", address: "of-tenant-b@example.com" },
  "POST /v1/notification-providers": { channel: "email", type: "smtp", name: kName, host: "127.0.0.1", port: 2525, from: "b@example.com", tls: "none" },
  "POST /v1/notification-rules": { name: kName, event_type: "link.*", to: { email: "of-tenant-b@example.com" }, content: { text: "of-tenant-b" } },
};
const kLists = ["recipients", "notification-topics", "notification-segments", "notification-categories", "notification-providers", "notification-rules", "notification-suppressions"];

export const kRecipientRoutes = {
  ...Object.fromEntries(Object.entries(kNamed).map(([name, { body }]) => [name, { rule: "recipients", bodies: [body] }])),
  ...Object.fromEntries(Object.entries(kOwn).map(([name, body]) => [name, { rule: "recipients", bodies: [body] }])),
  ...Object.fromEntries(kLists.map((name) => [`GET /v1/${name}`, { rule: "recipients" }])),
  // Whoever has a link may, whoever it is; without one these tell the same to all.
  ...Object.fromEntries(["GET", "POST"].flatMap((method) => ["", "/unsubscribe"].map((end) => [`${method} /n/{token}${end}`, { rule: "open" }]))),
};

const fill = (path, user, name, ids) => path.replace("{user_id}", user).replace(/\{(topic|name)\}/, name)
  .replace("{device_id}", ids.device).replace("{id}", path.includes("-rules") ? ids.rule : ids.provider);

// `bare`: an answer without what tells one request from another.
export async function recipientsStory({ a, b, mark, bare }) {
  const make = async (client, word) => {
    const put = async (path, body) => {
      const answer = await client.call("PUT", path, { body });
      assert.equal(answer.status, 200, answer.text);
    };
    const post = async (path, body, status) => {
      const answer = await client.post(path, body);
      assert.equal(answer.status, status, answer.text);
      return answer.json.id;
    };
    await put(`/v1/recipients/${kUser}`, { email: `${word}@example.com`, name: word, locale: "de", attributes: { word } });
    await put(`/v1/recipients/${kUser}-2`, { email: `${word}@example.com`, locale: "de" });
    for (const name of [kName, `${kName}-2`]) {
      await put(`/v1/notification-topics/${name}/members`, { user_ids: [kUser, word] });
      await put(`/v1/notification-segments/${name}`, { where: { locale: "de" }, description: word });
      await put(`/v1/notification-categories/${name}`, { title: word });
      await post("/v1/notification-suppressions", { channel: "email", address: `${word}@example.com`, category: name }, 200);
    }
    await post("/v1/notification-suppressions", { channel: "email", address: `${word}@example.com` }, 200);
    return {
      device: await post(`/v1/recipients/${kUser}/devices`, { platform: "fcm", token: `shared-token-${kUser}` }, 201),
      provider: await post("/v1/notification-providers", { ...kOwn["POST /v1/notification-providers"], from: `${word}@example.com` }, 201),
      rule: await post("/v1/notification-rules", { ...kOwn["POST /v1/notification-rules"], content: { text: word } }, 201),
    };
  };
  const picture = async (client) => JSON.stringify(await Promise.all(
    [...kLists, `recipients/${kUser}/devices`, `notification-topics/${kName}/members`, `notification-segments/${kName}/preview`]
      .map(async (path) => (await client.get(`/v1/${path}`)).json)));

  const ids = await make(a, mark);
  const before = await picture(a);
  const none = { device: "987654321", provider: "987654321", rule: "987654321" };
  for (const [route, { body, query = () => "" }] of Object.entries(kNamed)) {
    const [method, path] = route.split(" ");
    const theirs = await b.call(method, fill(path, kUser, kName, ids) + query(mark), { body });
    assert.equal(theirs.status, 404, `${route}: ${theirs.text}`);
    assert.ok(!theirs.text.includes(mark), `${route}: ${theirs.text}`);
    const nobodys = bare(await b.call(method, fill(path, kNobodys, kNobodys, none) + query("nobody"), { body }));
    assert.deepEqual(bare(theirs), nobodys, route);
  }
  for (const list of kLists) {
    const paged = !["notification-providers", "notification-rules"].includes(list);  // these are all on one page
    const theirs = await b.get(`/v1/${list}${paged ? "?limit=100" : ""}`);
    assert.equal(theirs.status, 200, theirs.text);
    assert.ok(!theirs.text.includes(mark), theirs.text);
    if (!paged) continue;
    const { next_cursor: cursor } = (await a.get(`/v1/${list}?limit=1`)).json;
    assert.ok(cursor, list);
    assert.equal((await b.get(`/v1/${list}?limit=1&cursor=${cursor}`)).json.reason, "invalid_cursor", list);
  }
  assert.deepEqual((await b.get(`/v1/recipients?email=${mark}@example.com`)).json.data, []);
  assert.deepEqual((await b.get(`/v1/notification-suppressions?channel=email&address=${mark}@example.com`)).json.data, []);

  // A link of A's is of A's user, whoever uses it: B's of the same id is another.
  const link = (await a.post(`/v1/recipients/${kUser}/preferences-link`)).json.url;
  await make(b, "of-tenant-b");
  for (const [route, body] of Object.entries(kOwn)) {
    const [method, path] = route.split(" ");
    if (["POST /v1/notification-providers", "POST /v1/notification-rules"].includes(route)) continue;  // of that name B has one by now
    const own = await b.call(method, fill(path, kUser, kName, ids), { body });
    assert.equal(Math.trunc(own.status / 100), 2, `${route}: ${own.text}`);
    assert.ok(!own.text.includes(mark), `${route}: ${own.text}`);
  }
  assert.equal(await picture(a), before, "what A has is not as before");
  const theirs = await picture(b);
  assert.ok(!theirs.includes(mark), theirs);
  const { pathname } = new URL(link);
  assert.equal((await b.call("POST", pathname, { body: "decision=none", headers: { "Content-Type": "application/x-www-form-urlencoded" } })).status, 200);
  assert.equal((await a.get(`/v1/recipients/${kUser}`)).json.preferences.all, false);
  assert.equal(await picture(b), theirs, "a link of A's has changed something of B's");
}
