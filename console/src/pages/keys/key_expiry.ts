import { daysFromNow } from '../../lib/time';

export const expiryOptions = [
  { value: 'never', label: 'Never' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In a year' },
];

export function toExpiresAt(choice: string, nowMs: number): string | null {
  return choice === 'never' ? null : daysFromNow(Number(choice), nowMs);
}
