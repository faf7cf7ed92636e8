import type { Rule, ShadowRule } from '../../api/limits';
import { formatCount, formatShare } from '../../lib/numbers';
import { hrefs } from '../../lib/router';
import { Button } from '../../ui/button';
import { EmptyState } from '../../ui/empty_state';
import { CodeBlock } from '../../ui/code_block';
import { ErrorNotice } from '../../ui/notice';
import { Course } from '../../ui/page';
import { Skeleton } from '../../ui/skeleton';
import type { Editing } from './edit_rule';
import { KeyRanking } from './key_ranking';
import { useRules, useShadowReport } from './limits_queries';
import { sentence } from './rule_words';
import './shadow_view.css';

interface ShadowRuleProps {
  report: ShadowRule;
  rule: Rule | undefined;
  onEdit: (editing: Editing) => void;
}

function Report({ report, rule, onEdit }: ShadowRuleProps) {
  const share = formatShare(report.would_deny, report.requests);
  return (
    <li className="shadow-rule">
      <div className="shadow-about">
        <h3>
          <a className="mono" href={hrefs.limit(report.rule)}>
            {report.rule}
          </a>
        </h3>
        {rule && <p>{sentence({ ...rule, shadow: false })}</p>}
        <p className="shadow-number">
          <strong className="numeric">{formatCount(report.would_deny)}</strong> of{' '}
          <span className="numeric">{formatCount(report.requests)}</span> would be denied
          {report.requests > 0 && ` (${share})`}, in the last 5 minutes.
        </p>
        <span className="shadow-track" aria-hidden="true">
          <span
            style={{
              transform: `scaleX(${report.requests === 0 ? 0 : report.would_deny / report.requests})`,
            }}
          />
        </span>
        <p className="shadow-total numeric">
          {formatCount(report.would_deny_total)} since the server’s start
        </p>
        {rule?.shadow === true && (
          <Button
            small
            onPress={() => onEdit({ rule: report.rule, change: { shadow: false } })}
            aria-label={`Let it refuse: ${report.rule}`}
          >
            Let it refuse
          </Button>
        )}
        {rule?.shadow === false && <p className="shadow-total">It refuses by now.</p>}
      </div>
      <div className="shadow-keys">
        <h3>Whose they were</h3>
        <KeyRanking
          keys={report.keys}
          label={`Keys that ${report.rule} would deny`}
          empty="None in the last 5 minutes."
          most={5}
        />
      </div>
    </li>
  );
}

const kExample =
  '{"name": "per-user", "key": ["user"], "limit": 5, "per": "minute", "shadow": true}';

function Quiet({ watching }: { watching: readonly Rule[] }) {
  if (watching.length === 0) {
    return (
      <EmptyState title="No rule only watches">
        <p>
          A rule with <code>shadow</code> counts and refuses nothing; here it says how many requests
          it would have refused, and whose. So a limit can watch for a day before it bites.
        </p>
        <CodeBlock code={kExample} label="A rule that only watches" />
      </EmptyState>
    );
  }
  return (
    <p className="shadow-quiet">
      {watching.map(({ name }, i) => (
        <span key={name}>
          {i > 0 && ', '}
          <a className="mono" href={hrefs.limit(name)}>
            {name}
          </a>
        </span>
      ))}{' '}
      {watching.length === 1 ? 'watches, and would have' : 'watch, and would have'} denied nothing.
    </p>
  );
}

export function ShadowView({ onEdit }: { onEdit: (editing: Editing) => void }) {
  const rules = useRules();
  const shadow = useShadowReport();
  const list = rules.data?.data.rules ?? [];
  // The server names those that would have denied nothing, too: they are told in one line.
  const reports = (shadow.data?.rules ?? []).filter(({ would_deny_total: all }) => all > 0);
  const reported = new Set(reports.map(({ rule }) => rule));
  const quiet = list.filter((rule) => rule.shadow && !reported.has(rule.name));
  const error = shadow.error ?? rules.error;
  const loaded = shadow.data !== undefined && rules.data !== undefined;
  return (
    <Course title="What rules that only watch would deny">
      {error && <ErrorNotice error={error} />}
      {!loaded && !error && <Skeleton rows={4} label="Loading the report" />}
      {loaded && reports.length > 0 && (
        <ul className="shadow-list" aria-label="Shadow report">
          {reports.map((report) => (
            <Report
              key={report.rule}
              report={report}
              rule={list.find(({ name }) => name === report.rule)}
              onEdit={onEdit}
            />
          ))}
        </ul>
      )}
      {loaded && (quiet.length > 0 || reports.length === 0) && <Quiet watching={quiet} />}
    </Course>
  );
}
