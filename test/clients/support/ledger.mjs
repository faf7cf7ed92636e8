// What tests of the ledger have in common: a client with its calls, names, totals.
import assert from "node:assert/strict";

export const kLedgerScopes = ["ledger:read", "ledger:write"];
let names = 0;
export const fresh = (name) => `${name}-${++names}`;

// A client with the calls of the ledger; every POST that moves money has a key of its own.
export function ledger(api) {
  const book = (transfers, key = fresh("key"), more = {}) =>
    api.post("/v1/ledger/transfers", { transfers }, { headers: { "Idempotency-Key": key, ...more } });
  return {
    api,
    book,
    open: (account) => api.post("/v1/ledger/accounts", account),
    account: async (id, query = "") => {
      const answer = await api.get(`/v1/ledger/accounts/${id}${query}`);
      assert.equal(answer.status, 200, answer.text);
      return answer.json;
    },
    one: async (transfer) => {
      const answer = await book([transfer]);
      assert.ok(answer.status === 200 || answer.status === 201, answer.text);
      return answer.json.results[0];
    },
    // A world without bounds, and wallets that cannot go below zero.
    world: async (...wallets) => {
      const world = fresh("world");
      const made = await api.post("/v1/ledger/accounts", {
        accounts: [{ id: world, currency: "USD" }, ...wallets.map((id) => ({ id, currency: "USD", debits_must_not_exceed_credits: true }))],
      });
      assert.equal(made.status, 201, made.text);
      return world;
    },
  };
}
export const move = (id, debit_account_id, credit_account_id, amount, more = {}) => ({ id, debit_account_id, credit_account_id, amount, ...more });
export const totals = ({ debits_pending, debits_posted, credits_pending, credits_posted }) => [debits_pending, debits_posted, credits_pending, credits_posted];
export function refused(answer, status, reason) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.json.reason, reason, answer.text);
}
// RFC 4180, as far as statements use it.
export const parseCsv = (text) => text.split("\r\n").slice(0, -1).map((line) => line.split(","));
