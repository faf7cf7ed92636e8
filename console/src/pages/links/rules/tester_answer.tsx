import type { LinkPreview, Why } from '../../../api/link_preview';
import { Badge } from '../../../ui/badge';
import { countryName, kBrowserWords, kDeviceWords, kSystemWords } from './rule_words';

const kWhy: Record<Why, string> = {
  link: 'No rule holds: the link’s own target',
  rule: 'Rule',
  variant: 'Variant',
  disabled: 'The link is disabled',
  not_yet_valid: 'The link is not valid yet',
  expired: 'The link has expired',
  used_up: 'The link is used up',
  flagged: 'The link is flagged: visitors get a warning',
};

const kFailing: Record<string, string> = {
  devices: 'device',
  os: 'system',
  browsers: 'browser',
  languages: 'language',
  countries: 'country',
  from: 'not yet',
  until: 'no longer',
  query: 'query',
};

const inWords = (words: Record<string, string>, value: string) => words[value] ?? value;

/** "No rule holds", "Rule 2", "One of the variants". */
function reasonOf({ why, index, url }: LinkPreview): string {
  if (why === 'variant' && url === null) return 'One of the variants: which, the address decides';
  return index === null ? kWhy[why] : `${kWhy[why]} ${index + 1}`;
}

function seenAs({ visitor }: LinkPreview): string {
  const { device, os, browser, language, country } = visitor;
  return [
    inWords(kDeviceWords, device),
    inWords(kSystemWords, os),
    inWords(kBrowserWords, browser),
    language === null ? 'no language' : `language ${language}`,
    country === null ? 'country not known' : countryName(country),
  ].join(', ');
}

function Rules({ answer }: { answer: LinkPreview }) {
  if (answer.rules.length === 0) return null;
  return (
    <ol className="tried-rules" aria-label="Rules, tried">
      {answer.rules.map(({ url, holds, failing }, at) => (
        <li key={at} data-taken={(answer.why === 'rule' && answer.index === at) || undefined}>
          <span className="cut mono" title={url}>
            {at + 1}. {url}
          </span>
          {holds ? (
            <Badge tone="good">Holds</Badge>
          ) : (
            <Badge tone="off">
              {`Not: ${failing.map((name) => inWords(kFailing, name)).join(', ')}`}
            </Badge>
          )}
        </li>
      ))}
    </ol>
  );
}

function Variants({ answer }: { answer: LinkPreview }) {
  if (answer.why !== 'variant') return null;
  return (
    <ol className="tried-rules" aria-label="Variants">
      {answer.variants.map(({ url, share }, at) => (
        <li key={at} data-taken={answer.index === at || undefined}>
          <span className="cut mono" title={url}>
            {url}
          </span>
          <span className="numeric">
            {share.toLocaleString('en', { style: 'percent', maximumFractionDigits: 1 })}
          </span>
        </li>
      ))}
    </ol>
  );
}

export function TesterAnswer({ answer }: { answer: LinkPreview }) {
  const { status, url, asks_password: asksPassword } = answer;
  return (
    <section className="tester-said" aria-label="Answer">
      <p className="tester-where">
        <strong>{reasonOf(answer)}</strong>
        {url !== null && <span className="mono">→ {url}</span>}
      </p>
      <p className="rules-hint">
        Answered {status}
        {asksPassword && ': the password is asked for first'}. Seen as: {seenAs(answer)}.
      </p>
      <Rules answer={answer} />
      <Variants answer={answer} />
    </section>
  );
}
