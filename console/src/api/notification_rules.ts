// Event rules: whom to tell what when something happens.
import { call, type Page } from './http';

export type RuleTo = Partial<
  Record<
    | 'user_id'
    | 'email'
    | 'phone'
    | 'topic'
    | 'segment'
    | 'user_id_at'
    | 'email_at'
    | 'phone_at'
    | 'topic_at'
    | 'segment_at',
    string | null
  >
>;

export interface RuleFields {
  name: string;
  event_type: string;
  enabled: boolean;
  /** By JSON pointers into the event. */
  match?: unknown;
  to: RuleTo;
  template?: string | null;
  data?: unknown;
  content?: unknown;
  category?: string | null;
  channels?: string[] | null;
  priority?: string;
  delay_s?: number;
}

export interface NotificationRule extends RuleFields {
  id: string;
  accepted: number;
  failed: number;
  last_accepted_at: string | null;
  last_failure: { at: string; event_id: string; reason: string; detail: string } | null;
  created_at: string;
  updated_at: string;
}

const kRules = '/v1/notification-rules';
const rulePath = (id: string) => `${kRules}/${encodeURIComponent(id)}`;

/** All of them: a tenant has 100 at most. */
export async function listRules(tenant: string, signal?: AbortSignal): Promise<NotificationRule[]> {
  return (await call<Page<NotificationRule>>('GET', kRules, { tenant, signal })).data.data;
}

export async function createRule(tenant: string, rule: RuleFields): Promise<void> {
  await call<unknown>('POST', kRules, { tenant, body: rule });
}

/** All of it: what is left out is gone. */
export async function putRule(tenant: string, id: string, rule: RuleFields): Promise<void> {
  await call<unknown>('PUT', rulePath(id), { tenant, body: rule });
}

export async function deleteRule(tenant: string, id: string): Promise<void> {
  await call<undefined>('DELETE', rulePath(id), { tenant });
}
