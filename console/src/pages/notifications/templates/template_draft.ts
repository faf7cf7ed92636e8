// A template as its editor has it. Pure.
import type {
  Locales,
  Parts,
  Template,
  TemplateContent,
  Texts,
} from '../../../api/notification_templates';
import { kChannels, type Channel } from '../../../api/notifications';
import { readObject } from '../json_field';
import { kChannelWords } from '../notification_words';

export interface TemplateDraft {
  description: string;
  default_locale: string;
  /** The fields' declaration, as JSON. */
  fields: string;
  locales: Locales;
}

/** A channel, or "short": one text for all that have none of their own. */
export type PartName = Channel | 'short';
export const kParts: readonly PartName[] = [...kChannels, 'short'];

export interface TextField {
  name: string;
  label: string;
  input: 'line' | 'text' | 'html' | 'json';
  hint?: string;
}

const kTitled: readonly TextField[] = [
  { name: 'title', label: 'Title', input: 'line' },
  { name: 'body', label: 'Body', input: 'text' },
  { name: 'url', label: 'Leads to', input: 'line' },
  { name: 'data', label: 'Data for the app', input: 'json', hint: 'An object of texts.' },
];
const kPlain: readonly TextField[] = [{ name: 'text', label: 'Text', input: 'text' }];

export const kTexts: Record<Channel, readonly TextField[]> = {
  email: [
    { name: 'subject', label: 'Subject', input: 'line' },
    { name: 'preheader', label: 'Preheader', input: 'line', hint: 'Shown beside the subject.' },
    { name: 'html', label: 'HTML', input: 'html' },
    { name: 'text', label: 'Plain text', input: 'text' },
  ],
  sms: kPlain,
  chat: kPlain,
  push: kTitled,
  inbox: kTitled,
  http: kTitled,
};

export function partWords(part: PartName): string {
  return part === 'short' ? 'Short, for the rest' : kChannelWords[part];
}

export function draftOf(template: Template): TemplateDraft {
  return {
    description: template.description ?? '',
    default_locale: template.default_locale ?? Object.keys(template.locales)[0] ?? '',
    fields: JSON.stringify(template.fields ?? {}, null, 2),
    locales: template.locales,
  };
}

/** What is no JSON is refused before: undefined. */
export function contentOf(draft: TemplateDraft): TemplateContent | undefined {
  const fields = readObject(draft.fields);
  if (fields.wrong !== null) return undefined;
  const description = draft.description.trim();
  return {
    description: description === '' ? null : description,
    ...(draft.default_locale === '' ? {} : { default_locale: draft.default_locale }),
    ...(fields.value === undefined ? {} : { fields: fields.value as Record<string, unknown> }),
    locales: draft.locales,
  };
}

export function hasPart(draft: TemplateDraft, locale: string, part: PartName): boolean {
  return draft.locales[locale]?.[part] !== undefined;
}

export function textIn(draft: TemplateDraft, locale: string, part: PartName, name: string): string {
  const texts = draft.locales[locale]?.[part];
  if (texts === undefined) return '';
  if (typeof texts === 'string') return texts;
  const value = texts[name];
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

function withText(texts: Parts[string] | undefined, name: string, text: unknown): Texts {
  const old = typeof texts === 'object' ? texts : {};
  const rest = Object.fromEntries(Object.entries(old).filter(([each]) => each !== name));
  return text === '' ? rest : { ...rest, [name]: text };
}

/** An emptied part goes: it would be refused as one without a text. */
export function withPart(
  draft: TemplateDraft,
  locale: string,
  part: PartName,
  name: string,
  text: unknown,
): TemplateDraft {
  const parts = draft.locales[locale] ?? {};
  const others = Object.fromEntries(Object.entries(parts).filter(([each]) => each !== part));
  const next = part === 'short' ? String(text) : withText(parts[part], name, text);
  const isEmpty = typeof next === 'string' ? next === '' : Object.keys(next).length === 0;
  const written = isEmpty ? others : { ...others, [part]: next };
  return { ...draft, locales: { ...draft.locales, [locale]: written } };
}

interface Field {
  type?: string;
  items?: Field;
  fields?: Record<string, Field>;
  default?: unknown;
}

const kSamples: Record<string, unknown> = {
  integer: 3,
  number: 1.5,
  boolean: true,
  money: { amount: 1999, currency: 'EUR' },
  date_time: '2026-11-22T18:00:00Z',
};

function sampleOf(name: string, { type = 'string', items, fields }: Field): unknown {
  if (type === 'list') return items ? [sampleOf(name, items), sampleOf(name, items)] : [];
  if (type === 'object') return samplesOf(fields ?? {});
  if (/link|url|href/i.test(name)) return 'https://example.com/';
  return kSamples[type] ?? name.charAt(0).toUpperCase() + name.slice(1);
}

/** Something for each field, so that a preview shows something. */
export function samplesOf(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => {
      const declared = field as Field;
      return [name, declared.default ?? sampleOf(name, declared)];
    }),
  );
}

/** Where a channel's text comes from, as the server chooses it: its own part, else the short one. */
export function previewChannel(part: PartName): Channel {
  return part === 'short' ? 'sms' : part;
}
