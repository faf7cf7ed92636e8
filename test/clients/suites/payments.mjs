// Payments by the native API.
import { after, before, describe, test } from "node:test";
import { Server } from "../support/server.mjs";
import { Till } from "../support/till.mjs";
import { around } from "./payments_around.mjs";
import { disputes, refunds } from "./payments_back.mjs";
import { keys, unknown } from "./payments_keys.mjs";
import { life } from "./payments_life.mjs";
import { people } from "./payments_people.mjs";

export function paymentsSuite(kind) {
  describe(`payments on ${kind}`, { timeout: 300_000 }, () => {
    const shop = {};
    const it = (name, run) => test(`${kind}: ${name}`, run);
    before(async () => {
      shop.server = await Server.start({ store: kind, sets: { "payments.settle_s": 1 } });
      shop.api = shop.server.api;
      shop.till = new Till(shop.api);
    });
    after(() => shop.server?.stop());

    life(it, shop);
    refunds(it, shop);
    disputes(it, shop);
    keys(it, shop);
    unknown(it, shop);
    people(it, shop);
    around(it, shop);
  });
}
