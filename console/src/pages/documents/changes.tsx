import { useQuery } from '@tanstack/react-query';
import {
  changesSince,
  type DeltaOp,
  type DocumentChange,
  type KeyChange,
} from '../../api/documents';
import { useTenant } from '../../lib/tenant';
import { ErrorNotice } from '../../ui/notice';
import { Skeleton } from '../../ui/skeleton';
import './changes.css';
import { documentKeys } from './document_keys';

/** Markup as the text that a reader sees; of what has none, what it is. */
function readable(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  const text = value
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return text === '' ? value : text;
}

function Piece({ gone, value }: { gone: boolean; value: unknown }) {
  const Mark = gone ? 'del' : 'ins';
  if (Array.isArray(value)) {
    return value.map((one, i) => (
      <Mark key={i} className="change-block">
        {readable(one)}
      </Mark>
    ));
  }
  return <Mark>{typeof value === 'string' ? value : readable(value)}</Mark>;
}

/** "bold", "no bold". */
function formatsOf(attributes: Record<string, unknown>): string {
  return Object.entries(attributes)
    .map(([name, value]) => (value === null ? `no ${name}` : name))
    .join(', ');
}

function Op({ op }: { op: DeltaOp }) {
  if (op.delete !== undefined) return <Piece gone value={op.old} />;
  if (op.retain === undefined) return <Piece gone={false} value={op.insert} />;
  if (op.attributes === undefined) return <span className="change-same">…</span>;
  return (
    <span className="change-format">
      {op.retain === 1 ? '1 character' : `${op.retain} characters`}: {formatsOf(op.attributes)}
    </span>
  );
}

function KeyLine({ name, change }: { name: string; change: KeyChange }) {
  return (
    <>
      <span className="change-key">{name}</span>
      {change.action !== 'add' && <Piece gone value={readable(change.old)} />}
      {change.action !== 'delete' && <Piece gone={false} value={readable(change.new)} />}
    </>
  );
}

/** Of blocks only those that came or went; what stays between words of a text is hinted at. */
function worthShowing(delta: DeltaOp[]): DeltaOp[] {
  const ofBlocks = delta.some((op) => Array.isArray(op.insert ?? op.old));
  return delta.filter((op) => !ofBlocks || op.retain === undefined);
}

function Change({ change }: { change: DocumentChange }) {
  return (
    <>
      {change.delta && (
        <li className="change">
          {worthShowing(change.delta).map((op, i) => (
            <Op key={i} op={op} />
          ))}
        </li>
      )}
      {Object.entries(change.keys ?? {}).map(([name, one]) => (
        <li key={name} className="change">
          <KeyLine name={name} change={one} />
        </li>
      ))}
    </>
  );
}

/** What has changed since a version, place by place, as the server tells it. */
export function Changes({ name, version }: { name: string; version: string }) {
  const { tenant } = useTenant();
  const answer = useQuery({
    queryKey: documentKeys.changes(tenant, name, version),
    queryFn: ({ signal }) => changesSince(tenant, name, version, signal),
    staleTime: 0,
  });
  if (answer.data === undefined) {
    return answer.isError ? (
      <ErrorNotice error={answer.error} />
    ) : (
      <Skeleton rows={4} label="Comparing" />
    );
  }
  const { changes, truncated } = answer.data;
  if (changes.length === 0) return <p className="modal-text">Nothing has changed since.</p>;
  return (
    <>
      <ul className="changes">
        {changes.map((change) => (
          <Change key={JSON.stringify(change.path)} change={change} />
        ))}
      </ul>
      {truncated && <p className="modal-text">There are more changes than are shown here.</p>}
    </>
  );
}
