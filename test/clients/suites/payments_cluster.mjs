// Payments through two servers on one database: duplicates that meet on both have one effect, and what one leaves the other ends.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Api } from "../support/http.mjs";
import { Server, Store } from "../support/server.mjs";
import { freshKey, Till } from "../support/till.mjs";
import { fiftyAtOnce } from "./payments_keys.mjs";

export function paymentsClusterSuite(kind) {
  describe(`payments on two servers on one ${kind}`, { timeout: 240_000 }, () => {
    const it = (name, run) => test(`${kind}, two servers: ${name}`, run);
    let store, a, b, tills;
    before(async () => {
      store = new Store(kind);
      a = await Server.start({ store });
      b = await Server.start({ store });
      const key = a.key;
      tills = [new Till(new Api(a.origin, key)), new Till(new Api(b.origin, key))];
    });
    after(async () => {
      for (const till of tills ?? []) till.api.close();
      await Promise.all([a?.stop(), b?.stop()]);
      store?.remove();
    });

    it("fifty duplicates of each call, on both: exactly one effect", () => fiftyAtOnce(tills, a));

    it("what one server has made the other goes on with, and its keys hold there", async () => {
      const key = freshKey();
      const made = await tills[0].paid({ capture: "manual" }, key);
      assert.equal(made.status, 201, made.text);
      const again = await tills[1].paid({ capture: "manual" }, key);
      assert.deepEqual(again.body, made.body);
      const captured = await tills[1].act(made.json.id, "capture");
      assert.equal(captured.json.state, "succeeded", captured.text);
      assert.equal((await tills[0].get(made.json.id)).state, "succeeded");
    });

    it("two refunds of 60 on 100, one on each: one is refused, ten times", async () => {
      for (let round = 0; round < 10; ++round) {
        const { id } = (await tills[0].paid({ amount: 100 })).json;
        const both = await Promise.all(tills.map((till) => till.act(id, "refunds", { amount: 60 })));
        assert.equal(both.filter(({ status }) => status === 201).length, 1, both.map((one) => one.text).join("\n"));
        assert.equal((await tills[round % 2].get(id)).amount_refunded, 60);
      }
    });

    it("the books hold", () => {
      const verified = a.cli("verify");
      assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    });
  });
}
