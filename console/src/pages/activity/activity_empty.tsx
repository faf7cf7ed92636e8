import type { TopQuery } from '../../api/activity';
import { hrefs } from '../../lib/router';
import { CodeBlock } from '../../ui/code_block';
import { EmptyState } from '../../ui/empty_state';
import { kAlwaysThere, windowWords } from './board_view';

/** What an event must have for the dimension that is shown, and need not have otherwise. */
function asked(dimension: string): string {
  if (dimension === 'endpoint') return ',\\"endpoint\\":\\"POST /login\\"';
  return kAlwaysThere.includes(dimension) ? '' : `,\\"tags\\":{\\"${dimension}\\":\\"some\\"}`;
}

/** Of the second in which it is pasted, so that it works whenever that is. */
function command(dimension: string): string {
  const what = `\\"user\\":\\"$user\\",\\"action\\":\\"login\\"${asked(dimension)}`;
  return `for user in ada ada ada bob bob eve; do
  echo "{\\"at\\":$(date +%s),${what}}"
done | curl ${window.location.origin}/v1/activity/events \\
  -H 'Authorization: Bearer YOUR_KEY' \\
  -H 'Content-Type: application/x-ndjson' --data-binary @-`;
}

export function ActivityEmpty({ view }: { view: TopQuery }) {
  const tagged = kAlwaysThere.includes(view.dimension) ? '' : ` with ${view.dimension}`;
  return (
    <EmptyState title={`No events${tagged} in ${windowWords(view.window)}`}>
      <p>
        Tell Ashlar what your users do, one line of JSON an event, and watch who does most. Put one
        of your <a href={hrefs.keys}>keys</a> (scope <code>activity:write</code>) where it says
        YOUR_KEY:
      </p>
      <CodeBlock code={command(view.dimension)} label="Command that records six events" />
      <p>The board fills by itself a moment later.</p>
    </EmptyState>
  );
}
