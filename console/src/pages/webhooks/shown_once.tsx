import { CodeBlock } from '../../ui/code_block';
import { Secret } from '../../ui/secret';

function verify(secret: string): string {
  return `import { Webhook } from 'standardwebhooks';
const event = new Webhook('${secret}').verify(body, headers);`;
}

export function ShownOnce({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Secret
      secret={secret}
      label="Copy secret"
      why="Copy it now: your service checks by it that a request is from here. Once this is closed, it is not shown again."
      onClose={onClose}
    >
      <CodeBlock code={verify(secret)} label="How a service checks it" />
    </Secret>
  );
}
