// Campaigns as a user of the API meets them, on both stores: made, filled, started, watched, counted, cancelled, tried again; and
// what is refused.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventStream, raw } from "./support/http.mjs";
import { eventually, kPostgres } from "./support/process.mjs";
import { Server } from "./support/server.mjs";

const kAt = "/v1/notification-campaigns";
const kText = { "Content-Type": "text/plain" };
const kLines = { "Content-Type": "application/x-ndjson" };
const hours = (n) => new Date(Date.now() + n * 3600_000).toISOString();

for (const kind of ["sqlite", "postgres"]) {
  if (kind === "postgres" && kPostgres === "") {
    test("campaigns on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set" }, () => {});
    continue;
  }
  describe(`campaigns on ${kind}`, { timeout: 180_000 }, () => {
    let server, api;
    const it = (name, run) => test(`${kind}: ${name}`, run);
    const make = async (body) => {
      const answer = await api.post(kAt, { name: "Sale", content: { subject: "Hi", text: "hello" }, ...body });
      assert.equal(answer.status, 201, answer.text);
      return answer.json;
    };
    const get = async (id) => (await api.get(`${kAt}/${id}`)).json;
    const act = async (id, what, body) => {
      const answer = await api.post(`${kAt}/${id}/${what}`, body);
      assert.equal(answer.status, 202, answer.text);
      return answer.json;
    };
    const reaches = async (id, state) => {
      let last;
      await eventually(`campaign ${id} is ${state}`, async () => (last = await get(id)).state === state).catch((error) => {
        throw new Error(`${error.message}: ${JSON.stringify(last)}`);
      });
      const { counts } = last;
      assert.equal(counts.audience, counts.sent + counts.skipped + counts.failed + counts.waiting);
      return last;
    };
    const recipients = async (id, query = "") => {
      const all = [];
      let cursor = "";
      do {
        const page = (await api.get(`${kAt}/${id}/recipients?limit=100${query}${cursor && `&cursor=${cursor}`}`)).json;
        all.push(...page.data);
        cursor = page.next_cursor ?? "";
      } while (cursor);
      return all;
    };
    before(async () => {
      server = await Server.start({ store: kind });
      api = server.client(server.key);
      for (let i = 0; i < 30; ++i) {
        const put = await api.call("PUT", `/v1/recipients/r${i}`, { body: { email: `r${i}@example.com`,
          preferences: { categories: { offers: i % 10 !== 0 } } } });
        assert.equal(put.status, 200, put.text);
      }
      const added = await api.call("PUT", "/v1/notification-topics/news/members", { body: { user_ids: Array.from({ length: 30 }, (_, i) => `r${i}`) } });
      assert.equal(added.status, 200, added.text);
    });
    after(() => server?.stop());

    it("a topic: a draft, started, everybody is accounted for, with the reasons", async () => {
      const made = await make({ channel: "email", category: "offers", audience: { topic: "news" } });
      assert.equal(made.state, "draft");
      await act(made.id, "start");
      const done = await reaches(made.id, "finished");
      assert.deepEqual([done.counts.audience, done.counts.sent, done.counts.skipped, done.counts.waiting], [30, 27, 3, 0]);
      assert.deepEqual(done.reasons, { opted_out: 3 });
      assert.equal(done.audience.topic, "news");
      assert.ok(done.finished_at >= done.started_at);
      assert.deepEqual((await recipients(made.id, "&state=skipped")).map((one) => [one.user_id, one.state, one.reason]),
        ["r0", "r10", "r20"].map((id) => [id, "skipped", "opted_out"]));
      assert.equal(new Set((await recipients(made.id)).map((one) => one.user_id)).size, 30);
      const caught = (await api.get("/v1/notification-catcher?limit=100")).json.data.filter((one) => /^r\d+@/.test(one.address));
      assert.equal(new Set(caught.map((one) => one.address)).size, 27);
      assert.equal(caught.length, 27);
    });

    it("POST /v1/notifications to a topic is a campaign that starts at once, and has a story", async () => {
      const body = { to: { topic: "news" }, content: { text: "hello" }, channels: ["inbox"], dedupe_key: `many-${kind}` };
      const sent = await api.post("/v1/notifications", body);
      assert.equal(sent.status, 202, sent.text);
      assert.equal(sent.json.id, `c${sent.json.campaign_id}`);
      const again = await api.post("/v1/notifications", body);
      assert.deepEqual([again.json.id, again.json.existed], [sent.json.id, true]);
      await reaches(sent.json.campaign_id, "finished");
      const story = await api.get(`/v1/notifications/${sent.json.id}`);
      assert.equal(story.status, 200, story.text);
      assert.equal(story.json.state, "sent");
      assert.equal(story.json.counts.sent, 30);
      assert.deepEqual(story.json.timeline.map(({ event }) => event), ["accepted", "started", "finished"]);
      assert.equal((await api.get("/v1/recipients/r3/inbox")).json.data.length, 1);
      const few = await api.post("/v1/notifications", { to: { users: ["r1", "r2", "r1"] }, content: { text: "x" }, channels: ["inbox"] });
      assert.equal((await reaches(few.json.campaign_id, "finished")).counts.sent, 2);
    });

    it("an audience by upload, in several calls: nobody twice, each with data of their own, variants stay", async () => {
      const template = await api.call("PUT", `/v1/notification-templates/offer-${kind}`, { body: {
        fields: { name: { type: "string", required: true } }, locales: { en: { email: { subject: "For you", text: "Hello {name}" } } } } });
      assert.equal(template.status, 200, template.text);
      const made = await make({ channel: "email", content: undefined, template: `offer-${kind}`, audience: { upload: true },
        variants: [{ key: "a" }, { key: "b", weight: 3 }] });
      const put = (body, headers) => api.call("PUT", `${kAt}/${made.id}/audience`, { body, headers });
      const one = await put('{"email":"x1@example.com","data":{"name":"X1"}}\n{"email":"x2@example.com","data":{"name":"X2"}}\n{"email":"X1@example.com"}\n', kLines);
      assert.deepEqual(one.json, { accepted: 3, duplicates: 0, uploaded: 3 });
      const two = await put("r1\nr2\nr1\n", kText);
      assert.deepEqual([two.json.accepted, two.json.duplicates, two.json.uploaded], [3, 1, 6]);
      assert.equal((await put('{"email":"x2@example.com","data":{"name":"late"}}', kLines)).status, 200);
      await act(made.id, "start");
      const done = await reaches(made.id, "finished");
      assert.equal(done.counts.audience, 5);
      assert.equal(done.audience.duplicates, 2);
      assert.equal(done.counts.failed, 3, JSON.stringify(done));  // r1, r2 and X1 have no name to fill in
      assert.equal(done.counts.sent, 2);
      assert.equal(done.variants.reduce((sum, { counts }) => sum + counts.audience, 0), 5);
      const caught = (await api.get("/v1/notification-catcher?limit=100")).json.data.filter((mail) => /^x\d@/.test(mail.address));
      assert.deepEqual(caught.map((mail) => mail.text.trim()).sort(), ["Hello X1", "Hello X2"]);
      assert.equal((await put("r9\n", kText)).json.reason, "campaign_state");
    });

    it("watched: the counts as they change, and the end", async () => {
      const made = await make({ channel: "inbox", audience: { topic: "news" } });
      const stream = eventStream(server.origin, `${kAt}/${made.id}/events`, api.key);
      await stream.ready;
      await act(made.id, "start");
      await eventually("the stream tells the end", () => stream.events.some(({ data }) => JSON.parse(data).state === "finished"));
      const last = JSON.parse(stream.events.at(-1).data);
      assert.deepEqual([last.id, last.counts.sent, last.counts.waiting], [made.id, 30, 0]);
      stream.close();
    });

    it("scheduled, paused, resumed, cancelled: each where it fits, 409 elsewhere", async () => {
      const made = await make({ channel: "inbox", audience: { topic: "news" }, send_at: hours(1) });
      assert.equal((await api.post(`${kAt}/${made.id}/pause`)).json.reason, "campaign_state");
      assert.equal((await act(made.id, "start")).state, "scheduled");
      assert.equal((await act(made.id, "pause")).state, "paused");
      assert.equal((await act(made.id, "resume")).state, "scheduled");
      const ended = await act(made.id, "cancel");
      assert.equal(ended.state, "cancelled");
      assert.equal(ended.counts.audience, 0);
      for (const what of ["start", "pause", "resume", "cancel", "retry-failed"]) {
        const refused = await api.post(`${kAt}/${made.id}/${what}`);
        assert.deepEqual([refused.status, refused.json.reason], [409, "campaign_state"], what);
      }
      const slow = await make({ channel: "inbox", audience: { topic: "news" }, pace_per_s: 1 });
      await act(slow.id, "start");
      await eventually("it runs", async () => ["running", "finished"].includes((await get(slow.id)).state));
      await act(slow.id, "cancel");
      const { counts, reasons } = await reaches(slow.id, "cancelled");
      assert.equal(counts.waiting, 0);
      assert.equal(counts.audience, 30);
      assert.equal(reasons.campaign_cancelled, counts.skipped);
    });

    it("bad input: each is refused with its reason", async () => {
      const good = { name: "n", channel: "email", content: { text: "x" }, audience: { topic: "news" } };
      for (const [change, reason] of [
        [{ name: "" }, "too_short"],
        [{ name: "x".repeat(129) }, "too_long"],
        [{ name: "a\r\nBcc: b@example.com" }, "control_character"],
        [{ content: { subject: "a\r\nBcc: b@example.com", text: "x" } }, "control_character"],
        [{ content: {} }, "content_missing"],
        [{ content: undefined }, "content_missing"],
        [{ content: undefined, data: { a: 1 } }, "data_without_template"],
        [{ template: "t" }, "content_ambiguous"],
        [{ channel: "fax" }, "not_allowed"],
        [{ audience: {} }, "audience_missing"],
        [{ audience: { upload: false } }, "audience_missing"],
        [{ audience: { topic: "news", everybody: true } }, "audience_ambiguous"],
        [{ audience: { topic: "a b" } }, "name_invalid"],
        [{ audience: { users: [] } }, "audience_missing"],
        [{ audience: { users: ["a b"] } }, "user_id_invalid"],
        [{ audience: { users: Array(10_001).fill("a") } }, "too_many_items"],
        [{ variants: [{ key: "a" }] }, "variants_too_few"],
        [{ variants: [{ key: "a" }, { key: "a" }] }, "variant_taken"],
        [{ variants: [{ key: "a" }, { key: "b\n" }] }, "bad_format"],
        [{ variants: [{ key: "a" }, { key: "b", weight: 0 }] }, "out_of_range"],
        [{ variants: Array.from({ length: 11 }, (_, i) => ({ key: `v${i}` })) }, "too_many_items"],
        [{ send_at: hours(24 * 400) }, "send_at_too_far"],
        [{ send_at: hours(2), expires_at: hours(1) }, "expires_too_early"],
        [{ pace_per_s: -1 }, "out_of_range"],
        [{ stop_on: { failed_percent: 0 } }, "out_of_range"],
        [{ stop_on: { failed_percent: 101 } }, "out_of_range"],
        [{ surprise: 1 }, "unknown_field"],
      ]) {
        const answer = await api.post(kAt, { ...good, ...change });
        assert.equal(answer.status, 422, `${JSON.stringify(change).slice(0, 100)}: ${answer.text}`);
        assert.equal(answer.json.errors[0].reason, reason, `${JSON.stringify(change).slice(0, 100)}: ${answer.text}`);
      }
      for (const [change, reason] of [[{ audience: { topic: "nothing" } }, "topic_not_found"], [{ audience: { segment: "nothing" } }, "segment_not_found"],
        [{ content: undefined, template: "nothing" }, "template_not_found"]]) {
        const answer = await api.post(kAt, { ...good, ...change });
        assert.deepEqual([answer.status, answer.json.reason], [404, reason]);
      }
      const draft = await make({ channel: "sms", audience: { upload: true } });
      const put = (body, headers) => api.call("PUT", `${kAt}/${draft.id}/audience`, { body, headers });
      assert.equal((await api.post(`${kAt}/${draft.id}/start`)).json.reason, "audience_not_uploaded");
      assert.equal((await put("a\n", { "Content-Type": "text/csv" })).status, 422);
      assert.equal((await put('{"email":"a@example.com"}', kLines)).json.errors[0].reason, "address_unfit");
      assert.equal((await put("a\nb c\n", kText)).json.errors[0].field, "/lines/2");
      const tooLong = await raw(new URL(server.origin).port, [`PUT ${kAt}/${draft.id}/audience HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.key}\r\n` +
        `Content-Type: text/plain\r\nContent-Length: ${8 * 1024 * 1024 + 1}\r\n\r\n`], { answers: 1 });
      assert.equal(tooLong.answers[0].status, 413);
      assert.equal((await get(draft.id)).audience.uploaded, 0);
      for (const query of ["?state=nothing", "?cursor=x"]) assert.equal(Math.floor((await api.get(`${kAt}${query}`)).status / 100), 4, query);
      for (const query of ["?state=delivered", "?cursor=x"]) {
        assert.equal(Math.floor((await api.get(`${kAt}/${draft.id}/recipients${query}`)).status / 100), 4, query);
      }
      for (const id of ["0", "x", "01", "987654321"]) assert.equal((await api.get(`${kAt}/${id}`)).status, 404, id);
      for (const change of [{ to: { topic: "news", user_id: "r1" } }, { channels: ["email", "sms"] }, { channels: ["chat"] }, { locale: "de" },
        { collapse_key: "c" }]) {
        const answer = await api.post("/v1/notifications", { to: { topic: "news" }, content: { text: "x" }, ...change });
        assert.equal(answer.status, 422, `${JSON.stringify(change)}: ${answer.text}`);
      }
    });
  });
}
