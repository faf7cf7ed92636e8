// Till: payments as a program makes them, and what the bank's own book says of them.
import assert from "node:assert/strict";
import { eventually } from "./process.mjs";

let counter = 0;
export const freshKey = () => `key-${process.pid}-${++counter}`;

// Calls as a program makes them: each that moves money under a key of its own unless it is given one.
export class Till {
  constructor(api) {
    this.api = api;
  }
  post(path, body, key = freshKey()) {
    return this.api.post(path, body, { headers: { "Idempotency-Key": key } });
  }
  pay(body, key) {
    return this.post("/v1/payments", { amount: 1050, currency: "EUR", ...body }, key);
  }
  paid(body, key) {
    return this.pay({ payment_method: "pm_card_visa", confirm: true, ...body }, key);
  }
  act(id, what, body = {}, key) {
    return this.post(`/v1/payments/${id}/${what}`, body, key);
  }
  async get(id) {
    const answer = await this.api.get(`/v1/payments/${id}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.json;
  }
  async until(id, what, fits, limit_ms = 15_000) {
    return eventually(`${id} is ${what}`, async () => {
      const payment = await this.get(id);
      return fits(payment) && payment;
    }, limit_ms);
  }
}

// What the sandbox's bank has in its book: moves of money by kind.
export function bankMoves(server, tenant = "demo") {
  const exported = server.cli("tenant", "export", tenant);
  assert.equal(exported.code, 0, exported.stderr);
  return exported.stdout.trim().split("\n").map((line) => JSON.parse(line)).filter((row) => row.table === "sandbox_moves");
}
