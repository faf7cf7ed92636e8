// Outcomes and ages as people say them.
import type { Item, Outcome, Resolution, Run } from '../../api/reconciliations';
import { Badge } from '../../ui/badge';

export const kOutcomeWords: Record<Outcome, string> = {
  matched: 'Matched',
  missing: 'Missing',
  extra: 'Extra',
  amount: 'Amount',
  fee: 'Fee',
  date: 'Date',
};

export const kOutcomeMeaning: Record<Outcome, string> = {
  matched: 'Both have it, alike.',
  missing: 'We have it, the statement has not.',
  extra: 'The statement has it, we have not.',
  amount: 'Both have it, the amounts differ.',
  fee: 'Both have it, the fees differ.',
  date: 'Both have it, on days too far apart.',
};

export const kResolutionWords: Record<string, string> = {
  appeared: 'On a later statement',
  recorded: 'Recorded by us since',
  written_off: 'Written off',
  corrected: 'The statement was wrong',
  explained: 'Explained',
};

export const kResolutionMeaning: Record<Resolution, string> = {
  written_off: 'The difference moves to the account of differences.',
  corrected: 'What the statement put into suspense is taken back.',
  explained: 'Nothing is booked.',
};

export function RunBadge({ run }: { run: Run }) {
  if (run.state === 'running') return <Badge tone="off">Running</Badge>;
  if (run.state === 'replaced') return <Badge tone="off">Replaced</Badge>;
  if (run.breaks === 0) return <Badge tone="good">All match</Badge>;
  if (run.open_breaks === 0) return <Badge tone="good">Settled</Badge>;
  return <Badge tone="bad">{`${run.open_breaks} open`}</Badge>;
}

export function ItemBadge({ item }: { item: Item }) {
  if (item.state === 'open') return <Badge tone="bad">Open</Badge>;
  if (item.state === null) return <Badge tone="good">Matched</Badge>;
  return <Badge tone="off">{item.state === 'replaced' ? 'Replaced' : 'Settled'}</Badge>;
}

/** "dispute_reversal" is "Dispute won". */
export function typeWords(type: string): string {
  const known: Record<string, string> = {
    refund_failure: 'Refund that failed',
    dispute_reversal: 'Dispute won',
    payout_failure: 'Payout that failed',
  };
  return known[type] ?? type.charAt(0).toUpperCase() + type.slice(1);
}
