// HTTP in two ways: Api, an ordinary keep-alive client; and raw bytes over a socket, for what no ordinary client sends.
import http from "node:http";
import https from "node:https";
import net from "node:net";
import tls from "node:tls";
import { kSlow, sleep } from "./process.mjs";

const kTimeout_ms = 20_000;

export class Api {
  constructor(origin, key = null, { maxSockets = 64, ca } = {}) {
    this.url = new URL(origin);
    this.origin = origin;
    this.key = key;
    this.transport = this.url.protocol === "https:" ? https : http;
    this.agent = new this.transport.Agent({ keepAlive: true, maxSockets, ca });
  }

  // {status, headers, body: Buffer, text, json}. `body`: bytes and text as they are, all else as JSON. Redirects are not followed.
  call(method, path, { body, headers = {}, key = this.key, host = this.url.hostname, port = this.url.port } = {}) {
    const sent = { ...headers };
    let payload;
    if (body !== undefined) {
      const plain = typeof body === "string" || Buffer.isBuffer(body);
      payload = Buffer.from(plain ? body : JSON.stringify(body));
      sent["Content-Length"] = payload.length;
      if (!Object.keys(sent).some((name) => name.toLowerCase() === "content-type")) sent["Content-Type"] = "application/json";
    }
    if (key) sent.Authorization ??= `Bearer ${key}`;
    return new Promise((done, failed) => {
      const request = this.transport.request({ agent: this.agent, host, port, method, path, headers: sent }, (answer) => {
        const chunks = [];
        answer.on("data", (chunk) => chunks.push(chunk));
        answer.on("error", failed);
        answer.on("end", () => done(new Answer(answer.statusCode, answer.headers, Buffer.concat(chunks))));
      });
      request.setTimeout(kTimeout_ms * kSlow, () => request.destroy(new Error(`${method} ${path}: no answer in time`)));
      request.on("error", failed);
      request.end(payload);
    });
  }

  get(path, options) {
    return this.call("GET", path, options);
  }
  post(path, body, options = {}) {
    return this.call("POST", path, { ...options, body });
  }
  patch(path, body, options = {}) {
    return this.call("PATCH", path, { ...options, body });
  }
  delete(path, options) {
    return this.call("DELETE", path, options);
  }

  close() {
    this.agent.destroy();
  }
}

export class Answer {
  constructor(status, headers, body) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
  get text() {
    return this.body.toString("utf8");
  }
  get json() {
    return JSON.parse(this.text);
  }
}

// Opens a connection, sends the `parts` one after another (bytes, text as latin1, a number of milliseconds to wait, or "END" for
// the end of our side) and reads until `answers` complete answers have come, the server closes, or the time is over.
// {answers: [Answer], bytes, closed: the server ended or reset it, took_ms}. `methods`: of the requests, where a HEAD is among them.
export async function raw(port, parts, { answers: wanted = Infinity, methods = [], timeout_ms = 5000, secure } = {}) {
  const started = performance.now();
  const socket = secure ? tls.connect({ port, host: "127.0.0.1", ...secure }) : net.connect(port, "127.0.0.1");
  let bytes = Buffer.alloc(0);
  let closed = false;
  let wake = () => {};
  socket.on("data", (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    wake();
  });
  socket.on("error", () => {});  // a reset is one way to be closed
  socket.on("end", () => ((closed = true), wake()));
  socket.on("close", () => ((closed = true), wake()));
  await new Promise((done) => {
    socket.once(secure ? "secureConnect" : "connect", done);
    socket.once("close", done);
  });
  for (const part of parts) {
    if (typeof part === "number") await sleep(part);
    else if (part === "END") socket.end();
    else if (!socket.destroyed) socket.write(typeof part === "string" ? Buffer.from(part, "latin1") : part);
  }
  const end = performance.now() + timeout_ms * kSlow;
  let found = [];
  for (;;) {
    found = parseAnswers(bytes, methods, closed);
    const left = end - performance.now();
    if (closed || found.length >= wanted || left <= 0) break;
    await new Promise((done) => {
      const timer = setTimeout(done, left);
      wake = () => (clearTimeout(timer), done());
    });
    wake = () => {};
  }
  socket.destroy();
  return { answers: found, bytes, closed, took_ms: performance.now() - started };
}

// Complete answers at the front of `bytes`; 1xx are left out.
export function parseAnswers(bytes, methods = [], closed = false) {
  const found = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf("\r\n\r\n", at);
    if (end < 0) return found;
    const [line, ...fields] = bytes.subarray(at, end).toString("latin1").split("\r\n");
    const status = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(line)?.[1]);
    if (!status) throw new Error(`not an answer: ${JSON.stringify(line)}`);
    const headers = {};
    for (const field of fields) {
      const colon = field.indexOf(":");
      const name = field.slice(0, colon).toLowerCase();
      const value = field.slice(colon + 1).trim();
      headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
    }
    at = end + 4;
    if (status < 200) continue;
    const bodiless = methods[found.length] === "HEAD" || status === 204 || status === 304;
    const length = headers["content-length"];
    if (!bodiless && length === undefined) {
      if (!closed) return found;
      found.push(new Answer(status, headers, bytes.subarray(at)));
      return found;
    }
    const size = bodiless ? 0 : Number(length);
    if (bytes.length < at + size) return found;
    found.push(new Answer(status, headers, bytes.subarray(at, at + size)));
    at += size;
  }
}

// Events of a text/event-stream: {ready, events: [{event, data}], closed, close()}; `events` grows as they come.
export function eventStream(origin, path, key) {
  const stream = { events: [], closed: false, close: () => request.destroy() };
  let text = "";
  const request = http.get(origin + path, { headers: { Authorization: `Bearer ${key}`, Accept: "text/event-stream" }, agent: false });
  stream.ready = new Promise((done, failed) => {
    request.on("error", (error) => ((stream.closed = true), failed(error)));
    request.on("response", (answer) => {
      stream.answer = answer;
      done(answer);
      answer.setEncoding("utf8");
      answer.on("data", (chunk) => {
        text += chunk;
        for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
          const fields = text.slice(0, end).split("\n").map((line) => line.split(/: ?(.*)/s));
          text = text.slice(end + 2);
          const of = (name) => fields.filter(([field]) => field === name).map(([, value]) => value).join("\n");
          if (of("data") !== "") stream.events.push({ event: of("event"), data: of("data") });
        }
      });
      answer.on("close", () => (stream.closed = true));
      answer.on("error", () => (stream.closed = true));
    });
  });
  return stream;
}
