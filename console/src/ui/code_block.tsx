import { CopyButton } from './copy_button';
import './code_block.css';

/** A command to paste. */
export function CodeBlock({ code, label }: { code: string; label: string }) {
  return (
    <div className="code-block">
      {/* A long line scrolls sideways, and what scrolls must be reachable by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} aria-label={label} role="region">
        <code>{code}</code>
      </pre>
      <CopyButton text={code} label={`Copy: ${label}`} small />
    </div>
  );
}
