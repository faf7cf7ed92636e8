// What development caught: a list as of a mail program, and the one that is chosen beside it.
import { listCaught, type Caught } from '../../../api/notifications';
import { adjust } from '../../../lib/router';
import { useTenant } from '../../../lib/tenant';
import { ChoiceFilter } from '../../../ui/choice_filter';
import { EmptyState } from '../../../ui/empty_state';
import { Course } from '../../../ui/page';
import { Paged, usePaged } from '../../../ui/paged';
import { Timestamp } from '../../../ui/timestamp';
import { kPageSize, kRefreshMs, notificationKeys } from '../notification_keys';
import { channelOf, channelOptions, kChannelWords } from '../notification_words';
import { places } from '../places';
import { SectionPage } from '../section_page';
import { RenderedMessage } from '../rendered_message';
import './caught_view.css';

function titleOf({ subject, text }: Caught): string {
  return subject === '' ? text : subject;
}

interface ItemProps {
  message: Caught;
  isShown: boolean;
  href: string;
}

function Item({ message, isShown, href }: ItemProps) {
  const { channel, address, at } = message;
  return (
    <li>
      <a
        className="caught-item"
        href={href}
        aria-current={isShown ? 'true' : undefined}
        onClick={(event) => {
          event.preventDefault();
          adjust(href);
        }}
      >
        <span className="caught-title cut">{titleOf(message)}</span>
        <span className="caught-about">
          <span className="cut">
            {kChannelWords[channel]} · {address}
          </span>
          <Timestamp at={at} />
        </span>
      </a>
    </li>
  );
}

function NothingCaught({ isNarrowed }: { isNarrowed: boolean }) {
  return (
    <EmptyState title={isNarrowed ? 'Nothing of this channel' : 'Nothing was caught'}>
      <p>
        As long as a channel has no <a href={places.section('providers')}>provider</a>, what would
        have been sent by it is kept here to be looked at: mails as they look, pushes, SMS. Nothing
        leaves this machine.
      </p>
    </EmptyState>
  );
}

export function CaughtView({ query }: { query: string }) {
  const { tenant } = useTenant();
  const params = new URLSearchParams(query);
  const channel = channelOf(params.get('channel'));
  const wanted = params.get('id');
  const caught = usePaged(
    notificationKeys.caught(tenant, channel),
    (cursor, signal) => listCaught(tenant, channel, cursor, kPageSize, signal),
    { refreshMs: kRefreshMs, keepsOld: true },
  );
  const shown = caught.rows.find(({ id }) => id === wanted) ?? caught.rows[0];
  return (
    <SectionPage section="caught">
      <Course
        title="Newest first"
        tools={
          <ChoiceFilter
            label="Channel"
            all="All channels"
            choices={channelOptions}
            value={channel}
            page={places.section('caught')}
            name="channel"
          />
        }
      >
        <Paged
          list={caught}
          what="what was caught"
          skeleton={6}
          empty={<NothingCaught isNarrowed={channel !== null} />}
        >
          <div className="caught">
            <ul className="caught-list" aria-label="Caught messages">
              {caught.rows.map((message) => (
                <Item
                  key={message.id}
                  message={message}
                  isShown={message.id === shown?.id}
                  href={places.caught({ channel, id: message.id })}
                />
              ))}
            </ul>
            {shown && (
              <article className="caught-shown" aria-label="The message">
                <RenderedMessage message={shown} />
              </article>
            )}
          </div>
        </Paged>
      </Course>
    </SectionPage>
  );
}
