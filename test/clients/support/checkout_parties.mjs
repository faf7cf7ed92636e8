// The three other parties of a checkout: a stock, an order and an access service, as small as they can be and be right: each does an
// action once, whatever is sent twice, and never after it was taken back.
import http from "node:http";

export class Party {
  // `undo`: what takes `act` back. `meet`: for tests: called with the name before it is done; what it answers is what the request gets
  // instead ("refuse"), or what happens to the answer ("lose": done, and the connection cut).
  constructor(act, undo) {
    this.act = act;
    this.undo = undo;
    this.done = new Map();  // by checkout: what was asked
    this.undone = new Set();
    this.keys = [];
    this.meet = () => {};
    this.server = http.createServer((request, response) => this.serve(request, response));
  }
  async listen() {
    await new Promise((ready) => this.server.listen(0, "127.0.0.1", ready));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }
  close() {
    this.server.closeAllConnections();
    return new Promise((closed) => this.server.close(closed));
  }
  async serve(request, response) {
    let text = "";
    for await (const chunk of request) text += chunk;
    const name = request.url.slice(1);
    const asked = JSON.parse(text);
    this.keys.push(request.headers["idempotency-key"]);
    const fate = await this.meet(name, asked);
    const answer = (status, body = {}) => response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    if (fate === "refuse" && !this.done.has(asked.checkout)) return answer(422, { reason: "no" });
    if (name === this.undo) {
      this.undone.add(asked.checkout);
      this.done.delete(asked.checkout);
    } else if (this.undone.has(asked.checkout)) {
      return answer(410, { reason: "taken back" });
    } else {
      this.done.set(asked.checkout, asked);
    }
    if (fate === "lose") return request.socket.destroy();
    answer(200, { [name]: asked.merchant_reference });
  }
}

export async function parties() {
  const [stock, order, access] = await Promise.all(
    [new Party("reserve", "release"), new Party("confirm", "unconfirm"), new Party("grant", "revoke")].map((one) => one.listen()));
  return { stock, order, access, all: [stock, order, access] };
}
