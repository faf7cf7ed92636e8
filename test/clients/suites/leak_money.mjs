// Two tenants and money: the routes of payments, the ledger, reconciliation and the sandbox, in one story that is told once.
import assert from "node:assert/strict";
import { eventually } from "../support/process.mjs";
import { freshKey, Till } from "../support/till.mjs";

export const kMoneyScopes = ["payments:read", "payments:write", "ledger:read", "ledger:write"];

const kShared = "both-have-this";
const kDay = new Date().toISOString().slice(0, 10);

// What B sends to A's things, where a body is needed for more than 404.
const kBodies = {
  "PATCH /v1/payments/{id}": { description: "stolen" },
  "POST /v1/payments/{id}/confirm": { payment_method: "pm_card_visa" },
  "POST /v1/payments/{id}/capture": {},
  "POST /v1/payments/{id}/cancel": {},
  "POST /v1/payments/{id}/refunds": { amount: 1 },
  "POST /v1/disputes/{id}/evidence": { evidence: { a: "b" } },
  "PATCH /v1/customers/{id}": { name: "stolen" },
  "PATCH /v1/payment-methods/{id}": { metadata: { a: "b" } },
  "POST /v1/payment-methods/{id}/attach": { customer: "cus_none" },
  "POST /v1/reconciliations/{id}/items/{number}/resolve": { resolution: "explained", note: "stolen" },
};
const kCreates = {
  "POST /v1/payments": { amount: 5, currency: "EUR" },
  "POST /v1/customers": { name: "of-tenant-b" },
  "POST /v1/payment-methods": { token: "pm_card_visa" },
  "POST /v1/payouts": { amount: 5, currency: "EUR" },
  "POST /v1/ledger/accounts": { accounts: [{ id: "of-tenant-b", currency: "USD" }] },
  "POST /v1/ledger/transfers": { transfers: [] },
  "POST /v1/reconciliations": undefined,
};
const kNamed = [
  ...Object.keys(kBodies),
  "GET /v1/payments/{id}", "GET /v1/payments/{id}/explain", "GET /v1/payments/{id}/refunds", "GET /v1/payments/{id}/refunds/{refund_id}",
  "GET /v1/disputes/{id}", "POST /v1/disputes/{id}/close", "GET /v1/customers/{id}", "DELETE /v1/customers/{id}", "GET /v1/payment-methods/{id}",
  "POST /v1/payment-methods/{id}/detach", "GET /v1/payouts/{id}", "GET /v1/ledger/accounts/{id}", "GET /v1/ledger/accounts/{id}/legs",
  "GET /v1/ledger/accounts/{id}/statement", "GET /v1/ledger/transfers/{id}", "GET /v1/reconciliations/{id}", "GET /v1/reconciliations/{id}/items",
  "GET /v1/reconciliations/{id}/report",
];
// What B sees of its own where A has something: nothing of A's is in it.
const kOwn = [
  "GET /v1/payments", "GET /v1/payments/balance", "GET /v1/disputes", "GET /v1/customers", "GET /v1/payment-methods", "GET /v1/payouts",
  "GET /v1/ledger/accounts", "GET /v1/ledger/transfers", "GET /v1/ledger/head", "GET /v1/ledger/trial-balance", "GET /v1/reconciliations",
  "GET /v1/reconciliations/breaks", "GET /v1/reconciliations/ageing", "GET /v1/payments/sandbox/check", "GET /v1/payments/sandbox/calls",
  "GET /v1/payments/sandbox/statements/{day}",
];

export const kMoneyRoutes = {
  ...Object.fromEntries([...kNamed, ...kOwn].map((name) => [name, { rule: "money", bodies: [kBodies[name]] }])),
  ...Object.fromEntries(Object.entries(kCreates).map(([name, body]) => [name, { rule: "money", body: () => body }])),
  // Without services to check out with there is none; sagas, of which each is one, have rules of their own.
  "POST /v1/checkouts": { rule: "money", body: () => ({ amount: 5, currency: "EUR", payment_method: "pm_card_visa", merchant_reference: "of-tenant-b", items: [{ sku: "a" }] }) },
  "GET /v1/checkouts/{id}": { rule: "none" },
  "GET /v1/payments/sandbox/actions/{token}": { rule: "open" },
  "POST /v1/payments/sandbox/actions/{token}": { rule: "open" },
};

async function thingsOf(a, mark) {
  const till = new Till(a);
  const made = (answer) => {
    assert.ok(answer.status === 200 || answer.status === 201, answer.text);
    return answer.json;
  };
  const payment = made(await till.paid({ amount: 10_000, metadata: { mark }, merchant_reference: mark }));
  const refund = made(await till.act(payment.id, "refunds", { amount: 100, metadata: { mark } }));
  const disputed = made(await till.paid({ payment_method: "pm_card_createDispute", description: mark }));
  const { disputes: [dispute] } = await till.until(disputed.id, "disputed", (p) => p.disputes.length === 1);
  const customer = made(await a.post("/v1/customers", { name: mark, email: `${mark}@example.com` }));
  const method = made(await a.post("/v1/payment-methods", { token: "pm_card_visa", customer: customer.id, metadata: { mark } }));
  await eventually("A's money is available", async () => (await a.get("/v1/payments/balance")).json.balances.some(({ available }) => available >= 100), 30_000);
  const payout = made(await till.post("/v1/payouts", { amount: 100, currency: "EUR", metadata: { mark } }));
  made(await a.post("/v1/ledger/accounts", { accounts: [{ id: mark, currency: "USD" }, { id: `${mark}-2`, currency: "USD" }, { id: kShared, currency: "USD" }] }));
  made(await till.pay({ merchant_reference: kShared }));
  made(await till.post("/v1/ledger/transfers", { transfers: [{ id: `${mark}-transfer`, debit_account_id: mark, credit_account_id: `${mark}-2`, amount: 77 }] }));
  const run = made(await till.post(`/v1/reconciliations?provider=sandbox&day=${kDay}`));
  return {
    "payments/{id}": payment.id, "refunds/{refund_id}": refund.id, "disputes/{id}": dispute.id, "customers/{id}": customer.id, "methods/{id}": method.id,
    "payouts/{id}": payout.id, "accounts/{id}": mark, "transfers/{id}": `${mark}-transfer`, "reconciliations/{id}": run.id, "items/{number}": "1",
    call: `${payment.id}:authorize:1`,
  };
}

// `bare`: an answer without what tells one request from another.
export async function moneyStory({ a, b, mark, bare }) {
  const things = await thingsOf(a, mark);
  const nobodys = Object.fromEntries(Object.entries(things).map(([name, id]) => [name, name === "items/{number}" ? id : `${id.slice(0, -4)}none`]));
  const fill = (path, values) => path.replace(/([a-z]+)\/(\{\w+\})/g, (whole, group, parameter) => `${group}/${values[`${group}/${parameter}`]}`);
  const picture = async () => JSON.stringify(await Promise.all([
    `/v1/payments/${things["payments/{id}"]}`, `/v1/disputes/${things["disputes/{id}"]}`, `/v1/customers/${things["customers/{id}"]}`,
    `/v1/payment-methods/${things["methods/{id}"]}`, `/v1/ledger/accounts/${mark}`, `/v1/payments/balance`,
  ].map(async (path) => (await a.get(path)).json)));
  const before = await picture();

  for (const name of kNamed) {
    const [method, path] = name.split(" ");
    const ask = (values, key) => b.call(method, fill(path, values), { body: kBodies[name], headers: method === "GET" ? {} : { "Idempotency-Key": key } });
    const theirs = await ask(things, freshKey());
    const none = await ask(nobodys, freshKey());
    assert.equal(theirs.status, 404, `${name}: ${theirs.text}`);
    const unnamed = (answer) => JSON.stringify(bare(answer)).replaceAll(/"(content-length)":"\d+"/g, "");
    const without = (text, values) => Object.values(values).reduce((now, id) => now.replaceAll(id, "IT"), text);
    assert.equal(without(unnamed(theirs), things), without(unnamed(none), nobodys), name);
  }
  const ids = Object.entries(things).filter(([name]) => name !== "items/{number}" && name !== "reconciliations/{id}").map(([, id]) => id);
  for (const name of kOwn) {
    const path = name.split(" ")[1].replace("{day}", kDay);
    const answer = await b.get(path === "/v1/payments/sandbox/calls" ? `${path}?key=${encodeURIComponent(things.call)}` : path);
    if (path.endsWith("/calls")) assert.equal(answer.status, 404, answer.text);
    for (const word of [mark, ...ids.filter((id) => !path.endsWith("/calls") || id !== things.call)]) assert.ok(!answer.text.includes(word), `${name}: ${answer.text}`);
  }
  assert.deepEqual((await b.get("/v1/payments/balance")).json, { balances: [] });
  const poor = await new Till(b).post("/v1/payouts", kCreates["POST /v1/payouts"]);
  assert.equal(poor.json.reason, "balance_insufficient", poor.text);

  // What names A has used stand in nobody's way: the same key, reference, account and transfer are B's own.
  const same = await new Till(b).pay({ merchant_reference: kShared, description: "of-tenant-b" });
  assert.equal(same.status, 201, same.text);
  assert.equal((await b.post("/v1/ledger/accounts", { accounts: [{ id: kShared, currency: "EUR" }] })).status, 201);
  assert.equal((await a.get(`/v1/payments/${same.json.id}`)).status, 404);
  const cursor = (await a.get("/v1/payments?limit=1")).json.next_cursor;
  const refused = await b.get(`/v1/payments?limit=1&cursor=${encodeURIComponent(cursor)}`);
  assert.equal(refused.json.reason, "invalid_cursor", refused.text);
  assert.equal(await picture(), before, "A's things are not as before");
}
