// The unmodified npm package `stripe`, pointed at a server of ours, and what the tests of it share: counted assertions, which
// operations were really called, errors by their class.
import assertPlain from "node:assert/strict";
import { Server } from "./server.mjs";
import { eventually } from "./process.mjs";
import Stripe from "stripe";

export { Stripe };

// All of them, as METHOD and path; ids are {id}.
export const kOperations = [
  "GET /v1/payment_intents", "POST /v1/payment_intents", "GET /v1/payment_intents/{id}", "POST /v1/payment_intents/{id}",
  "POST /v1/payment_intents/{id}/confirm", "POST /v1/payment_intents/{id}/capture", "POST /v1/payment_intents/{id}/cancel",
  "GET /v1/refunds", "POST /v1/refunds", "GET /v1/refunds/{id}", "POST /v1/refunds/{id}", "POST /v1/refunds/{id}/cancel",
  "GET /v1/disputes", "GET /v1/disputes/{id}", "POST /v1/disputes/{id}", "POST /v1/disputes/{id}/close",
  "GET /v1/charges", "GET /v1/charges/{id}", "POST /v1/charges/{id}", "POST /v1/charges/{id}/capture",
  "GET /v1/customers", "POST /v1/customers", "GET /v1/customers/{id}", "POST /v1/customers/{id}", "DELETE /v1/customers/{id}",
  "GET /v1/balance_transactions", "GET /v1/balance_transactions/{id}", "GET /v1/balance", "GET /v1/events", "GET /v1/events/{id}",
  "GET /v1/webhook_endpoints", "POST /v1/webhook_endpoints", "GET /v1/webhook_endpoints/{id}", "POST /v1/webhook_endpoints/{id}",
  "DELETE /v1/webhook_endpoints/{id}",
];

const counts = { assertions: 0 };
export const assertions = () => counts.assertions;
export const assert = new Proxy(assertPlain, {
  get(target, name) {
    const value = target[name];
    if (typeof value !== "function") return value;
    return (...args) => {
      counts.assertions += 1;
      return value.apply(target, args);
    };
  },
});

const succeeded = new Set();
export const succeededOperations = () => succeeded;
function note({ method, path, status }) {
  // No provider gives a refund back: canceling one is always answered with an error of its state.
  if (status >= 300 && !(status === 400 && path.endsWith("/cancel") && path.startsWith("/v1/refunds/"))) return;
  const bare = path.split("?")[0].replace(/^(\/v1\/[a-z_]+\/)[a-z]+_[^/]+/, "$1{id}");
  succeeded.add(`${method} ${bare}`);
}

// A server with the profile, and a client of it.
export class Shop {
  static async start({ store = "sqlite", sets = {}, port = 0 } = {}) {
    const server = await Server.start({
      store, args: ["--stripe-listen", `127.0.0.1:${port}`],
      sets: { "webhooks.allow_private": true, "payments.call_deadline_ms": 1500, ...sets },
    });
    const line = await eventually("the profile's listener", () => server.log().find(({ message }) => message === "listening for card-API clients"));
    return new Shop(server, Number(line.address.split(":").at(-1)));
  }

  constructor(server, port) {
    this.server = server;
    this.port = port;
    this.key = server.key ?? server.newKey("demo", "payments:read", "payments:write");
    this.stripe = this.client();
  }

  client(key = this.key, options = {}) {
    const stripe = new Stripe(key, { host: "127.0.0.1", port: this.port, protocol: "http", maxNetworkRetries: 0, telemetry: false, timeout: 30_000, ...options });
    stripe.on("response", note);
    return stripe;
  }

  paid(more = {}, options) {
    return this.stripe.paymentIntents.create({ amount: 2000, currency: "usd", payment_method: "pm_card_visa", confirm: true, ...more }, options);
  }

  stop() {
    return this.server.stop();
  }
}

// The error that `promise` ends with: of that class, with those members.
export async function fails(promise, type, members = {}) {
  const error = await promise.then((value) => assert.fail(`a success: ${JSON.stringify(value).slice(0, 300)}`), (caught) => caught);
  assert.equal(error.type, type, `${error.stack}\n${JSON.stringify(error.raw)}`);
  for (const [name, value] of Object.entries(members)) assert.deepEqual(error[name], value, `${name} of ${JSON.stringify(error.raw)}`);
  return error;
}

let counter = 0;
export const freshKey = () => `test-${process.pid}-${++counter}`;
