import type { Check, CheckAnswer, Rule, RuleAnswer } from '../../api/limits';
import { formatCount } from '../../lib/numbers';
import { hrefs } from '../../lib/router';
import { durationWords } from '../../lib/time';
import { Badge } from '../../ui/badge';
import { Cell, Column, Row, RowHead, Table } from '../../ui/table';
import type { Attempt } from './tester_view';

const kMostOthers = 20;

const kSources: Record<string, string> = {
  failed_open: 'the count could not be asked',
  failed_closed: 'the count could not be asked',
  failed_local: 'this instance’s own count',
};

function Verdict({ answer: { allowed, shadow } }: { answer: RuleAnswer }) {
  if (allowed) return <Badge tone="good">allows</Badge>;
  return shadow ? <Badge tone="off">would deny</Badge> : <Badge tone="bad">denies</Badge>;
}

function waitWords(answer: { allowed: boolean; retry_after_ms: number | null }): string {
  if (answer.allowed) return '–';
  return answer.retry_after_ms === null ? 'never' : durationWords(answer.retry_after_ms);
}

function AnswerRow({ answer }: { answer: RuleAnswer }) {
  const left = answer.limit <= 0 ? 0 : Math.min(1, answer.remaining / answer.limit);
  return (
    <Row>
      <RowHead className="answer-rule">
        <a className="mono" href={hrefs.limit(answer.rule)}>
          {answer.rule}
        </a>
        <span className="table-small">
          {answer.key === '' ? 'all together' : answer.key}
          {answer.cost !== 1 && `, costs ${formatCount(answer.cost)}`}
        </span>
      </RowHead>
      <Cell className="answer-verdict">
        <Verdict answer={answer} />
        {kSources[answer.source] !== undefined && (
          <span className="table-small">{kSources[answer.source]}</span>
        )}
      </Cell>
      <Cell className="answer-left">
        <span className="numeric">
          {formatCount(answer.remaining)} <small>of {formatCount(answer.limit)}</small>
        </span>
        <span className="answer-track" aria-hidden="true">
          <span style={{ transform: `scaleX(${left})` }} />
        </span>
      </Cell>
      <Cell className="answer-wait numeric" label="retry after" end>
        {waitWords(answer)}
      </Cell>
      <Cell className="answer-reset numeric" label="all back in" end>
        {durationWords(answer.reset_after_ms)}
      </Cell>
    </Row>
  );
}

/** Why a rule has nothing to say; what its conditions are is the server's to match. */
function whyNot(rule: Rule, asked: Check): string {
  const missing = (names: string[]) => names.filter((name) => asked.attributes[name] === undefined);
  const key = missing(rule.key);
  if (key.length > 0) return `counts by ${key.join(' and ')}, which the request does not say`;
  const where = missing(Object.keys(rule.where));
  if (where.length > 0) return `asks for ${where.join(' and ')}, which the request does not say`;
  return 'its conditions are not met';
}

function Others({ rules, asked, answer }: Omit<TesterAnswerProps, 'attempts'>) {
  const asks = new Set(answer.limits.map(({ rule }) => rule));
  const others = rules.filter(({ name }) => !asks.has(name));
  if (others.length === 0) return null;
  return (
    <ul className="tester-others" aria-label="Rules that do not apply">
      {others.slice(0, kMostOthers).map((rule) => (
        <li key={rule.name}>
          <span className="mono">{rule.name}</span> does not apply: {whyNot(rule, asked)}.
        </li>
      ))}
      {others.length > kMostOthers && (
        <li>And {formatCount(others.length - kMostOthers)} more do not apply.</li>
      )}
    </ul>
  );
}

function Headline({ answer, peek }: { answer: CheckAnswer; peek: boolean }) {
  const may = peek ? 'It would pass' : 'It may pass';
  const refused = peek ? 'It would be refused' : 'Refused';
  const wait = waitWords(answer);
  return (
    <p className={`tester-verdict ${answer.allowed ? '' : 'tester-refused'}`} role="status">
      <strong>{answer.allowed ? may : refused}</strong>
      {!answer.allowed && (
        <span>
          {wait === 'never'
            ? 'It never passes: it costs more than there is.'
            : `Retry after ${wait}.`}
        </span>
      )}
      {answer.limits.length === 0 && <span>No rule applies.</span>}
    </p>
  );
}

function History({ attempts }: { attempts: readonly Attempt[] }) {
  const denied = attempts.filter(({ allowed }) => !allowed).length;
  return (
    <div
      className="tester-history"
      role="img"
      aria-label={`${attempts.length} asked here, ${denied} of them refused`}
    >
      {attempts.map(({ id, peek, allowed }) => (
        <span key={id} data-allowed={allowed} data-peek={peek || undefined} />
      ))}
    </div>
  );
}

interface TesterAnswerProps {
  answer: CheckAnswer;
  asked: Check;
  rules: readonly Rule[];
  attempts: readonly Attempt[];
}

export function TesterAnswer({ answer, asked, rules, attempts }: TesterAnswerProps) {
  const fields = Object.entries(answer.fields).filter(([, value]) => value !== null);
  return (
    <>
      <div className="tester-head">
        <Headline answer={answer} peek={asked.peek === true} />
        <History attempts={attempts} />
      </div>
      {answer.limits.length > 0 && (
        <Table
          label="What each rule says"
          className="answer-table"
          cards
          columns={
            <>
              <Column>Rule</Column>
              <Column>Says</Column>
              <Column>Left after it</Column>
              <Column end>Retry after</Column>
              <Column end>All back in</Column>
            </>
          }
        >
          {answer.limits.map((each) => (
            <AnswerRow key={each.rule} answer={each} />
          ))}
        </Table>
      )}
      <Others rules={rules} asked={asked} answer={answer} />
      {fields.length > 0 && (
        <dl className="tester-fields">
          {fields.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="mono">{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </>
  );
}
