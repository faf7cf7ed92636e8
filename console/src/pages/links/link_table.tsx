import type { Link } from '../../api/links';
import { hrefs } from '../../lib/router';
import { Button } from '../../ui/button';
import { CopyButton } from '../../ui/copy_button';
import { Timestamp } from '../../ui/timestamp';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { EnableSwitch } from './enable_switch';
import { LinkStateBadge } from './link_state';
import './link_table.css';

interface LinkTableProps {
  links: Link[];
  onEdit: (code: string) => void;
}

function withoutScheme(url: string): string {
  return url.replace(/^https?:\/\//, '');
}

function LinkRow({ link, onEdit }: { link: Link; onEdit: (code: string) => void }) {
  return (
    <Row>
      <RowHead className="link-code">
        <a className="cut mono" href={hrefs.link(link.code)}>
          {link.code}
        </a>
        <CopyButton
          text={link.short_url}
          label={`Copy short link ${link.code}`}
          look="bare"
          small
        />
      </RowHead>
      <Cell className="link-target">
        <span className="cut" title={link.url}>
          {withoutScheme(link.url)}
        </span>
      </Cell>
      <Cell className="link-status numeric">{link.status}</Cell>
      <Cell className="link-state">
        <LinkStateBadge link={link} />
      </Cell>
      <Cell className="link-clicks numeric" unit="clicks" end>
        {link.clicks.toLocaleString('en')}
      </Cell>
      <Cell className="link-created">
        <Timestamp at={link.created_at} />
      </Cell>
      <Cell className="link-actions">
        <div className="table-actions">
          <EnableSwitch link={link} />
          <Button small onPress={() => onEdit(link.code)} aria-label={`Edit ${link.code}`}>
            Edit
          </Button>
        </div>
      </Cell>
    </Row>
  );
}

export function LinkTable({ links, onEdit }: LinkTableProps) {
  return (
    <Table
      label="Links"
      className="link-table"
      cards
      columns={
        <>
          <Column>Code</Column>
          <Column>Target</Column>
          <Column className="link-status">Redirect</Column>
          <Column>State</Column>
          <Column end>Clicks</Column>
          <Column>Created</Column>
          <ActionsColumn />
        </>
      }
    >
      {links.map((link) => (
        <LinkRow key={link.code} link={link} onEdit={onEdit} />
      ))}
    </Table>
  );
}
