// What was changed in the forms of links and not saved yet. It outlives its form, so that looking
// at another page loses nothing; the browser asks before it would go with the tab.
import type { Answer } from '../../api/http';
import type { Link } from '../../api/links';

interface Kept {
  /** What the form was opened with: its etag tells whether somebody changed the link meanwhile. */
  answer: Answer<Link>;
  draft: unknown;
}

// Nobody leaves so many half done; the oldest goes.
const kMostKept = 100;
const kept = new Map<string, Kept>();

function askBefore(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

function listen(): void {
  if (kept.size > 0) window.addEventListener('beforeunload', askBefore);
  else window.removeEventListener('beforeunload', askBefore);
}

export function keptDraft(key: string): Kept | undefined {
  return kept.get(key);
}

export function keepDraft(key: string, draft: Kept): void {
  kept.set(key, draft);
  const [oldest] = kept.keys();
  if (kept.size > kMostKept && oldest !== undefined) kept.delete(oldest);
  listen();
}

export function forgetDraft(key: string): void {
  kept.delete(key);
  listen();
}
