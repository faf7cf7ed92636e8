// Documents as editors have them: the providers of npm as they are, and raw frames for what no provider sends.
import { HocuspocusProvider, HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import WebSocket from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";
import { eventually } from "./process.mjs";

export const text = (doc) => doc.getText("content").toString();
export const same = (...docs) => docs.every((doc) => text(doc) === text(docs[0]) && Buffer.from(Y.encodeStateVector(doc)).equals(Buffer.from(Y.encodeStateVector(docs[0]))));

// One person who has a document open; destroy() leaves.
export class YWriter {
  constructor(origin, name, token, { doc = new Y.Doc(), params = {}, ...more } = {}) {
    this.doc = doc;
    this.closes = [];
    this.denials = 0;
    this.provider = new WebsocketProvider(`${origin.replace(/^http/, "ws")}/v1/documents/ws`, name, doc, {
      WebSocketPolyfill: WebSocket, disableBc: true, params: token ? { token, ...params } : params, ...more,
    });
    this.provider.on("connection-close", (event) => this.closes.push(event?.code));
    this.awareness = this.provider.awareness;
  }
  static async open(...args) {
    const writer = new YWriter(...args);
    await writer.synced();
    return writer;
  }
  synced() {
    return eventually("y-websocket has synced", () => this.provider.synced, 10_000);
  }
  destroy() {
    this.provider.destroy();
    this.doc.destroy();
  }
}

export class HocuspocusWriter {
  // `socket`: of another writer, to share it; `session`: a second visit of one document.
  constructor(origin, name, token, { doc = new Y.Doc(), socket, ...more } = {}) {
    this.doc = doc;
    this.statuses = [];
    this.closes = [];
    this.failures = [];
    this.scopes = [];
    this.ownsSocket = !socket;
    this.socket = socket ?? new HocuspocusProviderWebsocket({ url: `${origin.replace(/^http/, "ws")}/v1/documents/hocuspocus`, WebSocketPolyfill: WebSocket });
    this.provider = new HocuspocusProvider({
      websocketProvider: this.socket, name, document: doc, token,
      onAuthenticationFailed: ({ reason }) => this.failures.push(reason),
      onAuthenticated: ({ scope }) => this.scopes.push(scope),
      onClose: ({ event }) => this.closes.push(event?.code),
      ...more,
    });
    this.provider.attach();
    this.awareness = this.provider.awareness;
  }
  static async open(...args) {
    const writer = new HocuspocusWriter(...args);
    await writer.synced();
    return writer;
  }
  synced() {
    return eventually("Hocuspocus' provider has synced", () => this.provider.synced, 10_000);
  }
  stored() {
    return eventually("everything is acknowledged", () => !this.provider.hasUnsyncedChanges, 10_000);
  }
  destroy() {
    this.provider.destroy();
    if (this.ownsSocket) this.socket.destroy();
    this.doc.destroy();
  }
}

// A socket without a provider: `frames` are what came, `closed` the code.
export class RawSocket {
  constructor(url, options = {}) {
    this.frames = [];
    this.code = null;
    this.status = null;
    this.socket = new WebSocket(url, options);
    this.socket.binaryType = "nodebuffer";
    this.socket.on("message", (data) => this.frames.push(data));
    this.socket.on("error", () => {});
    this.socket.on("unexpected-response", (_, answer) => { this.status = answer.statusCode; this.socket.terminate(); });
    this.closed = new Promise((done) => this.socket.on("close", (code, reason) => { this.code = code; this.reason = String(reason); done(code); }));
    this.opened = new Promise((done) => { this.socket.on("open", () => done(true)); this.socket.on("error", () => done(false)); });
  }
  send(...parts) {
    this.socket.send(Buffer.concat(parts.map((part) => typeof part === "number" ? Buffer.from([part]) : Buffer.from(part))));
  }
  frame(what, matches) {
    return eventually(what, () => this.frames.find(matches), 10_000);
  }
  destroy() {
    this.socket.terminate();
  }
}

export const bytes = (data) => encoding.encode((encoder) => encoding.writeVarUint8Array(encoder, data));
export const string = (value) => encoding.encode((encoder) => encoding.writeVarString(encoder, value));
export const number = (value) => encoding.encode((encoder) => encoding.writeVarUint(encoder, value));
export const readers = decoding;
