// The text/event-stream format, as the HTML standard defines it, without what the console has no
// use for (ids and retry times). Pure: text in, messages out.

export interface Message {
  event: string;
  data: string;
}

/** Feed it text in pieces of any size; it calls back once for every complete message. */
export class SseParser {
  private buffer = '';
  private event = '';
  private data: string[] = [];

  constructor(private readonly onMessage: (message: Message) => void) {}

  feed(text: string): void {
    this.buffer += text;
    // A CR at the very end may be half of a CRLF: it waits for the next piece.
    for (;;) {
      const end = /\r\n|\n|\r(?!$)/.exec(this.buffer);
      if (!end) return;
      const line = this.buffer.slice(0, end.index);
      this.buffer = this.buffer.slice(end.index + end[0].length);
      this.takeLine(line);
    }
  }

  private takeLine(line: string): void {
    if (line === '') {
      this.dispatch();
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return; // A comment: the server's heartbeat.
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.event = value;
    if (field === 'data') this.data.push(value);
  }

  private dispatch(): void {
    if (this.data.length > 0) {
      this.onMessage({ event: this.event || 'message', data: this.data.join('\n') });
    }
    this.event = '';
    this.data = [];
  }
}
