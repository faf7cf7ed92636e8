import { expect, test } from './fixtures';

const kTarget = 'https://example.com/a/long/way?with=query';

test('a link is created, copied, found, edited, disabled and enabled', async ({
  console_: page,
  server,
  api,
}) => {
  await page.goto('/_/');
  await page.getByLabel('Long address').fill(kTarget);
  await page.getByRole('button', { name: 'Own code, redirect, expiry' }).click();
  await page.getByLabel('Code', { exact: true }).fill('first-stone');
  await page.getByRole('button', { name: 'Shorten' }).click();
  const short = page.getByRole('link', { name: `${server.origin}/first-stone` });
  await expect(short).toBeVisible();

  // The copy button has the focus: Enter copies.
  await expect(page.getByRole('button', { name: 'Copy short link', exact: true })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByText('Copied to the clipboard')).toBeAttached();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
    `${server.origin}/first-stone`,
  );
  await api.click('first-stone');

  await api.createLink({ url: 'https://example.com/other', code: 'other-stone' });
  await page.reload();
  await expect(page.getByRole('row', { name: /other-stone/ })).toBeVisible();
  await page.getByRole('searchbox', { name: 'Search links' }).fill('first-st');
  await expect(page.getByRole('row', { name: /other-stone/ })).toBeHidden();
  const row = page.getByRole('row', { name: /first-stone/ });
  await expect(row).toContainText('example.com/a/long/way');

  await row.getByRole('button', { name: 'Edit first-stone' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit first-stone' });
  await dialog.getByLabel('Target').fill('https://example.com/changed');
  await dialog.getByLabel('Redirect', { exact: true }).selectOption('307');
  await dialog.getByLabel('Expires').fill('2099-01-31T12:00');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await expect(row).toContainText('example.com/changed');
  const followed = await page.request.get('/first-stone', { maxRedirects: 0 });
  expect(followed.status()).toBe(307);
  expect(followed.headers()['location']).toBe('https://example.com/changed');

  await row.locator('.switch').click();
  await expect(row).toContainText('Disabled');
  await expect
    .poll(async () => (await page.request.get('/first-stone', { maxRedirects: 0 })).status())
    .toBe(410);
  await page.getByRole('radio', { name: 'Enabled' }).click();
  await expect(page.getByText('No link matches')).toBeVisible();
  await page.getByRole('radio', { name: 'Disabled' }).click();
  await row.getByRole('button', { name: 'Edit first-stone' }).click();
  // What was not touched was not sent: the expiry is still there.
  await expect(dialog.getByLabel('Expires')).toHaveValue('2099-01-31T12:00');
  await dialog.getByLabel('Expires').fill('');
  await dialog.getByText('Disabled: it answers 410').click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await expect
    .poll(async () => (await page.request.get('/first-stone', { maxRedirects: 0 })).status())
    .toBe(307);
});

test('a long list loads in pieces', async ({ console_: page, api }) => {
  for (let i = 0; i < 30; i++) {
    await api.createLink({ url: `https://example.com/course/${i}`, code: `course-${i}` });
  }
  await page.goto('/_/');
  // The list without a search starts with the same rows: only the answer tells them apart.
  const answered = page.waitForResponse((response) => response.url().includes('q=course-'));
  await page.getByRole('searchbox', { name: 'Search links' }).fill('course-');
  await answered;
  await expect(page.locator('[aria-busy=true]')).toHaveCount(0);
  await expect(page.getByRole('rowheader', { name: /^course-/ })).toHaveCount(25);
  await page.getByRole('button', { name: 'Load more' }).click();
  await expect(page.getByRole('rowheader')).toHaveCount(30);
  await expect(page.getByRole('button', { name: 'Load more' })).toBeHidden();
});

test.describe('refused', () => {
  test.use({ refusals: [409, 412, 422, 500] });

  test('what is wrong is said at its field', async ({ console_: page, api }) => {
    await api.createLink({ url: kTarget, code: 'taken-stone' });
    await page.goto('/_/');
    await page.getByRole('button', { name: 'Shorten' }).click();
    const address = page.getByLabel('Long address');
    await expect(address).toHaveAttribute('aria-invalid', 'true');
    await address.fill('ftp://example.com/file');
    await page.getByRole('button', { name: 'Shorten' }).click();
    await expect(address).toHaveAccessibleDescription(/http/);

    await address.fill(kTarget);
    await page.getByRole('button', { name: 'Own code, redirect, expiry' }).click();
    const code = page.getByLabel('Code', { exact: true });
    await code.fill('taken-stone');
    await page.getByRole('button', { name: 'Shorten' }).click();
    await expect(code).toHaveAttribute('aria-invalid', 'true');
    await expect(code).toHaveAccessibleDescription(/taken/);
    await code.fill('free-stone');
    await page.getByRole('button', { name: 'Shorten' }).click();
    await expect(page.getByRole('row', { name: /free-stone/ })).toBeVisible();
  });

  test('an edit does not overwrite what someone else changed', async ({ console_: page, api }) => {
    await api.createLink({ url: kTarget, code: 'shared-stone' });
    await page.goto('/_/#/links/shared-stone');
    await page.getByRole('button', { name: 'Edit' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Target').fill('https://example.com/mine');
    const theirs = await page.request.patch('/v1/links/shared-stone', {
      headers: { 'X-Requested-With': 'ashlar-console', 'Ashlar-Tenant': 'demo' },
      data: { url: 'https://example.com/theirs' },
    });
    expect(theirs.status()).toBe(200);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await expect(dialog.getByText('Someone changed this link')).toBeVisible();
    await dialog.getByRole('button', { name: 'Load what it is now' }).click();
    await expect(dialog.getByLabel('Target')).toHaveValue('https://example.com/theirs');
  });

  test('a switch that the server refuses moves back and says so', async ({
    console_: page,
    api,
  }) => {
    await api.createLink({ url: kTarget, code: 'firm-stone' });
    await page.goto('/_/');
    const row = page.getByRole('row', { name: /firm-stone/ });
    await expect(row).toContainText('Active');
    await page.route('**/v1/links/firm-stone', (route) =>
      route.fulfill({ status: 500, json: { title: 'Error', status: 500, detail: 'disk full' } }),
    );
    await row.locator('.switch').click();
    await expect(page.getByText('firm-stone was not disabled: disk full').first()).toBeVisible();
    await expect(row).toContainText('Active');
  });
});
