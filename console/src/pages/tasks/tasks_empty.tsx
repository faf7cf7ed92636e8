import { hrefs } from '../../lib/router';
import { CodeBlock } from '../../ui/code_block';
import { EmptyState } from '../../ui/empty_state';

const kHeaders = `-H 'Authorization: Bearer YOUR_KEY' -H 'Content-Type: application/json'`;

function create(): string {
  return `curl ${window.location.origin}/v1/tasks ${kHeaders} \\
  -d '{"queue":"mail","payload":{"to":"ada@example.com"}}'`;
}

function work(): string {
  return `curl ${window.location.origin}/v1/queues/mail/lease ${kHeaders} \\
  -d '{"max":1,"lease_ms":30000}'`;
}

export function TasksEmpty() {
  return (
    <EmptyState title="No tasks yet">
      <p>
        A task is work for later, done at least once: by a worker that leases it, or by Ashlar
        calling your URL. Put one of your <a href={hrefs.keys}>keys</a> (scope{' '}
        <code>tasks:write</code>) where it says YOUR_KEY. Make one:
      </p>
      <CodeBlock code={create()} label="Command that creates a task" />
      <p>Its queue then stands here. A worker takes it, and says by its lease what became of it:</p>
      <CodeBlock code={work()} label="Command that leases a task" />
    </EmptyState>
  );
}
