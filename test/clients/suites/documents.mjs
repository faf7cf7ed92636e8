// Documents written together, with the providers of npm as they are, on both wires.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import * as Y from "yjs";
import { HocuspocusWriter, number, bytes, RawSocket, same, text, YWriter } from "../support/documents.mjs";
import { eventually, kSlow, sleep } from "../support/process.mjs";
import { Server } from "../support/server.mjs";

const kWires = [["y-websocket", YWriter], ["hocuspocus", HocuspocusWriter]];
const path = (name, rest = "") => `/v1/documents/${encodeURIComponent(name)}${rest}`;
const state = (writer, of) => writer.awareness.getStates().get(of.doc.clientID);

// `kind`: the store. What has nothing to do with it is tried on one only.
export function documentsSuite(kind) {
  describe(`documents on ${kind}`, () => {
    let server;
    const idle = [];  // open since the beginning, silent

    before(async () => {
      server = await Server.start({ store: kind });
      for (const [wire, Writer] of kWires) idle.push(await Writer.open(server.origin, `idle-${wire}`, server.key));
      idle.since = performance.now();
    });
    after(async () => {
      for (const writer of idle) writer.destroy();
      await server?.stop();
    });

    const open = (Writer, name, token = server.key, options) => Writer.open(server.origin, name, token, options);
    async function newToken(name, access, more = {}) {
      const made = await server.api.post(path(name, "/tokens"), { access, ttl_s: 600, ...more });
      assert.equal(made.status, 201, made.text);
      return made.json;
    }
    for (const [wire, Writer] of kWires) {
      test(`${wire}: two write one text, a third finds it, and so does HTTP`, async () => {
        const name = `text ${wire} ä`;
        const a = await open(Writer, name), b = await open(Writer, name);
        a.doc.getText("content").insert(0, "hello 😀");
        b.doc.getText("content").insert(0, "B:");
        b.doc.getMap("meta").set("n", 1);
        await eventually("both have it", () => same(a.doc, b.doc) && text(a.doc).length === 10 && a.doc.getMap("meta").get("n") === 1);
        for (let i = 0; i < 200; ++i) a.doc.getText("content").insert(i, "x");
        a.doc.getText("content").delete(0, 200);
        await eventually("both have all of it", () => same(a.doc, b.doc));
        if (a.stored) await Promise.all([a.stored(), b.stored()]);
        const c = await open(Writer, name);
        assert.equal(text(c.doc), text(a.doc));
        await eventually("HTTP has it", async () => (await server.api.get(path(name, "/text?root=content"))).text === text(a.doc));
        const copy = new Y.Doc();
        Y.applyUpdate(copy, (await server.api.get(path(name, "/state"))).body);
        assert.ok(same(copy, a.doc));
        const other = new Y.Doc();
        other.getText("content").insert(0, "by HTTP: ");
        const pushed = await server.api.post(path(name, "/update"), Buffer.from(Y.encodeStateAsUpdate(other)), { headers: { "Content-Type": "application/octet-stream" } });
        assert.ok(pushed.status < 300, pushed.text);
        await eventually("and what HTTP writes arrives", () => text(a.doc).includes("by HTTP: ") && same(a.doc, b.doc));
        for (const writer of [a, b, c]) writer.destroy();
      });

      test(`${wire}: who may only read changes nothing`, async () => {
        const name = `reader-${wire}`;
        const a = await open(Writer, name), { token } = await newToken(name, "read", { user: "rita" });
        const reader = await open(Writer, name, token);
        a.doc.getText("content").insert(0, "given");
        await eventually("reads", () => text(reader.doc) === "given");
        reader.doc.getText("content").insert(0, "forbidden ");
        a.doc.getText("content").insert(5, "!");
        await eventually("reads on", () => text(reader.doc).endsWith("given!"));
        const late = await open(Writer, name);
        assert.equal(text(late.doc), "given!");
        if (reader.scopes) {
          assert.deepEqual(reader.scopes, ["readonly"]);
          assert.ok(reader.provider.hasUnsyncedChanges, "what was refused stays unsynced");
        }
        for (const writer of [a, reader, late]) writer.destroy();
      });

      test(`${wire}: presence is stamped, echoed, and leaves with its owner`, async () => {
        const name = `presence-${wire}`;
        const alice = await open(Writer, name, (await newToken(name, "write", { user: "alice", name: "Alice", info: { color: "#f00" } })).token);
        const bob = await open(Writer, name, (await newToken(name, "write", { user: "bob" })).token);
        alice.awareness.setLocalStateField("user", { name: "Bob", color: "#0f0", id: "bob", pet: "cat" });
        const seen = await eventually("bob sees alice", () => state(bob, alice)?.user?.pet && state(bob, alice));
        assert.deepEqual(seen.user, { name: "Alice", color: "#f00", id: "alice", pet: "cat" });
        alice.destroy();
        await eventually("alice has gone", () => !state(bob, alice));
        bob.awareness.setLocalStateField("cursor", 3);
        const carol = await open(Writer, name);
        await eventually("carol sees bob", () => state(carol, bob)?.cursor === 3);
        assert.equal(state(carol, alice), undefined);
        bob.awareness.setLocalState(null);
        await eventually("bob hides", () => !state(carol, bob));
        bob.destroy();
        carol.destroy();
      });

      test(`${wire}: 50 edits made while away merge, and presence is back at once`, async () => {
        const name = `away-${wire}`;
        const a = await open(Writer, name), b = await open(Writer, name);
        a.awareness.setLocalStateField("cursor", 1);
        await eventually("b sees a", () => state(b, a));
        const link = a.socket ?? a.provider;
        link.disconnect();
        await eventually("a has gone", () => !state(b, a));
        for (let i = 0; i < 50; ++i) a.doc.getText("content").insert(0, String(i % 10));
        b.doc.getText("content").insert(0, "meanwhile ");
        link.connect();
        await eventually("merged", () => same(a.doc, b.doc) && text(a.doc).length === 60, 10_000);
        if (a.stored) await a.stored();
        await eventually("b sees a again", () => state(b, a), 5_000);
        a.destroy();
        b.destroy();
      });

      test(`${wire}: a revoked token's socket is shut within a second, and stays away`, async () => {
        const name = `revoked-${wire}`;
        const owner = await open(Writer, name), { token, id } = await newToken(name, "write", { user: "eve" });
        const eve = await open(Writer, name, token);
        eve.doc.getText("content").insert(0, "while I may");
        await eventually("eve writes", () => text(owner.doc) === "while I may");
        eve.closes.length = 0;
        const since = performance.now();
        assert.equal((await server.api.delete(path(name, `/tokens/${id}`))).status, 204);
        await eventually("eve is told", () => eve.closes.length > 0 || eve.failures?.length > 0);
        assert.ok(performance.now() - since < 1000 * kSlow, `${performance.now() - since} ms`);
        eve.doc.getText("content").insert(0, "after: ");
        owner.doc.getText("content").insert(0, "secret ");
        await sleep(1500);
        assert.equal(text(owner.doc), "secret while I may");
        assert.ok(!text(eve.doc).includes("secret"));
        if (wire === "y-websocket") assert.deepEqual(eve.closes, [4403]);
        owner.destroy();
        eve.destroy();
      });

      test(`${wire}: a lowered grant takes effect on the open socket`, async () => {
        const name = `lowered-${wire}`;
        const owner = await open(Writer, name), dan = await open(Writer, name, (await newToken(name, "write", { user: "dan" })).token);
        dan.doc.getText("content").insert(0, "1");
        await eventually("dan writes", () => text(owner.doc) === "1");
        const put = await server.api.call("PUT", path(name, "/grants/dan"), { body: { access: "read" } });
        assert.ok(put.status < 300, put.text);
        await sleep(1000 * kSlow);
        dan.doc.getText("content").insert(0, "2");
        owner.doc.getText("content").insert(1, "!");
        await eventually("dan reads on", () => text(dan.doc).endsWith("1!"));
        assert.equal(text(owner.doc), "1!");
        owner.destroy();
        dan.destroy();
      });

      test(`${wire}: who is shown out comes again and syncs`, async () => {
        const name = `kicked-${wire}`;
        const a = await open(Writer, name);
        a.closes.length = 0;
        const sessions = (await server.api.get(path(name, "/sessions"))).json.data;
        assert.equal(sessions.length, 1);
        assert.equal(sessions[0].wire, wire);
        assert.equal((await server.api.delete(path(name, `/sessions/${sessions[0].id}`))).status, 204);
        await eventually("shown out", () => a.closes.length > 0);
        a.doc.getText("content").insert(0, "again");
        await eventually("back", async () => (await server.api.get(path(name, "/text?root=content"))).text === "again", 15_000);
        a.destroy();
      });

      test(`${wire}: a wrong token is told so, and not tried again`, async () => {
        const name = `wrong-${wire}`;
        for (const token of ["nonsense", `${(await newToken(name, "write")).token}x`, (await newToken(`other-${wire}`, "write")).token]) {
          const a = new Writer(server.origin, name, token);
          await eventually("told", () => a.closes.length > 0 || a.failures?.length > 0);
          await sleep(500);
          if (wire === "y-websocket") assert.ok([4401, 4403].includes(a.closes[0]) && a.closes.length === 1, String(a.closes));
          assert.ok(!a.provider.synced);
          a.destroy();
        }
      });
    }

    test("hocuspocus: exactly one sync status for each change", async () => {
      const a = await open(HocuspocusWriter, "statuses");
      await a.stored();
      for (let round = 0; round < 5; ++round) {
        for (let i = 0; i < 100; ++i) a.doc.getText("content").insert(0, "x");
        assert.equal(a.provider.unsyncedChanges, 100);
        await a.stored();
        assert.equal(a.provider.unsyncedChanges, 0);
      }
      a.destroy();
    });

    test("hocuspocus: many documents on one socket, one of them denied", async () => {
      const first = await open(HocuspocusWriter, "many-0"), others = [];
      for (let i = 1; i < 10; ++i) others.push(await open(HocuspocusWriter, `many-${i}`, server.key, { socket: first.socket }));
      const denied = new HocuspocusWriter(server.origin, "many-denied", "nonsense", { socket: first.socket });
      await eventually("one is denied", () => denied.failures.length === 1);
      const elsewhere = await open(HocuspocusWriter, "many-7");
      elsewhere.doc.getText("content").insert(0, "seven");
      await eventually("in the right one", () => text(others[6].doc) === "seven");
      for (const [i, other] of others.entries()) if (i !== 6) assert.equal(text(other.doc), "");
      others[6].destroy();  // leaves its document, not the socket
      first.doc.getText("content").insert(0, "still here");
      await first.stored();
      await eventually("left", async () => (await server.api.get(path("many-7", "/sessions"))).json.data.length === 1);
      for (const writer of [...others, denied, first, elsewhere]) writer.destroy();
    });

    test("both wires meet in one document", async () => {
      const a = await open(YWriter, "both"), b = await open(HocuspocusWriter, "both");
      a.doc.getText("content").insert(0, "a");
      b.doc.getText("content").insert(0, "b");
      await eventually("the same", () => same(a.doc, b.doc) && text(a.doc).length === 2);
      a.awareness.setLocalStateField("cursor", 1);
      b.awareness.setLocalStateField("cursor", 2);
      await eventually("they see each other", () => state(a, b)?.cursor === 2 && state(b, a)?.cursor === 1);
      a.destroy();
      b.destroy();
    });

    test("a version is brought back by edits, under the hands of who has it open", async () => {
      const name = "brought back";
      const a = await open(YWriter, name), { token } = await newToken(name, "write", { user: "bea" });
      const b = await open(HocuspocusWriter, name, token);
      const roots = (doc) => [doc.getText("content").toDelta(), doc.getMap("meta").toJSON(), doc.getArray("list").toJSON(), doc.getXmlFragment("default").toString()];
      a.doc.transact(() => {
        a.doc.getText("content").insert(0, "Hello world, all of it");
        a.doc.getText("content").format(6, 5, { bold: true });
        a.doc.getText("content").insertEmbed(3, { image: "x.png" });
        a.doc.getMap("meta").set("state", "draft");
        a.doc.getMap("meta").set("inner", new Y.Map([["n", 1]]));
        a.doc.getArray("list").insert(0, [1, "two", new Y.Array()]);
        const paragraph = new Y.XmlElement("paragraph");
        paragraph.setAttribute("align", "left");
        paragraph.insert(0, [new Y.XmlText("first")]);
        a.doc.getXmlFragment("default").insert(0, [paragraph, new Y.XmlElement("hr")]);
      });
      await eventually("both have it", () => same(a.doc, b.doc));
      const named = (await server.api.post(path(name, "/versions"), { label: "before" })).json;
      const then = roots(a.doc);
      b.doc.transact(() => {
        b.doc.getText("content").delete(0, 9);
        b.doc.getText("content").format(0, 3, { em: true });
        b.doc.getMap("meta").delete("state");
        b.doc.getMap("meta").get("inner").set("n", 2);
        b.doc.getArray("list").delete(1, 2);
        const [paragraph] = b.doc.getXmlFragment("default").toArray();
        paragraph.setAttribute("align", "right");
        paragraph.get(0).insert(0, "not ");
        b.doc.getXmlFragment("default").delete(1, 1);
        b.doc.getXmlFragment("default").insert(0, [new Y.XmlElement("table")]);
      });
      await eventually("both have that", () => same(a.doc, b.doc));
      const kept = a.doc.getXmlFragment("default").get(1);
      const changed = [];
      a.doc.getXmlFragment("default").observeDeep((events) => changed.push(...events.map((event) => event.target)));
      const epoch = (await server.api.get(path(name))).json.epoch;
      const restored = await server.api.post(path(name, `/versions/${named.id}/restore`));
      assert.equal(restored.status, 200, restored.text);
      assert.ok(restored.json.changed);
      await eventually("everybody has the version again", () => same(a.doc, b.doc) && JSON.stringify(roots(a.doc)) === JSON.stringify(then));
      assert.equal(a.doc.getXmlFragment("default").get(0), kept, "the paragraph is the same one, mended");
      assert.ok(changed.includes(kept) && changed.includes(kept.get(0)), "by edits of what was in it");
      assert.equal((await server.api.get(path(name))).json.epoch, epoch);
      b.doc.getText("content").insert(0, "on: ");
      await eventually("and they go on writing", () => a.doc.getText("content").toString().startsWith("on: "));
      // Back to before the restore: nothing is lost by one.
      const before = String(Number(restored.json.version) - 1);
      const undone = await server.api.post(path(name, `/versions/${before}/restore`));
      assert.equal(undone.status, 200, undone.text);
      await eventually("it was undone", () => a.doc.getMap("meta").toJSON().state === undefined && a.doc.getXmlFragment("default").get(0).nodeName === "table");
      const reader = (await newToken(name, "read", { user: "rita" })).token;
      const refused = await fetch(`${server.origin}${path(name, `/versions/${named.id}/restore`)}`, { method: "POST", headers: { Authorization: `Bearer ${reader}` } });
      assert.ok(refused.status === 401 || refused.status === 403, String(refused.status));
      for (const writer of [a, b]) writer.destroy();
    });

    test("what has changed since a version, and who wrote what", async () => {
      const name = "who wrote";
      const ann = await open(YWriter, name, (await newToken(name, "write", { user: "ann" })).token);
      const bob = await open(HocuspocusWriter, name, (await newToken(name, "write", { user: "bob" })).token);
      ann.doc.getText("content").insert(0, "Hello 😀 world");
      await eventually("bob has it", () => same(ann.doc, bob.doc));
      const named = (await server.api.post(path(name, "/versions"), { label: "before" })).json;
      const then = new Y.Doc();
      Y.applyUpdate(then, (await server.api.get(path(name, `/versions/${named.id}/state`))).body);
      bob.doc.getText("content").insert(9, "big ");
      bob.doc.getText("content").format(0, 5, { bold: true });
      await eventually("both have that", () => same(ann.doc, bob.doc));
      await bob.stored?.();
      let diff;
      await eventually("the difference says so", async () => {
        diff = (await server.api.get(path(name, `/diff?from=${named.id}&root=content`))).json;
        return JSON.stringify(diff.changes).includes("bold");
      });
      assert.deepEqual(diff.changes, [{ path: [], delta: [{ retain: 5, attributes: { bold: true } }, { retain: 4 }, { insert: "big " }] }]);
      then.getText("content").applyDelta(diff.changes[0].delta);
      assert.deepEqual(then.getText("content").toDelta(), ann.doc.getText("content").toDelta(), "Quill's delta, as yjs applies it");
      const authors = (await server.api.get(path(name, "/attribution?root=content"))).json;
      assert.deepEqual(authors.ranges.map(({ from, length, user }) => [from, length, user]), [[0, 9, "ann"], [9, 4, "bob"], [13, 5, "ann"]]);
      assert.ok(authors.ranges.every(({ at }) => Date.now() - Date.parse(at) < 60_000));
      for (const writer of [ann, bob]) writer.destroy();
    });

    test("what an editor wrote, as Markdown", async () => {
      const writer = await open(YWriter, "markdown");
      const element = (name, attributes, ...children) => {
        const made = new Y.XmlElement(name);
        for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
        made.insert(0, children.map((child) => (typeof child === "string" ? new Y.XmlText(child) : child)));
        return made;
      };
      writer.doc.getXmlFragment("default").insert(0, [
        element("heading", { level: 1 }, "Minutes"),
        element("paragraph", {}, "Agreed: 2 * 3"),
        element("taskList", {}, element("taskItem", { checked: true }, element("paragraph", {}, "write it down"))),
      ]);
      await eventually("it is there", async () => {
        const answer = await server.api.get(path("markdown", "/markdown?root=default"));
        return answer.text === "# Minutes\n\nAgreed: 2 \\* 3\n\n- [x] write it down\n" && answer.headers["content-type"].startsWith("text/markdown");
      });
      writer.destroy();
    });

    test("ywasm reads what yjs wrote", async () => {
      const { YDoc, applyUpdate } = await import("ywasm");
      const a = await open(YWriter, "ywasm");
      a.doc.getText("content").insert(0, "grüße 😀!");
      a.doc.getText("content").delete(0, 1);
      await eventually("stored", async () => (await server.api.get(path("ywasm", "/text?root=content"))).text === text(a.doc));
      const other = new YDoc();
      applyUpdate(other, new Uint8Array((await server.api.get(path("ywasm", "/state"))).body));
      assert.equal(other.getText("content").toString(), text(a.doc));
      a.destroy();
    });

    test("a handshake that is none, and one without a credential", async () => {
      assert.equal((await server.api.get("/v1/documents/ws/x?token=y")).status, 426);
      const none = new RawSocket(`${server.origin}/v1/documents/ws/x`);
      await none.closed;
      assert.equal(none.status, 401);
      const header = new RawSocket(`${server.origin}/v1/documents/ws/x`, { headers: { Authorization: `Bearer ${server.key}` } });
      await header.frame("the server's state vector", (frame) => frame[0] === 0 && frame[1] === 0);
      header.destroy();
    });

    if (kind === "sqlite") {
      test("on TLS", async () => {
        const folder = server.store.folder, certificate = join(folder, "tls.pem"), key = join(folder, "tls.key");
        const made = spawnSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
          "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate]);
        assert.equal(made.status, 0, String(made.stderr));
        const secure = await Server.start({ sets: { "tls.certificate": certificate, "tls.private_key": key } });
        process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
        try {
          for (const [wire, Writer] of kWires) {
            const a = await Writer.open(secure.origin, `tls-${wire}`, secure.key), b = await Writer.open(secure.origin, `tls-${wire}`, secure.key);
            const long = "long ".repeat(100_000);
            a.doc.getText("content").insert(0, long);
            await eventually("it arrives", () => text(b.doc) === long, 10_000);
            a.destroy();
            b.destroy();
          }
        } finally {
          delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
          await secure.stop();
        }
      });

      test("who says nothing for 35 s stays connected", async () => {
        for (const writer of idle) assert.ok(writer.provider.synced);
        await sleep(Math.max(0, 35_000 - (performance.now() - idle.since)));
        for (const writer of idle) {
          assert.deepEqual(writer.closes, []);
          assert.ok(writer.provider.synced);
        }
      });
    }

    test("a stop tells everybody, and nothing that was acknowledged is lost", async () => {
      const store = server.store, writers = [];
      for (const [wire, Writer] of kWires) {
        const writer = await open(Writer, `stop-${wire}`);
        writer.doc.getText("content").insert(0, "kept");
        if (writer.stored) await writer.stored();
        else await eventually("stored", async () => (await server.api.get(path(`stop-${wire}`, "/text?root=content"))).text === "kept");
        writer.closes.length = 0;
        writers.push(writer);
      }
      const key = server.key;
      server.ownsStore = false;
      const { code } = await server.stop();
      assert.equal(code, 0);
      for (const writer of writers) await eventually("told", () => writer.closes.length > 0);
      assert.equal(writers[0].closes[0], 1001);
      for (const writer of [...writers, ...idle.splice(0)]) writer.destroy();
      server = await Server.start({ store });
      server.ownsStore = true;
      for (const [wire, Writer] of kWires) {
        const writer = await open(Writer, `stop-${wire}`, key);
        assert.equal(text(writer.doc), "kept");
        writer.destroy();
      }
    });
  });
}
