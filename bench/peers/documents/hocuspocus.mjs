// @hocuspocus/server on a loopback port. Arguments: port [SQLite file [debounce_ms]].
// Without a file it keeps nothing; with one it stores as shipped (2 s after the last change, 10 s at most), or after `debounce_ms`.
import { SQLite } from "@hocuspocus/extension-sqlite";
import { Server } from "@hocuspocus/server";

const [port, file, debounce] = process.argv.slice(2);
const server = new Server({
  address: "127.0.0.1",
  port: Number(port),
  quiet: true,
  extensions: file === undefined ? [] : [new SQLite({ database: file })],
  ...(debounce === undefined ? {} : { debounce: Number(debounce), maxDebounce: Number(debounce) }),
});
await server.listen();
console.log("ready");
