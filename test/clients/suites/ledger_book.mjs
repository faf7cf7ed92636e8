// A whole ledger: tenants apart, wrong requests, many clients, its signed head and what is exported.
import assert from "node:assert/strict";
import { createPublicKey, verify as verifySignature } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fresh, move, refused, totals } from "../support/ledger.mjs";

export function wholeBook(it, own) {
  it("TigerBeetle#2525: another tenant sees nothing, and may use the same ids", async () => {
    const { books, other, reader } = own;
    const [a, b] = [fresh("a"), fresh("b")];
    const world = await books.world(a, b);
    const id = fresh("t");
    await books.one(move(id, world, a, 3));
    for (const path of [`accounts/${a}`, `accounts/${a}/legs`, `accounts/${a}/statement`]) refused(await other.api.get(`/v1/ledger/${path}`), 404, "account_not_found");
    refused(await other.api.get(`/v1/ledger/transfers/${id}`), 404, "transfer_not_found");
    assert.equal((await other.one(move(fresh("t"), world, a, 3))).reason, "account_not_found");
    assert.equal((await other.open({ id: a, currency: "EUR" })).status, 201);
    refused(await reader.open({ currency: "USD" }), 403, "missing_scope");
    refused(await reader.book([move(fresh("t"), world, a, 3)]), 403, "missing_scope");
    assert.equal((await reader.account(a)).balance, 3);
  });

  it("what is wrong with a request is told field by field, and nothing of it is done", async () => {
    const { books } = own;
    const [a, b] = [fresh("a"), fresh("b")];
    const world = await books.world(a, b);
    const good = move(fresh("t"), world, a, 1);
    const t = (more) => ({ transfers: [good, { ...move(fresh("t"), world, a, 1), ...more }] });
    const leg = { account_id: a, side: "debit", amount: 1 };
    for (const [name, body, field, why] of [
      ["no transfers", {}, "/transfers", "required"],
      ["an empty list", { transfers: [] }, "/transfers", "too_few_items"],
      ["not a list", { transfers: {} }, "/transfers", "wrong_type"],
      ["another field", { ...t({}), more: 1 }, "/more", "unknown_field"],
      ["another field of a transfer", t({ currencies: 1 }), "/transfers/1/currencies", "unknown_field"],
      ["zero", t({ amount: 0 }), "/transfers/1/amount", "out_of_range"],
      ["less than zero", t({ amount: -5 }), "/transfers/1/amount", "out_of_range"],
      ["too much", t({ amount: 9_007_199_254_740_992 }), "/transfers/1/amount", "out_of_range"],
      ["too much as text", t({ amount: "99999999999999999999999" }), "/transfers/1/amount", "out_of_range"],
      ["cents of cents", t({ amount: 1.5 }), "/transfers/1/amount", "wrong_type"],
      ["a text that is no number", t({ amount: "1e3" }), "/transfers/1/amount", "wrong_type"],
      ["an empty text", t({ amount: "" }), "/transfers/1/amount", "wrong_type"],
      ["true", t({ amount: true }), "/transfers/1/amount", "wrong_type"],
      ["no amount", t({ amount: undefined }), "/transfers/1/amount", "required"],
      ["no account", t({ debit_account_id: undefined }), "/transfers/1/debit_account_id", "required"],
      ["an id with a blank", t({ id: "a b" }), "/transfers/1/id", "bad_format"],
      ["an id of 65", t({ id: "x".repeat(65) }), "/transfers/1/id", "too_long"],
      ["an id of payments", t({ id: "pay_1:cap:1" }), "/transfers/1/id", "id_reserved"],
      ["a kind that is none", t({ kind: "expire" }), "/transfers/1/kind", "not_allowed"],
      ["a time-out without a hold", t({ timeout_ms: 5 }), "/transfers/1/timeout_ms", "not_allowed"],
      ["a hold's id without need", t({ pending_id: "x" }), "/transfers/1/pending_id", "not_allowed"],
      ["a post of nothing", { transfers: [{ kind: "post", amount: 1 }] }, "/transfers/0/pending_id", "required"],
      ["a void with an amount", { transfers: [{ kind: "void", pending_id: "x", amount: 1 }] }, "/transfers/0/amount", "not_allowed"],
      ["legs and an amount", t({ legs: [leg], amount: 5 }), "/transfers/1/amount", "not_allowed"],
      ["a side that is none", { transfers: [{ legs: [{ ...leg, side: "left" }] }] }, "/transfers/0/legs/0/side", "not_allowed"],
      ["a leg of nothing", { transfers: [{ legs: [{ ...leg, amount: 0 }] }] }, "/transfers/0/legs/0/amount", "out_of_range"],
      ["a code of 65", t({ code: "x".repeat(65) }), "/transfers/1/code", "too_long"],
      ["too much metadata", t({ metadata: { x: "x".repeat(2048) } }), "/transfers/1/metadata", "too_long"],
      ["metadata that is none", t({ metadata: [] }), "/transfers/1/metadata", "wrong_type"],
      ["a currency in small letters", t({ currency: "usd" }), "/transfers/1/currency", "bad_format"],
    ]) {
      const answer = await books.api.post("/v1/ledger/transfers", body, { headers: { "Idempotency-Key": fresh("bad") } });
      assert.equal(answer.status, 422, `${name}: ${answer.text}`);
      assert.equal(answer.json.reason, "invalid_request", name);
      assert.ok(answer.json.errors.some((error) => error.field === field && error.reason === why), `${name}: ${answer.text}`);
    }
    for (const [name, body, field, why] of [
      ["no currency", { id: fresh("x") }, "/currency", "required"],
      ["a currency in small letters", { currency: "usd" }, "/currency", "bad_format"],
      ["an id of payments", { id: "merchant:available:usd", currency: "USD" }, "/id", "id_reserved"],
      ["an empty id", { id: "", currency: "USD" }, "/id", "bad_format"],
      ["a list and an account", { currency: "USD", accounts: [{ currency: "USD" }] }, "/accounts", "not_allowed"],
      ["a list of nothing", { accounts: [] }, "/accounts", "too_few_items"],
      ["one of a list", { accounts: [{ currency: "USD" }, {}] }, "/accounts/1/currency", "required"],
      ["a name of 201", { currency: "USD", name: "x".repeat(201) }, "/name", "too_long"],
      ["a caller who would be reserved", { currency: "USD", reserved: true }, "/reserved", "unknown_field"],
    ]) {
      const answer = await books.open(body);
      assert.equal(answer.status, 422, `${name}: ${answer.text}`);
      assert.ok(answer.json.errors.some((error) => error.field === field && error.reason === why), `${name}: ${answer.text}`);
    }
    for (const [query, field] of [["statement?format=pdf", "?format"], ["statement?limit=0", "?limit"], ["statement?limit=10001", "?limit"],
      ["statement?from=yesterday", "?from"], ["legs?limit=101", "?limit"], ["legs?cursor=x", "?cursor"], ["statement?cursor=x", "?cursor"]]) {
      const answer = await books.api.get(`/v1/ledger/accounts/${a}/${query}`);
      assert.equal(answer.status, 400, answer.text);
      assert.equal(answer.json.errors[0].field, field, answer.text);
    }
    refused(await books.api.get(`/v1/ledger/accounts/${a}?at=now`), 400, "invalid_request");
    refused(await books.api.get("/v1/ledger/accounts/nobody"), 404, "account_not_found");
    refused(await books.api.post("/v1/ledger/transfers", "[", { headers: { "Idempotency-Key": fresh("bad") } }), 400, "invalid_json");
    assert.deepEqual(totals(await books.account(a)), [0, 0, 0, 0]);
  });

  it("256 clients at once share commits, and no cent is lost", async () => {
    const { books, server } = own;
    const wallets = Array.from({ length: 16 }, () => fresh("w"));
    const world = await books.world(...wallets);
    await books.book(wallets.map((wallet) => move(fresh("t"), world, wallet, 1_000)));
    const batches = async () => Number(/^ashlar_ledger_batch_units_count (\d+)/m.exec((await books.api.get("/metrics")).text)[1]);
    const before = await batches();
    const done = await Promise.all(Array.from({ length: 256 }, (_, i) =>
      books.one(move(fresh("c"), wallets[i % 16], wallets[(i * 7 + 1) % 16], 100 + (i % 50)))));
    const used = await batches() - before;
    console.log(`${server.store.kind}: 256 transfers at once in ${used} commits`);
    assert.ok(used < 256, `${used} commits`);
    assert.ok(done.every(({ status, reason }) => status === "created" || ["exceeds_credits", "account_repeated"].includes(reason)));
    const all = await Promise.all(wallets.map((wallet) => books.account(wallet)));
    assert.equal(all.reduce((sum, { balance }) => sum + balance, 0), 16_000);
    assert.ok(all.every(({ balance }) => balance >= 0));
  });

  it("the book adds up, its head is signed, and verify holds all of it against the rules", async () => {
    const { books, server } = own;
    const sums = (await books.api.get("/v1/ledger/trial-balance")).json;
    assert.equal(sums.balanced, true);
    const usd = sums.currencies.find(({ currency }) => currency === "USD");
    assert.equal(usd.debits_posted, usd.credits_posted);
    assert.ok(usd.debits_posted > 0);
    const answer = await books.api.get("/v1/ledger/head");
    const head = answer.json;
    const text = `ashlar ledger head 1\n${head.tenant}\n${head.seq}\n${head.transfers}\n${microsOf(head.at)}\n${head.hash}\n`;
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: head.public_key }, format: "jwk" });
    assert.ok(verifySignature(null, Buffer.from(text), key, Buffer.from(head.signature, "base64url")));
    const file = join(server.store.folder, "head.json");
    writeFileSync(file, answer.text);
    await books.one(move(fresh("t"), (await books.world(fresh("a"))), "nobody", 1));
    const verified = server.cli("verify", "--head", file);
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    assert.match(verified.stdout, /^ledger of acme: \d+ accounts, \d+ transfers, \d+ legs, .*; as its head was kept$/m);
    assert.match(verified.stdout, /^ok$/m);
    writeFileSync(file, answer.text.replace(/"transfers":\d+/, '"transfers":1'));
    const lied = server.cli("verify", "--head", file);
    assert.equal(lied.code, 1);
    assert.match(lied.stdout, /its signature is wrong/);
    writeFileSync(file, "{}");
    assert.equal(server.cli("verify", "--head", file).code, 1);
  });

  it("a tenant's book is exported whole", async () => {
    const { server } = own;
    const exported = server.cli("tenant", "export", "other").stdout.split("\n").filter((line) => line.includes('"module":"ledger"')).map((line) => JSON.parse(line));
    assert.ok(exported.some(({ table }) => table === "accounts"));
    assert.ok(exported.some(({ table }) => table === "batches"));
  });
}

function microsOf(time) {
  const [, seconds, fraction = ""] = /^(.*?)(?:\.(\d+))?Z$/.exec(time);
  return BigInt(Date.parse(`${seconds}Z`)) * 1000n + BigInt(fraction.padEnd(6, "0"));
}
