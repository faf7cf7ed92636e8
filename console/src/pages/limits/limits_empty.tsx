import { hrefs } from '../../lib/router';
import { CodeBlock } from '../../ui/code_block';
import { EmptyState } from '../../ui/empty_state';

function command(): string {
  return `curl -X PUT ${window.location.origin}/v1/limits/rules \\
  -H 'Authorization: Bearer YOUR_KEY' \\
  -H 'Content-Type: application/json' \\
  -d '{"rules":[{"name":"per-user","key":["user"],"limit":5,"per":"minute"}]}'`;
}

export function LimitsEmpty() {
  return (
    <EmptyState title="No rules yet">
      <p>
        Without a rule every request may pass. Make one here, or put one of your{' '}
        <a href={hrefs.keys}>keys</a> (scope <code>limits:write</code>) where it says YOUR_KEY:
      </p>
      <CodeBlock code={command()} label="Command that writes a rule" />
      <p>
        Your services then ask <code>POST /v1/limits/check</code> before they do the work; the
        tester shows how.
      </p>
    </EmptyState>
  );
}
