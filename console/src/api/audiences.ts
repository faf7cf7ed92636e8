// Topics, segments and categories: who is meant, and what kind of message it is.
import { call, type Page } from './http';

export interface Topic {
  name: string;
  /** null in lists. */
  members: number | null;
  created_at: string;
}

export interface Segment {
  name: string;
  description: string | null;
  where: unknown;
  created_at: string;
  updated_at: string;
}

export interface SegmentPreview {
  count: number;
  /** The first 20. */
  user_ids: string[];
}

export interface Category {
  name: string;
  /** What readers see. */
  title: string;
  description: string | null;
  critical: boolean;
  channels: Record<string, boolean> | null;
  caps: unknown;
  send_window: unknown;
  digest: unknown;
  created_at: string;
  updated_at: string;
}

export type CategoryFields = Omit<Category, 'name' | 'created_at' | 'updated_at'>;

const kTopics = '/v1/notification-topics';
const kSegments = '/v1/notification-segments';
const kCategories = '/v1/notification-categories';
const topicPath = (name: string) => `${kTopics}/${encodeURIComponent(name)}`;
const segmentPath = (name: string) => `${kSegments}/${encodeURIComponent(name)}`;
const categoryPath = (name: string) => `${kCategories}/${encodeURIComponent(name)}`;

export async function listTopics(
  tenant: string,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Topic>> {
  return (await call<Page<Topic>>('GET', kTopics, { tenant, query: { cursor, limit }, signal }))
    .data;
}

export async function getTopic(tenant: string, name: string, signal?: AbortSignal): Promise<Topic> {
  return (await call<Topic>('GET', topicPath(name), { tenant, signal })).data;
}

export async function deleteTopic(tenant: string, name: string): Promise<void> {
  await call<undefined>('DELETE', topicPath(name), { tenant });
}

export async function listMembers(
  tenant: string,
  topic: string,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<{ user_id: string }>> {
  const path = `${topicPath(topic)}/members`;
  const query = { cursor, limit };
  return (await call<Page<{ user_id: string }>>('GET', path, { tenant, query, signal })).data;
}

/** The first member makes the topic; how many were not in it. */
export async function addMembers(tenant: string, topic: string, users: string[]): Promise<number> {
  const path = `${topicPath(topic)}/members`;
  const body = { user_ids: users };
  return (await call<{ changed: number }>('PUT', path, { tenant, body })).data.changed;
}

export async function removeMember(tenant: string, topic: string, user: string): Promise<void> {
  const path = `${topicPath(topic)}/members`;
  await call<unknown>('DELETE', path, { tenant, body: { user_ids: [user] } });
}

export async function listSegments(
  tenant: string,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Segment>> {
  const query = { cursor, limit };
  return (await call<Page<Segment>>('GET', kSegments, { tenant, query, signal })).data;
}

export async function putSegment(
  tenant: string,
  name: string,
  segment: { where: unknown; description: string | null },
): Promise<void> {
  await call<unknown>('PUT', segmentPath(name), { tenant, body: segment });
}

export async function deleteSegment(tenant: string, name: string): Promise<void> {
  await call<undefined>('DELETE', segmentPath(name), { tenant });
}

export async function previewSegment(
  tenant: string,
  name: string,
  signal?: AbortSignal,
): Promise<SegmentPreview> {
  const path = `${segmentPath(name)}/preview`;
  return (await call<SegmentPreview>('GET', path, { tenant, signal })).data;
}

export async function listCategories(
  tenant: string,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Category>> {
  const query = { cursor, limit };
  return (await call<Page<Category>>('GET', kCategories, { tenant, query, signal })).data;
}

export async function putCategory(
  tenant: string,
  name: string,
  fields: CategoryFields,
): Promise<void> {
  await call<unknown>('PUT', categoryPath(name), { tenant, body: fields });
}

export async function deleteCategory(tenant: string, name: string): Promise<void> {
  await call<undefined>('DELETE', categoryPath(name), { tenant });
}
