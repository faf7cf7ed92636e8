// Around payments: their stories, scopes and tenants, events, webhooks, wrong fields, metrics, export.
import assert from "node:assert/strict";
import { eventually } from "../support/process.mjs";
import { Till } from "../support/till.mjs";
import { assertProblem } from "./links.mjs";

export function around(it, shop) {
  it("explain tells the whole story, by API and by command line beside the running server", async () => {
    const { till, api, server } = shop;
    const { id } = (await till.paid({ amount: 1234 }, "explained")).json;
    await till.act(id, "refunds", { amount: 34 });
    const story = await api.get(`/v1/payments/${id}/explain`);
    assert.equal(story.status, 200, story.text);
    const kinds = new Set(story.json.lines.map((line) => line.kind));
    for (const kind of ["event", "call", "journal"]) assert.ok(kinds.has(kind), kind);
    const whats = story.json.lines.map((line) => line.what);
    for (const what of ["payment.created", "payment.authorized", "payment.captured", "refund.created"]) assert.ok(whats.includes(what), whats.join(" "));
    assert.ok(story.json.lines.some((line) => line.idempotency_key === "explained"));
    const times = story.json.lines.map((line) => line.at);
    assert.ok(times.every((at, i) => i === 0 || Date.parse(times[i - 1]) <= Date.parse(at)), times.join(" "));
    const told = server.cli("payments", "explain", id);
    assert.equal(told.code, 0, told.stderr);
    assert.equal(told.stdout.trim().split("\n").length, story.json.lines.length + 1);
    assert.match(told.stdout, /payment\.captured/);
    assert.match(told.stdout, /merchant:pending/);
    assert.equal(server.cli("payments", "explain", "pay_none").code, 1);
    assert.equal(server.cli("payments", "explain", id, "--tenant", "demo").code, 0);
  });

  it("scopes decide, and tenants are apart", async () => {
    const { till, server } = shop;
    server.newTenant("shop-two");
    const { id } = (await till.paid()).json;
    const reader = server.client(server.newKey("demo", "payments:read"));
    const writer = server.client(server.newKey("demo", "payments:write"));
    const other = server.client(server.newKey("shop-two", "payments:read", "payments:write"));
    assert.equal((await reader.get(`/v1/payments/${id}`)).status, 200);
    assertProblem(await new Till(reader).pay(), 403, "missing_scope");
    assertProblem(await writer.get(`/v1/payments/${id}`), 403, "missing_scope");
    assert.equal((await new Till(writer).pay()).status, 201);
    assertProblem(await other.get(`/v1/payments/${id}`), 404, "payment_not_found");
    assertProblem(await new Till(other).act(id, "refunds"), 404, "payment_not_found");
    assert.deepEqual((await other.get("/v1/payments")).json.data, []);
    const mine = await new Till(other).paid({ merchant_reference: "order-1" }, "key-of-both");
    assert.equal(mine.status, 201, mine.text);
    assert.notEqual((await till.paid({ merchant_reference: "order-of-both" }, "key-of-both")).json.id, mine.json.id);
    for (const client of [reader, writer, other]) client.close();
  });

  it("events tell of it", async () => {
    const { till, api } = shop;
    const { id } = (await till.paid()).json;
    const types = await eventually("its events are published", async () => {
      const page = await api.get("/v1/events?limit=100");
      const found = page.json.data.filter((event) => JSON.stringify(event).includes(id)).map((event) => event.type);
      return found.includes("payment.captured") && found;
    });
    for (const type of ["payment.created", "payment.authorized"]) assert.ok(types.includes(type), types.join(" "));
  });

  it("a provider's webhook needs the provider's signature", async () => {
    const { api } = shop;
    const body = '{"id":"evt_1"}';
    assertProblem(await api.post("/v1/payments/webhooks/sandbox", body, { key: null }), 401, "notice_signature");
    assertProblem(await api.post("/v1/payments/webhooks/nobody", body, { key: null }), 404, "provider_not_found");
  });

  it("wrong fields are told one by one", async () => {
    const { till } = shop;
    for (const [body, field] of [
      [{ amount: -1 }, "/amount"], [{ amount: 1.5 }, "/amount"], [{ amount: 2 ** 53 }, "/amount"], [{ amount: "10" }, "/amount"],
      [{ currency: "€" }, "/currency"], [{ currency: "12E" }, "/currency"], [{ capture: "later" }, "/capture"], [{ metadata: { a: 1 } }, "/metadata"],
      [{ metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, "v"])) }, "/metadata"],
      [{ metadata: { ["k".repeat(41)]: "v" } }, "/metadata"], [{ metadata: { k: "v".repeat(501) } }, "/metadata/k"], [{ confirm: "yes" }, "/confirm"],
      [{ statement_descriptor: "x".repeat(23) }, "/statement_descriptor"], [{ card: "none" }, "/card"],
    ]) {
      const refused = await till.pay(body);
      assert.equal(refused.status, 422, refused.text);
      assert.ok(refused.json.errors?.some((error) => error.field === field), `${JSON.stringify(body)}: ${refused.text}`);
    }
    assertProblem(await till.act("pay_none", "confirm"), 404, "payment_not_found");
    assertProblem(await till.paid({ confirm: true, payment_method: undefined }), 422, "method_required", "/payment_method");
  });

  it("metrics tell of payments, calls and what is unknown", async () => {
    const { api } = shop;
    const text = (await api.get("/metrics")).text;
    for (const name of ["ashlar_payments_unknown", "ashlar_payments_provider_calls_total"]) assert.match(text, new RegExp(`^${name}`, "m"));
  });

  it("the books hold, and a tenant goes with all its money records", async () => {
    const { server } = shop;
    const verified = server.cli("verify");
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    const tables = (tenant) => {
      const rows = server.cli("tenant", "export", tenant).stdout.trim().split("\n").map((line) => JSON.parse(line));
      return new Set(rows.map((row) => row.table));
    };
    for (const table of ["payments", "payment_events", "payment_attempts", "payment_entries", "sandbox_moves", "transfers"]) {
      assert.ok(tables("shop-two").has(table), `${table}: ${[...tables("shop-two")].join(" ")}`);
    }
    const gone = server.cli("tenant", "delete", "shop-two", "--yes");
    assert.equal(gone.code, 0, gone.stderr);
    assert.equal(server.cli("verify").code, 0);
  });
}
