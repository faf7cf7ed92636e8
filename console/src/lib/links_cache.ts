// What is known of links on this page, and how news is put into it without asking again.
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import type { Bucket, ClickEvent, LinkStats } from '../api/clicks';
import type { Answer, Page } from '../api/http';
import { nameOf, type Link, type LinkFilter, type LinkName } from '../api/links';

const kOwn = '';

export const linkKeys = {
  lists: (tenant: string) => ['links', tenant],
  list: (tenant: string, filter: LinkFilter) => ['links', tenant, filter],
  link: (tenant: string, { code, domain }: LinkName) => ['link', tenant, domain ?? kOwn, code],
  stats: (tenant: string, { code, domain }: LinkName) => ['stats', tenant, domain ?? kOwn, code],
  clicks: (tenant: string, { code, domain }: LinkName) => ['clicks', tenant, domain ?? kOwn, code],
  tags: (tenant: string) => ['link-tags', tenant],
  domains: (tenant: string) => ['link-domains', tenant],
  imports: (tenant: string) => ['link-imports', tenant],
};

type LinkPages = InfiniteData<Page<Link>, string | null>;

/** Changes one link wherever it is shown. */
export function changeLink(
  client: QueryClient,
  tenant: string,
  name: LinkName,
  change: (link: Link) => Link,
): void {
  const isIt = (link: Link) => link.code === name.code && (link.domain ?? null) === name.domain;
  client.setQueriesData<LinkPages>({ queryKey: linkKeys.lists(tenant) }, (old) => {
    if (!old?.pages.some((page) => page.data.some(isIt))) return old;
    const pages = old.pages.map((page) => ({
      ...page,
      data: page.data.map((link) => (isIt(link) ? change(link) : link)),
    }));
    return { ...old, pages };
  });
  client.setQueryData<Answer<Link>>(linkKeys.link(tenant, name), (old) =>
    old ? { ...old, data: change(old.data) } : old,
  );
}

/** Takes over what the server answered; clicks only ever grow, and the stream may be ahead. */
export function putLink(client: QueryClient, tenant: string, answer: Answer<Link>): void {
  const link = answer.data;
  changeLink(client, tenant, nameOf(link), (old) => ({
    ...link,
    clicks: Math.max(old.clicks, link.clicks),
  }));
  client.setQueryData<Answer<Link>>(linkKeys.link(tenant, nameOf(link)), (old) => ({
    data: old ? { ...link, clicks: Math.max(old.data.clicks, link.clicks) } : link,
    etag: answer.etag,
  }));
}

function addTo(buckets: Bucket[], at: number, clicks: number): Bucket[] {
  const last = buckets.at(-1);
  const before = buckets.at(-2);
  if (!last || !before) return buckets;
  const lastMs = Date.parse(last.start);
  const widthMs = lastMs - Date.parse(before.start);
  const steps = Math.floor((at - lastMs) / widthMs);
  if (steps < 0) {
    const index = buckets.length - 1 + steps;
    return buckets.map((b, i) => (i === index ? { ...b, clicks: b.clicks + clicks } : b));
  }
  // The clock has moved on since the server answered: as many new buckets, as many old ones gone.
  const fresh = Array.from({ length: Math.min(steps, buckets.length) }, (_, i) => ({
    start: new Date(lastMs + (i + 1) * widthMs).toISOString(),
    clicks: 0,
  }));
  const moved = [...buckets.slice(fresh.length), ...fresh];
  const end = moved.length - 1;
  return moved.map((b, i) => (i === end ? { ...b, clicks: b.clicks + clicks } : b));
}

/**
 * Adds streamed clicks to the stats. The event's total decides how many are new: stats that were
 * read after the event happened already hold it, and adding its own count would count it twice.
 */
export function withClicks(stats: LinkStats, event: ClickEvent): LinkStats {
  const added = event.total - stats.clicks;
  if (added <= 0) return stats;
  const at = Date.parse(event.at);
  return {
    ...stats,
    clicks: event.total,
    as_of: event.at,
    by_hour: addTo(stats.by_hour, at, added),
    by_day: addTo(stats.by_day, at, added),
  };
}

export function applyClicks(client: QueryClient, tenant: string, event: ClickEvent): void {
  const name = { code: event.code, domain: event.domain ?? null };
  changeLink(client, tenant, name, (link) =>
    event.total > link.clicks ? { ...link, clicks: event.total } : link,
  );
  client.setQueryData<LinkStats>(linkKeys.stats(tenant, name), (old) =>
    old ? withClicks(old, event) : old,
  );
}
