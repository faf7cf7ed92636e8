// What a rule does, in a line.
import type { NotificationRule } from '../../../api/notification_rules';
import { draftOf, namesPlace } from './rule_draft';

const kNames: Record<string, string> = {
  user_id: 'user',
  email: 'mail address',
  phone: 'number',
  topic: 'topic',
  segment: 'segment',
};

/** "the user at /data/user_id, by order-shipped, 60 s later" */
export function whomWords(rule: NotificationRule): string {
  const { to, whom } = draftOf(rule);
  const name = kNames[to.replace(/_at$/, '')] ?? to;
  const who = namesPlace(to) ? `the ${name} at ${whom}` : `${name} ${whom}`;
  const parts = [who, (rule.template ?? '') === '' ? 'by a text' : `by ${rule.template}`];
  if (rule.match !== undefined && rule.match !== null) parts.push('on conditions');
  if ((rule.delay_s ?? 0) > 0) parts.push(`${rule.delay_s} s later`);
  return parts.join(', ');
}
