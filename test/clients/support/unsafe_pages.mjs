// UnsafePages: a service that keeps lists of unsafe pages, as Google Safe Browsing's documentation describes its versions 5 (hashes:search)
// and 4 (fullHashes:find, threatListUpdates:fetch) in JSON. `list(expression, type)` puts a host and path on a list.
import { createHash } from "node:crypto";
import http from "node:http";

const sha256 = (text) => createHash("sha256").update(text).digest();
const kPrefix = 4;

export class UnsafePages {
  static async start({ key = "key-of-the-test", keep_s = 300 } = {}) {
    const pages = new UnsafePages(key, keep_s);
    pages.server = http.createServer((request, response) => pages.serve(request, response));
    await new Promise((done) => pages.server.listen(0, "127.0.0.1", done));
    pages.url = `http://127.0.0.1:${pages.server.address().port}`;
    return pages;
  }

  constructor(key, keep_s) {
    Object.assign(this, { key, keep_s, entries: new Map(), asked: [], answers: true, version: 1 });
  }

  list(expression, type = "SOCIAL_ENGINEERING", attributes = []) {
    this.entries.set(expression, { type, attributes, hash: sha256(expression) });
    this.version += 1;
  }
  unlist(expression) {
    this.entries.delete(expression);
    this.version += 1;
  }

  async serve(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url, this.url);
    const answer = (status, body) => response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    const refuse = (code, message) => answer(code, { error: { code, message } });
    if (!this.answers) return refuse(503, "The service is currently unavailable.");
    if (url.searchParams.get("key") !== this.key) return refuse(400, "API key not valid. Please pass a valid API key.");
    const text = Buffer.concat(chunks).toString();
    this.asked.push({ method: request.method, path: url.pathname, query: url.search, body: text });
    try {
      if (request.method === "GET" && url.pathname === "/v5/hashes:search") return answer(200, this.search(url.searchParams.getAll("hashPrefixes")));
      if (request.method === "POST" && url.pathname === "/v4/fullHashes:find") return answer(200, this.find(JSON.parse(text)));
      if (request.method === "POST" && url.pathname === "/v4/threatListUpdates:fetch") return answer(200, this.fetch(JSON.parse(text)));
    } catch (error) {
      return refuse(400, error.message);
    }
    return refuse(404, "Method not found.");
  }

  // Those whose hash begins with one of the prefixes.
  matching(prefixes) {
    const wanted = prefixes.map((text) => Buffer.from(text, "base64"));
    for (const prefix of wanted) if (prefix.length < kPrefix || prefix.length > 32) throw new Error("a hash prefix has 4 to 32 bytes");
    return [...this.entries.values()].filter(({ hash }) => wanted.some((prefix) => hash.subarray(0, prefix.length).equals(prefix)));
  }

  search(prefixes) {
    if (prefixes.length === 0 || prefixes.length > 1000) throw new Error("1 to 1000 hashPrefixes");
    if (prefixes.some((text) => Buffer.from(text, "base64").length !== kPrefix)) throw new Error("each hash prefix is exactly 4 bytes long");
    const fullHashes = this.matching(prefixes).map(({ hash, type, attributes }) => ({
      fullHash: hash.toString("base64"), fullHashDetails: [{ threatType: type, ...(attributes.length > 0 && { attributes }) }] }));
    return { ...(fullHashes.length > 0 && { fullHashes }), cacheDuration: `${this.keep_s}s` };
  }

  find({ client, threatInfo }) {
    if (!client?.clientId) throw new Error("client.clientId is required");
    const { threatTypes, platformTypes, threatEntryTypes, threatEntries } = threatInfo;
    if (!platformTypes.includes("ANY_PLATFORM") || !threatEntryTypes.includes("URL")) throw new Error("nothing to match");
    const matches = this.matching(threatEntries.map(({ hash }) => hash)).filter(({ type }) => threatTypes.includes(type)).map(({ hash, type }) => ({
      threatType: type, platformType: "ANY_PLATFORM", threatEntryType: "URL", threat: { hash: hash.toString("base64") }, cacheDuration: `${this.keep_s}s` }));
    return { ...(matches.length > 0 && { matches }), negativeCacheDuration: `${this.keep_s}s` };
  }

  fetch({ client, listUpdateRequests }) {
    if (!client?.clientId) throw new Error("client.clientId is required");
    const listUpdateResponses = listUpdateRequests.map(({ threatType, platformType, threatEntryType, constraints }) => {
      if (!constraints.supportedCompressions.includes("RAW")) throw new Error("only RAW here");
      const prefixes = [...this.entries.values()].filter(({ type }) => type === threatType).map(({ hash }) => hash.subarray(0, kPrefix)).sort(Buffer.compare);
      const all = Buffer.concat(prefixes);
      return {
        threatType, platformType, threatEntryType, responseType: "FULL_UPDATE",
        ...(prefixes.length > 0 && { additions: [{ compressionType: "RAW", rawHashes: { prefixSize: kPrefix, rawHashes: all.toString("base64") } }] }),
        newClientState: Buffer.from(`${threatType} ${this.version}`).toString("base64"), checksum: { sha256: sha256(all).toString("base64") } };
    });
    return { listUpdateResponses, minimumWaitDuration: "1s" };
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(done));
  }
}
