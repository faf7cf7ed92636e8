// The ledger as those use it who want only a ledger: accounts, transfers, holds, chains, statements, balances at a time, heads.
import assert from "node:assert/strict";
import { createPublicKey, verify as verifySignature } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { eventually, kSlow } from "../support/process.mjs";
import { Server } from "../support/server.mjs";

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
const totals = ({ debits_pending, debits_posted, credits_pending, credits_posted }) => [debits_pending, debits_posted, credits_pending, credits_posted];
function refused(answer, status, reason) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.json.reason, reason, answer.text);
}
// RFC 4180, as far as statements use it.
export const parseCsv = (text) => text.split("\r\n").slice(0, -1).map((line) => line.split(","));

export function ledgerSuite(kind) {
  describe(`ledger on ${kind}`, { timeout: 300_000 }, () => {
    const it = (name, run) => test(`${kind}: ${name}`, { timeout: 120_000 }, run);
    let server, books, other, reader;
    before(async () => {
      server = await Server.start({ store: kind });
      for (const name of ["acme", "other"]) server.newTenant(name);
      books = ledger(server.client(server.newKey("acme", ...kLedgerScopes)));
      other = ledger(server.client(server.newKey("other", ...kLedgerScopes)));
      reader = ledger(server.client(server.newKey("acme", "ledger:read")));
    });
    after(() => {
      for (const one of [books, other, reader]) one?.api.close();
      return server?.stop();
    });

    it("an account is opened once, and found again", async () => {
      const id = fresh("wallet");
      const made = await books.open({ id, currency: "USD", name: "Ada", debits_must_not_exceed_credits: true, metadata: { user: 7 } });
      assert.equal(made.status, 201, made.text);
      assert.equal(made.headers.location, `/v1/ledger/accounts/${id}`);
      const { created_at, ...rest } = made.json;
      assert.match(created_at, /^20\d\d-/);
      assert.deepEqual(rest, {
        id, currency: "USD", name: "Ada", debits_must_not_exceed_credits: true, credits_must_not_exceed_debits: false, reserved: false, closed: false,
        debits_pending: 0, debits_posted: 0, credits_pending: 0, credits_posted: 0, balance: 0, available: 0, legs: 0, metadata: { user: 7 }, at: null,
      });
      const again = await books.open({ id, currency: "USD", debits_must_not_exceed_credits: true });
      assert.equal(again.status, 200, again.text);
      assert.equal(again.json.name, "Ada");
      refused(await books.open({ id, currency: "EUR", debits_must_not_exceed_credits: true }), 409, "account_exists");
      refused(await books.open({ id, currency: "USD" }), 409, "account_exists");
      assert.deepEqual(await books.account(id), made.json);
    });

    it("accounts in a list are made all or none; ids are made up; lists are paged", async () => {
      const taken = fresh("taken");
      assert.equal((await books.open({ id: taken, currency: "USD" })).status, 201);
      const left = fresh("left-out");
      refused(await books.open({ accounts: [{ id: left, currency: "USD" }, { id: taken, currency: "EUR" }] }), 409, "account_exists");
      refused(await books.api.get(`/v1/ledger/accounts/${left}`), 404, "account_not_found");
      const made = await books.open({ accounts: Array.from({ length: 25 }, () => ({ currency: "XTS" })) });
      assert.equal(made.status, 201, made.text);
      const ids = made.json.accounts.map(({ id }) => id);
      assert.equal(new Set(ids).size, 25);
      for (const id of ids) assert.match(id, /^acct_[0-9A-Za-z]{22}$/);
      const seen = [];
      for (let path = "/v1/ledger/accounts?currency=XTS&limit=10"; path;) {
        const page = await books.api.get(path);
        assert.equal(page.status, 200, page.text);
        assert.ok(page.json.data.length <= 10);
        seen.push(...page.json.data.map(({ id }) => id));
        path = /<([^>]+)>; rel="next"/.exec(page.headers.link ?? "")?.[1];
      }
      assert.deepEqual(seen, ids);
    });

    it("a transfer moves; the same again exists; another body under the id names what differs", async () => {
      const [a, b] = [fresh("a"), fresh("b")];
      const world = await books.world(a, b);
      const id = fresh("tr");
      const first = await books.book([move(id, world, a, 1000, { code: "top-up", metadata: { n: 1 } })]);
      assert.equal(first.status, 201, first.text);
      assert.deepEqual(Object.keys(first.json), ["created", "exists", "refused", "results"]);
      const [{ at, ...result }] = first.json.results;
      assert.deepEqual(result, { id, status: "created", amount: 1000 });
      const again = await books.book([move(id, world, a, 1000, { code: "top-up", metadata: { n: 1 } })]);
      assert.equal(again.status, 200);
      assert.deepEqual(again.json, { created: 0, exists: 1, refused: 0, results: [{ id, status: "exists", amount: 1000, at }] });
      for (const [reason, transfer] of [
        ["exists_with_different_legs", move(id, world, a, 999, { code: "top-up", metadata: { n: 1 } })],
        ["exists_with_different_legs", move(id, world, b, 1000, { code: "top-up", metadata: { n: 1 } })],
        ["exists_with_different_code", move(id, world, a, 1000, { code: "other", metadata: { n: 1 } })],
        ["exists_with_different_metadata", move(id, world, a, 1000, { code: "top-up", metadata: { n: 2 } })],
        ["exists_with_different_kind", move(id, world, a, 1000, { kind: "pending", code: "top-up", metadata: { n: 1 } })],
        ["exists_with_different_flags", move(id, world, a, 1000, { balancing_debit: true, code: "top-up", metadata: { n: 1 } })],
      ]) {
        assert.equal((await books.one(transfer)).reason, reason);
      }
      assert.deepEqual(totals(await books.account(a)), [0, 0, 0, 1000]);
      const seen = (await books.api.get(`/v1/ledger/transfers/${id}`)).json;
      assert.deepEqual(seen.legs, [{ account_id: world, side: "debit", amount: 1000 }, { account_id: a, side: "credit", amount: 1000 }]);
      assert.deepEqual([seen.kind, seen.amount, seen.code, seen.metadata, seen.at], ["posted", 1000, "top-up", { n: 1 }, at]);
    });

    it("unlinked transfers fail each by itself; the status says whether all were made", async () => {
      const [a, b] = [fresh("a"), fresh("b")];
      const world = await books.world(a, b);
      const answer = await books.book([
        move(fresh("t"), world, a, 500), move(fresh("t"), a, b, 501), move(fresh("t"), a, b, 500), move(fresh("t"), a, "nobody", 1), move(fresh("t"), b, world, 200)]);
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(answer.json.results.map(({ status, reason }) => reason ?? status), ["created", "exceeds_credits", "created", "account_not_found", "created"]);
      assert.deepEqual([answer.json.created, answer.json.exists, answer.json.refused], [3, 0, 2]);
      assert.equal((await books.account(b)).balance, 300);
      assert.equal((await books.account(b)).available, 300);
    });

    it("linked transfers are made all or none, and the one that broke the chain has the reason", async () => {
      const [a, b] = [fresh("a"), fresh("b")];
      const world = await books.world(a, b);
      const ids = [fresh("l"), fresh("l"), fresh("l"), fresh("l")];
      const answer = await books.book([
        move(ids[0], world, a, 100, { linked: true }), move(ids[1], a, b, 101, { linked: true }), move(ids[2], a, b, 1), move(ids[3], world, a, 7)]);
      assert.deepEqual(answer.json.results.map(({ status, reason }) => reason ?? status),
        ["linked_event_failed", "exceeds_credits", "linked_event_failed", "created"]);
      assert.equal((await books.account(a)).balance, 7);
      const open = await books.book([move(fresh("l"), world, a, 1), move(fresh("l"), world, a, 1, { linked: true })]);
      assert.deepEqual(open.json.results.map(({ status, reason }) => reason ?? status), ["created", "linked_event_chain_open"]);
      const good = await books.book([move(fresh("l"), world, a, 5, { linked: true }), move(fresh("l"), a, b, 13)]);
      assert.equal(good.status, 201, good.text);
    });

    it("TigerBeetle's id_already_failed: an id that was refused for want of funds stays refused", async () => {
      const [a, b] = [fresh("a"), fresh("b")];
      const world = await books.world(a, b);
      const id = fresh("late");
      assert.equal((await books.one(move(id, a, b, 10))).reason, "exceeds_credits");
      assert.equal((await books.one(move(fresh("t"), world, a, 100))).status, "created");
      assert.equal((await books.one(move(id, a, b, 10))).reason, "id_already_failed");
      assert.equal((await books.account(b)).balance, 0);
      refused(await books.api.get(`/v1/ledger/transfers/${id}`), 404, "transfer_not_found");
    });

    it("journals of many legs sum to zero in each currency", async () => {
      const made = await books.open({ accounts: ["USD", "USD", "USD", "EUR", "EUR"].map((currency) => ({ currency })) });
      const [u1, u2, u3, e1, e2] = made.json.accounts.map(({ id }) => id);
      const leg = (account_id, side, amount) => ({ account_id, side, amount });
      const id = fresh("journal");
      const done = await books.one({ id, legs: [leg(u1, "debit", 100), leg(u2, "credit", 97), leg(u3, "credit", 3), leg(e1, "debit", 50), leg(e2, "credit", 50)] });
      assert.deepEqual([done.status, done.amount], ["created", 150]);
      for (const [reason, legs] of [
        ["debits_must_equal_credits", [leg(u1, "debit", 100), leg(u2, "credit", 99)]],
        ["debits_must_equal_credits", [leg(u1, "debit", 100), leg(e2, "credit", 100)]],
        ["account_repeated", [leg(u1, "debit", 100), leg(u1, "credit", 100)]],
        ["legs_missing", [leg(u1, "debit", 100)]],
      ]) assert.equal((await books.one({ id: fresh("bad"), legs })).reason, reason);
      assert.deepEqual(totals(await books.account(u3)), [0, 0, 0, 3]);
      assert.equal((await books.api.get(`/v1/ledger/transfers/${id}`)).json.legs.length, 5);
    });

    it("Blnk#181: a hold counts against the limit when it is made; posting it cannot break it", async () => {
      const [a, b] = [fresh("a"), fresh("b")];
      const world = await books.world(a, b);
      await books.one(move(fresh("t"), world, a, 100));
      const hold = fresh("hold");
      assert.equal((await books.one(move(hold, a, b, 70, { kind: "pending" }))).status, "created");
      assert.deepEqual(totals(await books.account(a)), [70, 0, 0, 100]);
      assert.equal((await books.account(a)).available, 30);
      assert.equal((await books.one(move(fresh("t"), a, b, 31))).reason, "exceeds_credits");
      assert.equal((await books.one(move(fresh("t"), a, b, 31, { kind: "pending" }))).reason, "exceeds_credits");
      assert.equal((await books.one({ id: fresh("p"), kind: "post", pending_id: hold })).status, "created");
      assert.deepEqual(totals(await books.account(a)), [0, 70, 0, 100]);
      assert.deepEqual(totals(await books.account(b)), [0, 0, 0, 70]);
    });

    it("a hold is posted in parts, and never for more than it holds (Blnk#62)", async () => {
      const [a, b] = [fresh("a"), fresh("b")];
      const world = await books.world(a, b);
      await books.one(move(fresh("t"), world, a, 100));
      const hold = fresh("hold");
      await books.one(move(hold, a, b, 100, { kind: "pending" }));
      const post = (amount, more = {}) => books.one({ id: fresh("p"), kind: "post", pending_id: hold, amount, ...more });
      assert.equal((await post(30, { keep_rest: true })).status, "created");
      let seen = (await books.api.get(`/v1/ledger/transfers/${hold}`)).json;
      assert.deepEqual([seen.state, seen.left, seen.amount], ["open", 70, 100]);
      assert.equal((await post(71)).reason, "exceeds_hold");
      assert.equal((await post(20)).status, "created");  // the rest goes back
      seen = (await books.api.get(`/v1/ledger/transfers/${hold}`)).json;
      assert.deepEqual([seen.state, seen.left], ["posted", 0]);
      assert.deepEqual(totals(await books.account(a)), [0, 50, 0, 100]);
      assert.equal((await post(1)).reason, "hold_already_posted");
    });

    it("Blnk#41: a void happens once, and nothing is posted after it", async () => {
      const [a, b] = [fresh("a"), fresh("b")];
      const world = await books.world(a, b);
      await books.one(move(fresh("t"), world, a, 100));
      const hold = fresh("hold");
      await books.one(move(hold, a, b, 60, { kind: "pending" }));
      const voids = await Promise.all(Array.from({ length: 10 }, () => books.one({ id: fresh("v"), kind: "void", pending_id: hold })));
      assert.equal(voids.filter(({ status }) => status === "created").length, 1);
      assert.equal(voids.filter(({ reason }) => reason === "hold_already_voided").length, 9);
      assert.equal((await books.one({ id: fresh("p"), kind: "post", pending_id: hold })).reason, "hold_already_voided");
      assert.deepEqual(totals(await books.account(a)), [0, 0, 0, 100]);
    });

    it("a hold whose time is over is released by itself, and cannot be posted", async () => {
      const [a, b] = [fresh("a"), fresh("b")];
      const world = await books.world(a, b);
      await books.one(move(fresh("t"), world, a, 100));
      const hold = fresh("hold");
      await books.one(move(hold, a, b, 60, { kind: "pending", timeout_ms: 300 }));
      await eventually("the hold is released", async () => (await books.account(a)).debits_pending === 0, 10_000 * kSlow);
      const seen = (await books.api.get(`/v1/ledger/transfers/${hold}`)).json;
      assert.deepEqual([seen.state, seen.left], ["expired", 0]);
      assert.equal((await books.one({ id: fresh("p"), kind: "post", pending_id: hold })).reason, "hold_expired");
      const legs = (await books.api.get(`/v1/ledger/accounts/${a}/legs`)).json.data;
      assert.deepEqual(legs.map(({ kind, side, amount }) => [kind, side, amount]), [["expire", "debit", 60], ["pending", "debit", 60], ["posted", "credit", 100]]);
    });

    it("balancing transfers move what there is; a closing hold closes until it is voided", async () => {
      const [a, b] = [fresh("a"), fresh("b")];
      const world = await books.world(a, b);
      await books.one(move(fresh("t"), world, a, 100));
      const swept = await books.one(move(fresh("sweep"), a, b, 9_007_199_254_740_991, { balancing_debit: true }));
      assert.deepEqual([swept.status, swept.amount], ["created", 100]);
      const closing = fresh("close");
      assert.equal((await books.one(move(closing, b, world, 1, { kind: "pending", closing_debit: true }))).status, "created");
      assert.equal((await books.account(b)).closed, true);
      assert.equal((await books.one(move(fresh("t"), world, b, 1))).reason, "account_closed");
      assert.equal((await books.one({ id: fresh("v"), kind: "void", pending_id: closing })).status, "created");
      assert.equal((await books.account(b)).closed, false);
      assert.equal((await books.one(move(fresh("t"), world, b, 1))).status, "created");
    });

    it("amounts: strings too, exact to 2^53 - 1; a currency that is named is checked", async () => {
      const [a, b] = [fresh("a"), fresh("b")];
      const world = await books.world(a, b);
      const most = 9_007_199_254_740_991;
      assert.equal((await books.one(move(fresh("t"), world, a, String(most)))).amount, most);
      assert.equal((await books.one(move(fresh("t"), a, b, most, { currency: "USD" }))).status, "created");
      assert.equal((await books.account(b)).balance, most);
      const wrong = await books.book([move(fresh("t"), b, a, 1), move(fresh("t"), b, a, 1, { currency: "EUR" })]);
      refused(wrong, 422, "invalid_request");
      assert.equal(wrong.json.errors[0].field, "/transfers/1/currency");
      assert.equal((await books.account(a)).balance, 0);  // nothing of that request was done
    });

    it("Formance stack#1464: one Idempotency-Key has one effect, and its answer is the same to the byte", async () => {
      const [a, b] = [fresh("a"), fresh("b")];
      const world = await books.world(a, b);
      const key = fresh("once");
      const transfers = [move(undefined, world, a, 5), move(undefined, a, b, 500)];  // without ids: the key alone makes it safe
      const answers = await Promise.all(Array.from({ length: 20 }, () => books.book(transfers, key)));
      assert.equal(new Set(answers.map(({ status }) => status)).size, 1);
      assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
      assert.equal(answers.filter(({ headers }) => headers["idempotency-replayed"] === "true").length, 19);
      assert.match(answers[0].json.results[0].id, /^tr_[0-9A-Za-z]{22}$/);
      assert.equal((await books.account(a)).balance, 5);
      refused(await books.book([move(undefined, world, a, 6)], key), 422, "idempotency_key_reused");
      refused(await books.api.post("/v1/ledger/transfers", { transfers }), 400, "idempotency_key_required");
      assert.equal((await books.account(a)).balance, 5);
      const made = await books.api.post("/v1/ledger/accounts", { currency: "USD" }, { headers: { "Idempotency-Key": fresh("acct") } });
      assert.equal(made.status, 201, made.text);
    });

    it("TigerBeetle#357: balances at a time, pending ones too", async () => {
      const [a, b] = [fresh("a"), fresh("b")];
      const world = await books.world(a, b);
      const born = await books.account(a);
      const times = [];
      const hold = fresh("hold");
      for (const transfer of [move(fresh("t"), world, a, 100), move(hold, a, b, 40, { kind: "pending" }), { id: fresh("p"), kind: "post", pending_id: hold, amount: 25 },
        move(fresh("t"), a, b, 5)]) times.push((await books.one(transfer)).at);
      const at = async (time) => totals(await books.account(a, `?at=${encodeURIComponent(time)}`));
      assert.deepEqual(await at(born.created_at), [0, 0, 0, 0]);
      assert.deepEqual(await at(times[0]), [0, 0, 0, 100]);
      assert.deepEqual(await at(times[1]), [40, 0, 0, 100]);
      assert.deepEqual(await at(times[2]), [0, 25, 0, 100]);
      assert.deepEqual(await at(times[3]), [0, 30, 0, 100]);
      assert.deepEqual(await at("2001-01-01T00:00:00Z"), [0, 0, 0, 0]);
      assert.deepEqual(await at("2101-01-01T00:00:00Z"), [0, 30, 0, 100]);
      const then = await books.account(a, `?at=${encodeURIComponent(times[1])}`);
      assert.deepEqual([then.balance, then.available, then.legs, then.closed], [100, 60, 2, null]);
      assert.equal(new Set(times).size, 4);
      assert.deepEqual([...times].sort(), times);
    });

    it("Blnk#325: a statement as CSV and JSONL adds up, page by page, from any moment to any other", async () => {
      const [a, b] = [fresh("a"), fresh("b")];
      const world = await books.world(a, b);
      await books.book([move(fresh("t"), world, a, 10_000)]);
      const results = [];
      for (let i = 0; i < 5; ++i) {
        const answer = await books.book(Array.from({ length: 5 }, (_, k) => move(fresh("s"), a, b, i * 5 + k + 1, { code: k === 0 ? 'a,"b"' : "=1+1" })));
        assert.equal(answer.status, 201, answer.text);
        results.push(...answer.json.results);
      }
      const path = `/v1/ledger/accounts/${a}/statement`;
      const whole = await books.api.get(path);
      assert.equal(whole.headers["content-type"], "text/csv; charset=utf-8");
      const rows = parseCsv(whole.text.replaceAll('"a,""b"""', "quoted").replaceAll(`"'=1+1"`, "formula"));
      assert.deepEqual(rows[0], ["number", "at", "transfer_id", "kind", "side", "amount", "debits_pending", "debits_posted", "credits_pending", "credits_posted", "balance", "code"]);
      assert.deepEqual([rows[1][3], rows[1][10], rows.at(-1)[3], rows.at(-1)[10]], ["opening", "0", "closing", String(10_000 - 325)]);
      assert.equal(rows.length, 1 + 1 + 26 + 1);
      let balance = 0;
      for (const row of rows.slice(2, -1)) {
        balance += row[4] === "credit" ? Number(row[5]) : -Number(row[5]);
        assert.equal(Number(row[10]), balance);
      }
      assert.deepEqual(new Set(rows.slice(3, -1).map((row) => row[11])), new Set(["quoted", "formula"]));
      const [from, to] = [results[4].at, results[19].at].map(encodeURIComponent);
      const lines = [];
      for (let next = `${path}?format=jsonl&limit=4&from=${from}&to=${to}`; next;) {
        const page = await books.api.get(next);
        assert.equal(page.status, 200, page.text);
        assert.equal(page.headers["content-type"], "application/x-ndjson");
        lines.push(...page.text.trimEnd().split("\n").map((line) => JSON.parse(line)));
        next = /<([^>]+)>; rel="next"/.exec(page.headers.link ?? "")?.[1];
      }
      assert.deepEqual([lines[0].kind, lines[0].balance], ["opening", 10_000 - 10]);
      assert.deepEqual([lines.at(-1).kind, lines.at(-1).balance], ["closing", 10_000 - 190]);
      assert.deepEqual(lines.slice(1, -1).map(({ transfer_id }) => transfer_id), results.slice(4, 19).map(({ id }) => id));
      const empty = await books.api.get(`${path}?from=${to}&to=${from}&format=jsonl`);
      assert.deepEqual(empty.text.trimEnd().split("\n").map((line) => JSON.parse(line).balance), [9810, 9810]);
      const legs = [];
      for (let next = `/v1/ledger/accounts/${a}/legs?limit=7`; next;) {
        const page = await books.api.get(next);
        legs.push(...page.json.data.map(({ number }) => number));
        next = /<([^>]+)>; rel="next"/.exec(page.headers.link ?? "")?.[1];
      }
      assert.deepEqual(legs, Array.from({ length: 26 }, (_, i) => 26 - i));
    });

    it("a batch of 8,189 transfers in one request; one more is too many", async () => {
      const [a, b] = [fresh("a"), fresh("b")];
      const world = await books.world(a, b);
      const stem = fresh("bulk");
      const many = Array.from({ length: 8189 }, (_, i) => move(`${stem}:${i}`, world, i % 2 ? a : b, 1 + (i % 7)));
      const answer = await books.book(many);
      assert.equal(answer.status, 201, answer.text.slice(0, 500));
      assert.equal(answer.json.created, 8189);
      assert.equal(answer.json.results.length, 8189);
      const sum = many.reduce((so_far, { amount }) => so_far + amount, 0);
      assert.equal((await books.account(world)).debits_posted, sum);
      const more = await books.book([...many, move(fresh("t"), world, a, 1)]);
      refused(more, 422, "invalid_request");
      assert.deepEqual([more.json.errors[0].field, more.json.errors[0].reason], ["/transfers", "too_many_items"]);
    });

    it("transfers are listed newest first", async () => {
      const [a] = [fresh("a")];
      const world = await books.world(a);
      const ids = Array.from({ length: 7 }, () => fresh("n"));
      assert.equal((await books.book(ids.map((id) => move(id, world, a, 1)))).status, 201);
      const first = await books.api.get("/v1/ledger/transfers?limit=5");
      const second = await books.api.get(/<([^>]+)>; rel="next"/.exec(first.headers.link)[1].replace("limit=5", "limit=2"));
      const seen = [...first.json.data, ...second.json.data];
      assert.deepEqual(seen.map(({ id }) => id), [...ids].reverse());
      assert.ok(seen.every(({ number }) => /^[1-9]\d*$/.test(number)));
    });

    it("TigerBeetle#2525: another tenant sees nothing, and may use the same ids", async () => {
      const [a, b] = [fresh("a"), fresh("b")];
      const world = await books.world(a, b);
      const id = fresh("t");
      await books.one(move(id, world, a, 3));
      for (const path of [`accounts/${a}`, `accounts/${a}/legs`, `accounts/${a}/statement`]) refused(await other.api.get(`/v1/ledger/${path}`), 404, "account_not_found");
      refused(await other.api.get(`/v1/ledger/transfers/${id}`), 404, "transfer_not_found");
      assert.equal((await other.one(move(fresh("t"), world, a, 3))).reason, "account_not_found");
      assert.equal((await other.open({ id: a, currency: "EUR" })).status, 201);
      refused(await reader.open({ currency: "USD" }), 403, "missing_scope");
      refused(await reader.book([move(fresh("t"), world, a, 3)]), 403, "missing_scope");
      assert.equal((await reader.account(a)).balance, 3);
    });

    it("what is wrong with a request is told field by field, and nothing of it is done", async () => {
      const [a, b] = [fresh("a"), fresh("b")];
      const world = await books.world(a, b);
      const good = move(fresh("t"), world, a, 1);
      const t = (more) => ({ transfers: [good, { ...move(fresh("t"), world, a, 1), ...more }] });
      const leg = { account_id: a, side: "debit", amount: 1 };
      for (const [name, body, field, why] of [
        ["no transfers", {}, "/transfers", "required"],
        ["an empty list", { transfers: [] }, "/transfers", "too_few_items"],
        ["not a list", { transfers: {} }, "/transfers", "wrong_type"],
        ["another field", { ...t({}), more: 1 }, "/more", "unknown_field"],
        ["another field of a transfer", t({ currencies: 1 }), "/transfers/1/currencies", "unknown_field"],
        ["zero", t({ amount: 0 }), "/transfers/1/amount", "out_of_range"],
        ["less than zero", t({ amount: -5 }), "/transfers/1/amount", "out_of_range"],
        ["too much", t({ amount: 9_007_199_254_740_992 }), "/transfers/1/amount", "out_of_range"],
        ["too much as text", t({ amount: "99999999999999999999999" }), "/transfers/1/amount", "out_of_range"],
        ["cents of cents", t({ amount: 1.5 }), "/transfers/1/amount", "wrong_type"],
        ["a text that is no number", t({ amount: "1e3" }), "/transfers/1/amount", "wrong_type"],
        ["an empty text", t({ amount: "" }), "/transfers/1/amount", "wrong_type"],
        ["true", t({ amount: true }), "/transfers/1/amount", "wrong_type"],
        ["no amount", t({ amount: undefined }), "/transfers/1/amount", "required"],
        ["no account", t({ debit_account_id: undefined }), "/transfers/1/debit_account_id", "required"],
        ["an id with a blank", t({ id: "a b" }), "/transfers/1/id", "bad_format"],
        ["an id of 65", t({ id: "x".repeat(65) }), "/transfers/1/id", "too_long"],
        ["an id of payments", t({ id: "pay_1:cap:1" }), "/transfers/1/id", "id_reserved"],
        ["a kind that is none", t({ kind: "expire" }), "/transfers/1/kind", "not_allowed"],
        ["a time-out without a hold", t({ timeout_ms: 5 }), "/transfers/1/timeout_ms", "not_allowed"],
        ["a hold's id without need", t({ pending_id: "x" }), "/transfers/1/pending_id", "not_allowed"],
        ["a post of nothing", { transfers: [{ kind: "post", amount: 1 }] }, "/transfers/0/pending_id", "required"],
        ["a void with an amount", { transfers: [{ kind: "void", pending_id: "x", amount: 1 }] }, "/transfers/0/amount", "not_allowed"],
        ["legs and an amount", t({ legs: [leg], amount: 5 }), "/transfers/1/amount", "not_allowed"],
        ["a side that is none", { transfers: [{ legs: [{ ...leg, side: "left" }] }] }, "/transfers/0/legs/0/side", "not_allowed"],
        ["a leg of nothing", { transfers: [{ legs: [{ ...leg, amount: 0 }] }] }, "/transfers/0/legs/0/amount", "out_of_range"],
        ["a code of 65", t({ code: "x".repeat(65) }), "/transfers/1/code", "too_long"],
        ["too much metadata", t({ metadata: { x: "x".repeat(2048) } }), "/transfers/1/metadata", "too_long"],
        ["metadata that is none", t({ metadata: [] }), "/transfers/1/metadata", "wrong_type"],
        ["a currency in small letters", t({ currency: "usd" }), "/transfers/1/currency", "bad_format"],
      ]) {
        const answer = await books.api.post("/v1/ledger/transfers", body, { headers: { "Idempotency-Key": fresh("bad") } });
        assert.equal(answer.status, 422, `${name}: ${answer.text}`);
        assert.equal(answer.json.reason, "invalid_request", name);
        assert.ok(answer.json.errors.some((error) => error.field === field && error.reason === why), `${name}: ${answer.text}`);
      }
      for (const [name, body, field, why] of [
        ["no currency", { id: fresh("x") }, "/currency", "required"],
        ["a currency in small letters", { currency: "usd" }, "/currency", "bad_format"],
        ["an id of payments", { id: "merchant:available:usd", currency: "USD" }, "/id", "id_reserved"],
        ["an empty id", { id: "", currency: "USD" }, "/id", "bad_format"],
        ["a list and an account", { currency: "USD", accounts: [{ currency: "USD" }] }, "/accounts", "not_allowed"],
        ["a list of nothing", { accounts: [] }, "/accounts", "too_few_items"],
        ["one of a list", { accounts: [{ currency: "USD" }, {}] }, "/accounts/1/currency", "required"],
        ["a name of 201", { currency: "USD", name: "x".repeat(201) }, "/name", "too_long"],
        ["a caller who would be reserved", { currency: "USD", reserved: true }, "/reserved", "unknown_field"],
      ]) {
        const answer = await books.open(body);
        assert.equal(answer.status, 422, `${name}: ${answer.text}`);
        assert.ok(answer.json.errors.some((error) => error.field === field && error.reason === why), `${name}: ${answer.text}`);
      }
      for (const [query, field] of [["statement?format=pdf", "?format"], ["statement?limit=0", "?limit"], ["statement?limit=10001", "?limit"],
        ["statement?from=yesterday", "?from"], ["legs?limit=101", "?limit"], ["legs?cursor=x", "?cursor"], ["statement?cursor=x", "?cursor"]]) {
        const answer = await books.api.get(`/v1/ledger/accounts/${a}/${query}`);
        assert.equal(answer.status, 400, answer.text);
        assert.equal(answer.json.errors[0].field, field, answer.text);
      }
      refused(await books.api.get(`/v1/ledger/accounts/${a}?at=now`), 400, "invalid_request");
      refused(await books.api.get("/v1/ledger/accounts/nobody"), 404, "account_not_found");
      refused(await books.api.post("/v1/ledger/transfers", "[", { headers: { "Idempotency-Key": fresh("bad") } }), 400, "invalid_json");
      assert.deepEqual(totals(await books.account(a)), [0, 0, 0, 0]);
    });

    it("256 clients at once share commits, and no cent is lost", async () => {
      const wallets = Array.from({ length: 16 }, () => fresh("w"));
      const world = await books.world(...wallets);
      await books.book(wallets.map((wallet) => move(fresh("t"), world, wallet, 1_000)));
      const batches = async () => Number(/^ashlar_ledger_batch_units_count (\d+)/m.exec((await books.api.get("/metrics")).text)[1]);
      const before = await batches();
      const done = await Promise.all(Array.from({ length: 256 }, (_, i) =>
        books.one(move(fresh("c"), wallets[i % 16], wallets[(i * 7 + 1) % 16], 100 + (i % 50)))));
      const used = await batches() - before;
      console.log(`${kind}: 256 transfers at once in ${used} commits`);
      assert.ok(used < 256, `${used} commits`);
      assert.ok(done.every(({ status, reason }) => status === "created" || ["exceeds_credits", "account_repeated"].includes(reason)));
      const all = await Promise.all(wallets.map((wallet) => books.account(wallet)));
      assert.equal(all.reduce((sum, { balance }) => sum + balance, 0), 16_000);
      assert.ok(all.every(({ balance }) => balance >= 0));
    });

    it("the book adds up, its head is signed, and verify holds all of it against the rules", async () => {
      const sums = (await books.api.get("/v1/ledger/trial-balance")).json;
      assert.equal(sums.balanced, true);
      const usd = sums.currencies.find(({ currency }) => currency === "USD");
      assert.equal(usd.debits_posted, usd.credits_posted);
      assert.ok(usd.debits_posted > 0);
      const answer = await books.api.get("/v1/ledger/head");
      const head = answer.json;
      const text = `ashlar ledger head 1\n${head.tenant}\n${head.seq}\n${head.transfers}\n${microsOf(head.at)}\n${head.hash}\n`;
      const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: head.public_key }, format: "jwk" });
      assert.ok(verifySignature(null, Buffer.from(text), key, Buffer.from(head.signature, "base64url")));
      const file = join(server.store.folder, "head.json");
      writeFileSync(file, answer.text);
      await books.one(move(fresh("t"), (await books.world(fresh("a"))), "nobody", 1));
      const verified = server.cli("verify", "--head", file);
      assert.equal(verified.code, 0, verified.stdout + verified.stderr);
      assert.match(verified.stdout, /^ledger of acme: \d+ accounts, \d+ transfers, \d+ legs, .*; as its head was kept$/m);
      assert.match(verified.stdout, /^ok$/m);
      writeFileSync(file, answer.text.replace(/"transfers":\d+/, '"transfers":1'));
      const lied = server.cli("verify", "--head", file);
      assert.equal(lied.code, 1);
      assert.match(lied.stdout, /its signature is wrong/);
      writeFileSync(file, "{}");
      assert.equal(server.cli("verify", "--head", file).code, 1);
    });

    it("a tenant's book is exported whole", async () => {
      const exported = server.cli("tenant", "export", "other").stdout.split("\n").filter((line) => line.includes('"module":"ledger"')).map((line) => JSON.parse(line));
      assert.ok(exported.some(({ table }) => table === "accounts"));
      assert.ok(exported.some(({ table }) => table === "batches"));
    });
  });
}

function microsOf(time) {
  const [, seconds, fraction = ""] = /^(.*?)(?:\.(\d+))?Z$/.exec(time);
  return BigInt(Date.parse(`${seconds}Z`)) * 1000n + BigInt(fraction.padEnd(6, "0"));
}

// The server is killed while 64 clients book: what was answered is there, what was not can be asked for again, and nothing is twice.
export function ledgerKilledSuite(kind) {
  test(`${kind}: the ledger survives kill -9: nothing is lost, nothing is twice`, { timeout: 180_000 }, async () => {
    let server = await Server.start({ store: kind });
    const store = server.store;
    server.ownsStore = false;
    try {
      server.newTenant("acme");
      const key = server.newKey("acme", ...kLedgerScopes);
      let books = ledger(server.client(key));
      const wallet = fresh("k");
      const world = await books.world(wallet);
      const answered = [];
      const lanes = Array.from({ length: 64 }, async (_, lane) => {
        for (let i = 0; ; ++i) {
          const id = `${wallet}:${lane}:${i}`;
          const answer = await books.book([move(id, world, wallet, 1)], id).catch(() => null);
          if (!answer || answer.status >= 500) return id;
          answered.push(id);
        }
      });
      await eventually("some are booked", () => answered.length > 500, 60_000);
      await server.kill();
      const open = await Promise.all(lanes);
      books.api.close();
      await store.settled();
      server = await Server.start({ store });
      server.ownsStore = false;
      books = ledger(server.client(key));
      for (const id of open) {
        const again = await books.book([move(id, world, wallet, 1)], id);
        assert.ok(["created", "exists"].includes(again.json.results[0].status), again.text);
      }
      assert.equal((await books.account(wallet)).balance, answered.length + open.length);
      for (const id of answered.slice(-50)) assert.equal((await books.api.get(`/v1/ledger/transfers/${id}`)).status, 200);
      books.api.close();
      const verified = server.cli("verify");
      assert.equal(verified.code, 0, verified.stdout);
    } finally {
      await server.stop();
      store.remove();
    }
  });
}

// Two instances write one book.
export function ledgerClusterSuite() {
  describe("two servers on one ledger", { timeout: 180_000 }, () => {
    let a, b;
    before(async () => {
      a = await Server.start({ store: "postgres" });
      b = await Server.start({ store: a.store });
      b.ownsStore = false;
    });
    after(async () => {
      await b?.stop();
      await a?.stop();
    });

    test("postgres: money moves at both, once, and the limits hold", async () => {
      a.newTenant("acme");
      const key = a.newKey("acme", ...kLedgerScopes);
      const [first, second] = [ledger(a.client(key)), ledger(b.client(key))];
      const [x, y] = [fresh("x"), fresh("y")];
      const world = await first.world(x, y);
      await first.one(move(fresh("t"), world, x, 1_000));
      assert.equal((await second.account(x)).balance, 1_000);
      // 40 holders of 60 each ask for 1,000 at both servers at once: 16 can have it.
      const holds = await Promise.all(Array.from({ length: 40 }, (_, i) => (i % 2 ? first : second).one(move(fresh("h"), x, y, 60, { kind: "pending" }))));
      assert.equal(holds.filter(({ status }) => status === "created").length, 16);
      assert.ok(holds.filter(({ status }) => status !== "created").every(({ reason }) => reason === "exceeds_credits"));
      assert.deepEqual([(await first.account(x)).available, (await second.account(x)).available], [40, 40]);
      // One id at both; one key at both; a hold posted here and voided there.
      for (let round = 0; round < 20; ++round) {
        const id = fresh("same");
        const twice = await Promise.all([first.one(move(id, world, y, 1)), second.one(move(id, world, y, 1))]);
        assert.deepEqual(twice.map(({ status }) => status).sort(), ["created", "exists"]);
        const idempotency = fresh("key");
        const keyed = await Promise.all([first.book([move(undefined, world, y, 1)], idempotency), second.book([move(undefined, world, y, 1)], idempotency)]);
        assert.equal(keyed[0].text, keyed[1].text);
        const hold = holds.filter(({ status }) => status === "created")[round % 16].id;
        if (round < 16) {
          const [post, release] = await Promise.all([
            first.one({ id: fresh("p"), kind: "post", pending_id: hold }), second.one({ id: fresh("v"), kind: "void", pending_id: hold })]);
          assert.equal([post, release].filter(({ status }) => status === "created").length, 1, JSON.stringify([post, release]));
        }
      }
      const [seen, too] = [await first.account(y), await second.account(y)];
      assert.deepEqual(seen, too);
      const left = await first.account(x);
      assert.deepEqual([left.debits_pending, left.balance + seen.balance], [0, 1_000 + 40]);
      const verified = b.cli("verify");
      assert.equal(verified.code, 0, verified.stdout);
      for (const one of [first, second]) one.api.close();
    });
  });
}
