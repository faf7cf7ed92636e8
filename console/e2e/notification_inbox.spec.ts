import type { Page } from '@playwright/test';
import { expectAccessible } from './axe';
import { expect, openAs, test, watchErrors } from './fixtures';

function entries(page: Page) {
  return page.getByRole('list', { name: 'Inbox' }).getByRole('listitem');
}

test('an inbox receives at once, in every window, and is read and put away', async ({
  console_: page,
  api,
}) => {
  await api.createTenant('inbox');
  await openAs(page, 'inbox', 'notifications/inbox');
  await page.getByLabel('User').fill('ann');
  await page.getByRole('button', { name: 'Open' }).click();
  await expect(page.getByText('Nothing in the inbox')).toBeVisible();
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  // Another window of the same browser.
  const other = await page.context().newPage();
  const errors = watchErrors(other, []);
  await openAs(other, 'inbox', 'notifications/inbox/ann');
  await expect(other.getByText('Live', { exact: true })).toBeVisible();

  const send = (subject: string, text: string) =>
    api.notify('inbox', {
      to: { user_id: 'ann' },
      content: { subject, text, url: 'https://example.com/orders/17' },
      category: 'orders',
      channels: ['inbox'],
    });
  await send('Your order has shipped', 'It should be with you on Friday.');
  for (const window of [page, other]) {
    await expect(entries(window)).toHaveCount(1);
    await expect(entries(window).first()).toContainText('It should be with you on Friday.');
    await expect(window.getByTestId('inbox-counts')).toHaveText('1 unread of 1, 0 archived');
  }
  await expectAccessible(page, 'an inbox');
  await page.getByRole('button', { name: 'Read: Your order has shipped' }).click();
  await expect(other.getByTestId('inbox-counts')).toHaveText('0 unread of 1, 0 archived');
  await other.getByRole('button', { name: 'Archive: Your order has shipped' }).click();
  await expect(page.getByText('Nothing in the inbox')).toBeVisible();
  await page.getByRole('radio', { name: 'Archived' }).click();
  await page.getByRole('button', { name: 'Bring back: Your order has shipped' }).click();
  await page.getByRole('radio', { name: 'All' }).click();

  await send('Delivered', 'It stands at your door.');
  await expect(entries(page)).toHaveCount(2);
  await expect(entries(page).first()).toContainText('It stands at your door.');
  await page.getByRole('button', { name: 'Mark all read' }).click();
  await expect(page.getByTestId('inbox-counts')).toHaveText('0 unread of 2, 0 archived');
  // Its reader has opened it, says the story.
  await entries(page).first().getByRole('link', { name: 'Its story' }).click();
  await expect(page.getByText('Opened', { exact: true }).first()).toBeVisible();
  expect(errors).toEqual([]);
  await other.close();
});

/** What a product's page has: a list that it reads again whenever it is told to, and a mark of how it is told. */
const kAppPage = '<output></output><ul></ul>';

function watchByToken({ token, by }: { token: string; by: 'stream' | 'ws' }): void {
  const list = document.querySelector('ul');
  const show = async () => {
    const headers = { Authorization: `Bearer ${token}` };
    const page = (await (await fetch('/v1/inbox', { headers })).json()) as {
      data: { title: string; body: string }[];
    };
    const items = page.data.map(({ title, body }) => {
      const item = document.createElement('li');
      item.textContent = `${title}: ${body}`;
      return item;
    });
    list?.replaceChildren(...items);
  };
  const say = (word: string) => {
    const output = document.querySelector('output');
    if (output) output.value = word;
  };
  if (by === 'stream') {
    const events = new EventSource(`/v1/inbox/stream?token=${token}`);
    events.addEventListener('open', () => say('open'));
    events.addEventListener('inbox', () => void show());
    events.addEventListener('ended', () => {
      events.close();
      say('ended');
    });
  } else {
    const socket = new WebSocket(
      `${location.origin.replace(/^http/, 'ws')}/v1/inbox/ws?token=${token}`,
    );
    socket.addEventListener('open', () => say('open'));
    socket.addEventListener('message', () => void show());
    socket.addEventListener('close', ({ code }) => say(`ended ${code}`));
  }
}

for (const by of ['stream', 'ws'] as const) {
  test(`a product's own page receives its user's inbox by a token and nothing else: ${by}`, async ({
    browser,
    server,
    console_,
    api,
  }) => {
    const tenant = `inbox-${by}`;
    await api.createTenant(tenant);
    const headers = { 'X-Requested-With': 'ashlar-console', 'Ashlar-Tenant': tenant };
    const tokens = `${server.origin}/v1/recipients/ann/inbox-tokens`;
    const made = await console_.request.post(tokens, { headers, data: { ttl_s: 600 } });
    expect(made.ok(), await made.text()).toBe(true);
    const { token } = (await made.json()) as { token: string };

    // Another person's browser: no cookie of the console, no key.
    const context = await browser.newContext({ baseURL: server.origin });
    const page = await context.newPage();
    // A real one of this server's: of one that was made up a browser does not know from which network it is.
    await page.goto('/v1/openapi.json');
    await page.evaluate((html) => (document.body.innerHTML = html), kAppPage);
    await page.evaluate(watchByToken, { token, by });
    await expect(page.locator('output')).toHaveText('open');
    const send = (user: string, subject: string) => {
      const content = { subject, text: 'It is here.' };
      return api.notify(tenant, { to: { user_id: user }, content, channels: ['inbox'] });
    };
    await send('ben', 'Not for Ann');
    await send('ann', 'First');
    await expect(page.getByRole('listitem')).toHaveText(['First: It is here.']);
    await send('ann', 'Second');
    await expect(page.getByRole('listitem')).toHaveText([
      'Second: It is here.',
      'First: It is here.',
    ]);

    const ended = await console_.request.delete(tokens, { headers });
    expect(ended.ok(), await ended.text()).toBe(true);
    await expect(page.locator('output')).toHaveText(by === 'ws' ? 'ended 4403' : 'ended');
    await context.close();
  });
}
