// The ledger when its server is killed, and when two write one book.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fresh, kLedgerScopes, ledger, move } from "../support/ledger.mjs";
import { eventually } from "../support/process.mjs";
import { Server } from "../support/server.mjs";

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
