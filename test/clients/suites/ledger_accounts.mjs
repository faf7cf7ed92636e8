// Accounts of a ledger: opened once, found again; balances at a time, statements.
import assert from "node:assert/strict";
import { fresh, move, parseCsv, refused, totals } from "../support/ledger.mjs";

export function accounts(it, own) {
  it("an account is opened once, and found again", async () => {
    const { books } = own;
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
    const { books } = own;
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
}

export function statements(it, own) {
  it("TigerBeetle#357: balances at a time, pending ones too", async () => {
    const { books } = own;
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
    const { books } = own;
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
}
