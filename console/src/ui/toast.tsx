// Short news about something that was done, or could not be, away from where one looks.
import { useSyncExternalStore } from 'react';
import { Button } from './button';
import './toast.css';

interface Toast {
  id: number;
  tone: 'good' | 'bad';
  text: string;
}

const kShownMs = 6_000;
const kMostShown = 3;
const listeners = new Set<() => void>();
let toasts: readonly Toast[] = [];
let nextId = 1;

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function dismiss(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

export function toast(tone: Toast['tone'], text: string): void {
  const id = nextId++;
  set([...toasts, { id, tone, text }].slice(-kMostShown));
  // Failures stay until they are read.
  if (tone === 'good') setTimeout(() => dismiss(id), kShownMs);
}

function subscribe(onChange: () => void): () => void {
  listeners.add(onChange);
  return () => listeners.delete(onChange);
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <section className="toasts" aria-label="News" aria-live="polite">
      {shown.map(({ id, tone, text }) => (
        <div key={id} className={`toast toast-${tone}`}>
          <span>{text}</span>
          <Button look="bare" small onPress={() => dismiss(id)} aria-label={`Dismiss: ${text}`}>
            ✕
          </Button>
        </div>
      ))}
    </section>
  );
}
