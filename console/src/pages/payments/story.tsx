// All that has happened to a payment: what was asked, every call of the provider, every journal.
import { useQuery } from '@tanstack/react-query';
import { Fragment, useState } from 'react';
import { explainPayment, type StoryKind, type StoryLine } from '../../api/payments';
import { jsonText } from '../../lib/json_text';
import { formatMoney, parseAmount } from '../../lib/money';
import { hrefs } from '../../lib/router';
import { useTenant } from '../../lib/tenant';
import { formatFull } from '../../lib/time';
import { ErrorNotice } from '../../ui/notice';
import { Course } from '../../ui/page';
import { Segmented } from '../../ui/segmented';
import { Skeleton } from '../../ui/skeleton';
import { Said, Timeline, type Moment } from '../../ui/timeline';
import { kRefreshMs, paymentKeys } from './payment_keys';
import { kKindWords, reasonWords } from './payment_words';
import './story.css';

const kShown = [
  { value: 'all', label: 'All' },
  { value: 'event', label: 'Changes' },
  { value: 'call', label: 'Provider' },
  { value: 'journal', label: 'Ledger' },
] as const;
type Shown = (typeof kShown)[number]['value'];

const kBad = /declined|failed|unknown|dispute\.(opened|lost)|expired/;
const kGood = /authorized|captured|succeeded|dispute\.won|refund\.succeeded/;

function toneOf({ kind, what }: StoryLine): Moment['tone'] {
  if (kind === 'journal' || kind === 'call') return 'off';
  if (kBad.test(what)) return 'bad';
  return kGood.test(what) ? 'good' : 'plain';
}

/** "payment.captured" is "Captured", "refund.created" is "Refund created". */
function titleOf({ what }: StoryLine): string {
  const words = what.replace(/^payment\./, '').replaceAll('.', ' ');
  return reasonWords(words);
}

interface Leg {
  account: string;
  money: string;
}

/** Of "a 0.12 EUR -> b 0.12 EUR": what is debited, what is credited; null: it is said otherwise. */
function legsOf(text: string): { debits: Leg[]; credits: Leg[] } | null {
  const sides = text.split(' -> ').map((side) =>
    side.split(' + ').map((leg) => {
      const match = /^(\S+) ([\d.]+ \S+)$/.exec(leg);
      return match ? { account: match[1] ?? '', money: inWords(match[2] ?? '') } : null;
    }),
  );
  const [debits = [], credits = []] = sides.map((side) => side.filter((leg) => leg !== null));
  const read = debits.length + credits.length;
  return sides.length === 2 && read === sides.flat().length ? { debits, credits } : null;
}

function Legs({ legs }: { legs: readonly Leg[] }) {
  return legs.map(({ account, money }) => (
    <Fragment key={account}>
      <a className="mono" href={hrefs.account(account)}>
        {account}
      </a>
      <span className="numeric">{money}</span>
    </Fragment>
  ));
}

function Journal({ text }: { text: string }) {
  const legs = legsOf(text);
  if (legs === null) return <p className="story-text">{text}</p>;
  return (
    <div className="story-legs">
      <div>
        <span className="story-side">Debit</span>
        <Legs legs={legs.debits} />
      </div>
      <div>
        <span className="story-side">Credit</span>
        <Legs legs={legs.credits} />
      </div>
    </div>
  );
}

/** "1234.50 EUR" and UTC, as a page has them: digits in groups, in local time. */
function inWords(text: string): string {
  return text
    .replace(/(?<![.\d])(\d[\d.]*) ([A-Z]{3})\b/g, (said, decimals: string, currency: string) => {
      const amount = parseAmount(decimals, currency);
      return amount === null ? said : formatMoney(amount, currency);
    })
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (at) => formatFull(at));
}

/** What a provider answered stands behind the words, as it came. */
function Words({ text }: { text: string }) {
  const at = text.indexOf('{');
  const words = (at < 0 ? text : text.slice(0, at)).replace(/, $/, '');
  return (
    <>
      {words !== '' && <p className="story-text">{inWords(words)}</p>}
      {at >= 0 && <Said>{jsonText(text.slice(at))}</Said>}
    </>
  );
}

function momentOf(line: StoryLine, index: number): Moment {
  return {
    key: `${index} ${line.id}`,
    tone: toneOf(line),
    title: titleOf(line),
    at: line.at,
    note: line.kind === 'event' ? undefined : kKindWords[line.kind],
    children: (
      <>
        {line.kind === 'journal' ? <Journal text={line.text} /> : <Words text={line.text} />}
        {line.request_id !== null && (
          <p className="story-text story-request">
            request <code>{line.request_id}</code>
            {line.idempotency_key !== null && (
              <>
                , key <code>{line.idempotency_key}</code>
              </>
            )}
          </p>
        )}
      </>
    ),
  };
}

export function Story({ payment }: { payment: string }) {
  const { tenant } = useTenant();
  const [shown, setShown] = useState<Shown>('all');
  const story = useQuery({
    queryKey: paymentKeys.story(tenant, payment),
    queryFn: ({ signal }) => explainPayment(tenant, payment, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  const kinds: readonly StoryKind[] = shown === 'call' ? ['call', 'notice'] : [];
  const lines = (story.data?.lines ?? []).filter(
    ({ kind }) => shown === 'all' || kind === shown || kinds.includes(kind),
  );
  return (
    <Course
      title="Story"
      tools={
        <Segmented label="Show of the story" value={shown} options={kShown} onChange={setShown} />
      }
    >
      {story.isError && <ErrorNotice error={story.error} />}
      {story.isPending && <Skeleton rows={6} label="Loading the story" />}
      {story.data && lines.length === 0 && <p>Nothing of this kind has happened.</p>}
      <Timeline
        label="What happened to the payment"
        moments={lines.map((line, index) => momentOf(line, index))}
      />
    </Course>
  );
}
