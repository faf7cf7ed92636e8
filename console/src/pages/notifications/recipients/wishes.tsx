import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { listCategories } from '../../../api/audiences';
import { putPreferences, type Preferences, type Recipient } from '../../../api/recipients';
import { useTenant } from '../../../lib/tenant';
import { Button } from '../../../ui/button';
import { ErrorNotice } from '../../../ui/notice';
import { Course } from '../../../ui/page';
import { toast } from '../../../ui/toast';
import { notificationKeys } from '../notification_keys';
import { kChannelWords } from '../notification_words';
import { kColumns, wishAt, withWish, type Column, type Row, type Wish } from './wishes_draft';
import './recipients.css';

const kMostCategories = 100;
const kWishes = [
  { value: '', label: '–' },
  { value: 'yes', label: 'Yes' },
  { value: 'no', label: 'No' },
] as const;

const columnWords = (column: Column) => (column === '*' ? 'Any channel' : kChannelWords[column]);

interface WishRowProps {
  row: Row;
  title: string;
  draft: Preferences;
  onChange: (draft: Preferences) => void;
}

function WishRow({ row, title, draft, onChange }: WishRowProps) {
  return (
    <tr>
      <th scope="row">{title}</th>
      {kColumns.map((column) => (
        <td key={column}>
          <div className="select">
            <select
              className="input"
              aria-label={`${title}, ${columnWords(column)}`}
              value={wishAt(draft, row, column)}
              onChange={(event) =>
                onChange(withWish(draft, row, column, event.target.value as Wish))
              }
            >
              {kWishes.map(({ value, label }) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </div>
        </td>
      ))}
    </tr>
  );
}

/** Said by the reader, or for them: what says most exactly counts. */
export function Wishes({ recipient }: { recipient: Recipient }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const kept = recipient.preferences ?? {};
  const [draft, setDraft] = useState<Preferences | null>(null);
  const categories = useQuery({
    queryKey: [...notificationKeys.categories(tenant), 'wishes'],
    queryFn: ({ signal }) => listCategories(tenant, null, kMostCategories, signal),
  });
  const saving = useMutation({
    mutationFn: (wishes: Preferences) => putPreferences(tenant, recipient.user_id, wishes),
    onSuccess: async () => {
      const queryKey = notificationKeys.recipient(tenant, recipient.user_id);
      await client.invalidateQueries({ queryKey });
      setDraft(null);
      toast('good', 'Kept. It holds for what is sent from now on.');
    },
  });
  const shown = draft ?? kept;
  const titles = new Map((categories.data?.data ?? []).map(({ name, title }) => [name, title]));
  const names = new Set([...titles.keys(), ...Object.keys(shown.categories ?? {})]);
  return (
    <Course title="What they want to hear">
      <p className="wishes-hint">Scroll sideways for all channels.</p>
      {/* It scrolls sideways on a phone, and what scrolls must be reachable by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="wishes" role="region" aria-label="Wishes" tabIndex={0}>
        <table className="table wishes-table" aria-label="Wishes by category and channel">
          <thead>
            <tr>
              <th scope="col">Category</th>
              {kColumns.map((column) => (
                <th key={column} scope="col">
                  {columnWords(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <WishRow row={null} title="Everything" draft={shown} onChange={setDraft} />
            {[...names].map((name) => (
              <WishRow
                key={name}
                row={name}
                title={titles.get(name) ?? name}
                draft={shown}
                onChange={setDraft}
              />
            ))}
          </tbody>
        </table>
      </div>
      <ErrorNotice error={saving.error} />
      {draft !== null && (
        <div className="save-line">
          <Button look="primary" onPress={() => saving.mutate(draft)} isPending={saving.isPending}>
            Save wishes
          </Button>
          <Button onPress={() => setDraft(null)}>Leave them</Button>
        </div>
      )}
    </Course>
  );
}
