import { nameOf, type Link, type LinkName } from '../../api/links';
import { hrefs } from '../../lib/router';
import { Button } from '../../ui/button';
import { CheckBox } from '../../ui/check_box';
import { CopyButton } from '../../ui/copy_button';
import { Timestamp } from '../../ui/timestamp';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { keyOf, type Selection } from './bulk/selection';
import { EnableSwitch } from './enable_switch';
import { LinkStateBadge } from './link_state';
import { LinkTraits } from './link_traits';
import { narrowedHref, type Narrowing } from './links_view';
import { TagList } from './tag_list';
import './link_table.css';

const kMostTags = 3;

interface RowProps {
  selection: Selection;
  narrowing: Narrowing;
  onEdit: (name: LinkName) => void;
}

function withoutScheme(url: string): string {
  return url.replace(/^https?:\/\//, '');
}

function LinkRow({ link, selection, narrowing, onEdit }: RowProps & { link: Link }) {
  const name = nameOf(link);
  return (
    <Row>
      <Cell className="link-pick">
        <CheckBox
          aria-label={`Choose ${link.code}`}
          isSelected={selection.has(link)}
          onChange={(on) => selection.set([link], on)}
        />
      </Cell>
      <RowHead className="link-code">
        <a className="cut mono" href={hrefs.link(link.code, { domain: name.domain })}>
          {link.code}
        </a>
        <CopyButton
          text={link.short_url}
          label={`Copy short link ${link.code}`}
          look="bare"
          small
        />
        {name.domain !== null && <span className="table-small mono">{name.domain}</span>}
      </RowHead>
      <Cell className="link-target">
        {link.title !== null && <span className="cut">{link.title}</span>}
        <span className={link.title === null ? 'cut' : 'cut link-target-second'} title={link.url}>
          {withoutScheme(link.url)}
        </span>
        <span className="link-marks">
          <TagList
            tags={link.tags}
            most={kMostTags}
            hrefOf={(tag) => narrowedHref({ ...narrowing, tag })}
          />
          <LinkTraits link={link} />
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
          <Button small onPress={() => onEdit(name)} aria-label={`Edit ${link.code}`}>
            Edit
          </Button>
        </div>
      </Cell>
    </Row>
  );
}

interface PickAllProps {
  links: Link[];
  selection: Selection;
  /** Where no column says what the box is. */
  label?: string;
}

export function PickAll({ links, selection, label }: PickAllProps) {
  const chosen = links.filter(selection.has).length;
  return (
    <CheckBox
      {...(label === undefined ? { 'aria-label': 'Choose all in sight' } : {})}
      isSelected={chosen === links.length}
      isIndeterminate={chosen > 0 && chosen < links.length}
      onChange={(on) => selection.set(links, on)}
    >
      {label}
    </CheckBox>
  );
}

export function LinkTable({ links, selection, ...rest }: RowProps & { links: Link[] }) {
  return (
    <Table
      label="Links"
      className="link-table"
      cards
      columns={
        <>
          <Column className="link-pick">
            <PickAll links={links} selection={selection} />
          </Column>
          <Column className="link-code">Code</Column>
          <Column>Target</Column>
          <Column className="link-status">Redirect</Column>
          <Column className="link-state">State</Column>
          <Column className="link-clicks" end>
            Clicks
          </Column>
          <Column className="link-created">Created</Column>
          <ActionsColumn />
        </>
      }
    >
      {links.map((link) => (
        <LinkRow key={keyOf(nameOf(link))} link={link} selection={selection} {...rest} />
      ))}
    </Table>
  );
}
