// The server dies in the middle of a payment: who asks again, with the same key, gets one payment and one movement of money.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Api } from "../support/http.mjs";
import { Server, Store } from "../support/server.mjs";
import { bankMoves, freshKey, Till } from "../support/till.mjs";

// On PostgreSQL another server might be at work: what the dead one had is taken up when its lease is over, so each takes its time there.
const kPointsAmongOthers = ["after_claim", "after_send", "half_reply"];
const kPoints = ["before_claim", "after_claim", "after_attempt", "after_send", "after_apply", "after_answer", "after_commit", "half_reply"];

export function paymentsKilledSuite(kind) {
  describe(`payments killed on ${kind}`, { timeout: 240_000 }, () => {
    const store = new Store(kind);
    after(() => store.remove());
    let apiKey = null;
    for (const point of kind === "postgres" ? kPointsAmongOthers : kPoints) {
      test(`${kind}: killed ${point.replace("_", " ")}: the retry gets one payment`, async () => {
        const key = freshKey();
        const body = { amount: 4321, merchant_reference: `killed-${point}` };
        const doomed = await Server.start({ store, sets: { "testing.failpoint": `payments.${point}:1`, "payments.call_deadline_ms": 1000 } });
        apiKey ??= doomed.key;
        doomed.ending = true;  // as the test wants it
        const first = new Till(new Api(doomed.origin, apiKey));
        const outcome = await first.paid(body, key).then((answer) => answer.status, (error) => error.code ?? error.message);
        first.api.close();
        const { signal } = await doomed.exited;
        assert.equal(signal, "SIGKILL", `answered ${outcome}`);
        await store.settled();

        const server = await Server.start({ store, sets: { "payments.call_deadline_ms": 1000 } });
        const till = new Till(new Api(server.origin, apiKey));
        try {
          let answer;
          for (let i = 0; i < 200; ++i) {
            answer = await till.paid(body, key);
            if (answer.status !== 409) break;
            await new Promise((done) => setTimeout(done, 200));
          }
          assert.ok([201, 202].includes(answer.status), answer.text);
          const payment = await till.until(answer.json.id, "over", (p) => p.state === "succeeded", 60_000);
          assert.equal(payment.amount_captured, 4321);
          assert.deepEqual((await till.paid(body, key)).body, answer.body);
          const found = await till.api.get(`/v1/payments?merchant_reference=killed-${point}`);
          assert.equal(found.json.data.length, 1);
          assert.equal(bankMoves(server).filter(({ key: call }) => call.startsWith(payment.id)).length, 1);
          assert.equal(server.cli("verify").code, 0);
        } finally {
          till.api.close();
          await server.stop();
        }
      });
    }
  });
}
