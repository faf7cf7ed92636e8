import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  deleteRule,
  listRules,
  putRule,
  type NotificationRule,
} from '../../../api/notification_rules';
import { formatCount } from '../../../lib/numbers';
import { useTenant } from '../../../lib/tenant';
import { useAction } from '../../../lib/use_action';
import { Button } from '../../../ui/button';
import { Confirm } from '../../../ui/confirm';
import { EmptyState } from '../../../ui/empty_state';
import { ErrorNotice } from '../../../ui/notice';
import { Course } from '../../../ui/page';
import { Skeleton } from '../../../ui/skeleton';
import { Switch } from '../../../ui/switch';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { Timestamp } from '../../../ui/timestamp';
import { kRefreshMs, notificationKeys } from '../notification_keys';
import { SectionPage } from '../section_page';
import { EditRule } from './edit_rule';
import { draftOf, ruleOf } from './rule_draft';
import { whomWords } from './rule_words';
import '../tables.css';
import './rules.css';

interface RuleProps {
  rule: NotificationRule;
  onEdit: () => void;
  onDelete: () => void;
}

function EnableRule({ rule }: { rule: NotificationRule }) {
  const { tenant } = useTenant();
  const switching = useAction<boolean>({
    run: (enabled) => putRule(tenant, rule.id, { ...ruleOf(draftOf(rule), rule), enabled }),
    done: (enabled) => `${rule.name} ${enabled ? 'tells again' : 'tells nobody any more'}.`,
    changes: [notificationKeys.rules(tenant)],
  });
  const shown = switching.isPending ? switching.variables : rule.enabled;
  return (
    <Switch
      isSelected={shown}
      onChange={(enabled) => switching.mutate(enabled)}
      aria-label={`Enabled: ${rule.name}`}
    />
  );
}

function RuleRow({ rule, onEdit, onDelete }: RuleProps) {
  const { last_failure: failure } = rule;
  return (
    <Row>
      <RowHead className="notified-head">
        <span className="cut">{rule.name}</span>
        <span className="table-small mono">{rule.event_type}</span>
      </RowHead>
      <Cell className="notified-more">
        <span>{whomWords(rule)}</span>
        {failure !== null && (
          <span className="table-small rule-failure" title={failure.detail}>
            {failure.reason}: {failure.detail} <Timestamp at={failure.at} />
          </span>
        )}
      </Cell>
      <Cell className="notified-foot numeric" label="Told of">
        {formatCount(rule.accepted)}
      </Cell>
      <Cell className="notified-end numeric" label="Failed">
        {formatCount(rule.failed)}
      </Cell>
      <Cell className="notified-side" end>
        <div className="table-actions">
          <EnableRule rule={rule} />
          <Button small onPress={onEdit} aria-label={`Edit ${rule.name}`}>
            Edit
          </Button>
          <Button small onPress={onDelete} aria-label={`Delete ${rule.name}`}>
            Delete
          </Button>
        </div>
      </Cell>
    </Row>
  );
}

function DeleteRule({ rule, onClose }: { rule: NotificationRule | null; onClose: () => void }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  return (
    <Confirm
      title={`Delete ${rule?.name ?? ''}?`}
      action="Delete"
      isOpen={rule !== null}
      run={() => deleteRule(tenant, rule?.id ?? '')}
      done={`${rule?.name ?? ''} is deleted.`}
      onDone={() => {
        void client.invalidateQueries({ queryKey: notificationKeys.rules(tenant) });
      }}
      onClose={onClose}
    >
      Events from now on tell nobody by it. What it has set going goes on.
    </Confirm>
  );
}

export function RulesView() {
  const { tenant } = useTenant();
  // undefined: nothing is open; null: a new one.
  const [editing, setEditing] = useState<NotificationRule | null | undefined>(undefined);
  const [doomed, setDoomed] = useState<NotificationRule | null>(null);
  const rules = useQuery({
    queryKey: notificationKeys.rules(tenant),
    queryFn: ({ signal }) => listRules(tenant, signal),
    refetchInterval: ({ state }) => (state.status === 'error' ? false : kRefreshMs),
  });
  const rows = rules.data ?? [];
  return (
    <SectionPage
      section="rules"
      actions={
        <Button look="primary" onPress={() => setEditing(null)}>
          New rule
        </Button>
      }
    >
      <Course title="When something happens">
        <ErrorNotice error={rules.error} />
        {rules.isPending && <Skeleton rows={4} label="Loading rules" />}
        {rules.isSuccess && rows.length === 0 && (
          <EmptyState title="No rules yet">
            <p>
              A rule names a type of events, whom to tell, and what: an order is shipped, and who
              has ordered hears of it. Each event is told once.
            </p>
          </EmptyState>
        )}
        {rows.length > 0 && (
          <Table
            label="Rules"
            className="notified rule-table"
            cards
            columns={
              <>
                <Column>Rule</Column>
                <Column>Who is told, by what</Column>
                <Column>Told of</Column>
                <Column>Failed</Column>
                <ActionsColumn />
              </>
            }
          >
            {rows.map((rule) => (
              <RuleRow
                key={rule.id}
                rule={rule}
                onEdit={() => setEditing(rule)}
                onDelete={() => setDoomed(rule)}
              />
            ))}
          </Table>
        )}
      </Course>
      <EditRule
        rule={editing ?? null}
        isOpen={editing !== undefined}
        onClose={() => setEditing(undefined)}
      />
      <DeleteRule rule={doomed} onClose={() => setDoomed(null)} />
    </SectionPage>
  );
}
