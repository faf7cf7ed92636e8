// Event rules as a user of the API meets them, on both stores: something happens, somebody is told, once; what cannot be told the rule
// says; no rule tells of itself.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually, kPostgres } from "./support/process.mjs";
import { Server } from "./support/server.mjs";

const kRules = "/v1/notification-rules";

for (const kind of ["sqlite", "postgres"]) {
  if (kind === "postgres" && kPostgres === "") {
    test("event rules on PostgreSQL", { skip: "ASHLAR_TEST_POSTGRES is not set" }, () => {});
    continue;
  }
  describe(`event rules on ${kind}`, { timeout: 120_000 }, () => {
    let server, api;
    const it = (name, run) => test(`${kind}: ${name}`, run);
    const make = async (rule) => {
      const made = await api.post(kRules, { event_type: "link.created", ...rule });
      assert.equal(made.status, 201, made.text);
      return made.json.id;
    };
    const link = async (body = {}) => {
      const made = await api.post("/v1/links", { url: "https://example.com/", ...body });
      assert.equal(made.status, 201, made.text);
      return made.json.code;
    };
    const rule = async (id) => (await api.get(`${kRules}/${id}`)).json;
    const caught = async (address) => (await api.get("/v1/notification-catcher?limit=100")).json.data.filter((one) => one.address === address);
    before(async () => {
      server = await Server.start({ store: kind });
      api = server.client(server.key);
    });
    after(() => server?.stop());

    it("what happens is told by a template, filled with what the event has", async () => {
      const template = await api.call("PUT", "/v1/notification-templates/made", { body: { fields: { code: { type: "string", required: true }, by: { type: "string" } },
        locales: { en: { email: { subject: "Link {code}", text: "{code} was made for {by}" } } } } });
      assert.equal(template.status, 200, template.text);
      const id = await make({ name: "made", match: { "/data/code": { prefix: "told-" } }, to: { email: "links@example.com" }, template: "made",
        data: { code: { $at: "/aggregate_id" }, by: "Ashlar" } });
      await link();
      const code = await link({ code: `told-${kind}` });
      await eventually("the link is told of", async () => (await rule(id)).accepted === 1);
      await eventually("the mail is caught", async () => (await caught("links@example.com")).length === 1);
      const [mail] = await caught("links@example.com");
      assert.equal(mail.subject, `Link ${code}`);
      assert.match(mail.text, new RegExp(`${code} was made for Ashlar`));
      assert.equal((await rule(id)).failed, 0);
    });

    it("what cannot be told is counted with its reason, and the next event goes on", async () => {
      const nobody = await make({ name: "nobody", to: { user_id_at: "/data/code" }, content: { text: "x" } });
      const nowhere = await make({ name: "nowhere", to: { email_at: "/data/owner/email" }, content: { text: "x" } });
      const good = await make({ name: "good", to: { email: "good@example.com" }, content: { subject: "made", text: "x" }, category: "links" });
      await link();
      await link();
      await eventually("all are told or counted", async () => {
        const counts = await Promise.all([nobody, nowhere, good].map(rule));
        return counts[0].failed === 2 && counts[1].failed === 2 && counts[2].accepted === 2;
      });
      assert.equal((await rule(nobody)).last_failure.reason, "recipient_not_found");
      assert.equal((await rule(nowhere)).last_failure.reason, "event_member_missing");
      for (const id of [nobody, nowhere, good]) assert.equal((await api.call("DELETE", `${kRules}/${id}`)).status, 204);
    });

    it("a rule of everything does not tell of what it sends", async () => {
      const id = await make({ name: "all", event_type: "*", to: { email: "all@example.com" }, content: { subject: "all", text: "x" } });
      await link();
      await eventually("it is sent", async () => (await caught("all@example.com")).length === 1);
      await eventually("and that is an event", async () => (await api.get("/v1/events?type=notification.sent&limit=100")).json.data.length > 0);
      const mark = await make({ name: "mark", to: { email: "mark@example.com" }, content: { text: "x" } });
      await link();
      await eventually("later events have passed", async () => (await rule(mark)).accepted === 1);
      await eventually("as many as there were links", async () => (await rule(id)).accepted === 2);
      await eventually("and no more mails", async () => (await caught("all@example.com")).length === 2);
      await api.call("DELETE", `${kRules}/${id}`);
    });

    it("one that is off tells nothing; templates that are gone are told by the rule", async () => {
      await api.call("PUT", "/v1/notification-templates/gone", { body: { locales: { en: { email: { subject: "s", text: "t" } } } } });
      const body = { name: "gone", event_type: "link.updated", to: { email: "gone@example.com" }, template: "gone" };
      const id = await make(body);
      assert.equal((await api.call("DELETE", "/v1/notification-templates/gone")).status, 204);
      const code = await link();
      const change = (url) => api.call("PATCH", `/v1/links/${code}`, { body: { url } });
      assert.equal((await change("https://example.com/1")).status, 200);
      await eventually("it has failed", async () => (await rule(id)).failed === 1);
      assert.equal((await rule(id)).last_failure.reason, "template_not_found");
      const refused = await api.call("PUT", `${kRules}/${id}`, { body });
      assert.equal(refused.json.reason, "template_not_found", refused.text);
      const off = await api.call("PUT", `${kRules}/${id}`, { body: { ...body, template: undefined, content: { text: "x" }, enabled: false } });
      assert.equal(off.status, 200, off.text);
      const mark = await make({ name: "later", event_type: "link.updated", to: { email: "later@example.com" }, content: { text: "x" } });
      await change("https://example.com/2");
      await eventually("later events have passed", async () => (await rule(mark)).accepted === 1);
      assert.deepEqual([(await rule(id)).failed, (await rule(id)).accepted], [1, 0]);
    });

    it("what is no rule is refused with the place", async () => {
      const refusals = [
        [{ event_type: "notification.sent", to: { user_id: "u" }, content: { text: "x" } }, "/event_type"],
        [{ to: {}, content: { text: "x" } }, "/to"],
        [{ to: { user_id_at: "user" }, content: { text: "x" } }, "/to"],
        [{ to: { user_id: "u" }, content: { text: "x" }, match: { "/data/x": { matches: ".*" } } }, "/match/data/x/matches"],
        [{ to: { user_id: "u" }, content: { subject: "a\r\nBcc: eve@example.com" } }, "/content/subject"],
      ];
      for (const [body, field] of refusals) {
        const refused = await api.post(kRules, { name: "bad", event_type: "link.created", ...body });
        assert.ok(refused.status === 422 || refused.status === 400, refused.text);
        assert.equal(refused.json.errors[0].field, field, refused.text);
      }
    });
  });
}
