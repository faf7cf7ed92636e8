import type { NotificationProvider, ProviderHealth } from '../../../api/notification_providers';
import { formatRate } from '../../../lib/numbers';
import { durationWords } from '../../../lib/time';
import { Badge } from '../../../ui/badge';
import { kindOf } from './provider_kinds';

export function kindWords(type: string): string {
  return kindOf(type)?.label ?? type;
}

/** What is wrong, if anything; what bars it comes before what slows it. */
export function troubleWords(health: ProviderHealth | undefined): string | null {
  if (health === undefined) return null;
  if (health.trouble !== null) return health.trouble;
  if (health.credential !== 'closed') return 'Its credential was refused.';
  if (health.breaker === 'open') return 'It fails, and is not asked for a while.';
  if (health.breaker === 'half_open') return 'It failed, and is tried again.';
  if (health.quiet_for_ms > 0) {
    return `It asked to be left alone for ${durationWords(health.quiet_for_ms)}.`;
  }
  return null;
}

interface HealthBadgeProps {
  provider: Pick<NotificationProvider, 'enabled'>;
  health: ProviderHealth | undefined;
}

export function HealthBadge({ provider, health }: HealthBadgeProps) {
  if (!provider.enabled) return <Badge tone="off">Disabled</Badge>;
  if (health === undefined) return <Badge tone="off">Not asked yet</Badge>;
  if (health.trouble !== null) return <Badge tone="bad">Unusable</Badge>;
  if (health.credential !== 'closed') return <Badge tone="bad">Refused</Badge>;
  if (health.breaker === 'open') return <Badge tone="bad">Failing</Badge>;
  if (health.breaker === 'half_open') return <Badge tone="bad">Probing</Badge>;
  if (health.quiet_for_ms > 0) return <Badge tone="off">Resting</Badge>;
  return <Badge tone="good">{health.calls === 0 ? 'Ready' : 'Well'}</Badge>;
}

export function paceWords({ pace_per_s: pace, max_running: most }: NotificationProvider): string {
  const atOnce = `${most} at once`;
  return pace === null ? atOnce : `${formatRate(pace)} a second, ${atOnce}`;
}
