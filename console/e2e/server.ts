// A real ashlar on a temporary folder and a free port.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const kDefaultBinary = fileURLToPath(new URL('../../build/release/ashlar', import.meta.url));
const kStartTimeoutMs = 15_000;
const kStopTimeoutMs = 10_000;
const kClaimLink = /http:\/\/\S+\/_\/#\/claim\/\S+/;

export class Server {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    readonly claimUrl: string,
  ) {}

  /** `settings`: further ones, as the environment has them. */
  static async start(settings: Record<string, string> = {}): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), 'ashlar-console-'));
    const binary = process.env['ASHLAR_BIN'] ?? kDefaultBinary;
    const args = ['serve', '--data', folder, '--listen', '127.0.0.1:0'];
    // Webhooks of the tests go to services of the tests.
    const env = { ...process.env, ASHLAR_WEBHOOKS_ALLOW_PRIVATE: 'true', ...settings };
    const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    try {
      return new Server(child, folder, await claimUrlOf(child));
    } catch (error) {
      child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get origin(): string {
    return new URL(this.claimUrl).origin;
  }

  get claimToken(): string {
    return this.claimUrl.split('/').at(-1) ?? '';
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      const exited = once(this.process, 'exit');
      this.process.kill('SIGTERM');
      const kill = setTimeout(() => this.process.kill('SIGKILL'), kStopTimeoutMs);
      await exited;
      clearTimeout(kill);
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Reads the banner until the one-time link stands in it; goes on draining both streams after. */
function claimUrlOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (why: string) => reject(new Error(`${why}; it said:\n${output}`));
    const timer = setTimeout(() => fail('no console link in the banner'), kStartTimeoutMs);
    const take = (chunk: Buffer) => {
      output += chunk.toString();
      // Only a link that a newline follows is whole.
      const link = kClaimLink.exec(output.slice(0, output.lastIndexOf('\n') + 1));
      if (!link) return;
      clearTimeout(timer);
      resolve(link[0]);
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.on('error', (error) => fail(error.message));
    child.on('exit', (code) => fail(`ashlar ended with ${code ?? 'a signal'}`));
  });
}
