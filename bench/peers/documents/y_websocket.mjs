// @y/websocket-server on a loopback port, in memory. Argument: port.
import http from "node:http";
import { WebSocketServer } from "ws";
import { setupWSConnection } from "@y/websocket-server/utils";

const server = http.createServer();
const sockets = new WebSocketServer({ server });
sockets.on("connection", (socket, request) => setupWSConnection(socket, request));
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
