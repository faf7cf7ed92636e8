// A recipient as its form has it. Pure.
import type { Recipient, RecipientFields } from '../../../api/recipients';
import { readJson, readObject } from '../json_field';

export interface RecipientDraft {
  email: string;
  phone: string;
  name: string;
  locale: string;
  time_zone: string;
  /** As JSON. */
  quiet_hours: string;
  /** As JSON. */
  attributes: string;
}

export const kNewRecipient: RecipientDraft = {
  email: '',
  phone: '',
  name: '',
  locale: '',
  time_zone: '',
  quiet_hours: '',
  attributes: '',
};

function jsonText(value: unknown): string {
  return value === null || value === undefined ? '' : JSON.stringify(value, null, 2);
}

export function draftOf(recipient: Recipient): RecipientDraft {
  return {
    email: recipient.email ?? '',
    phone: recipient.phone ?? '',
    name: recipient.name ?? '',
    locale: recipient.locale ?? '',
    time_zone: recipient.time_zone ?? '',
    quiet_hours: jsonText(recipient.quiet_hours),
    attributes: jsonText(recipient.attributes),
  };
}

export function wrongJson(draft: RecipientDraft): Record<string, string> {
  const hours = readJson(draft.quiet_hours).wrong;
  const attributes = readObject(draft.attributes).wrong;
  return {
    ...(hours === null ? {} : { quiet_hours: hours }),
    ...(attributes === null ? {} : { attributes }),
  };
}

/** Of attributes that are changed one by one, those that are gone are named as null. */
function attributesOf(draft: RecipientDraft, before: RecipientDraft | null): unknown {
  const next = readObject(draft.attributes).value as Record<string, unknown> | undefined;
  if (next === undefined) return null;
  const old = before === null ? {} : (readObject(before.attributes).value ?? {});
  const gone = Object.keys(old).filter((name) => !(name in next));
  return { ...Object.fromEntries(gone.map((name) => [name, null])), ...next };
}

export function fieldsOf(draft: RecipientDraft, before: RecipientDraft | null): RecipientFields {
  const text = (value: string) => (value.trim() === '' ? null : value.trim());
  return {
    email: text(draft.email),
    phone: text(draft.phone),
    name: text(draft.name),
    locale: text(draft.locale),
    time_zone: text(draft.time_zone),
    quiet_hours: readJson(draft.quiet_hours).value ?? null,
    attributes: attributesOf(draft, before),
  };
}
