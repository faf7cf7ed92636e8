// Two tenants and what they send: a notification, an inbox entry, a dead letter of A's is to B as one that nobody has; B's lists,
// counts and reasons are B's own.
import assert from "node:assert/strict";

const kUser = "ann";
const kNobody = "987654321";

const kNamed = {
  "GET /v1/notifications/{id}": "notification",
  "POST /v1/notifications/{id}/cancel": "notification",
  "POST /v1/recipients/{user_id}/inbox/{id}/read": "entry",
  "POST /v1/recipients/{user_id}/inbox/{id}/unread": "entry",
  "POST /v1/recipients/{user_id}/inbox/{id}/archive": "entry",
  "POST /v1/recipients/{user_id}/inbox/{id}/unarchive": "entry",
  "POST /v1/notification-dead-letters/{id}/replay": "letter",
};
const kLists = {
  "GET /v1/notifications": "",
  "GET /v1/notifications/why": `?user_id=${kUser}`,
  "GET /v1/recipients/{user_id}/inbox": "",
  "GET /v1/recipients/{user_id}/inbox/counts": "",
  "GET /v1/notification-dead-letters": "",
  "GET /v1/notification-catcher": "",
  "GET /v1/notification-provider-health": "",
};
const kOwn = {
  "POST /v1/notifications": { to: { user_id: kUser }, channels: ["inbox"], content: { text: "of-tenant-b" } },
  "POST /v1/recipients/{user_id}/inbox/read": {},
  "POST /v1/notification-dead-letters/replay": {},
};

// By a token of the user's, which opens one tenant's inbox of that name.
const kVisitor = ["GET /v1/inbox", "GET /v1/inbox/counts", "GET /v1/inbox/stream", "GET /v1/inbox/ws", "POST /v1/inbox/read",
  ...["read", "unread", "archive", "unarchive"].map((change) => `POST /v1/inbox/{id}/${change}`)];

export const kNotificationRoutes = {
  ...Object.fromEntries([...kVisitor, "POST /v1/recipients/{user_id}/inbox-tokens", "DELETE /v1/recipients/{user_id}/inbox-tokens"]
    .map((name) => [name, { rule: "notifications" }])),
  ...Object.fromEntries([...Object.keys(kNamed), ...Object.keys(kLists)].map((name) => [name, { rule: "notifications" }])),
  ...Object.fromEntries(Object.entries(kOwn).map(([name, body]) => [name, { rule: "notifications", bodies: [body] }])),
  "GET /v1/recipients/{user_id}/inbox/stream": { rule: "notifications" },
  "GET /v1/recipients/{user_id}/inbox/ws": { rule: "notifications" },
  "POST /v1/notification-callbacks/{provider_id}/{token}": { rule: "open" },
};

// What B's user of the same name can do with a token of B's; A's go on when B ends its own.
async function visitorsStory({ a, b, mark, entry }) {
  const visitor = async (client) => {
    const made = await client.post(`/v1/recipients/${kUser}/inbox-tokens`, {});
    assert.equal(made.status, 201, made.text);
    return new client.constructor(client.origin, made.json.token);
  };
  const [ours, theirs] = [await visitor(a), await visitor(b)];
  assert.ok((await ours.get("/v1/inbox")).text.includes(mark));
  for (const route of kVisitor.filter((name) => !/stream|ws/.test(name))) {
    const [method, path] = route.split(" ");
    const answer = await theirs.call(method, path.replace("{id}", entry));
    assert.equal(answer.status, path.includes("{id}") ? 404 : 200, `${route}: ${answer.text}`);
    assert.ok(!answer.text.includes(mark), `${route}: ${answer.text}`);
    const keyed = await b.call(method, path.replace("{id}", entry));
    assert.equal(keyed.json.reason, "invalid_inbox_token", `${route} with a key: ${keyed.text}`);
  }
  assert.equal((await theirs.get("/v1/notifications")).status, 401);
  assert.equal((await b.call("DELETE", `/v1/recipients/${kUser}/inbox-tokens`)).status, 204);
  assert.equal((await theirs.get("/v1/inbox")).json.reason, "ended_inbox_token");
  assert.equal((await ours.get("/v1/inbox")).status, 200);
  ours.close();
  theirs.close();
}

const fill = (path, id) => path.replace("{user_id}", kUser).replace("{id}", id);

// `bare`: an answer without what tells one request from another. `stream(client, path)`: an open event stream.
export async function notificationsStory({ a, b, mark, bare, stream, eventually }) {
  const send = async (client, body) => {
    const answer = await client.post("/v1/notifications", body);
    assert.equal(answer.status, 202, answer.text);
    return answer.json.id;
  };
  const first = async (client, path) => (await client.get(path)).json.data[0];
  const inbox = { to: { user_id: kUser }, channels: ["inbox"], content: { subject: mark, text: mark } };
  const [mine, other] = [await stream(a, `/v1/recipients/${kUser}/inbox/stream`), await stream(b, `/v1/recipients/${kUser}/inbox/stream`)];
  const provider = await a.post("/v1/notification-providers",
    { channel: "sms", type: "twilio", name: mark, account_sid: "AC1", auth_token: mark, from: "+15005550006", host: "http://127.0.0.1:9" });
  assert.equal(provider.status, 201, provider.text);
  const ids = { notification: await send(a, inbox) };
  const hidden = await send(a, { to: { phone: "+15005550001" }, content: { text: mark }, dedupe_key: "shared",
    expires_at: new Date(Date.now() + 3600_000).toISOString() });
  await eventually("an entry lies in A's inbox", async () => (ids.entry = (await first(a, `/v1/recipients/${kUser}/inbox`))?.id));
  await eventually("A's stream tells", () => mine.events.length > 0);
  ids.letter = kNobody;
  const before = JSON.stringify((await a.get(`/v1/recipients/${kUser}/inbox`)).json);
  for (const [route, what] of Object.entries(kNamed)) {
    const [method, path] = route.split(" ");
    const theirs = await b.call(method, fill(path, ids[what]));
    assert.equal(theirs.status, 404, `${route}: ${theirs.text}`);
    assert.ok(!theirs.text.includes(mark), `${route}: ${theirs.text}`);
    assert.deepEqual(bare(theirs), bare(await b.call(method, fill(path, kNobody))), route);
  }
  for (const [route, query] of Object.entries(kLists)) {
    const theirs = await b.get(fill(route.split(" ")[1], "") + query);
    // Of somebody who is no recipient and was never sent anything there is no why.
    assert.equal(theirs.status, route.endsWith("/why") ? 404 : 200, `${route}: ${theirs.text}`);
    assert.ok(!theirs.text.includes(mark), `${route}: ${theirs.text}`);
  }
  await visitorsStory({ a, b, mark, entry: ids.entry });
  const { next_cursor: cursor } = (await a.get("/v1/notifications?limit=1")).json;
  assert.ok(cursor);
  assert.equal((await b.get(`/v1/notifications?limit=1&cursor=${cursor}`)).json.reason, "invalid_cursor");

  // The same user's id and the same dedupe_key are B's own.
  const own = await send(b, { to: { email: "b@example.com" }, content: { text: "of-tenant-b" }, dedupe_key: "shared" });
  assert.notEqual(own, hidden);
  await send(b, kOwn["POST /v1/notifications"]);
  assert.equal((await b.post(`/v1/recipients/${kUser}/inbox/read`, {})).status, 200);
  assert.equal((await b.post("/v1/notification-dead-letters/replay", {})).status, 202);
  await eventually("B's stream tells", () => other.events.length > 0);
  assert.equal(JSON.stringify((await a.get(`/v1/recipients/${kUser}/inbox`)).json), before, "what A has is not as before");
  for (const client of [a, b]) {
    const forged = await client.post(`/v1/notification-callbacks/${provider.json.id}/AAAAAAAAAAAAAAAAAAAAAAAA`, "MessageSid=SM1&MessageStatus=delivered");
    assert.equal(forged.status, 403, forged.text);
  }
  mine.close();
  other.close();
}
