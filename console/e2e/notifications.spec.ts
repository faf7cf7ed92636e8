import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import { expectAccessible } from './axe';
import { expect, openAs, test } from './fixtures';
import { Receiver } from './receiver';

const run = promisify(execFile);

function moments(page: Page) {
  const name = 'What happened to the notification';
  return page.getByRole('list', { name }).getByRole('listitem');
}

test('the command sends one, and its story and the catcher show it', async ({
  console_: page,
  api,
}) => {
  const key = await api.createTenantKey('told', ['notifications:write']);
  await openAs(page, 'told', 'notifications');
  await expect(page.getByText('Nobody was told anything yet')).toBeVisible();
  await expectAccessible(page, 'notifications without any');
  await page.getByRole('button', { name: /^Copy: / }).click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  await run('sh', ['-c', command.replace('YOUR_KEY', key)]);
  const table = page.getByRole('table', { name: 'Notifications' });
  await expect(table.getByRole('row').nth(1)).toContainText('ada@example.com');
  await expect(table.getByRole('row').nth(1)).toContainText('Sent');
  await table.getByRole('link', { name: 'ada@example.com' }).click();
  await expect(moments(page)).toHaveText([/^Accepted/, /^Next in line/, /^catcher: taken/]);

  await page.getByRole('link', { name: 'Notifications', exact: true }).first().click();
  await page.getByRole('link', { name: 'Caught' }).click();
  await expect(page.getByRole('article', { name: 'The message' })).toContainText('It works.');
});

test('a caught mail is shown as it looks, in a frame that may do nothing', async ({
  console_: page,
  api,
}) => {
  await api.createTenant('caught');
  const html = '<h1 style="color:red">Big news</h1><a href="/_/#/keys" target="_top">Read it</a>';
  await api.notify('caught', {
    to: { email: 'ada@example.com' },
    content: { subject: 'News', html, text: 'Big news.' },
  });
  await api.notify('caught', { to: { phone: '+436601234567' }, content: { text: '417 093' } });
  await openAs(page, 'caught', 'notifications/caught');
  const list = page.getByRole('list', { name: 'Caught messages' });
  await expect(list.getByRole('listitem')).toHaveCount(2);
  await list.getByRole('link', { name: /News/ }).click();
  const mail = page.frameLocator('iframe');
  await expect(mail.getByRole('heading', { name: 'Big news' })).toHaveCSS(
    'color',
    'rgb(255, 0, 0)',
  );
  const sandbox = await page.locator('iframe').getAttribute('sandbox');
  expect(sandbox).not.toMatch(/allow-(scripts|same-origin|forms|top-navigation)/);
  await list.getByRole('link', { name: /417 093/ }).click();
  await expect(page.getByRole('article', { name: 'The message' })).toContainText('417 093');
});

test('one is written in the console, waits for the morning, and is cancelled', async ({
  console_: page,
  api,
}) => {
  await api.createTenant('quiet');
  const clock = (hours: number) =>
    new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);
  await api.put('quiet', '/v1/recipients/eva', {
    email: 'eva@example.com',
    time_zone: 'UTC',
    quiet_hours: { from: clock(-2), to: clock(2) },
  });
  await openAs(page, 'quiet', 'notifications');
  await page.getByRole('button', { name: 'Send one' }).click();
  const form = page.getByRole('dialog', { name: 'Send a notification' });
  await form.getByLabel('User', { exact: true }).fill('eva');
  await form.getByLabel('Subject').fill('Sleep well');
  await form.getByLabel('Text', { exact: true }).fill('Until tomorrow.');
  await form.getByLabel('Category').fill('offers');
  await expectAccessible(page, 'sending a notification');
  await form.getByRole('button', { name: 'Send' }).click();
  await expect(page.getByRole('heading', { name: /^Notification / })).toBeVisible();
  await expect(moments(page).last()).toHaveText(/^Put off.*quiet hours/);
  await expectAccessible(page, 'a notification that waits');
  await page.getByRole('button', { name: 'Cancel it' }).click();
  await expect(page.getByText('What was not sent yet is not sent any more.')).toBeVisible();

  // And the question that is asked most has its own page.
  await page.getByRole('link', { name: 'What would happen now?' }).click();
  await expect(page.getByLabel('User')).toHaveValue('eva');
  const now = page.getByRole('table', { name: 'What the rules say now' }).getByRole('row');
  await expect(now.nth(1)).toContainText('Put off');
  await expect(now.nth(1)).toContainText('quiet hours');
  await page.getByText('own text').click();
  await expect(moments(page).first()).toHaveText(/^Accepted/);
  await expectAccessible(page, 'why they did not get it');
});

test('a dead letter is seen, mended and sent again', async ({ console_: page, api }) => {
  const receiver = new Receiver();
  receiver.status = 400;
  const url = await receiver.start();
  try {
    await api.createTenant('letters');
    await api.put('letters', '/v1/recipients/ann', { email: 'ann@example.com' });
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const own = { channel: 'http', type: 'http', name: 'crm', url, secret };
    const provider = await api.createProvider('letters', own);
    for (const text of ['first', 'second']) {
      const to = { user_id: 'ann' };
      await api.notify('letters', { to, content: { text }, channels: ['http'] });
    }
    await openAs(page, 'letters', 'notifications/dead-letters');
    const rows = page.getByRole('table', { name: 'Dead letters' }).getByRole('row');
    await expect(rows).toHaveCount(3);
    await expect(rows.nth(1)).toContainText('out of stones');
    await page.getByLabel('Channel').selectOption('sms');
    await expect(page.getByText('None fits')).toBeVisible();
    await page.getByLabel('Channel').selectOption('http');
    await expect(rows).toHaveCount(3);

    // What a provider did wrong stands on its page too.
    await page.goto(`/_/#/notifications/providers/${provider}`);
    const failures = page.getByRole('list', { name: 'Last failures' }).getByRole('listitem');
    await expect(failures).toHaveCount(2);
    await expect(failures.first()).toContainText('out of stones');
    await page.getByRole('link', { name: 'All dead letters' }).click();

    receiver.status = 204;
    await page.getByRole('button', { name: 'Change… ann' }).first().click();
    const form = page.getByRole('dialog', { name: 'Change it, and send it again' });
    await form.getByLabel('Another text').fill('{"text": ');
    await form.getByRole('button', { name: 'Send again' }).click();
    await expect(form.getByLabel('Another text')).toHaveAttribute('aria-invalid', 'true');
    await form.getByLabel('Another text').fill('{"text": "mended"}');
    await expectAccessible(page, 'changing a dead letter');
    await form.getByRole('button', { name: 'Send again' }).click();
    await expect.poll(() => receiver.seen.at(-1)?.body ?? '').toContain('mended');
    await expect(rows).toHaveCount(2);

    await page.getByRole('button', { name: 'Replay all that fit…' }).click();
    await page.getByRole('button', { name: 'Replay them' }).click();
    await expect(page.getByText('1 on their way again.')).toBeVisible();
    await expect.poll(() => receiver.seen.at(-1)?.body ?? '').toContain('first');
    await expect(page.getByText('None fits')).toBeVisible();
  } finally {
    receiver.stop();
  }
});
