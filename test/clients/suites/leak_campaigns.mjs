// Two tenants and their campaigns: A's is to B as one that nobody has, whatever B asks of it; B's lists are B's own.
import assert from "node:assert/strict";

const kNobody = "987654321";
const kAt = "/v1/notification-campaigns";

const kNamed = [`GET ${kAt}/{id}`, `GET ${kAt}/{id}/recipients`, `GET ${kAt}/{id}/events`, `PUT ${kAt}/{id}/audience`,
  ...["start", "pause", "resume", "cancel", "retry-failed"].map((act) => `POST ${kAt}/{id}/${act}`)];

export const kCampaignRoutes = Object.fromEntries([...kNamed, `GET ${kAt}`, `POST ${kAt}`].map((name) => [name, { rule: "campaigns" }]));

// `bare`: an answer without what tells one request from another.
export async function campaignsStory({ a, b, mark, bare }) {
  const make = async (client, word) => {
    const answer = await client.post(kAt, { name: word, channel: "inbox", content: { text: word }, audience: { users: [word] }, dedupe_key: "shared" });
    assert.equal(answer.status, 201, answer.text);
    return answer.json.id;
  };
  const id = await make(a, mark);
  const picture = async () => JSON.stringify((await a.get(`${kAt}/${id}`)).json);
  const before = await picture();
  for (const route of kNamed) {
    const [method, path] = route.split(" ");
    const ask = (which) => b.call(method, path.replace("{id}", which),
      method === "PUT" ? { body: "ann\n", headers: { "Content-Type": "text/plain" } } : {});
    const theirs = await ask(id);
    assert.equal(theirs.status, 404, `${route}: ${theirs.text}`);
    assert.ok(!theirs.text.includes(mark), `${route}: ${theirs.text}`);
    assert.deepEqual(bare(theirs), bare(await ask(kNobody)), route);
  }
  const summary = await b.get(`/v1/notifications/c${id}`);
  assert.equal(summary.status, 404, summary.text);
  assert.deepEqual(bare(summary), bare(await b.get(`/v1/notifications/c${kNobody}`)));
  // The same dedupe_key is B's own.
  assert.notEqual(await make(b, "of-tenant-b"), id);
  assert.ok(!(await b.get(kAt)).text.includes(mark));
  await a.post(kAt, { name: mark, channel: "inbox", content: { text: mark }, audience: { upload: true } });
  const { next_cursor: cursor } = (await a.get(`${kAt}?limit=1`)).json;
  assert.ok(cursor);
  assert.equal((await b.get(`${kAt}?limit=1&cursor=${cursor}`)).json.reason, "invalid_cursor");
  assert.equal(await picture(), before, "what A has is not as before");
}
