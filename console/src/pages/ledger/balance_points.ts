// A balance over time, from the legs that moved it.
import type { Leg } from '../../api/ledger';

export interface BalancePoint {
  fromMs: number;
  untilMs: number;
  /** At the end of it. */
  balance: number;
}

/**
 * So many equal stretches from the oldest leg to now, each with the balance at its end. `legs`:
 * newest first, with the balance after each.
 */
export function balancePoints(legs: readonly Leg[], nowMs: number, count: number): BalancePoint[] {
  const oldest = legs.at(-1);
  if (!oldest) return [];
  const startMs = Date.parse(oldest.at);
  const stepMs = Math.max(1, (nowMs - startMs) / count);
  const rising = legs.map(({ at, balance }) => ({ atMs: Date.parse(at), balance })).reverse();
  const points: BalancePoint[] = [];
  let next = 0;
  let balance = rising[0]?.balance ?? 0;
  for (let i = 0; i < count; i++) {
    const fromMs = startMs + i * stepMs;
    const untilMs = i === count - 1 ? Infinity : fromMs + stepMs;
    for (let leg = rising[next]; leg && leg.atMs <= untilMs; leg = rising[next]) {
      balance = leg.balance;
      next += 1;
    }
    points.push({ fromMs, untilMs: fromMs + stepMs, balance });
  }
  return points;
}

/** Round values around those of the points, 0 always among them; the first and last are its edges. */
export function balanceScale(points: readonly BalancePoint[]): number[] {
  const values = points.map(({ balance }) => balance);
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const least = Math.max(1, (high - low) / 4);
  const magnitude = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((factor) => factor * magnitude).find((size) => size >= least) ?? 1;
  const first = Math.floor(low / step);
  const last = Math.max(first + 1, Math.ceil(high / step));
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}
