// SIGKILL while npm's `stripe` waits for its answer. The client re-posts once by itself after a closed connection, with the same
// Idempotency-Key; a server that comes back on the same port gets that request, and nothing may happen twice.
import net from "node:net";
import { test } from "node:test";
import { eventually, sleep } from "../support/process.mjs";
import { assert, freshKey, Shop } from "../support/stripe.mjs";
import { Store } from "../support/server.mjs";

// A port that a server of ours may have again and again.
async function freePort() {
  const probe = net.createServer();
  await new Promise((done) => probe.listen(0, "127.0.0.1", done));
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

// Forwards to whoever listens at `target.port`; while nobody does, it waits: the client sees one address that breaks and comes back.
class Relay {
  static async start(target) {
    const relay = new Relay();
    relay.server = net.createServer((client) => {
      const connect = (tries) => {
        const upstream = net.connect(target.port, "127.0.0.1");
        let connected = false;
        upstream.on("connect", () => {
          connected = true;
          client.pipe(upstream).pipe(client);
        });
        upstream.on("error", () => {});  // `close` follows
        upstream.on("close", () => {
          if (connected || tries === 0) client.destroy();
          else if (!client.destroyed) setTimeout(() => connect(tries - 1), 50);
        });
        client.on("close", () => upstream.destroy());
      };
      client.on("error", () => {});
      connect(400);
    });
    await new Promise((done) => relay.server.listen(0, "127.0.0.1", done));
    relay.port = relay.server.address().port;
    return relay;
  }
  close() {
    this.server.close();
  }
}

// The named moments at which the process kills itself (base/failpoint.h), each at its first time. On PostgreSQL others may be at work
// on the same store, so a dead process's lease runs out first, which takes its 20 s: some of them are enough there.
const kMoments = {
  sqlite: ["before_claim", "after_claim", "after_attempt", "after_send", "after_apply", "after_answer", "after_commit"],
  postgres: ["after_claim", "after_attempt", "after_apply", "after_commit"],
};

export function killedSuite(kind) {
  for (const moment of kMoments[kind]) {
    test(`${kind}: killed ${moment.replaceAll("_", " ")}: the client's own retry doubles nothing`, { timeout: 120_000 }, async () => {
      const store = new Store(kind);
      const port = await freePort();
      const relay = await Relay.start({ port });
      let first, second;
      try {
        first = await Shop.start({ store, port, sets: { "testing.failpoint": `payments.${moment}:1` } });
        first.server.ending = true;  // its death is wanted
        const stripe = first.client(first.key, { port: relay.port });
        const idempotencyKey = freshKey();
        const asked = stripe.paymentIntents.create({ amount: 4200, currency: "usd", payment_method: "pm_card_visa", confirm: true, expand: ["latest_charge"] },
          { idempotencyKey }).then((value) => ({ value }), (error) => ({ error }));
        await first.server.exited;
        await store.settled();
        second = await Shop.start({ store, port });
        second.stripe = second.client(first.key);
        const { value, error } = await asked;
        // The one automatic retry was answered, or found the first attempt's lease and was told so.
        const paid = value ?? await eventually("the answer under the key", () => second.stripe.paymentIntents.create(
          { amount: 4200, currency: "usd", payment_method: "pm_card_visa", confirm: true, expand: ["latest_charge"] }, { idempotencyKey }).catch((again) => {
          if (again.statusCode !== 409) throw again;
          return null;
        }), 60_000, 200);
        if (kind === "sqlite") assert.equal(error, undefined, "the automatic retry was answered");
        if (error) assert.ok(error.statusCode === 409 || error.type === "StripeConnectionError", error.stack);
        const settled = await eventually("the payment is known", async () => {
          const now = await second.stripe.paymentIntents.retrieve(paid.id);
          return now.status !== "processing" && now;
        }, 30_000, 100);
        assert.equal(settled.status, "succeeded");
        assert.equal(settled.amount_received, 4200);
        const all = (await second.stripe.paymentIntents.list({ limit: 100 })).data;
        assert.deepEqual(all.map(({ id }) => id), [paid.id]);
        assert.equal((await second.stripe.charges.list({ limit: 100 })).data.length, 1);
        const entries = (await second.stripe.balanceTransactions.list({ limit: 100 })).data;
        assert.deepEqual(entries.map(({ amount }) => amount), [4200]);
        const balance = await second.stripe.balance.retrieve();
        assert.equal([...balance.pending, ...balance.available].reduce((sum, { amount }) => sum + amount, 0), entries[0].net);
        const exported = second.server.cli("tenant", "export", "demo").stdout.trim().split("\n").map((line) => JSON.parse(line));
        const moved = exported.filter(({ table, kind: what }) => table === "sandbox_moves" && what === exported.find((row) => row.table === "sandbox_moves").kind);
        assert.equal(moved.length, 1, "the bank moved money once");
        await second.server.stop();
        const verified = second.server.cli("verify");
        assert.equal(verified.code, 0, verified.stdout + verified.stderr);
      } finally {
        relay.close();
        await first?.stop();
        await second?.stop();
        store.remove();
      }
    });
  }

  test(`${kind}: killed again and again at any moment while clients pay: each key has one effect`, { timeout: 300_000 }, async () => {
    const store = new Store(kind);
    const port = await freePort();
    const relay = await Relay.start({ port });
    const keys = new Map();
    let shop = null, going = true, key;
    try {
      shop = await Shop.start({ store, port });
      key = shop.key;
      const clients = Array.from({ length: 4 }, async (_, who) => {
        const stripe = shop.client(key, { port: relay.port, maxNetworkRetries: 2, timeout: 10_000 });
        for (let i = 0; going; ++i) {
          const idempotencyKey = `killed-${who}-${i}`;
          const body = { amount: 1000 + who * 100_000 + i, currency: "usd", payment_method: "pm_card_visa", confirm: true };
          for (let tries = 0; tries < 200; ++tries) {
            const paid = await stripe.paymentIntents.create(body, { idempotencyKey }).catch(() => null);
            if (paid) {
              keys.set(idempotencyKey, { id: paid.id, amount: body.amount });
              break;
            }
            await sleep(50);
          }
          if (!keys.has(idempotencyKey)) throw new Error(`${idempotencyKey}: never answered`);
        }
      });
      for (let round = 0; round < 8; ++round) {
        await sleep(300 + 97 * round);
        await shop.server.kill();
        await store.settled();
        shop = await Shop.start({ store, port });
      }
      await sleep(500);
      going = false;
      await Promise.all(clients);
      const stripe = shop.client(key);
      const all = await stripe.paymentIntents.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
      await eventually("nothing is in flight", async () => (await stripe.paymentIntents.list({ limit: 100 })).data.every(({ status }) => status !== "processing"), 30_000, 200);
      assert.equal(all.length, keys.size, "one payment for each key");
      assert.deepEqual(new Set(all.map(({ id }) => id)), new Set([...keys.values()].map(({ id }) => id)));
      const entries = await stripe.balanceTransactions.list({ limit: 100 }).autoPagingToArray({ limit: 10_000 });
      assert.equal(entries.length, keys.size, "one entry for each");
      assert.equal(entries.reduce((sum, { amount }) => sum + amount, 0), [...keys.values()].reduce((sum, { amount }) => sum + amount, 0));
      console.log(`${kind}: ${keys.size} payments over 8 kills`);
      await shop.server.stop();
      const verified = shop.server.cli("verify");
      assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    } finally {
      going = false;
      relay.close();
      await shop?.stop();
      store.remove();
    }
  });
}
