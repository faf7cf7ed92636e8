// Holds of a ledger: they count when they are made, are posted in parts, voided once, and end by themselves.
import assert from "node:assert/strict";
import { fresh, move, totals } from "../support/ledger.mjs";
import { eventually, kSlow } from "../support/process.mjs";

export function holds(it, own) {
  it("Blnk#181: a hold counts against the limit when it is made; posting it cannot break it", async () => {
    const { books } = own;
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
    const { books } = own;
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
    const { books } = own;
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
    const { books } = own;
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
}
