import { useState } from 'react';
import {
  listLetters,
  replayLetter,
  type LetterFilter,
  type NotificationLetter,
} from '../../../api/notifications';
import { adjust } from '../../../lib/router';
import { useDebounced } from '../../../lib/use_debounced';
import { useTenant } from '../../../lib/tenant';
import { useAction } from '../../../lib/use_action';
import { Button } from '../../../ui/button';
import { EmptyState } from '../../../ui/empty_state';
import { Course } from '../../../ui/page';
import { Paged, usePaged } from '../../../ui/paged';
import { SelectField } from '../../../ui/select_field';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { TextField } from '../../../ui/text_field';
import { Timestamp } from '../../../ui/timestamp';
import { kPageSize, kRefreshMs, notificationKeys } from '../notification_keys';
import { channelOf, channelOptions, kChannelWords, reasonWords } from '../notification_words';
import { places } from '../places';
import { SectionPage } from '../section_page';
import { EditLetter } from './edit_letter';
import { ReplayAll } from './replay_all';
import '../tables.css';
import './letters_view.css';

const kTypingPauseMs = 300;

function LetterRow({ letter, onEdit }: { letter: NotificationLetter; onEdit: () => void }) {
  const { tenant } = useTenant();
  const { id, address, channel, template, user_id: user } = letter;
  const replaying = useAction({
    run: () => replayLetter(tenant, id, {}),
    done: () => `It is on its way to ${address} again.`,
    changes: [notificationKeys.letters(tenant), notificationKeys.all(tenant)],
  });
  const whose = user === address ? null : user;
  const below = [kChannelWords[channel], whose, template].filter((part) => part !== null);
  return (
    <Row>
      <RowHead className="notified-head">
        <a className="cut" href={places.message(letter.notification_id)} title={address}>
          {address}
        </a>
        <span className="table-small">{below.join(' · ')}</span>
      </RowHead>
      <Cell className="notified-more">
        <span className="letter-reason">{reasonWords(letter.reason)}</span>
        <span className="table-small mono" title={letter.detail}>
          {letter.detail}
        </span>
      </Cell>
      <Cell className="notified-foot numeric" label="Attempts" end>
        {letter.attempts}
      </Cell>
      <Cell className="notified-end">
        <Timestamp at={letter.failed_at} />
      </Cell>
      <Cell className="notified-side" end>
        <div className="table-actions">
          <Button small onPress={onEdit} aria-label={`Change… ${address}`}>
            Change…
          </Button>
          <Button
            small
            onPress={() => replaying.mutate()}
            isPending={replaying.isPending}
            aria-label={`Replay ${address}`}
          >
            Replay
          </Button>
        </div>
      </Cell>
    </Row>
  );
}

function NoLetters({ isNarrowed }: { isNarrowed: boolean }) {
  if (isNarrowed) {
    return (
      <EmptyState title="None fits">
        <p>Choose another channel or reason above.</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No dead letters">
      <p>
        What failed for good and a person may mend is put here: all attempts used up, refused,
        malformed, no provider. Once the cause is mended, replay it, with another address or other
        data where that was the cause.
      </p>
    </EmptyState>
  );
}

interface FiltersProps {
  filter: LetterFilter;
  reason: string;
  onReason: (reason: string) => void;
}

function Filters({ filter, reason, onReason }: FiltersProps) {
  return (
    <div className="letter-filters field-inline">
      <SelectField
        label="Channel"
        value={filter.channel ?? ''}
        options={[{ value: '', label: 'All' }, ...channelOptions]}
        onChange={(channel) => adjust(places.letters({ channel, provider: filter.provider_id }))}
      />
      <TextField
        label="Reason"
        type="search"
        placeholder="attempts_used"
        mono
        value={reason}
        onChange={onReason}
      />
    </div>
  );
}

export function LettersView({ query }: { query: string }) {
  const { tenant } = useTenant();
  const [reason, setReason] = useState('');
  const [editing, setEditing] = useState<NotificationLetter | null>(null);
  const [replaying, setReplaying] = useState(false);
  const settled = useDebounced(reason.trim(), kTypingPauseMs);
  const params = new URLSearchParams(query);
  const filter: LetterFilter = {
    channel: channelOf(params.get('channel')),
    provider_id: params.get('provider'),
    reason: settled === '' ? null : settled,
  };
  const letters = usePaged(
    notificationKeys.lettersOf(tenant, filter),
    (cursor, signal) => listLetters(tenant, filter, cursor, kPageSize, signal),
    { refreshMs: kRefreshMs, keepsOld: true },
  );
  const isNarrowed = Object.values(filter).some((part) => part !== null);
  return (
    <SectionPage
      section="dead-letters"
      actions={
        <Button onPress={() => setReplaying(true)} isDisabled={letters.rows.length === 0}>
          Replay all that fit…
        </Button>
      }
    >
      <Course
        title="Newest first"
        tools={<Filters filter={filter} reason={reason} onReason={setReason} />}
      >
        {filter.provider_id !== null && (
          <p className="narrowed">
            Only those that <a href={places.provider(filter.provider_id)}>one provider</a> was asked
            for last · <a href={places.letters({ channel: filter.channel })}>show all</a>
          </p>
        )}
        <Paged
          list={letters}
          what="dead letters"
          skeleton={6}
          empty={<NoLetters isNarrowed={isNarrowed} />}
        >
          <Table
            label="Dead letters"
            className="notified dead-table"
            cards
            columns={
              <>
                <Column>Address</Column>
                <Column>Why</Column>
                <Column end>Attempts</Column>
                <Column>Failed</Column>
                <ActionsColumn />
              </>
            }
          >
            {letters.rows.map((letter) => (
              <LetterRow key={letter.id} letter={letter} onEdit={() => setEditing(letter)} />
            ))}
          </Table>
        </Paged>
      </Course>
      <EditLetter letter={editing} onClose={() => setEditing(null)} />
      <ReplayAll filter={filter} isOpen={replaying} onClose={() => setReplaying(false)} />
    </SectionPage>
  );
}
