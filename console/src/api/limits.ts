import { openEventStream, type StreamState } from './event_stream';
import { call, type Answer, type Page } from './http';

export const kAlgorithms = [
  'token_bucket',
  'gcra',
  'fixed_window',
  'sliding_window',
  'sliding_log',
] as const;
export type Algorithm = (typeof kAlgorithms)[number];
export const kUnits = ['second', 'minute', 'hour', 'day'] as const;
export type Unit = (typeof kUnits)[number];
export const kFailures = ['open', 'closed', 'local'] as const;
export type OnFailure = (typeof kFailures)[number];
export const kKeepings = ['exact', 'leased', 'local'] as const;
export type Keeping = (typeof kKeepings)[number];

export interface Rule {
  name: string;
  description?: string;
  /** By attribute: a text, a prefix ending in '*', or a list of such. */
  where: Record<string, string | string[]>;
  key: string[];
  algorithm: Algorithm;
  limit: number;
  /** One of the two. */
  per?: Unit;
  period_ms?: number;
  /** Without it: the limit. */
  burst?: number;
  cost: number;
  shadow: boolean;
  on_failure: OnFailure;
  keeping: Keeping;
}

export interface Version {
  version: number;
  written_at: string;
  author: string;
  summary: string;
  /** How many. */
  rules: number;
}

export interface RuleSet {
  /** 0: nothing was ever written. */
  version: number;
  written_at: string | null;
  author: string;
  summary: string;
  rules: Rule[];
}

export interface Diff {
  added: string[];
  changed: string[];
  removed: string[];
}

export interface Written extends Version {
  diff: Diff;
}

export interface DryRunRule {
  rule: string;
  state: 'added' | 'removed' | 'kept';
  shadow: boolean;
  applied_now: number;
  denied_now: number;
  applied_candidate: number;
  denied_candidate: number;
  /** Denied by the candidate and not by the rules of now. */
  examples: { at: string; key: string; attributes: Record<string, string> }[];
}

export interface DryRun {
  diff: Diff;
  /** Recorded checks that were replayed. */
  checks: number;
  since: string | null;
  until: string | null;
  denied_then: number;
  denied_now: number;
  denied_candidate: number;
  not_judged: number;
  rules: DryRunRule[];
}

export interface RuleAnswer {
  rule: string;
  key: string;
  allowed: boolean;
  shadow: boolean;
  cost: number;
  limit: number;
  remaining: number;
  /** null: it never passes, however long one waits. */
  retry_after_ms: number | null;
  reset_after_ms: number;
  source: string;
}

export interface CheckAnswer {
  allowed: boolean;
  retry_after_ms: number | null;
  limits: RuleAnswer[];
  fields: Record<string, string | null>;
}

export interface Check {
  attributes: Record<string, string>;
  cost?: number;
  peek?: boolean;
}

export interface Counts {
  allowed: number;
  denied: number;
  shadow_denied: number;
  failed_open: number;
  failed_closed: number;
  failed_local: number;
}

export interface RuleUsage {
  rule: string;
  /** Of the answer's window. */
  recent: Counts;
  /** Since the server's start. */
  total: Counts;
}

export interface Usage {
  as_of: string;
  window_s: number;
  rules: RuleUsage[];
}

export interface HeavyKeys {
  /** False: there was no room for this rule's keys. */
  kept: boolean;
  exact: boolean;
  rows: { rank: number; key: string; count: number; lower: number; upper: number }[];
}

export interface RuleDetail {
  as_of: string;
  rule: string;
  /** Oldest first, one a second; the last one ended before `as_of`. */
  seconds: Counts[];
  /** Of all requests, and of the refused ones. */
  keys: HeavyKeys;
  denied_keys: HeavyKeys;
}

export interface ShadowRule {
  rule: string;
  requests: number;
  would_deny: number;
  would_deny_total: number;
  keys: HeavyKeys;
}

export interface ShadowReport {
  as_of: string;
  window_s: number;
  rules: ShadowRule[];
}

export interface LiveRule {
  rule: string;
  allowed: number;
  denied: number;
  shadow_denied: number;
  failed: number;
}

/** What happened in the second before `at`; rules to which nothing happened are left out. */
export interface LiveSecond {
  at: string;
  rules: LiveRule[];
}

const kRulesPath = '/v1/limits/rules';

function ifMatch(etag: string | null): Record<string, string> {
  return etag === null ? {} : { 'If-Match': etag };
}

export async function getRules(tenant: string, signal?: AbortSignal): Promise<Answer<RuleSet>> {
  return call<RuleSet>('GET', kRulesPath, { tenant, signal });
}

/** `rules` is whatever somebody typed: the server says what is wrong with it. */
export async function putRules(
  tenant: string,
  rules: unknown,
  etag: string | null,
): Promise<Written> {
  const headers = ifMatch(etag);
  return (await call<Written>('PUT', kRulesPath, { tenant, body: rules, headers })).data;
}

export async function dryRun(tenant: string, rules: unknown): Promise<DryRun> {
  return (await call<DryRun>('POST', `${kRulesPath}/dry-run`, { tenant, body: rules })).data;
}

export async function listVersions(
  tenant: string,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<Version>> {
  const query = { cursor, limit };
  const path = `${kRulesPath}/versions`;
  return (await call<Page<Version>>('GET', path, { tenant, query, signal })).data;
}

export async function getVersion(
  tenant: string,
  version: number,
  signal?: AbortSignal,
): Promise<RuleSet> {
  return (await call<RuleSet>('GET', `${kRulesPath}/versions/${version}`, { tenant, signal })).data;
}

export async function rollBack(
  tenant: string,
  version: number,
  etag: string | null,
): Promise<Written> {
  const options = { tenant, body: { version }, headers: ifMatch(etag) };
  return (await call<Written>('POST', `${kRulesPath}/rollback`, options)).data;
}

export async function check(tenant: string, asked: Check): Promise<CheckAnswer> {
  return (await call<CheckAnswer>('POST', '/v1/limits/check', { tenant, body: asked })).data;
}

/** Whose rules: a tenant's, or with null the installation's own (its files and settings). */
export type Owner = string | null;

function usageOf(owner: Owner, part: string): { path: string; of: { tenant?: string } } {
  return owner === null
    ? { path: `/v1/limits/own/${part}`, of: {} }
    : { path: `/v1/limits/${part}`, of: { tenant: owner } };
}

export async function getUsage(owner: Owner, signal?: AbortSignal): Promise<Usage> {
  const { path, of } = usageOf(owner, 'usage');
  return (await call<Usage>('GET', path, { ...of, signal })).data;
}

export async function getRuleDetail(
  owner: Owner,
  rule: string,
  signal?: AbortSignal,
): Promise<RuleDetail> {
  const { path, of } = usageOf(owner, 'usage/rule');
  return (await call<RuleDetail>('GET', path, { ...of, query: { rule }, signal })).data;
}

export async function getShadowReport(tenant: string, signal?: AbortSignal): Promise<ShadowReport> {
  return (await call<ShadowReport>('GET', '/v1/limits/shadow', { tenant, signal })).data;
}

function isLiveSecond(value: unknown): value is LiveSecond {
  if (typeof value !== 'object' || value === null) return false;
  const second = value as Partial<Record<keyof LiveSecond, unknown>>;
  return typeof second.at === 'string' && Array.isArray(second.rules);
}

/** What the rules answer, each second. Returns the stop. */
export function watchLimits(
  owner: Owner,
  onSecond: (second: LiveSecond) => void,
  onState: (state: StreamState) => void,
): () => void {
  const { path, of } = usageOf(owner, 'live');
  return openEventStream({
    path,
    query: {},
    ...of,
    onState,
    onMessage: ({ event, data }) => {
      if (event !== 'limits') return;
      const parsed: unknown = JSON.parse(data);
      if (isLiveSecond(parsed)) onSecond(parsed);
    },
  });
}
