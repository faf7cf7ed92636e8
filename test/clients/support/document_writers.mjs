// Writers of documents who know what was acknowledged to them, and witnesses who know what they have seen. Each writes tokens
// ("[0.3.17]") at the end of the text `content`, one after another, until its connection breaks.
import { HocuspocusProvider, HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import WebSocket from "ws";
import * as Y from "yjs";
import { WebsocketProvider } from "y-websocket";
import { Api } from "./http.mjs";

export { Y };
export const kRoot = "content";

// By HTTP: an update a request; acknowledged by its 200.
export class HttpWriter {
  constructor(server, name, mark) {
    Object.assign(this, { name, mark, acknowledged: [], sent: 0 });
    this.api = new Api(server.origin, server.key, { maxSockets: 1 });
  }
  async run() {
    const doc = new Y.Doc();
    try {
      const state = await this.api.get(`/v1/documents/${this.name}/state`);
      if (state.status === 200) Y.applyUpdate(doc, state.body);
      while (!this.ended) {
        const before = Y.encodeStateVector(doc);
        const token = `[${this.mark}.${++this.sent}]`;
        doc.getText(kRoot).insert(doc.getText(kRoot).length, token);
        const answer = await this.api.post(`/v1/documents/${this.name}/update`, Buffer.from(Y.encodeStateAsUpdate(doc, before)),
          { headers: { "Content-Type": "application/octet-stream" } });
        if (answer.status !== 200) throw new Error(`an update was answered ${answer.status}: ${answer.text}`);
        this.acknowledged.push(token);
      }
    } catch (error) {
      if (!isBroken(error)) throw error;
    } finally {
      this.api.close();
      doc.destroy();
    }
  }
  end() {
    this.ended = true;
  }
}

// What a connection's end looks like; anything else is a finding.
function isBroken(error) {
  return ["ECONNRESET", "ECONNREFUSED", "EPIPE"].includes(error.code) || /socket hang up/.test(error.message);
}

// By Hocuspocus' provider: acknowledged once nothing of its own is unsynced.
export class HocuspocusWriter {
  constructor(server, name, mark) {
    Object.assign(this, { name, mark, acknowledged: [], sent: 0, waiting: [] });
    this.doc = new Y.Doc();
    this.socket = new HocuspocusProviderWebsocket({
      url: `${server.origin.replace("http", "ws")}/v1/documents/hocuspocus`, WebSocketPolyfill: WebSocket, maxAttempts: 1 });
    this.provider = new HocuspocusProvider({ websocketProvider: this.socket, name, document: this.doc, token: server.key });
    this.provider.attach();
    this.provider.on("synced", () => this.write());
    this.provider.on("unsyncedChanges", () => {
      if (!this.provider.hasUnsyncedChanges) this.settled();
    });
  }
  settled() {
    if (this.ended || this.waiting.length === 0) return;
    this.acknowledged.push(...this.waiting.splice(0));
    setImmediate(() => this.write());
  }
  write() {
    if (this.ended || this.waiting.length > 0) return;
    const token = `[${this.mark}.${++this.sent}]`;
    this.waiting.push(token);
    this.doc.getText(kRoot).insert(this.doc.getText(kRoot).length, token);
  }
  // At once: what it does not know yet it must not send again.
  end() {
    this.ended = true;
    this.provider.destroy();
    this.socket.destroy();
    this.doc.destroy();
  }
}

// By y-websocket: reads, and knows what others have written as soon as it has seen it.
export class Witness {
  constructor(server, name) {
    this.name = name;
    this.doc = new Y.Doc();
    this.provider = new WebsocketProvider(`${server.origin.replace("http", "ws")}/v1/documents/ws`, name, this.doc,
      { WebSocketPolyfill: WebSocket, disableBc: true, params: { token: server.key } });
  }
  seen() {
    return tokensOf(this.doc.getText(kRoot).toString());
  }
  end() {
    this.text = this.doc.getText(kRoot).toString();
    this.provider.destroy();
    this.doc.destroy();
  }
}

export function tokensOf(text) {
  return text.match(/\[[0-9.]+\]/g) ?? [];
}
