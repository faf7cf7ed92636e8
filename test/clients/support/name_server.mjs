// NameServer: answers for TXT records of the names that it is given, over UDP and, what is too long for that, TCP (RFC 1035). `silent`
// and `fails` are how it does not.
import dgram from "node:dgram";
import net from "node:net";

const kHeader = 12;
const kTxt = 16;

// The question's name in lower case, its type, and where it ends.
function questionOf(message) {
  const labels = [];
  let at = kHeader;
  while (message[at] !== 0) {
    labels.push(message.toString("latin1", at + 1, at + 1 + message[at]));
    at += 1 + message[at];
  }
  return { name: labels.join(".").toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function recordOf(text) {
  const bytes = Buffer.from(text);
  const pieces = [];
  for (let at = 0; at < bytes.length || at === 0; at += 255) {
    const piece = bytes.subarray(at, at + 255);
    pieces.push(Buffer.from([piece.length]), piece);
  }
  const data = Buffer.concat(pieces);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc000 + kHeader, 0);  // the question's name
  head.writeUInt16BE(kTxt, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

export class NameServer {
  static async start() {
    const server = new NameServer();
    for (let tries = 0; ; ++tries) {
      server.udp = dgram.createSocket("udp4");
      await new Promise((done) => server.udp.bind(0, "127.0.0.1", done));
      const { port } = server.udp.address();
      server.tcp = net.createServer((socket) => server.talk(socket));
      const taken = await new Promise((done) => server.tcp.once("error", done).listen(port, "127.0.0.1", () => done(null)));
      if (!taken) break;
      server.udp.close();
      if (tries === 10) throw taken;
    }
    server.address = `127.0.0.1:${server.udp.address().port}`;
    server.udp.on("message", (message, from) => {
      const answer = server.answer(message, 512);
      if (answer) server.udp.send(answer, from.port, from.address);
    });
    return server;
  }

  constructor() {
    Object.assign(this, { records: new Map(), asked: [], silent: false, fails: false });
  }

  talk(socket) {
    socket.on("error", () => {});
    socket.once("data", (data) => {
      const answer = this.answer(data.subarray(2), 65_535);
      if (!answer) return;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(answer.length);
      socket.end(Buffer.concat([length, answer]));
    });
  }

  answer(message, most) {
    const { name, type, end } = questionOf(message);
    this.asked.push({ name, type, over: most === 512 ? "udp" : "tcp" });
    if (this.silent) return null;
    const texts = this.records.get(name);
    const found = type === kTxt && !this.fails ? (texts ?? []).map(recordOf) : [];
    const head = Buffer.from(message.subarray(0, kHeader));
    head.writeUInt16BE(0x8180 | (this.fails ? 2 : texts ? 0 : 3), 2);
    head.writeUInt16BE(found.length, 6);
    head.writeUInt32BE(0, 8);
    const whole = Buffer.concat([head, message.subarray(kHeader, end), ...found]);
    if (whole.length <= most) return whole;
    head.writeUInt16BE(0x8380, 2);  // cut off: ask again over TCP
    head.writeUInt16BE(0, 6);
    return Buffer.concat([head, message.subarray(kHeader, end)]);
  }

  stop() {
    this.udp.close();
    this.tcp.close();
  }
}
