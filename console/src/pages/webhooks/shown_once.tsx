import type { Webhook } from '../../api/webhooks';
import { CodeBlock } from '../../ui/code_block';
import { Secret } from '../../ui/secret';

const kWhy = {
  hmac: 'Copy it now: your service checks by it that a request is from here. Once this is closed, it is not shown again.',
  ed25519:
    'Your service checks by this public key that a request is from here. It is no secret, and stays to be seen.',
};

function verify(key: string): string {
  return `import { Webhook } from 'standardwebhooks';
const event = new Webhook('${key}').verify(body, headers);`;
}

export function ShownOnce({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const { signature, secret, public_keys: keys } = webhook;
  const key = secret ?? keys[0] ?? '';
  return (
    <Secret
      secret={key}
      label={signature === 'hmac' ? 'Copy secret' : 'Copy public key'}
      why={kWhy[signature]}
      onClose={onClose}
    >
      {signature === 'hmac' && (
        <CodeBlock
          code={verify(key)}
          label="How a service checks it, with npm’s standardwebhooks"
        />
      )}
    </Secret>
  );
}
