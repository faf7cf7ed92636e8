import { call, type Answer, type Page } from './http';
import type { Channel, NotificationTo } from './notifications';

/** Texts by their name: "subject", "html" … */
export type Texts = Record<string, unknown>;
/** By channel, or "short": one text for all that have none of their own. */
export type Parts = Record<string, Texts | string>;
export type Locales = Record<string, Parts>;

export interface TemplateSummary {
  key: string;
  description: string | null;
  /** null: none; it cannot be sent. */
  live_version: number | null;
  latest_version: number;
  created_at: string;
  updated_at: string;
}

export interface Template extends TemplateSummary {
  /** Of the texts that follow. */
  version: number;
  default_locale: string | null;
  fields: Record<string, unknown> | null;
  locales: Locales;
  /** Plural forms that a language has and a text has not. */
  warnings: string[];
}

export interface TemplateContent {
  description?: string | null;
  default_locale?: string | null;
  fields?: Record<string, unknown>;
  locales: Locales;
  publish?: boolean;
}

export interface TemplateVersion {
  version: number;
  live: boolean;
  created_at: string;
}

export interface PreviewPart {
  channel: Channel;
  locale: string;
  subject: string | null;
  text: string | null;
  html: string | null;
  url: string | null;
  data: unknown;
}

export interface Preview {
  parts: PreviewPart[];
  warnings: string[];
}

export interface PreviewQuery {
  content: TemplateContent;
  channel: Channel;
  locale: string;
  time_zone: string;
  data: unknown;
}

const kPath = '/v1/notification-templates';
const pathOf = (key: string) => `${kPath}/${encodeURIComponent(key)}`;

export async function listTemplates(
  tenant: string,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<TemplateSummary>> {
  const query = { cursor, limit };
  return (await call<Page<TemplateSummary>>('GET', kPath, { tenant, query, signal })).data;
}

/** The latest version, or another. */
export async function getTemplate(
  tenant: string,
  key: string,
  version: number | null,
  signal?: AbortSignal,
): Promise<Answer<Template>> {
  const path = version === null ? pathOf(key) : `${pathOf(key)}/versions/${version}`;
  return call<Template>('GET', path, { tenant, signal });
}

/** A new version; with an etag it is refused (412) when someone else made one since. */
export async function putTemplate(
  tenant: string,
  key: string,
  content: TemplateContent,
  etag: string | null = null,
): Promise<Template> {
  const headers: Record<string, string> = etag === null ? {} : { 'If-Match': etag };
  return (await call<Template>('PUT', pathOf(key), { tenant, body: content, headers })).data;
}

export async function deleteTemplate(tenant: string, key: string): Promise<void> {
  await call<undefined>('DELETE', pathOf(key), { tenant });
}

export async function listTemplateVersions(
  tenant: string,
  key: string,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<TemplateVersion>> {
  const query = { cursor, limit };
  const path = `${pathOf(key)}/versions`;
  return (await call<Page<TemplateVersion>>('GET', path, { tenant, query, signal })).data;
}

export async function publishTemplate(tenant: string, key: string, version: number): Promise<void> {
  await call<unknown>('POST', `${pathOf(key)}/publish`, { tenant, body: { version } });
}

/** Nothing is sent or kept. */
export async function previewTemplate(
  tenant: string,
  key: string,
  asked: PreviewQuery,
  signal?: AbortSignal,
): Promise<Preview> {
  const path = `${pathOf(key)}/preview`;
  return (await call<Preview>('POST', path, { tenant, body: asked, signal })).data;
}

export async function testTemplate(
  tenant: string,
  key: string,
  test: { to: NotificationTo; channel: Channel; locale: string; data: unknown },
): Promise<{ id: string }> {
  return (await call<{ id: string }>('POST', `${pathOf(key)}/test`, { tenant, body: test })).data;
}
