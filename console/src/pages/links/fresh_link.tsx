// A link to be changed: asked anew, with the etag of the values that the person sees.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Answer } from '../../api/http';
import { getLink, type Link, type LinkName } from '../../api/links';
import { linkKeys, putLink } from '../../lib/links_cache';
import { useTenant } from '../../lib/tenant';
import { ErrorNotice } from '../../ui/notice';
import { Course } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';

export interface Fresh {
  answer: Answer<Link>;
  onReload: () => void;
  /** Takes over what the server answered; the form begins anew with it. */
  onSaved: (saved: Answer<Link>) => void;
}

interface FreshLinkProps {
  name: LinkName;
  rows: number;
  /** It is a part of a page: what is said meanwhile has the place of one. */
  isSection?: boolean;
  /** A form, whose key is the etag: what it was opened with stays until it is saved or loaded anew. */
  children: (fresh: Fresh) => ReactNode;
}

export function FreshLink({ name, rows, isSection = false, children }: FreshLinkProps) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  // Always asked anew: the list may be minutes old and has no etag.
  const queryKey = [...linkKeys.link(tenant, name), 'edit'];
  const link = useQuery({
    queryKey,
    queryFn: ({ signal }) => getLink(tenant, name, signal),
    gcTime: 0,
    staleTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const placed = (said: ReactNode) => (isSection ? <Course>{said}</Course> : said);
  if (link.isError) return placed(<ErrorNotice error={link.error} />);
  if (!link.data || (link.isFetching && !link.isFetchedAfterMount)) {
    return placed(<Skeleton rows={rows} label="Loading the link" />);
  }
  return children({
    answer: link.data,
    onReload: () => void link.refetch(),
    onSaved: (saved) => {
      putLink(client, tenant, saved);
      client.setQueryData(queryKey, saved);
      void client.invalidateQueries({ queryKey: linkKeys.tags(tenant) });
    },
  });
}
