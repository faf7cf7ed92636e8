import './badge.css';

/** State is said by the word; the colour only helps the eye. */
export function Badge({
  tone,
  children,
}: {
  tone: 'good' | 'off' | 'doubt' | 'bad';
  children: string;
}) {
  return <span className={`badge badge-${tone}`}>{children}</span>;
}
