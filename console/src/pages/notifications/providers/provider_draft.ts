// A provider as its form has it. Pure.
import type {
  NewProvider,
  NotificationProvider,
  ProviderChange,
} from '../../../api/notification_providers';
import { isSecret, kindOf, type KindField, type ProviderKind } from './provider_kinds';

export interface ProviderDraft {
  name: string;
  weight: string;
  priority: string;
  pace: string;
  most: string;
  project: string;
  /** By the fields' names. */
  settings: Record<string, string>;
}

const kNumbers = ['weight', 'priority', 'pace', 'most'] as const;
const kMembers = {
  weight: 'weight',
  priority: 'priority',
  pace: 'pace_per_s',
  most: 'max_running',
};

function valueAt(settings: Record<string, unknown>, name: string): unknown {
  return name.split('.').reduce<unknown>((value, member) => {
    const isObject = typeof value === 'object' && value !== null;
    return isObject ? (value as Record<string, unknown>)[member] : undefined;
  }, settings);
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function firstOf({ input }: KindField): string {
  if (input === 'switch') return 'true';
  return typeof input === 'string' ? '' : (input[0]?.value ?? '');
}

export function newDraft(kind: ProviderKind): ProviderDraft {
  const settings = Object.fromEntries(kind.fields.map((field) => [field.name, firstOf(field)]));
  return { name: '', weight: '100', priority: '0', pace: '', most: '64', project: '', settings };
}

export function draftOf(provider: NotificationProvider): ProviderDraft {
  const fields = kindOf(provider.type)?.fields ?? [];
  return {
    name: provider.name,
    weight: String(provider.weight),
    priority: String(provider.priority),
    pace: provider.pace_per_s === null ? '' : String(provider.pace_per_s),
    most: String(provider.max_running),
    project: provider.project ?? '',
    settings: Object.fromEntries(
      fields.map((field) => [field.name, textOf(valueAt(provider.settings, field.name))]),
    ),
  };
}

/** What is no number goes to the server as null would: it must be caught before. */
export function wrongNumbers(draft: ProviderDraft, kind: ProviderKind): Record<string, string> {
  const wrong: Record<string, string> = {};
  const check = (name: string, text: string) => {
    if (Number.isNaN(Number(text))) wrong[name] = 'Give a number, or nothing.';
  };
  for (const name of kNumbers) check(kMembers[name], draft[name]);
  for (const field of kind.fields) {
    if (field.input === 'number') check(field.name, draft.settings[field.name] ?? '');
  }
  return wrong;
}

function valueOf(field: KindField, text: string): unknown {
  if (field.input === 'number') return Number(text);
  return field.input === 'switch' ? text === 'true' : text;
}

/** A service account is JSON in JSON: given as an object. */
function parsed(field: KindField, text: string): unknown {
  if (field.name !== 'service_account') return valueOf(field, text);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** What was not touched is not named: secrets stay. What was emptied goes. */
function settingsOf(draft: ProviderDraft, kind: ProviderKind, before: ProviderDraft | null) {
  const settings: Record<string, unknown> = {};
  for (const field of kind.fields) {
    const text = (draft.settings[field.name] ?? '').trim();
    if (before !== null && text === (before.settings[field.name] ?? '').trim()) continue;
    if (text === '' && (before === null || isSecret(field))) continue;
    const value = text === '' ? null : parsed(field, text);
    const [member = '', part] = field.name.split('.');
    const outer = settings[member];
    if (part === undefined) settings[member] = value;
    else settings[member] = { ...(typeof outer === 'object' ? outer : {}), [part]: value };
  }
  return settings;
}

function commonOf(draft: ProviderDraft) {
  const number = (text: string, usual: number) => (text.trim() === '' ? usual : Number(text));
  return {
    name: draft.name.trim(),
    weight: number(draft.weight, 100),
    priority: number(draft.priority, 0),
    max_running: number(draft.most, 64),
    pace_per_s: draft.pace.trim() === '' ? null : Number(draft.pace),
    project: draft.project.trim() === '' ? null : draft.project.trim(),
  };
}

export function newProviderOf(draft: ProviderDraft, kind: ProviderKind): NewProvider {
  const { type, channel } = kind;
  return { type, channel, ...commonOf(draft), settings: settingsOf(draft, kind, null) };
}

export function changeOf(
  draft: ProviderDraft,
  kind: ProviderKind,
  before: ProviderDraft,
): ProviderChange {
  return { ...commonOf(draft), settings: settingsOf(draft, kind, before) };
}
