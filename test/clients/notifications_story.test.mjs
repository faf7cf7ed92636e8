// What a story says that the rows no longer show, on both stores: what was put off, what its reader opened, why nobody
// of many got it; and that lists say the same as each one alone.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually, kPostgres } from "./support/process.mjs";
import { Server } from "./support/server.mjs";

for (const kind of ["sqlite", "postgres"]) {
  if (kind === "postgres" && kPostgres === "") {
    test("stories of notifications on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set" }, () => {});
    continue;
  }
  describe(`stories of notifications on ${kind}`, { timeout: 120_000 }, () => {
    let server, api;
    const it = (name, run) => test(`${kind}: ${name}`, run);
    const story = async (id) => (await api.get(`/v1/notifications/${id}`)).json;
    const call = async (method, path, body, status) => {
      const answer = await api.call(method, path, { body });
      assert.equal(answer.status, status, answer.text);
      return answer.json;
    };
    const send = (body) => call("POST", "/v1/notifications", body, 202);
    const becomes = async (id, fits) => {
      let last;
      await eventually(`notification ${id} is so`, async () => fits((last = await story(id)))).catch((error) => {
        throw new Error(`${error.message}: ${JSON.stringify(last)}`);
      });
      return last;
    };
    before(async () => {
      server = await Server.start({ store: kind });
      api = server.client(server.key);
      await call("PUT", "/v1/recipients/ann", { email: "ann@example.com", attributes: { plan: "pro" } }, 200);
    });
    after(() => server?.stop());

    it("a template without a mail part reaches the inboxes of many who have mail", async () => {
      const parts = (locales) => ({ default_locale: "en", locales: { en: locales } });
      await call("PUT", "/v1/notification-templates/inbox-alone", parts({ inbox: { title: "t", body: "b" } }), 200);
      await call("PUT", "/v1/notification-segments/pros", { where: { "attributes.plan": "pro" } }, 200);
      for (const to of [{ segment: "pros" }, { users: ["ann", "nobody"] }]) {
        const { id } = await send({ to, template: "inbox-alone" });
        const told = await becomes(id, ({ state }) => state === "sent");
        assert.equal(told.counts.sent, 1, JSON.stringify(told));
        assert.equal(told.counts.failed, 0);
        assert.equal(told.counts.skipped, to.users ? 1 : 0);
      }
      assert.equal((await api.get("/v1/recipients/ann/inbox")).json.data.length, 2);
      await call("PUT", "/v1/notification-templates/chat-alone", parts({ chat: { text: "b" } }), 200);
      const refused = await api.post("/v1/notifications", { to: { segment: "pros" }, template: "chat-alone" });
      assert.deepEqual([refused.status, refused.json.errors[0].reason], [422, "template_without_channel"]);
    });

    it("who of many were all skipped says why", async () => {
      const { id } = await send({ to: { users: ["nobody", "nobody-else"] }, content: { text: "x" } });
      const told = await becomes(id, ({ state }) => state === "skipped");
      assert.equal(told.reason, "no_address");
    });

    it("a read entry says so in its story", async () => {
      const { id } = await send({ to: { user_id: "ann" }, channels: ["inbox"], content: { text: "read me" } });
      await becomes(id, ({ state }) => state === "delivered");
      const [entry] = (await api.get("/v1/recipients/ann/inbox")).json.data;
      await call("POST", `/v1/recipients/ann/inbox/${entry.id}/read`, undefined, 200);
      const told = await story(id);
      assert.deepEqual([told.state, told.timeline.at(-1).event], ["opened", "opened"]);
    });

    it("a cancelled one was put off and then cancelled, and its notification says so", async () => {
      await call("PUT", "/v1/notification-categories/capped", { title: "Capped", caps: [{ max: 1, per: "day" }] }, 200);
      const body = { to: { user_id: "ann" }, channels: ["inbox"], category: "capped", content: { text: "x" } };
      await send(body);
      const { id } = await send(body);
      const told = await call("POST", `/v1/notifications/${id}/cancel`, undefined, 200);
      assert.deepEqual([told.state, told.reason], ["skipped", "cancelled"]);
      assert.deepEqual(told.timeline.map(({ event, code }) => [event, code]),
        [["accepted", null], ["deferred", "frequency_cap"], ["skipped", "cancelled"]]);
      assert.notEqual(told.timeline[2].at, told.timeline[1].at);
    });

    it("gathered ones have one state in the list, its filter and their own answer", async () => {
      const body = { to: { user_id: "ann" }, channels: ["inbox"], content: { subject: "s", text: "x" }, digest: { key: `d-${kind}`, for_s: 1 } };
      const ids = [(await send(body)).id, (await send(body)).id];
      const told = await becomes(ids[0], ({ state }) => state === "delivered");
      assert.notEqual(told.digested_into, null);
      const listed = async (state) => (await api.get(`/v1/notifications?state=${state}&user_id=ann&limit=100`)).json.data;
      const found = (await listed("delivered")).filter(({ id }) => ids.includes(id));
      assert.deepEqual(found.map(({ state, reason }) => [state, reason]), [["delivered", told.reason], ["delivered", told.reason]]);
      assert.ok(!(await listed("skipped")).some(({ id }) => ids.includes(id)));
    });

    it("why of somebody unknown is 404, of a recipient it is not", async () => {
      const unknown = await api.get("/v1/notifications/why?user_id=nobody-ever");
      assert.deepEqual([unknown.status, unknown.json.reason], [404, "recipient_not_found"]);
      assert.equal((await api.get("/v1/notifications/why?user_id=ann")).status, 200);
    });
  });
}
