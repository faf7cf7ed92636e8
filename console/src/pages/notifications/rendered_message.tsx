// A message as its reader gets it, by channel.
import type { Channel } from '../../api/notifications';
import { MailFrame } from './mail_frame';
import { kChannelWords } from './notification_words';
import './rendered_message.css';

interface Message {
  channel: Channel;
  address?: string;
  subject: string | null;
  text: string | null;
  html: string | null;
  url: string | null;
}

function Mail({ message }: { message: Message }) {
  const { subject, text, html, address } = message;
  const hasHtml = html !== null && html !== '';
  const hasText = text !== null && text !== '';
  return (
    <>
      <dl className="rendered-head">
        {address !== undefined && (
          <div>
            <dt>To</dt>
            <dd>{address}</dd>
          </div>
        )}
        <div>
          <dt>Subject</dt>
          <dd className="rendered-subject">{subject}</dd>
        </div>
      </dl>
      {hasHtml && <MailFrame html={html} title={`Mail: ${subject ?? ''}`} />}
      {hasText &&
        (hasHtml ? (
          <details className="rendered-text">
            <summary>As plain text</summary>
            <pre>{text}</pre>
          </details>
        ) : (
          <pre className="rendered-plain">{text}</pre>
        ))}
    </>
  );
}

/** A telephone's, an app's or a chat's. */
function Bubble({ message }: { message: Message }) {
  const { channel, subject, text, url, address } = message;
  return (
    <>
      <p className="rendered-to">
        {kChannelWords[channel]}
        {address !== undefined && ` to ${address}`}
      </p>
      <div className="bubble" data-channel={channel}>
        {subject !== null && subject !== '' && <strong>{subject}</strong>}
        <span>{text}</span>
        {url !== null && url !== '' && <span className="bubble-url">{url}</span>}
      </div>
    </>
  );
}

export function RenderedMessage({ message }: { message: Message }) {
  return message.channel === 'email' ? <Mail message={message} /> : <Bubble message={message} />;
}
