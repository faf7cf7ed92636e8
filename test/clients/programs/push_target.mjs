// A push target: node push_target.mjs SECRET. Verifies what comes (Standard Webhooks, by node:crypto alone) and answers as the path
// says. Prints {"port"} first, then a line of JSON for each request. With SECRET "-" signatures are not looked at.
import { createHmac, timingSafeEqual } from "node:crypto";
import http from "node:http";

const secret = process.argv[2];
const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
const seen = new Map();  // requests by task and path

function verified(headers, body) {
  if (secret === "-") return true;
  const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures = "" } = headers;
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) return false;
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
  return signatures.split(" ").some((one) => {
    const [version, text] = one.split(",");
    const given = Buffer.from(text ?? "", "base64");
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

// The answer to the n-th request of a task for a path: /ok, /status/410, /fail/2 (500 twice, then 200), /busy/1 (429 once, with
// Retry-After: 1), /slow/300 (ms), /redirect.
function answer(path, n, response) {
  const [, what, number] = path.split("/");
  const end = (status, headers = {}) => response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify({ path, n }));
  if (what === "status") return end(Number(number));
  if (what === "fail") return end(n <= Number(number) ? 500 : 200);
  if (what === "busy") return n <= Number(number) ? end(429, { "Retry-After": "1" }) : end(200);
  if (what === "redirect") return end(302, { Location: "/ok" });
  if (what === "slow") return void setTimeout(() => end(200), Number(number));
  return end(200);
}

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    const task = request.headers["ashlar-task-id"];
    const of = `${task} ${request.url}`;
    seen.set(of, (seen.get(of) ?? 0) + 1);
    const good = verified(request.headers, body);
    console.log(JSON.stringify({ path: request.url, method: request.method, task, verified: good, at_ms: Date.now(), headers: request.headers, body: body.toString() }));
    if (!good) return response.writeHead(401).end();
    answer(request.url, seen.get(of), response);
  });
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
