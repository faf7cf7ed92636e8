// Transfers of a ledger: alone, linked, of many legs, balancing, in batches.
import assert from "node:assert/strict";
import { fresh, move, refused, totals } from "../support/ledger.mjs";

export function transfers(it, own) {
  it("a transfer moves; the same again exists; another body under the id names what differs", async () => {
    const { books } = own;
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
    const { books } = own;
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
    const { books } = own;
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
    const { books } = own;
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
    const { books } = own;
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

  it("balancing transfers move what there is; a closing hold closes until it is voided", async () => {
    const { books } = own;
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
    const { books } = own;
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
    const { books } = own;
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

  it("a batch of 8,189 transfers in one request; one more is too many", async () => {
    const { books } = own;
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
    const { books } = own;
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
}
