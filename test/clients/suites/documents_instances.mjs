// Two servers on one PostgreSQL: who has a document open on one is seen by who has it open on the other, with the providers as they are.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { HocuspocusWriter, same, YWriter } from "../support/documents.mjs";
import { eventually, kSlow, sleep } from "../support/process.mjs";
import { Server, Store } from "../support/server.mjs";

const kWires = [["y-websocket", YWriter], ["hocuspocus", HocuspocusWriter]];
const path = (name, rest = "") => `/v1/documents/${encodeURIComponent(name)}${rest}`;
const state = (writer, of) => writer.awareness.getStates().get(of.doc.clientID);

export function documentsInstancesSuite() {
  describe("documents on two instances", { timeout: 240_000 }, () => {
    let store, a, b;
    before(async () => {
      store = new Store("postgres");
      a = await Server.start({ store });
      b = await Server.start({ store });
      b.api.key = a.key;
    });
    after(async () => {
      await Promise.all([a?.stop(), b?.stop()]);
      store?.remove();
    });

    const open = (Writer, server, name, token = a.key) => Writer.open(server.origin, name, token);
    async function newToken(name, user) {
      const made = await a.api.post(path(name, "/tokens"), { access: "write", ttl_s: 600, user, name: user.toUpperCase() });
      assert.equal(made.status, 201, made.text);
      return made.json.token;
    }
    const metric = async (server, name) => Number((await server.api.get("/metrics")).text.match(new RegExp(`^${name} (\\d+)`, "m"))?.[1] ?? 0);

    for (const [wire, Writer] of kWires) {
      test(`${wire}: cursors of the other instance come within a second, and go`, async () => {
        const name = `presence ${wire}/ä`;
        const alice = await open(Writer, a, name, await newToken(name, "alice"));
        alice.awareness.setLocalStateField("user", { name: "Bob", color: "#0f0", id: "bob" });
        const bob = await open(Writer, b, name, await newToken(name, "bob"));
        bob.awareness.setLocalStateField("cursor", 0);
        const seen = await eventually("bob sees alice, as her token says who she is", () => state(bob, alice)?.user?.color && state(bob, alice));
        assert.deepEqual(seen.user, { name: "ALICE", color: "#0f0", id: "alice" });
        await eventually("alice sees bob", () => state(alice, bob)?.cursor === 0);
        const times = [];
        for (let i = 1; i <= 20; ++i) {
          const began = performance.now();
          alice.awareness.setLocalStateField("cursor", i);
          await eventually("the cursor has moved", () => state(bob, alice)?.cursor === i, 5_000, 5);
          times.push(performance.now() - began);
        }
        times.sort((x, y) => x - y);
        console.log(`${wire}: a cursor on the other instance after ${times[10].toFixed(0)} ms (median), ${times[19].toFixed(0)} ms (longest of 20)`);
        assert.ok(times[10] < 1000 * kSlow, `${times[10]} ms`);
        const carol = await open(Writer, b, name);
        await eventually("who comes later sees alice", () => state(carol, alice)?.cursor === 20);
        alice.awareness.setLocalState(null);
        await eventually("alice hides", () => !state(bob, alice) && !state(carol, alice));
        alice.awareness.setLocalState({ cursor: 1 });
        await eventually("and shows herself", () => state(bob, alice)?.cursor === 1);
        const began = performance.now();
        alice.destroy();
        await eventually("alice has gone", () => !state(bob, alice) && !state(carol, alice));
        assert.ok(performance.now() - began < 2000 * kSlow);
        bob.destroy();
        carol.destroy();
      });
    }

    test("a state of 16 KB comes over whole, and hundreds of visitors too", async () => {
      const name = "much";
      const alice = await open(YWriter, a, name), bob = await open(YWriter, b, name);
      const long = "ä😀".repeat(2_500);
      alice.awareness.setLocalStateField("note", long);
      await eventually("bob has all of it", () => state(bob, alice)?.note === long, 10_000);
      const many = await Promise.all(Array.from({ length: 60 }, () => open(HocuspocusWriter, a, name)));
      for (const [i, one] of many.entries()) one.awareness.setLocalStateField("pad", `${i} ${"x".repeat(2_000)}`);
      await eventually("bob sees all", () => many.every((one, i) => state(bob, one)?.pad?.startsWith(`${i} `)), 20_000);
      for (const one of many) one.destroy();
      await eventually("and sees them go", () => many.every((one) => !state(bob, one)), 20_000);
      alice.destroy();
      bob.destroy();
    });

    test("moves are told of together, and nobody is told where nobody listens", async () => {
      const sent = "ashlar_documents_presence_packets_sent_total";
      const alone = await open(YWriter, a, "alone");
      await sleep(1_500);
      const before = await metric(a, sent);
      for (let i = 0; i < 100; ++i) {
        alone.awareness.setLocalStateField("cursor", i);
        await sleep(5);
      }
      await sleep(1_000);
      assert.ok(await metric(a, sent) - before <= 1, "at most a sign of life");
      const other = await open(YWriter, b, "alone");
      await eventually("they know of each other", () => state(other, alone)?.cursor === 99);
      const began = performance.now(), at = await metric(a, sent);
      for (let i = 0; i < 300; ++i) {
        alone.awareness.setLocalStateField("cursor", 1_000 + i);
        await sleep(4);
      }
      await eventually("the last one is there", () => state(other, alone)?.cursor === 1_299);
      const packets = await metric(a, sent) - at, seconds = (performance.now() - began) / 1_000;
      console.log(`300 moves in ${seconds.toFixed(1)} s: ${packets} packets`);
      assert.ok(packets <= seconds * 10 + 2, `${packets} packets in ${seconds} s`);
      const rows = await a.api.get(path("alone"));
      assert.equal(rows.json.updates, 0, "and nothing is written");
      alone.destroy();
      other.destroy();
    });

    test("who moves to the other instance is there once, and stays", async () => {
      const name = "moves";
      const stays = await open(YWriter, b, name), moves = await open(YWriter, a, name);
      moves.awareness.setLocalStateField("cursor", 1);
      await eventually("seen", () => state(stays, moves)?.cursor === 1);
      moves.provider.disconnect();
      moves.provider.serverUrl = b.origin.replace(/^http/, "ws") + "/v1/documents/ws";
      moves.provider.connect();
      await moves.synced();
      await eventually("seen again", () => state(stays, moves)?.cursor === 1, 10_000);
      moves.awareness.setLocalStateField("cursor", 2);
      await eventually("and followed", () => state(stays, moves)?.cursor === 2);
      await sleep(2_000);
      assert.equal(state(stays, moves)?.cursor, 2);
      moves.destroy();
      stays.destroy();
    });

    test("sessions are seen from every instance, and shown out from every instance", async () => {
      const name = "seen everywhere";
      const sessions = async (server) => {
        const answer = await server.api.get(path(name, "/sessions"));
        assert.equal(answer.status, 200, answer.text);
        return answer.json;
      };
      for (const [wire, Writer] of kWires) {
        const alice = await open(Writer, a, name, await newToken(name, "alice")), bob = await open(Writer, b, name, await newToken(name, "bob"));
        const [here, there] = [await sessions(a), await sessions(b)];
        for (const all of [here, there]) {
          assert.deepEqual(all.data.map((one) => one.user).sort(), ["alice", "bob"]);
          assert.deepEqual([all.missing, all.truncated], [[], false]);
          for (const one of all.data) assert.ok(one.wire === wire && one.id.startsWith(`${one.instance}.`), JSON.stringify(one));
        }
        assert.equal(here.instances.length, 2);
        assert.deepEqual(here.instances.toReversed(), there.instances, "first the one that is asked");
        assert.equal(here.data[0].instance, here.instances[0]);
        const bobs = here.data.find((one) => one.user === "bob");
        assert.equal(bobs.instance, there.instances[0]);
        const out = await a.api.delete(path(name, `/sessions/${bobs.id}`));
        assert.equal(out.status, 204, out.text);
        const again = await eventually("bob comes again", async () => (await sessions(a)).data.find((one) => one.user === "bob"), 20_000, 100);
        assert.notEqual(again.id, bobs.id);
        assert.ok((await sessions(a)).data.some((one) => one.user === "alice"), "and alice stayed");
        assert.equal((await a.api.delete(path(name, `/sessions/${bobs.id}`))).json.reason, "document_session_not_found");
        alice.destroy();
        bob.destroy();
        await eventually("both have left", async () => (await sessions(a)).data.length === 0);
      }
    });

    test("an instance that does not answer is named, until it is given up", async () => {
      const name = "silent";
      const sessions = async () => (await a.api.get(path(name, "/sessions"))).json;
      const c = await Server.start({ store });
      const alice = await open(YWriter, a, name, await newToken(name, "alice")), carol = await open(YWriter, c, name, await newToken(name, "carol"));
      const all = await sessions();
      assert.deepEqual(all.data.map((one) => one.user).sort(), ["alice", "carol"]);
      assert.equal(all.instances.length, 3);
      const carols = all.data.find((one) => one.user === "carol");
      process.kill(c.pid, "SIGSTOP");
      const began = performance.now();
      const some = await sessions();
      console.log(`with one of three silent: answered after ${((performance.now() - began) / 1_000).toFixed(1)} s`);
      assert.deepEqual(some.missing, [carols.instance]);
      assert.deepEqual(some.data.map((one) => one.user), ["alice"]);
      const kick = await a.api.delete(path(name, `/sessions/${carols.id}`));
      assert.deepEqual([kick.status, kick.json.reason], [504, "document_instance_silent"]);
      assert.ok(await metric(a, "ashlar_documents_session_silences_total") >= 2);
      process.kill(c.pid, "SIGCONT");
      await eventually("it has done what it was asked", async () => {
        const now = await sessions();
        return now.missing.length === 0 && !now.data.some((one) => one.id === carols.id);
      }, 20_000, 100);
      carol.provider.shouldConnect = false;
      await c.kill();
      assert.deepEqual((await sessions()).missing, [carols.instance]);
      await eventually("it is given up", async () => (await sessions()).missing.length === 0, 30_000, 500);
      assert.deepEqual((await a.api.delete(path(name, `/sessions/${carols.id}`))).json.reason, "document_session_not_found");
      alice.destroy();
      carol.destroy();
    });

    test("an instance that is stopped takes its visitors' cursors with it at once; one that is killed, within 30 s", async () => {
      for (const [signal, most] of [["SIGTERM", 5_000], ["SIGKILL", 30_000]]) {
        const name = `ends ${signal}`;
        const c = await Server.start({ store });
        const here = await open(YWriter, b, name), there = await open(HocuspocusWriter, c, name);
        there.awareness.setLocalStateField("cursor", 7);
        there.doc.getText("content").insert(0, "kept");
        await eventually("seen", () => state(here, there)?.cursor === 7 && same(here.doc, there.doc));
        there.socket.shouldConnect = false;
        there.socket.configuration.delay = 1 << 30;
        const began = performance.now();
        if (signal === "SIGKILL") await c.kill();
        else await c.stop();
        await eventually("gone", () => !state(here, there), most * kSlow, 50);
        console.log(`${signal}: cursors gone after ${((performance.now() - began) / 1_000).toFixed(1)} s`);
        there.destroy();
        here.destroy();
      }
    });
  });
}
