// Where webhooks must not go: the table of hostile targets through the API of a running server with its default settings, and a
// name that leads to loopback once it is called.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Server, Store } from "../support/server.mjs";
import { eventually } from "../support/process.mjs";
import { Receiver } from "./webhooks.mjs";

export const kHostile = [
  ["http://127.0.0.1:PORT/", "target_forbidden"],
  ["http://127.1:PORT/", "target_forbidden"],
  ["http://127.0.1:PORT/", "target_forbidden"],
  ["http://2130706433:PORT/", "target_forbidden"],
  ["http://0x7f000001:PORT/", "target_forbidden"],
  ["http://0x7f.0.0.1:PORT/", "target_forbidden"],
  ["http://0177.0.0.1:PORT/", "target_forbidden"],
  ["http://017700000001:PORT/", "target_forbidden"],
  ["http://127.0.0.1.:PORT/", "target_forbidden"],
  ["http://0.0.0.0:PORT/", "target_forbidden"],
  ["http://0:PORT/", "target_forbidden"],
  ["http://localhost:PORT/", "target_forbidden"],
  ["http://LocalHost.:PORT/", "target_forbidden"],
  ["http://any.localhost:PORT/", "target_forbidden"],
  ["http://[::1]:PORT/", "target_forbidden"],
  ["http://[::]:PORT/", "target_forbidden"],
  ["http://[::ffff:127.0.0.1]:PORT/", "target_forbidden"],
  ["http://[::ffff:7f00:1]:PORT/", "target_forbidden"],
  ["http://[64:ff9b::7f00:1]:PORT/", "target_forbidden"],
  ["http://[2002:7f00:1::]:PORT/", "target_forbidden"],
  ["http://[fe80::1%25lo]:PORT/", "target_host"],
  ["http://[fd00::1]:PORT/", "target_forbidden"],
  ["http://10.0.0.1/", "target_forbidden"],
  ["http://172.31.255.254/", "target_forbidden"],
  ["http://192.168.0.1/", "target_forbidden"],
  ["http://100.100.100.200/latest/meta-data/", "target_forbidden"],
  ["http://169.254.169.254/latest/meta-data/", "target_forbidden"],
  ["http://2852039166/latest/meta-data/", "target_forbidden"],
  ["http://metadata.google.internal/", "target_forbidden"],
  ["http://postgres/", "target_forbidden"],
  ["http://server.corp/", "target_forbidden"],
  ["http://example.com@127.0.0.1:PORT/", "target_credentials"],
  ["http://127.0.0.1:PORT@example.com/", "target_credentials"],
  ["http://127.0.0.1:PORT\\@example.com/", "target_characters"],
  ["http://127%2e0%2e0%2e1:PORT/", "target_host"],
  ["http://%6cocalhost:PORT/", "target_host"],
  ["http://①②⑦.⓪.⓪.①:PORT/", "target_host_not_ascii"],
  ["http://127。0。0。1:PORT/", "target_host_not_ascii"],
  ["http://127.0.0.1\t:PORT/", "target_characters"],
  ["http://example.com:25/", "target_port"],
  ["http://example.com:99999/", "target_port"],
  ["gopher://127.0.0.1:PORT/_x", "target_scheme"],
  ["file:///etc/passwd", "target_scheme"],
  ["http:///127.0.0.1:PORT/", "target_host"],
];

export function targetsSuite() {
  describe("where webhooks must not go", { timeout: 120_000 }, () => {
    let server, receiver;

    before(async () => {
      server = await Server.start({});
      receiver = await Receiver.start();
    });
    after(async () => {
      receiver?.close();
      await server?.stop();
    });

    test(`${kHostile.length} hostile targets are refused when they are given, created or changed`, async () => {
      const made = await server.api.post("/v1/webhooks", { url: "https://example.com/", event_types: ["none.at.all"] });
      assert.equal(made.status, 201, made.text);
      for (const [template, reason] of kHostile) {
        const url = template.replace("PORT", receiver.port);
        for (const answer of [await server.api.post("/v1/webhooks", { url, event_types: ["*"] }),
          await server.api.patch(`/v1/webhooks/${made.json.id}`, { url })]) {
          assert.equal(answer.status, 422, `${url}: ${answer.text}`);
          assert.equal(answer.json.reason, reason, url);
          assert.deepEqual(answer.json.errors.map(({ field }) => field), ["/url"], url);
        }
      }
      assert.deepEqual((await server.api.get("/v1/webhooks")).json.data.map(({ url }) => url), ["https://example.com/"]);
      assert.equal(receiver.got.length, 0);
    });
  });

  // The name's address changes after it was given, as its owner's name server may decide at any moment: the server runs with a
  // hosts file of its own. So the resolver itself is asked at each delivery, not a stand-in.
  const mountable = spawnSync("unshare", ["-m", "true"]).status === 0;
  const skip = mountable ? false : "mount namespaces are not allowed here: the rebinding name is NOT tested against a running server";
  test("a name that was bound anew to loopback is not called", { skip, timeout: 120_000 }, async () => {
    const store = new Store("sqlite");
    const hosts = join(store.folder, "hosts");
    const bind = (address) => writeFileSync(hosts, `127.0.0.1 localhost\n${address} rebound.example.com\n`);
    const wrap = ["unshare", "-m", "sh", "-c", `mount --bind ${hosts} /etc/hosts && exec "$0" "$@"`];
    const receiver = await Receiver.start();
    const url = `http://rebound.example.com:${receiver.port}/`;
    const deliver = async (server) => {
      const api = server.client(server.newKey("demo", "webhooks:read", "webhooks:write"));
      const { json } = await api.get("/v1/webhooks");
      const sent = await api.post(`/v1/webhooks/${json.data[0].id}/test`);
      assert.equal(sent.status, 202, sent.text);
      return eventually("the delivery has ended", async () => {
        const delivery = (await api.get(sent.headers.location)).json;
        return delivery.state !== "pending" && delivery;
      }, 30_000);
    };
    try {
      bind("203.0.113.7");
      let server = await Server.start({ store, wrap });
      try {
        const made = await server.api.post("/v1/webhooks", { url, event_types: ["none.at.all"] });
        assert.equal(made.status, 201, made.text);
        bind("127.0.0.1");
        const refused = await deliver(server);
        assert.equal(refused.state, "failed");
        assert.match(refused.error, /private/);
        assert.equal(refused.status, null);
        assert.equal(receiver.got.length, 0);
      } finally {
        await server.stop();
      }
      // That the name did lead to the receiver: who may, reaches it.
      server = await Server.start({ store, wrap, sets: { "webhooks.allow_private": true } });
      try {
        assert.equal((await deliver(server)).state, "delivered");
        assert.equal(receiver.got.length, 1);
      } finally {
        await server.stop();
      }
    } finally {
      receiver.close();
      store.remove();
    }
  });
}
