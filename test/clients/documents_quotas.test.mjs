// Quotas of documents, as their clients meet them: visits by user and tenant, bytes that are stored.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as Y from "yjs";
import { RawSocket, YWriter } from "./support/documents.mjs";
import { eventually } from "./support/process.mjs";
import { Server } from "./support/server.mjs";

test("who is one too many waits outside; a full document takes no more and can be read", async () => {
  const server = await Server.start({ sets: { "documents.user_visits": 2, "documents.tenant_visits": 3, "documents.document_stored_mb": 1 } });
  try {
    const token = async (user) => (await server.api.post("/v1/documents/full/tokens", { access: "write", user })).json.token;
    const open = async (user) => new RawSocket(`${server.origin.replace(/^http/, "ws")}/v1/documents/ws/full?token=${await token(user)}`);
    const ann = [await open("ann"), await open("ann")];
    await Promise.all(ann.map((one) => one.frame("is let in", () => true)));
    const third = await open("ann");
    assert.equal(await third.closed, 1013);
    assert.equal(third.reason, "too_many_visits_of_user");
    const bob = await open("bob");
    await bob.frame("bob is let in", () => true);
    const carol = await open("carol");
    assert.equal(await carol.closed, 1013);
    assert.equal(carol.reason, "too_many_visits_of_tenant");
    ann[0].destroy();
    await eventually("there is room again", async () => {
      const again = await open("carol");
      const came = await Promise.race([again.closed.then(() => false), again.frame("in", () => true).then(() => true)]);
      again.destroy();
      return came;
    });
    for (const one of [...ann, bob]) one.destroy();

    const doc = new Y.Doc(), headers = { "Content-Type": "application/octet-stream" };
    const push = async (text) => {
      const known = Y.encodeStateVector(doc);
      doc.getText("content").insert(0, text);
      return server.api.post("/v1/documents/full/update", Buffer.from(Y.encodeStateAsUpdate(doc, known)), { headers });
    };
    assert.equal((await push("x".repeat(700_000))).status, 200);
    const refused = await push("y".repeat(700_000));
    assert.equal(refused.status, 429, refused.text);
    assert.equal(refused.json.reason, "document_storage_full");
    assert.equal((await server.api.get("/v1/documents/full/text?root=content")).text.length, 700_000);
    assert.ok((await server.api.get("/v1/documents/full")).json.stored_bytes >= 700_000);
    const writer = new YWriter(server.origin, "full", server.key, { doc });
    await eventually("who brings it by a socket is sent away for good", () => writer.closes.includes(4413), 10_000);
    writer.destroy();
    const { text } = await server.api.get("/metrics");
    assert.match(text, /^ashlar_documents_quota_refused_total\{quota="visits"\} [1-9]/m);
    assert.match(text, /^ashlar_documents_quota_refused_total\{quota="bytes"\} [1-9]/m);
  } finally {
    await server.stop();
  }
});
