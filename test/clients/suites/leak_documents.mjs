// Two tenants and documents: names are each tenant's own, so that B may have a document of the name that A's has, and it is another one.
import assert from "node:assert/strict";
import { once } from "node:events";
import WebSocket from "ws";

export const kDocumentScopes = ["documents:read", "documents:write"];

const kName = "minutes";
const kNobodys = "nothing";
const kEdit = (text) => ({ edits: [{ op: "append_text", root: "content", text }] });

// What B asks of A's document, which is to B as one that nobody has.
const kNamed = {
  "GET /v1/documents/{name}": {},
  "DELETE /v1/documents/{name}": {},
  "DELETE /v1/documents/{name}/tokens/{id}": { status: 204 },  // of B's own numbers; A's token goes on opening (below)
  "GET /v1/documents/{name}/grants": {},
  "PUT /v1/documents/{name}/grants/{subject}": { body: { access: "none" } },
  "DELETE /v1/documents/{name}/grants/{subject}": {},
  "GET /v1/documents/{name}/sessions": {},
  "DELETE /v1/documents/{name}/sessions/{id}": {},
  "GET /v1/documents/{name}/text": { query: "?root=content" },
  "GET /v1/documents/{name}/json": { query: "?root=content" },
  "GET /v1/documents/{name}/delta": { query: "?root=content" },
  "GET /v1/documents/{name}/markdown": { query: "?root=content" },
  "GET /v1/documents/{name}/state": {},
  "GET /v1/documents/{name}/state-vector": {},
  "GET /v1/documents/{name}/versions": {},
  "POST /v1/documents/{name}/versions": { body: { label: "stolen" } },
  "GET /v1/documents/{name}/versions/{id}/state": {},
  "POST /v1/documents/{name}/versions/{id}/restore": {},
  "GET /v1/documents/{name}/diff": { query: "?from=1" },
  "GET /v1/documents/{name}/attribution": { query: "?root=content" },
};
// What makes a document of B's own.
const kOwn = {
  "GET /v1/documents": undefined,
  "POST /v1/documents": { name: "of-tenant-b" },
  "POST /v1/documents/{name}/tokens": { access: "read", ttl_s: 60 },
  "POST /v1/documents/{name}/update": undefined,
  "POST /v1/documents/{name}/edits": kEdit("of-tenant-b"),
};

export const kDocumentRoutes = {
  ...Object.fromEntries(Object.entries(kNamed).map(([name, { body }]) => [name, { rule: "documents", bodies: [body] }])),
  ...Object.fromEntries(Object.entries(kOwn).map(([name, body]) => [name, { rule: "documents", bodies: [body] }])),
  // What is not a WebSocket is refused before anybody is asked who he is; documents.test.mjs has the sockets.
  "GET /v1/documents/ws/{name}": { rule: "open" },
  "GET /v1/documents/hocuspocus": { rule: "open" },
};

// `bare`: an answer without what tells one request from another.
export async function documentsStory({ a, b, mark, bare }) {
  const made = await a.post(`/v1/documents/${kName}/edits`, kEdit(mark));
  assert.equal(made.status, 200, made.text);
  const token = (await a.post(`/v1/documents/${kName}/tokens`, { access: "write", ttl_s: 600, user: "ann" })).json;
  const version = (await a.post(`/v1/documents/${kName}/versions`, { label: mark })).json;
  const ids = { tokens: token.id, versions: version.id, sessions: "1", grants: "ann" };
  assert.equal((await a.call("PUT", `/v1/documents/${kName}/grants/ann`, { body: { access: "read" } })).status, 200);
  const picture = async () => JSON.stringify(await Promise.all(["", "/text?root=content", "/state", "/grants", "/versions"]
    .map(async (rest) => (await a.get(`/v1/documents/${kName}${rest}`)).text)));
  const before = await picture();

  for (const [route, { body, query = "", status = 404 }] of Object.entries(kNamed)) {
    const [method, path] = route.split(" ");
    const fill = (name) => path.replace("{name}", name).replace(/(\w+)\/\{(?:id|subject)\}/, (_, group) => `${group}/${ids[group]}`) + query;
    const theirs = await b.call(method, fill(kName), { body });
    assert.ok(!theirs.text.includes(mark), `${route}: ${theirs.text}`);
    assert.equal(theirs.status, status, `${route}: ${theirs.text}`);
    const none = bare(await b.call(method, fill(kNobodys), { body }));
    assert.deepEqual(bare(theirs), { ...none, body: none.body.replaceAll(kNobodys, kName) }, route);
  }

  assert.ok(!(await b.get("/v1/documents")).text.includes(kName));
  assert.equal((await b.post(`/v1/documents/${kName}/edits`, kEdit("of-tenant-b"))).status, 200);
  assert.equal((await b.get(`/v1/documents/${kName}/text?root=content`)).text, "of-tenant-b");
  const stolen = await b.call("GET", `/v1/documents/${kName}/text?root=content`, { key: token.token });
  assert.equal(stolen.status, 401, "a document's token is no key of the API");
  assert.equal((await b.call("DELETE", `/v1/documents/${kName}`, {})).status, 204);
  assert.equal((await b.post("/v1/documents", { name: "of-tenant-b" })).status, 201);
  const socket = new WebSocket(`${a.origin.replace("http", "ws")}/v1/documents/ws/${kName}?token=${token.token}`);
  const [first] = await once(socket, "message");
  assert.equal(first[0], 0, "A's token opens no more");  // a message of synchronisation: it was let in
  socket.terminate();
  assert.equal(await picture(), before, "A's document is not as before");
}
