// A rule as it is typed: texts, and what they come to. Pure.
import type { NotificationRule, RuleFields, RuleTo } from '../../../api/notification_rules';
import { readObject } from '../json_field';

export interface RuleDraft {
  name: string;
  event_type: string;
  match: string;
  /** A member of "to": whom, or where the event says it. */
  to: keyof RuleTo;
  whom: string;
  /** Empty: content. */
  template: string;
  data: string;
  subject: string;
  text: string;
  category: string;
  channels: string;
  delay: string;
}

export const kRecipients: readonly { value: keyof RuleTo; label: string }[] = [
  { value: 'user_id_at', label: 'The user that the event names' },
  { value: 'email_at', label: 'The mail address that the event names' },
  { value: 'phone_at', label: 'The number that the event names' },
  { value: 'topic_at', label: 'The topic that the event names' },
  { value: 'segment_at', label: 'The segment that the event names' },
  { value: 'user_id', label: 'Always one user' },
  { value: 'email', label: 'Always one mail address' },
  { value: 'phone', label: 'Always one number' },
  { value: 'topic', label: 'All of a topic' },
  { value: 'segment', label: 'All of a segment' },
];

export const namesPlace = (to: keyof RuleTo) => to.endsWith('_at');

const pretty = (value: unknown) =>
  value === undefined || value === null ? '' : JSON.stringify(value, null, 2);

function recipientOf(to: RuleTo): { to: keyof RuleTo; whom: string } {
  for (const { value } of kRecipients) {
    const whom = to[value];
    if (whom !== undefined && whom !== null) return { to: value, whom };
  }
  return { to: 'user_id_at', whom: '' };
}

export function draftOf(rule: NotificationRule | null): RuleDraft {
  const content = (rule?.content ?? {}) as { subject?: string; text?: string };
  return {
    name: rule?.name ?? '',
    event_type: rule?.event_type ?? '',
    match: pretty(rule?.match),
    ...recipientOf(rule?.to ?? { user_id_at: '/data/user_id' }),
    template: rule?.template ?? '',
    data: pretty(rule?.data),
    subject: content.subject ?? '',
    text: content.text ?? '',
    category: rule?.category ?? '',
    channels: (rule?.channels ?? []).join(', '),
    delay: rule?.delay_s === undefined || rule.delay_s === 0 ? '' : String(rule.delay_s),
  };
}

export function wrongIn(draft: RuleDraft): Record<string, string> {
  const wrong: Record<string, string> = {};
  for (const member of ['match', 'data'] as const) {
    const read = readObject(draft[member]);
    if (read.wrong !== null) wrong[member] = read.wrong;
  }
  if (draft.delay.trim() !== '' && !/^\d+$/.test(draft.delay.trim())) {
    wrong['delay_s'] = 'Give seconds.';
  }
  return wrong;
}

/** What a form has no field for (html of content, priority) stays as it was. */
export function ruleOf(draft: RuleDraft, before: NotificationRule | null): RuleFields {
  const channels = draft.channels.split(/[\s,]+/).filter((name) => name !== '');
  const template = draft.template.trim();
  const match = readObject(draft.match).value;
  const data = readObject(draft.data).value;
  const subject = draft.subject.trim();
  const content = {
    ...(before?.content as object | null | undefined),
    subject: subject === '' ? undefined : subject,
    text: draft.text,
  };
  return {
    name: draft.name.trim(),
    event_type: draft.event_type.trim(),
    enabled: before?.enabled ?? true,
    to: { [draft.to]: draft.whom.trim() },
    ...(match === undefined ? {} : { match }),
    ...(template === '' ? { content } : { template }),
    ...(template !== '' && data !== undefined ? { data } : {}),
    ...(draft.category.trim() === '' ? {} : { category: draft.category.trim() }),
    ...(channels.length === 0 ? {} : { channels }),
    ...(before?.priority === undefined ? {} : { priority: before.priority }),
    ...(draft.delay.trim() === '' ? {} : { delay_s: Number(draft.delay.trim()) }),
  };
}
