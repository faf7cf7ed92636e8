import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A service that is told of events; `status` is what it answers. */
export class Receiver {
  status = 204;
  readonly seen: { id: string; body: string }[] = [];
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        this.seen.push({ id: String(request.headers['webhook-id']), body });
        response.writeHead(this.status).end(this.status === 204 ? '' : 'out of stones');
      });
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hooks`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
