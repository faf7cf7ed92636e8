// Reconciliation as a finance department uses it: a day's statement in each format held against what was booked; every kind of
// break, what lies in suspense, how breaks are settled, what the reports say.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually, sleep } from "../support/process.mjs";
import { Server } from "../support/server.mjs";
import { assertProblem } from "./links.mjs";
import { Till } from "../support/till.mjs";

const kDay_ms = 86_400_000;
const dayOf = (ms) => new Date(ms).toISOString().slice(0, 10);
const decimal = (cents) => `${cents < 0 ? "-" : ""}${Math.floor(Math.abs(cents) / 100)}.${String(Math.abs(cents) % 100).padStart(2, "0")}`;

// The suite works on one day of the server's clock: it does not begin in the last minutes before midnight, UTC.
async function awayFromMidnight() {
  const left_ms = kDay_ms - (Date.now() % kDay_ms);
  if (left_ms < 180_000) await sleep(left_ms + 1000);
  return dayOf(Date.now());
}

// Lines as the sandbox's own statement has them, in each format.
const csv = (lines) => ["type,reference,amount,fee,currency,date,description",
  ...lines.map((l) => [l.kind, l.reference, decimal(l.amount), decimal(l.fee), l.currency, l.day, l.description ?? ""].join(","))].join("\n") + "\n";

const camt = (lines) => `<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>2026-1</Id>${lines.map((l) => {
  const net = l.amount - l.fee;
  const charges = l.fee === 0 ? "" : `<Chrgs><Rcrd><Amt Ccy="${l.currency.toUpperCase()}">${decimal(l.fee)}</Amt><CdtDbtInd>DBIT</CdtDbtInd><ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>`;
  return `<Ntry><Amt Ccy="${l.currency.toUpperCase()}">${decimal(Math.abs(net))}</Amt><CdtDbtInd>${net < 0 ? "DBIT" : "CRDT"}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>` +
    `<BookgDt><Dt>${l.day}</Dt></BookgDt><AcctSvcrRef>${l.reference}</AcctSvcrRef><BkTxCd><Prtry><Cd>${l.kind}</Cd></Prtry></BkTxCd>${charges}</Ntry>`;
}).join("")}</Stmt></BkToCstmrStmt></Document>`;

function wholeDays(it, shop) {
  it("without a body the provider is asked for its own: everything matches", async () => {
    const { books } = shop;
    const made = await books.run({});
    assert.equal(made.status, 201, made.text);
    const run = made.json;
    assert.equal(made.headers.location, `/v1/reconciliations/${run.id}`);
    assert.equal(run.id, `rec_sandbox_${shop.day.replaceAll("-", "")}`);
    assert.equal(run.state, "done");
    assert.equal(run.format, "sandbox");
    assert.equal(run.lines, shop.lines.length);
    assert.equal(run.breaks, 0, JSON.stringify((await books.items(run.id, "outcome=break")), null, 1));
    const [total] = run.totals;
    assert.equal(total.currency, "EUR");
    assert.equal(total.difference, 0);
    assert.equal(total.matched, shop.lines.length);
    const items = await books.items(run.id);
    assert.deepEqual(items.map(({ reference }) => reference), shop.lines.map(({ reference }) => reference));
    for (const item of items) {
      assert.equal(item.outcome, "matched");
      assert.equal(item.state, null);
      assert.match(item.payment, /^pay_/);
      assert.deepEqual(item.ours, item.statement);
    }
    const again = await books.run({});
    assert.equal(again.status, 200, "the same statement again changes nothing");
    assert.deepEqual(again.json, run);
    const sent = await books.run({}, shop.statement);
    assert.equal(sent.status, 200, "sent by hand it is the same");
    assert.equal(sent.json.id, run.id);
    assert.deepEqual((await shop.api.get(made.headers.location)).json, run);
  });

  it("camt.053 says the same, and gives way to nothing but another statement", async () => {
    const made = await shop.books.run({}, camt(shop.lines));
    assert.equal(made.status, 201, made.text);
    assert.equal(made.json.format, "camt.053");
    assert.equal(made.json.statement_id, "2026-1");
    assert.equal(made.json.version, 2, "the day is not over: its first statement gives way unasked");
    assert.equal(made.json.breaks, 0, made.text);
    const runs = (await shop.api.get("/v1/reconciliations?provider=sandbox")).json.data;
    assert.deepEqual(runs.map(({ state }) => state).toSorted(), ["done", "replaced"]);
  });
}

// The day's lines with one fault of each kind.
function spoiled(lines, day) {
  const [fine, amount, fee, date, , ...rest] = lines;  // the fifth is missing
  return {
    missing: lines[4],
    lines: [fine, { ...amount, amount: amount.amount + 13 }, { ...fee, fee: fee.fee - 1 }, { ...date, day: dayOf(Date.parse(day) - 3 * kDay_ms) }, ...rest,
      { kind: "capture", reference: "ch_nobody_knows", amount: 777, fee: 30, currency: "eur", day, description: "=HYPERLINK(evil)" }],
  };
}

function breaks(it, shop) {
  it("amount, fee, date, missing, extra: each is named, its money in suspense", async () => {
    const { books, api } = shop;
    const wrong = spoiled(shop.lines, shop.day);
    const made = await books.run({ format: "csv" }, csv(wrong.lines));
    assert.equal(made.status, 201, made.text);
    shop.run = made.json.id;
    assert.equal(made.json.breaks, 5, made.text);
    assert.equal(made.json.open_breaks, 5);
    const [total] = made.json.totals;
    for (const outcome of ["amount", "fee", "date", "missing", "extra"]) assert.equal(total[outcome], 1, outcome);
    assert.equal(total.matched, shop.lines.length - 4);
    const missed = wrong.missing.amount - wrong.missing.fee;
    assert.equal(total.difference, 13 + 1 + 747 - missed);

    const items = await books.items(shop.run, "outcome=break");
    const by = Object.fromEntries(items.map((item) => [item.outcome, item]));
    assert.deepEqual([by.amount.difference, by.amount.suspense], [13, 13]);
    assert.equal(by.amount.statement.amount, by.amount.ours.amount + 13);
    assert.deepEqual([by.fee.difference, by.fee.suspense], [1, 1]);
    assert.deepEqual([by.date.difference, by.date.suspense], [0, 0]);
    assert.deepEqual([by.extra.difference, by.extra.suspense], [747, 747]);
    assert.equal(by.extra.ours, null);
    assert.equal(by.extra.payment, null);
    assert.deepEqual([by.missing.difference, by.missing.suspense], [-missed, 0]);
    assert.equal(by.missing.statement, null);
    assert.equal(by.missing.reference, wrong.missing.reference);
    assert.equal(await books.suspense(), 13 + 1 + 747);
    assert.deepEqual((await books.items(shop.run, "outcome=extra&state=open")).map(({ reference }) => reference), ["ch_nobody_knows"]);
    const open = (await api.get("/v1/reconciliations/breaks?provider=sandbox")).json.data;
    assert.deepEqual(open.map(({ number }) => number), items.map(({ number }) => number));
    const ageing = (await api.get("/v1/reconciliations/ageing")).json;
    assert.equal(ageing.day, shop.day);
    assert.equal(ageing.open.length, 1);
    assert.equal(ageing.open[0].breaks, 5);
    const [young] = ageing.open[0].ages;
    assert.deepEqual([young.days, young.breaks, young.difference, young.at_stake], ["0-1", 5, 761 - missed, 761 + missed]);
  });

  it("items and breaks come page by page", async () => {
    const seen = [];
    let path = `/v1/reconciliations/${shop.run}/items?limit=2`;
    for (let pages = 0; path && pages < 20; ++pages) {
      const page = (await shop.api.get(path)).json;
      seen.push(...page.data.map(({ number }) => number));
      path = page.next_cursor && `/v1/reconciliations/${shop.run}/items?limit=2&cursor=${encodeURIComponent(page.next_cursor)}`;
    }
    assert.deepEqual(seen, Array.from({ length: shop.lines.length + 1 }, (_, i) => i + 1));
    assertProblem(await shop.api.get(`/v1/reconciliations/${shop.run}/items?outcome=lost`), 400, "invalid_request", "?outcome");
    assertProblem(await shop.api.get(`/v1/reconciliations/${shop.run}/items?cursor=nonsense`), 400, "invalid_cursor");
  });

  it("the report: JSON, a table for a spreadsheet, a page to print", async () => {
    const { api } = shop;
    const report = (query) => api.get(`/v1/reconciliations/${shop.run}/report${query}`);
    const json = await report("");
    assert.equal(json.json.reconciliation.id, shop.run);
    assert.equal(json.json.breaks.length, 5);

    const table = await report("?format=csv");
    assert.equal(table.headers["content-type"], "text/csv; charset=utf-8");
    assert.equal(table.headers["content-disposition"], `attachment; filename="${shop.run}.csv"`);
    const rows = table.text.trim().split("\r\n");
    assert.equal(rows.length, 6);
    const extra = rows.find((row) => row.includes("ch_nobody_knows"));
    for (const text of ["7.77", "0.30", "7.47", "'=HYPERLINK(evil)"]) assert.ok(extra.includes(text), `${text}: ${extra}`);
    assert.equal((await report("?format=csv&lines=all")).text.trim().split("\r\n").length, shop.lines.length + 2);

    const page = await report("?format=html");
    assert.equal(page.headers["content-type"], "text/html; charset=utf-8");
    assert.match(page.headers["content-security-policy"], /default-src 'none'/);
    for (const text of ["ch_nobody_knows", "7.47", "EUR"]) assert.ok(page.text.includes(text), text);
    assert.ok(!/<script|https?:\/\//i.test(page.text), "no script, nothing fetched");
    assertProblem(await report("?format=pdf"), 400, "invalid_request", "?format");
    assertProblem(await report("?lines=some"), 400, "invalid_request", "?lines");
  });

  it("breaks are settled once, each in the way that fits it", async () => {
    const { books, api } = shop;
    const by = Object.fromEntries((await books.items(shop.run, "outcome=break")).map((item) => [item.outcome, item]));
    assertProblem(await books.settle(shop.run, by.extra, "explained"), 409, "resolution_unfit");
    assertProblem(await books.settle(shop.run, by.date, "corrected"), 409, "resolution_unfit");
    assertProblem(await books.settle(shop.run, { number: 999 }, "explained"), 404, "break_not_found");
    assertProblem(await books.settle(shop.run, by.date, "explained", ""), 422, "invalid_request", "/note");
    assertProblem(await books.settle(shop.run, by.date, "forgotten"), 422, "invalid_request", "/resolution");

    const corrected = await books.settle(shop.run, by.amount, "corrected");
    assert.equal(corrected.status, 200, corrected.text);
    assert.equal(corrected.json.state, "resolved");
    assert.equal(corrected.json.suspense, 0);
    assert.equal(corrected.json.note, "as agreed");
    assert.match(corrected.json.resolved_by, /^key /);
    assert.equal(await books.suspense(), 748, "what was wrong on the statement is taken back");
    assert.equal((await books.settle(shop.run, by.date, "explained")).json.resolution, "explained");
    assertProblem(await books.settle(shop.run, by.amount, "corrected"), 409, "break_resolved");
    assert.equal((await api.get(`/v1/reconciliations/${shop.run}`)).json.open_breaks, 3);
    await eventually("both are told", async () => {
      const types = (await api.get("/v1/events?limit=100")).json.data.map(({ type }) => type);
      return types.includes("reconciliation.finished") && types.filter((type) => type === "reconciliation.break_resolved").length === 2;
    });
  });

  it("the right statement after all: what was booked for the wrong one is taken back", async () => {
    const { books } = shop;
    const made = await books.run({}, csv(shop.lines));
    assert.equal(made.status, 201, made.text);
    assert.equal(made.json.breaks, 0);
    assert.equal(await books.suspense(), 0);
    assert.equal((await shop.api.get(`/v1/reconciliations/${shop.run}`)).json.state, "replaced");
    assert.deepEqual((await shop.api.get("/v1/reconciliations/breaks")).json.data, []);
  });
}

function anotherDay(it, shop) {
  const stranger = (day, reference, amount) => ({ kind: "capture", reference, amount, fee: 0, currency: "eur", day });

  it("a day that is over is replaced when that is said, and not once a break was written off", async () => {
    const { books, api } = shop;
    const day = dayOf(Date.parse(shop.day) - 2 * kDay_ms);
    const first = await books.run({ provider: "acme", day }, csv([stranger(day, "a-1", 100)]));
    assert.equal(first.status, 201, first.text);
    assert.equal(await books.suspense(), 100);
    const other = csv([stranger(day, "a-1", 40)]);
    assertProblem(await books.run({ provider: "acme", day }, other), 409, "statement_differs");
    const second = await books.run({ provider: "acme", day, replace: true }, other);
    assert.equal(second.json.id, `${first.json.id}.2`, second.text);
    assert.equal(await books.suspense(), 40);

    const [extra] = await books.items(second.json.id, "outcome=extra");
    const written = await books.settle(second.json.id, extra, "written_off");
    assert.equal(written.json.resolution, "written_off", written.text);
    assert.equal(await books.suspense(), 0);
    assert.equal((await api.get("/v1/ledger/accounts/differences:eur")).json.balance, 40);
    assertProblem(await books.run({ provider: "acme", day, replace: true }, csv([stranger(day, "a-1", 1)])), 409, "reconciliation_settled");
  });

  it("what was missing and comes on a later statement closes its break", async () => {
    const { books, till } = shop;
    const late = (await till.paid({ amount: 6000 })).json;
    await books.run({}, csv(shop.lines));  // the same as before: it is not reconciled again
    const lines = await books.ownLines(shop.day);
    const own = lines.find(({ reference }) => !shop.lines.some((line) => line.reference === reference));
    assert.equal(own.amount, 6000);
    const made = await books.run({}, csv(shop.lines.toReversed()));
    const [missing] = await books.items(made.json.id, "outcome=break");
    assert.equal(missing.outcome, "missing", made.text);
    assert.equal(missing.payment, late.id);
    const whole = await books.run({}, csv(lines));
    assert.equal(whole.json.breaks, 0, whole.text);
  });

  it("the same statement at once from many: one reconciliation", async () => {
    const { books } = shop;
    const day = dayOf(Date.parse(shop.day) - 5 * kDay_ms);
    const all = await Promise.all(Array.from({ length: 10 }, () => books.run({ provider: "acme", day }, csv([stranger(day, "b-1", 5)]))));
    for (const answer of all) assert.ok([200, 201].includes(answer.status) || answer.json.reason === "reconciliation_running", answer.text);
    assert.equal(all.filter(({ status }) => status === 201).length, 1);
    assert.equal(await books.suspense(), 5);
  });
}

function refusals(it, shop) {
  it("what cannot be read is refused whole, with its line", async () => {
    const { books } = shop;
    const day = dayOf(Date.parse(shop.day) - 9 * kDay_ms);
    const head = "type,reference,amount,fee,currency,date,description\n";
    for (const [body, what] of [
      ["type,reference\n", /line 1/i], [`${head}capture,r,1.00,,EUR,${day},\ncapture,r,1.001,,EUR,${day},\n`, /line 3.*amount/i], [`${head}capture,r,1.00,,ZZZ,${day},\n`, /line 2.*ISO 4217/i],
      [`${head}capture,r,1.00,,EUR,2026-02-30,\n`, /line 2.*date/i], ['{"lines":', /./], ["<Document><!DOCTYPE x></Document>", /./],
    ]) {
      const refused = await books.run({ provider: "acme", day }, body);
      assertProblem(refused, 422, "statement_malformed");
      assert.match(refused.json.detail, what);
    }
    assertProblem(await books.run({ provider: "acme", day }, Buffer.from(`${head}capture,\xff,1.00,,EUR,${day},\n`, "latin1")), 422, "statement_malformed");
    assertProblem(await books.run({ provider: "acme", day }, csv(Array.from({ length: 5001 }, (_, i) => ({ kind: "capture", reference: `x${i}`, amount: 1, fee: 0, currency: "eur", day })))), 409, "too_many_breaks");
    assertProblem(await shop.api.get(`/v1/reconciliations/rec_acme_${day.replaceAll("-", "")}`), 404, "reconciliation_not_found");
    assertProblem(await books.run({ provider: "acme", day }), 409, "statement_needed");
    assertProblem(await books.run({ provider: "../etc" }, head), 400, "provider_invalid", "?provider");
    assertProblem(await books.run({ day: dayOf(Date.now() + 2 * kDay_ms) }), 400, "day_invalid", "?day");
    assertProblem(await books.run({ day: dayOf(Date.now() - 401 * kDay_ms) }, head), 400, "day_invalid", "?day");
    assertProblem(await books.run({ day: "yesterday" }), 400, "invalid_request", "?day");
    assertProblem(await books.run({ format: "bai2" }, head), 400, "invalid_request", "?format");
  });

  it("scopes decide, and tenants are apart", async () => {
    const { server, api } = shop;
    const [{ id }] = (await api.get("/v1/reconciliations?limit=1")).json.data;
    server.newTenant("other-books");
    const reader = server.client(server.newKey("demo", "payments:read"));
    const other = server.client(server.newKey("other-books", "payments:read", "payments:write"));
    assert.equal((await reader.get(`/v1/reconciliations/${id}`)).status, 200);
    assertProblem(await reader.post(`/v1/reconciliations?provider=sandbox&day=${shop.day}`), 403, "missing_scope");
    assertProblem(await other.get(`/v1/reconciliations/${id}`), 404, "reconciliation_not_found");
    assertProblem(await other.get(`/v1/reconciliations/${id}/report`), 404, "reconciliation_not_found");
    assert.deepEqual((await other.get("/v1/reconciliations")).json.data, []);
    for (const client of [reader, other]) client.close();
  });

  it("the books hold", () => {
    const verified = shop.server.cli("verify");
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  });
}

class Books {
  constructor(shop) {
    this.shop = shop;
  }
  run({ provider = "sandbox", day = this.shop.day, ...more }, body) {
    const query = new URLSearchParams({ provider, day, ...more });
    return this.shop.api.post(`/v1/reconciliations?${query}`, body, { headers: body === undefined ? {} : { "Content-Type": "application/octet-stream" } });
  }
  async items(id, query = "") {
    const answer = await this.shop.api.get(`/v1/reconciliations/${id}/items?limit=100&${query}`.replace(/&$/, ""));
    assert.equal(answer.status, 200, answer.text);
    return answer.json.data;
  }
  settle(id, { number }, resolution, note = "as agreed") {
    return this.shop.api.post(`/v1/reconciliations/${id}/items/${number}/resolve`, { resolution, note });
  }
  // What lies there: credits less debits.
  async suspense() {
    const answer = await this.shop.api.get("/v1/ledger/accounts/suspense:eur");
    return answer.status === 404 ? 0 : answer.json.balance;
  }
  async ownStatement(day) {
    const answer = await this.shop.api.get(`/v1/payments/sandbox/statements/${day}?format=json`);
    assert.equal(answer.status, 200, answer.text);
    return answer.text;
  }
  async ownLines(day) {
    return JSON.parse(await this.ownStatement(day)).lines.map((line) => ({ ...line, day: line.at.slice(0, 10) }));
  }
}

export function reconciliationSuite(kind) {
  describe(`reconciliation on ${kind}`, { timeout: 400_000 }, () => {
    const shop = {};
    const it = (name, run) => test(`${kind}: ${name}`, run);
    before(async () => {
      shop.day = await awayFromMidnight();
      shop.server = await Server.start({ store: kind });
      shop.api = shop.server.api;
      shop.till = new Till(shop.api);
      shop.books = new Books(shop);
      for (let i = 1; i <= 5; ++i) assert.equal((await shop.till.paid({ amount: 1000 * i })).json.state, "succeeded");
      const refunded = (await shop.till.paid({ amount: 900 })).json;
      await shop.till.act(refunded.id, "refunds", { amount: 500 });
      shop.statement = await shop.books.ownStatement(shop.day);
      shop.lines = await shop.books.ownLines(shop.day);
      assert.equal(shop.lines.length, 7);
    });
    after(() => shop.server?.stop());

    wholeDays(it, shop);
    breaks(it, shop);
    anotherDay(it, shop);
    refusals(it, shop);
  });
}
