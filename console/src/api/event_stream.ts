// A server-sent event stream over fetch: EventSource cannot send the tenant header.
//
//   connecting --connect: answered 200--> open
//   open       --read: ended, failed or silent--> waiting
//   waiting    --pause: back-off over--> connecting
//   connecting --connect: refused for good (4xx)--> closed
//   any        --stop--> closed
import { headersFor, pathWithQuery, type CallOptions } from './http';
import { SseParser, type Message } from './sse_parser';

export type StreamState = 'connecting' | 'open' | 'waiting' | 'closed';

interface StreamOptions {
  path: string;
  query: CallOptions['query'];
  /** Without one: of the installation. */
  tenant?: string;
  onMessage: (message: Message) => void;
  onState: (state: StreamState) => void;
}

const kFirstPauseMs = 500;
const kLongestPauseMs = 15_000;
// The server's heartbeats come far more often. A dead connection gives no error by itself, so
// silence must count as one.
const kSilenceMs = 60_000;

/** Half fixed, half random: many consoles must not all return in the moment a server comes back. */
function pauseMs(attempt: number): number {
  const bound = Math.min(kLongestPauseMs, kFirstPauseMs * 2 ** attempt);
  return bound / 2 + (Math.random() * bound) / 2;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function refusedForGood(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

async function readAll(
  body: ReadableStream<Uint8Array>,
  parser: SseParser,
  abort: () => void,
): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let silence = setTimeout(abort, kSilenceMs);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(silence);
      silence = setTimeout(abort, kSilenceMs);
      parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    clearTimeout(silence);
  }
}

/** Connects once; says whether it ever opened and whether trying again makes sense. */
async function connect(
  options: StreamOptions,
  stopped: AbortSignal,
): Promise<{ opened: boolean; again: boolean }> {
  const attempt = new AbortController();
  const abort = () => attempt.abort();
  stopped.addEventListener('abort', abort);
  let opened = false;
  try {
    const headers = headersFor(options.tenant === undefined ? {} : { tenant: options.tenant });
    headers.set('Accept', 'text/event-stream');
    const response = await fetch(pathWithQuery(options.path, options.query), {
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: attempt.signal,
    });
    if (!response.ok || response.body === null) {
      return { opened, again: !refusedForGood(response.status) };
    }
    opened = true;
    options.onState('open');
    await readAll(response.body, new SseParser(options.onMessage), abort);
  } catch {
    // Lost, silent or stopped: the caller decides by `stopped` whether to try again.
  } finally {
    stopped.removeEventListener('abort', abort);
  }
  return { opened, again: true };
}

async function run(options: StreamOptions, stopped: AbortSignal): Promise<void> {
  let attempt = 0;
  const isStopped = () => stopped.aborted;
  while (!isStopped()) {
    options.onState('connecting');
    const { opened, again } = await connect(options, stopped);
    if (isStopped()) return; // Nobody listens any more.
    if (!again) {
      options.onState('closed');
      return;
    }
    attempt = opened ? 0 : attempt + 1;
    options.onState('waiting');
    await pause(pauseMs(attempt), stopped);
  }
}

export function openEventStream(options: StreamOptions): () => void {
  const stop = new AbortController();
  void run(options, stop.signal);
  return () => stop.abort();
}
