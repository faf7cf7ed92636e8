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

export const kNotificationRoutes = {
  ...Object.fromEntries([...Object.keys(kNamed), ...Object.keys(kLists)].map((name) => [name, { rule: "notifications" }])),
  ...Object.fromEntries(Object.entries(kOwn).map(([name, body]) => [name, { rule: "notifications", bodies: [body] }])),
  "GET /v1/recipients/{user_id}/inbox/stream": { rule: "notifications" },
  "GET /v1/recipients/{user_id}/inbox/ws": { rule: "notifications" },
  "POST /v1/notification-callbacks/{provider_id}/{token}": { rule: "open" },
};

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
    assert.equal(theirs.status, 200, `${route}: ${theirs.text}`);
    assert.ok(!theirs.text.includes(mark), `${route}: ${theirs.text}`);
  }
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
