// A webhook as its form has it. Pure.
import {
  kFormats,
  kSignatures,
  type Format,
  type NewWebhook,
  type Signature,
  type Webhook,
  type WebhookChange,
} from '../../api/webhooks';
import { typesOf, typesText } from './webhook_words';

export interface WebhookDraft {
  url: string;
  types: string;
  description: string;
  signature: Signature;
  format: Format;
  ordered: boolean;
  rate: string;
  most: string;
}

export const kNewWebhook: WebhookDraft = {
  url: '',
  types: '',
  description: '',
  signature: 'hmac',
  format: 'standard',
  ordered: false,
  rate: '',
  most: '',
};

export const signatureOptions = [
  { value: 'hmac', label: 'HMAC: a secret that both sides have' },
  { value: 'ed25519', label: 'Ed25519: your side has the public key only' },
];
export const formatOptions = [
  { value: 'standard', label: 'Standard Webhooks: type, timestamp, data' },
  { value: 'cloudevents', label: 'CloudEvents 1.0' },
];

export function toSignature(value: string): Signature {
  return kSignatures.find((each) => each === value) ?? 'hmac';
}

export function toFormat(value: string): Format {
  return kFormats.find((each) => each === value) ?? 'standard';
}

export function draftOf(webhook: Webhook): WebhookDraft {
  return {
    url: webhook.url,
    types: typesText(webhook.event_types),
    description: webhook.description ?? '',
    signature: webhook.signature,
    format: webhook.format,
    ordered: webhook.ordered,
    rate: webhook.rate_per_s === null ? '' : String(webhook.rate_per_s),
    most: String(webhook.max_running),
  };
}

/** What is no number goes to the server as null or NaN would: it must be caught before. */
export function wrongNumbers({ rate, most }: WebhookDraft): Record<string, string> {
  const wrong = 'Give a number, or nothing.';
  return {
    ...(Number.isNaN(Number(rate)) ? { rate_per_s: wrong } : {}),
    ...(Number.isNaN(Number(most)) ? { max_running: wrong } : {}),
  };
}

export function changeOf(draft: WebhookDraft) {
  const description = draft.description.trim();
  return {
    url: draft.url.trim(),
    event_types: typesOf(draft.types),
    description: description === '' ? null : description,
    format: draft.format,
    ordered: draft.ordered,
    rate_per_s: draft.rate.trim() === '' ? null : Number(draft.rate),
    ...(draft.most.trim() === '' ? {} : { max_running: Number(draft.most) }),
  } satisfies WebhookChange;
}

export function newWebhookOf(draft: WebhookDraft): NewWebhook {
  return { ...changeOf(draft), signature: draft.signature };
}
