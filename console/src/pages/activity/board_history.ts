// What the board remembers of the last minute, which the server's answers do not say: who moved,
// and how the rate went. Pure.
import { rateOf, type Top, type TopRow } from '../../api/activity';

/** A mark that was gone after one refresh would flicker, and be gone before one has read it. */
export const kMoveShownS = 5;
export const kRatesShown = 60;

const kRatesKeptMs = 90_000;

interface Ranking {
  atMs: number;
  ranks: ReadonlyMap<string, number>;
}

export interface Rate {
  atMs: number;
  /** A second. */
  value: number;
}

export interface LiveBoard {
  top: Top;
  /** Oldest first; the last is now. */
  rates: readonly Rate[];
  rankings: readonly Ranking[];
}

/** `recent` is the same question about the last few seconds: only so is a rate the rate of now. */
export function nextBoard(old: LiveBoard | undefined, top: Top, recent: Top): LiveBoard {
  const atMs = Date.parse(top.as_of);
  const ranks = new Map(top.data.map((row) => [row.key, row.rank]));
  const rankings = (old?.rankings ?? []).filter(({ atMs: then }) => isWithin(then, atMs));
  const rates = (old?.rates ?? []).filter(
    ({ atMs: then }) => then < atMs && atMs - then < kRatesKeptMs,
  );
  return {
    top,
    rates: [...rates, { atMs, value: rateOf(recent) }].slice(-kRatesShown),
    rankings: [...rankings, { atMs, ranks }],
  };
}

function isWithin(thenMs: number, nowMs: number): boolean {
  return thenMs < nowMs && nowMs - thenMs <= kMoveShownS * 1000;
}

/** Ranks won since a few seconds ago; "new" who was not there; null where nothing is known. */
export function moveOf(board: LiveBoard, row: TopRow): number | 'new' | null {
  const before = board.rankings[0];
  if (!before || board.rankings.length < 2) return null;
  const rank = before.ranks.get(row.key);
  return rank === undefined ? 'new' : rank - row.rank;
}
