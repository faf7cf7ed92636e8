import { expectAccessible } from './axe';
import { expect, openAs, test } from './fixtures';

test('what happened stands in the log, and who has been told of it', async ({
  console_: page,
  api,
}) => {
  await api.createLink({ url: 'https://example.com/event', code: 'event-stone' });
  await openAs(page, 'demo', 'events?view=log');
  const events = page.getByRole('table', { name: 'Events' });
  await expect(events.getByRole('row', { name: /event-stone/ })).toContainText('link.created');
  await page.getByRole('button', { name: 'View link.created event-stone' }).click();
  const event = page.getByRole('dialog', { name: 'link.created' });
  await expect(event.getByRole('region', { name: 'Data of the event' })).toContainText(
    'https://example.com/event',
  );
  await expectAccessible(page, 'an event');
  await event.getByRole('button', { name: 'Close' }).click();
  await page.getByLabel('Type').fill('tenant.*');
  await expect(page.getByText('No such event')).toBeVisible();

  await page.getByRole('radio', { name: 'Consumers' }).click();
  const webhooks = page.getByRole('table', { name: 'Consumers' }).getByRole('row', {
    name: /^webhooks/,
  });
  await expect(webhooks).toContainText('Up to date');
  await page.getByRole('button', { name: 'Replay for webhooks' }).click();
  const form = page.getByRole('dialog', { name: 'Replay for webhooks' });
  await form.getByLabel('Kind of thing').fill('link');
  await form.getByLabel('Which one').fill('event-stone');
  await expectAccessible(page, 'replaying events');
  await form.getByRole('button', { name: 'Replay' }).click();
  await expect(page.getByText('webhooks consumes 1 again.')).toBeVisible();

  await page.getByRole('radio', { name: 'Dead letters' }).click();
  await expect(page.getByText('No dead letters')).toBeVisible();
});
