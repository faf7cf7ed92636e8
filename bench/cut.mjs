// node bench/cut.mjs LISTEN TARGET: a TCP connection through it can be cut without either end being told, as a network does it.
// SIGUSR1: nothing passes any more, connections stay open. SIGHUP: everything passes 200 ms late. SIGUSR2: as at first.
import net from "node:net";

const [listen, target] = process.argv.slice(2).map(Number);
const LATE_MS = 200;
let held = false;
let late = false;
const sockets = new Set();

const join = (from, to) => {
  sockets.add(from);
  if (held) from.pause();
  const pass = (bytes) => {
    if (!to.destroyed && !to.write(bytes)) from.pause();
  };
  let waiting = 0; // in their order, also when `late` ends
  from.on("data", (bytes) => {
    if (!late && waiting === 0) return pass(bytes);
    waiting += 1;
    setTimeout(() => {
      waiting -= 1;
      pass(bytes);
    }, LATE_MS);
  });
  to.on("drain", () => held || from.resume());
  from.on("close", () => {
    sockets.delete(from);
    to.destroy();
  });
  from.on("error", () => from.destroy());
};

const server = net.createServer({ noDelay: true }, (near) => {
  const far = net.connect({ port: target, host: "127.0.0.1", noDelay: true });
  join(near, far);
  join(far, near);
});
process.on("SIGUSR1", () => {
  held = true;
  for (const socket of sockets) socket.pause();
});
process.on("SIGHUP", () => {
  late = true;
});
process.on("SIGUSR2", () => {
  held = false;
  late = false;
  for (const socket of sockets) socket.resume();
});
process.on("SIGTERM", () => process.exit(0));
server.listen(listen, "127.0.0.1");
