import { useEffect, useState, type Ref } from 'react';
import { copyText } from '../lib/clipboard';
import { Button as AriaButton } from 'react-aria-components';
import './button.css';
import './copy_button.css';

interface CopyButtonProps {
  text: string;
  /** What is copied, for those who do not see what stands beside it: "Copy short link". */
  label: string;
  look?: 'primary' | 'quiet' | 'bare';
  small?: boolean;
  onCopied?: () => void;
  ref?: Ref<HTMLButtonElement>;
}

type Outcome = 'idle' | 'copied' | 'failed';
const kWords: Record<Outcome, string> = { idle: 'Copy', copied: 'Copied', failed: 'Select it' };
const kShownMs = 2_000;

export function CopyButton({ text, label, look = 'quiet', small, onCopied, ref }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<Outcome>('idle');

  useEffect(() => {
    if (outcome === 'idle') return;
    const timer = setTimeout(() => setOutcome('idle'), kShownMs);
    return () => clearTimeout(timer);
  }, [outcome]);

  const copy = async () => {
    const copied = await copyText(text);
    setOutcome(copied ? 'copied' : 'failed');
    if (copied) onCopied?.();
  };

  return (
    <>
      <AriaButton
        ref={ref ?? null}
        className={`button button-${look} copy-button${small ? ' button-small' : ''}`}
        aria-label={label}
        onPress={() => void copy()}
      >
        {/* All three words lie on one another, so that the button keeps its width. */}
        {(Object.keys(kWords) as Outcome[]).map((word) => (
          <span key={word} className="copy-word" data-shown={word === outcome || undefined}>
            {kWords[word]}
          </span>
        ))}
      </AriaButton>
      <span className="offscreen" role="status">
        {outcome === 'copied' && 'Copied to the clipboard'}
        {outcome === 'failed' && 'Could not copy: the browser refused the clipboard'}
      </span>
    </>
  );
}
