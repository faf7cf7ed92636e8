import { listClicks, type Click } from '../../api/clicks';
import type { LinkName } from '../../api/links';
import { linkKeys } from '../../lib/links_cache';
import { useTenant } from '../../lib/tenant';
import { Course } from '../../ui/page';
import { Paged, usePaged } from '../../ui/paged';
import { Timestamp } from '../../ui/timestamp';
import { Cell, Column, Row, Table } from '../../ui/table';

const kPageSize = 10;
const kAgents: Record<Click['agent'], string> = {
  browser: 'Browser',
  mobile: 'Phone',
  bot: 'Bot',
  other: 'Other',
};

export function RecentClicks({ name }: { name: LinkName }) {
  const { tenant } = useTenant();
  const clicks = usePaged(linkKeys.clicks(tenant, name), (cursor, signal) =>
    listClicks(tenant, name, cursor, kPageSize, signal),
  );
  return (
    <Course title="Recent">
      <Paged
        list={clicks}
        what="recent clicks"
        skeleton={4}
        empty={
          <p>Nobody has followed this link yet. Open it in another tab and watch this page.</p>
        }
      >
        <Table
          label="Recent clicks"
          className="recent-clicks"
          columns={
            <>
              <Column>When</Column>
              <Column>With</Column>
              <Column>From</Column>
            </>
          }
        >
          {/* Clicks have no id, and two may share a second: the place in the list is the key. */}
          {clicks.rows.map((click, index) => (
            <Row key={index}>
              <Cell>
                <Timestamp at={click.at} />
              </Cell>
              <Cell>{kAgents[click.agent]}</Cell>
              <Cell>
                <span className="cut">{click.referrer ?? 'No referrer'}</span>
              </Cell>
            </Row>
          ))}
        </Table>
      </Paged>
    </Course>
  );
}
