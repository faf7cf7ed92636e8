// Light or dark: the system's choice unless the user made one. The choice is an attribute on <html>
// that sets `color-scheme`; every colour in tokens.css follows from that.
import { useSyncExternalStore } from 'react';

export const kThemes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof kThemes)[number];

const kStorageKey = 'ashlar.theme';
const listeners = new Set<() => void>();

export function isTheme(value: unknown): value is Theme {
  return kThemes.some((theme) => theme === value);
}

function stored(): Theme {
  const value = localStorage.getItem(kStorageKey);
  return isTheme(value) ? value : 'system';
}

export function applyTheme(): void {
  document.documentElement.dataset['theme'] = stored();
}

export function setTheme(theme: Theme): void {
  localStorage.setItem(kStorageKey, theme);
  applyTheme();
  for (const listener of listeners) listener();
}

function subscribe(onChange: () => void): () => void {
  listeners.add(onChange);
  return () => listeners.delete(onChange);
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, stored);
}
