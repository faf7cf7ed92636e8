// Where a visit leads that is not simply the link's url.

export const kDevices = ['desktop', 'mobile', 'tablet', 'bot', 'other'] as const;
export const kSystems = [
  'ios',
  'android',
  'windows',
  'macos',
  'linux',
  'chromeos',
  'other',
] as const;
export const kBrowsers = [
  'chrome',
  'safari',
  'firefox',
  'edge',
  'opera',
  'samsung',
  'other',
] as const;
export type Device = (typeof kDevices)[number];
export type System = (typeof kSystems)[number];
export type Browser = (typeof kBrowsers)[number];

export interface QueryCondition {
  name: string;
  /** null: whichever. */
  value?: string | null;
}

/** A condition that is not there, or empty, is none. */
export interface Rule {
  url: string;
  devices?: Device[];
  os?: System[];
  browsers?: Browser[];
  languages?: string[];
  countries?: string[];
  from?: string | null;
  until?: string | null;
  query?: QueryCondition[];
}

export interface Variant {
  url: string;
  weight?: number;
}

export const kMostRules = 50;
export const kMostVariants = 10;
