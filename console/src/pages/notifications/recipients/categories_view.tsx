import { useState } from 'react';
import { deleteCategory, listCategories, type Category } from '../../../api/audiences';
import { useTenant } from '../../../lib/tenant';
import { useAction } from '../../../lib/use_action';
import { Badge } from '../../../ui/badge';
import { Button } from '../../../ui/button';
import { EmptyState } from '../../../ui/empty_state';
import { Course } from '../../../ui/page';
import { Paged, usePaged } from '../../../ui/paged';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { kPageSize, notificationKeys } from '../notification_keys';
import { EditCategory } from './edit_category';
import '../tables.css';
import './recipients.css';

interface Cap {
  max: number;
  per: string | number;
}

interface Hours {
  from?: string;
  to?: string;
}

/** "at most 3 a week, 09:00 to 19:00, as a digest" */
function boundWords({ caps, send_window: window, digest }: Category): string {
  const capped = ((caps ?? []) as Cap[]).map(({ max, per }) =>
    typeof per === 'number' ? `at most ${max} in ${per} s` : `at most ${max} a ${per}`,
  );
  const { from, to } = (window ?? {}) as Hours;
  const hours = from !== undefined && to !== undefined ? [`${from} to ${to}`] : [];
  const other = window !== null && hours.length === 0 ? ['at set hours'] : [];
  return [...capped, ...hours, ...other, ...(digest === null ? [] : ['as a digest'])].join(', ');
}

function CategoryRow({ category, onEdit }: { category: Category; onEdit: () => void }) {
  const { tenant } = useTenant();
  const { name, title, critical } = category;
  const deleting = useAction({
    run: () => deleteCategory(tenant, name),
    done: () => `${name} has all the defaults again.`,
    changes: [notificationKeys.categories(tenant)],
  });
  const bounds = boundWords(category);
  return (
    <Row>
      <RowHead className="notified-head">
        <span className="cut">{title}</span>
        <span className="table-small mono">{name}</span>
      </RowHead>
      <Cell className="notified-more">
        {critical && <Badge tone="bad">Critical</Badge>}
        {!critical && (bounds === '' ? 'at any time' : bounds)}
      </Cell>
      <Cell className="notified-side" end>
        <div className="table-actions">
          <Button small onPress={onEdit} aria-label={`Edit ${name}`}>
            Edit
          </Button>
          <Button
            small
            onPress={() => deleting.mutate()}
            isPending={deleting.isPending}
            aria-label={`Delete ${name}`}
          >
            Delete
          </Button>
        </div>
      </Cell>
    </Row>
  );
}

export function CategoriesView() {
  const { tenant } = useTenant();
  const [editing, setEditing] = useState<Category | null>(null);
  const categories = usePaged(
    notificationKeys.categories(tenant),
    (cursor, signal) => listCategories(tenant, cursor, kPageSize, signal),
    {},
  );
  return (
    <Course title="Kinds of messages">
      <Paged
        list={categories}
        what="categories"
        skeleton={4}
        empty={
          <EmptyState title="No categories yet">
            <p>
              Readers choose by category. It may have caps, hours and a digest of its own; one that
              is not kept here has all the defaults.
            </p>
          </EmptyState>
        }
      >
        <Table
          label="Categories"
          className="notified plain-table category-table"
          cards
          columns={
            <>
              <Column>Category</Column>
              <Column>When</Column>
              <ActionsColumn />
            </>
          }
        >
          {categories.rows.map((category) => (
            <CategoryRow
              key={category.name}
              category={category}
              onEdit={() => setEditing(category)}
            />
          ))}
        </Table>
      </Paged>
      <EditCategory category={editing} isOpen={editing !== null} onClose={() => setEditing(null)} />
    </Course>
  );
}
