// What a QR code looks like: drafts as fields give them, and what of them can be drawn.
import { kQrLevels, type QrLevel, type QrStyle } from '../../../api/link_qr';

export interface QrDraft {
  size: string;
  margin: string;
  color: string;
  background: string;
  transparent: boolean;
  level: QrLevel;
  logo: boolean;
}

export const kFirstStyle: QrDraft = {
  size: '600',
  margin: '4',
  color: '#000000',
  background: '#ffffff',
  transparent: false,
  level: 'M',
  logo: false,
};

export const kSizes = [
  { value: '300', label: '300 px · screens' },
  { value: '600', label: '600 px · documents' },
  { value: '1200', label: '1200 px · posters' },
  { value: '2048', label: '2048 px · the largest' },
];

export const kMargins = [
  { value: '4', label: '4 modules · what readers expect' },
  { value: '2', label: '2 modules · on a plain ground' },
  { value: '0', label: 'None · your layout has one' },
];

const kLevelWords: Record<QrLevel, string> = {
  L: '7 % may be damaged',
  M: '15 % may be damaged',
  Q: '25 % may be damaged',
  H: '30 % may be damaged',
};

export const levelOptions = kQrLevels.map((level) => ({
  value: level,
  label: `${level} · ${kLevelWords[level]}`,
}));

const digits = (color: string) => color.replace('#', '');

export function styleOf(draft: QrDraft): QrStyle {
  return {
    size: Number(draft.size),
    margin: Number(draft.margin),
    color: digits(draft.color),
    background: draft.transparent ? 'transparent' : digits(draft.background),
    level: draft.level,
    logo: draft.logo,
  };
}
