import {
  listTemplateVersions,
  publishTemplate,
  type TemplateVersion,
} from '../../../api/notification_templates';
import { useTenant } from '../../../lib/tenant';
import { useAction } from '../../../lib/use_action';
import { Badge } from '../../../ui/badge';
import { Button } from '../../../ui/button';
import { Course } from '../../../ui/page';
import { Paged, usePaged } from '../../../ui/paged';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { Timestamp } from '../../../ui/timestamp';
import { notificationKeys } from '../notification_keys';
import { places } from '../places';
import '../tables.css';

const kPageSize = 10;

interface VersionRowProps {
  templateKey: string;
  version: TemplateVersion;
  isShown: boolean;
}

function VersionRow({
  templateKey,
  version: { version, live, created_at },
  isShown,
}: VersionRowProps) {
  const { tenant } = useTenant();
  const publishing = useAction({
    run: () => publishTemplate(tenant, templateKey, version),
    done: () => `Version ${version} is live.`,
    changes: [notificationKeys.template(tenant, templateKey), notificationKeys.templates(tenant)],
  });
  return (
    <Row>
      <RowHead className="notified-head">
        {isShown ? (
          <span aria-current="true">Version {version}, shown above</span>
        ) : (
          <a href={`${places.template(templateKey)}?version=${version}`}>Version {version}</a>
        )}
      </RowHead>
      <Cell className="notified-more">{live && <Badge tone="good">Live</Badge>}</Cell>
      <Cell className="notified-foot">
        <Timestamp at={created_at} />
      </Cell>
      <Cell className="notified-side" end>
        <div className="table-actions">
          {!live && (
            <Button
              small
              onPress={() => publishing.mutate()}
              isPending={publishing.isPending}
              aria-label={`Make live: version ${version}`}
            >
              Make live
            </Button>
          )}
        </div>
      </Cell>
    </Row>
  );
}

interface VersionsProps {
  templateKey: string;
  shown: number;
}

export function TemplateVersions({ templateKey, shown }: VersionsProps) {
  const { tenant } = useTenant();
  const versions = usePaged(
    notificationKeys.templateVersions(tenant, templateKey),
    (cursor, signal) => listTemplateVersions(tenant, templateKey, cursor, kPageSize, signal),
    {},
  );
  return (
    <Course title="Versions">
      <Paged list={versions} what="versions" skeleton={3} empty={null}>
        <Table
          label="Versions"
          className="notified version-table"
          cards
          columns={
            <>
              <Column>Version</Column>
              <Column>State</Column>
              <Column>Made</Column>
              <ActionsColumn />
            </>
          }
        >
          {versions.rows.map((version) => (
            <VersionRow
              key={version.version}
              templateKey={templateKey}
              version={version}
              isShown={version.version === shown}
            />
          ))}
        </Table>
      </Paged>
    </Course>
  );
}
