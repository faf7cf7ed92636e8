import { hrefs } from '../../lib/router';
import { CodeBlock } from '../../ui/code_block';
import { EmptyState } from '../../ui/empty_state';

function curlLine(): string {
  const origin = window.location.origin;
  return `curl ${origin}/v1/links -H 'Authorization: Bearer YOUR_KEY' -H 'Content-Type: application/json' -d '{"url":"https://example.com/"}'`;
}

export function LinksEmpty() {
  return (
    <EmptyState title="No links yet">
      <p>
        Shorten an address above, or let a program do it. Put one of your{' '}
        <a href={hrefs.keys}>keys</a> (scope <code>links:write</code>) where it says YOUR_KEY:
      </p>
      <CodeBlock code={curlLine()} label="Command that creates a link" />
      <p>Then follow the link, and watch its clicks arrive on its page.</p>
    </EmptyState>
  );
}
