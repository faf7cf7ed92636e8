import { useQuery } from '@tanstack/react-query';
import { dropDevice, listDevices, type Device } from '../../../api/recipients';
import { useTenant } from '../../../lib/tenant';
import { useAction } from '../../../lib/use_action';
import { Badge } from '../../../ui/badge';
import { Button } from '../../../ui/button';
import { ErrorNotice } from '../../../ui/notice';
import { Course } from '../../../ui/page';
import { Skeleton } from '../../../ui/skeleton';
import { ActionsColumn, Cell, Column, Row, RowHead, Table } from '../../../ui/table';
import { Timestamp } from '../../../ui/timestamp';
import { notificationKeys } from '../notification_keys';
import '../tables.css';

const kPlatforms: Record<Device['platform'], string> = {
  apns: 'Apple',
  fcm: 'Android (FCM)',
  webpush: 'Browser',
};

function DeviceRow({ user, device }: { user: string; device: Device }) {
  const { tenant } = useTenant();
  const dropping = useAction({
    run: () => dropDevice(tenant, user, device.id),
    done: () => 'Nothing more is pushed to it, until it registers again.',
    changes: [notificationKeys.devices(tenant, user)],
  });
  return (
    <Row>
      <RowHead className="notified-head">
        {kPlatforms[device.platform]}
        {device.app !== '' && <span className="table-small">{device.app}</span>}
      </RowHead>
      <Cell className="notified-more">
        <span className="cut mono">{device.token}</span>
      </Cell>
      <Cell className="notified-line">
        {device.state === 'active' ? (
          <Badge tone="good">Active</Badge>
        ) : (
          <Badge tone="bad">Put aside</Badge>
        )}
        {device.reason !== null && <span className="table-small">{device.reason}</span>}
      </Cell>
      <Cell className="notified-foot">
        <Timestamp at={device.registered_at} />
      </Cell>
      <Cell className="notified-side" end>
        <Button
          small
          onPress={() => dropping.mutate()}
          isPending={dropping.isPending}
          aria-label={`Drop device ${device.id}`}
        >
          Drop
        </Button>
      </Cell>
    </Row>
  );
}

export function Devices({ user }: { user: string }) {
  const { tenant } = useTenant();
  const devices = useQuery({
    queryKey: notificationKeys.devices(tenant, user),
    queryFn: ({ signal }) => listDevices(tenant, user, signal),
  });
  const rows = devices.data ?? [];
  return (
    <Course title="Devices">
      <ErrorNotice error={devices.error} />
      {devices.isPending && <Skeleton rows={1} label="Loading devices" />}
      {devices.isSuccess && rows.length === 0 && (
        <p className="narrowed">None: the app registers them at each start.</p>
      )}
      {rows.length > 0 && (
        <Table
          label="Devices"
          className="notified device-table"
          cards
          columns={
            <>
              <Column>Device</Column>
              <Column>Token</Column>
              <Column>State</Column>
              <Column>Registered</Column>
              <ActionsColumn />
            </>
          }
        >
          {rows.map((device) => (
            <DeviceRow key={device.id} user={user} device={device} />
          ))}
        </Table>
      )}
    </Course>
  );
}
