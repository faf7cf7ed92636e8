// A campaign as its form has it. Pure.
import type { NewCampaign, NewVariant, WantedAudience } from '../../../api/campaigns';
import { fromLocalInput } from '../../../lib/time';
import { readObject } from '../json_field';
import { idsOf } from '../recipients/new_topic';

export interface MessageDraft {
  says: 'content' | 'template';
  subject: string;
  text: string;
  template: string;
}

export const kNoMessage: MessageDraft = { says: 'content', subject: '', text: '', template: '' };

export interface VariantDraft extends MessageDraft {
  weight: string;
}

export type AudienceKind = 'topic' | 'segment' | 'everybody' | 'users' | 'upload';

export interface CampaignDraft extends MessageDraft {
  name: string;
  channel: string;
  category: string;
  data: string;
  audience: AudienceKind;
  /** Of the topic or segment. */
  audienceName: string;
  users: string;
  /** Empty: one text for all. */
  variants: VariantDraft[];
  sendAt: string;
  expiresAt: string;
  pace: string;
  stopPercent: string;
  stopAfter: string;
}

export const kNewCampaign: CampaignDraft = {
  ...kNoMessage,
  name: '',
  channel: '',
  category: '',
  data: '',
  audience: 'everybody',
  audienceName: '',
  users: '',
  variants: [],
  sendAt: '',
  expiresAt: '',
  pace: '',
  stopPercent: '',
  stopAfter: '100',
};

/** "a", "b" … */
export function variantKey(index: number): string {
  return String.fromCharCode('a'.charCodeAt(0) + index);
}

function messageOf({ says, subject, text, template }: MessageDraft) {
  if (says === 'template') return { template: template.trim() };
  return { content: { ...(subject.trim() === '' ? {} : { subject: subject.trim() }), text } };
}

function audienceOf(draft: CampaignDraft): WantedAudience {
  switch (draft.audience) {
    case 'topic':
      return { topic: draft.audienceName.trim() };
    case 'segment':
      return { segment: draft.audienceName.trim() };
    case 'users':
      return { users: idsOf(draft.users) };
    case 'everybody':
      return { everybody: true };
    case 'upload':
      return { upload: true };
  }
}

function variantsOf(variants: readonly VariantDraft[]): NewVariant[] {
  return variants.map((variant, index) => ({
    key: variantKey(index),
    weight: Number(variant.weight),
    ...messageOf(variant),
  }));
}

export function wrongIn(draft: CampaignDraft): Record<string, string> {
  const wrong: Record<string, string> = {};
  const number = (name: string, text: string) => {
    if (Number.isNaN(Number(text))) wrong[name] = 'Give a number, or nothing.';
  };
  number('pace_per_s', draft.pace);
  number('failed_percent', draft.stopPercent);
  number('after', draft.stopAfter);
  const data = readObject(draft.data).wrong;
  return { ...wrong, ...(data === null ? {} : { data }) };
}

export function campaignOf(draft: CampaignDraft): NewCampaign {
  const data = readObject(draft.data).value;
  const sendAt = fromLocalInput(draft.sendAt);
  const expiresAt = fromLocalInput(draft.expiresAt);
  const hasVariants = draft.variants.length > 0;
  const stop = { failed_percent: Number(draft.stopPercent), after: Number(draft.stopAfter) };
  return {
    name: draft.name.trim(),
    audience: audienceOf(draft),
    ...(hasVariants ? { variants: variantsOf(draft.variants) } : messageOf(draft)),
    ...(data !== undefined && draft.says === 'template' ? { data } : {}),
    ...(draft.channel === '' ? {} : { channel: draft.channel }),
    ...(draft.category.trim() === '' ? {} : { category: draft.category.trim() }),
    ...(sendAt === null ? {} : { send_at: sendAt }),
    ...(expiresAt === null ? {} : { expires_at: expiresAt }),
    ...(draft.pace.trim() === '' ? {} : { pace_per_s: Number(draft.pace) }),
    ...(draft.stopPercent.trim() === '' ? {} : { stop_on: stop }),
  };
}
