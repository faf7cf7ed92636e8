import type { AuthoredRange } from '../../api/documents';
import { kColors } from './connection';

export interface Author {
  name: string;
  color: string;
}

const kUnknown = 'before the kept history';
const kNobodysColor = '#58524a';

export function nameOf(range: AuthoredRange): string {
  return range.user ?? kUnknown;
}

/** Whoever wrote most comes first. */
export function authorsOf(ranges: readonly AuthoredRange[]): Author[] {
  const shares = new Map<string, number>();
  for (const range of ranges) {
    if (range.key !== null) continue;
    shares.set(nameOf(range), (shares.get(nameOf(range)) ?? 0) + range.length);
  }
  return [...shares]
    .sort(([, a], [, b]) => b - a)
    .map(([name], index) => ({
      name,
      color: name === kUnknown ? kNobodysColor : (kColors[index % kColors.length] ?? kNobodysColor),
    }));
}
