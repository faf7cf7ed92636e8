// Many links at once, and the tester of rules.
import { expect, openAs, test } from './fixtures';

const kTarget = 'https://example.com/many';

test('some are chosen, and changed together', async ({ console_: page, api }) => {
  const tenant = 'link-bulk';
  await api.createTenant(tenant);
  for (const code of ['bulk-a', 'bulk-b', 'bulk-c']) {
    await api.createLink({ url: kTarget, code }, tenant);
  }
  await openAs(page, tenant, 'links');
  const row = (code: string) => page.getByRole('row', { name: new RegExp(code) });
  const choose = (code: string) => row(code).locator('.link-pick .check-box').click();
  const bar = page.getByRole('toolbar', { name: 'Chosen links' });
  await expect(bar).toBeHidden();
  await choose('bulk-a');
  await choose('bulk-b');
  await expect(bar).toContainText('2 links chosen');
  await bar.getByRole('button', { name: 'Disable' }).click();
  await expect(page.getByText('2 links changed.').first()).toBeVisible();
  await expect(row('bulk-a')).toContainText('Disabled');
  await expect(row('bulk-c')).toContainText('Active');
  await expect(bar).toBeHidden();

  await page.locator('thead .check-box').click();
  await expect(bar).toContainText('3 links chosen');
  await bar.getByRole('button', { name: 'Add tag' }).click();
  await page.getByRole('combobox', { name: 'Tag' }).fill('together');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(row('bulk-b').getByRole('link', { name: 'together' })).toBeVisible();
  await choose('bulk-b');
  await bar.getByRole('button', { name: 'Remove tag' }).click();
  await page.getByRole('combobox', { name: 'Tag' }).fill('together');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(row('bulk-b').getByRole('link', { name: 'together' })).toBeHidden();
  await choose('bulk-b');
  await bar.getByRole('button', { name: 'Archive' }).click();
  await expect(row('bulk-b')).toBeHidden();
  expect((await page.request.get('/bulk-c', { maxRedirects: 0 })).status()).toBe(302);
  expect((await page.request.get('/bulk-a', { maxRedirects: 0 })).status()).toBe(410);
});

test('all that match are changed after a question, also those out of sight', async ({
  console_: page,
  api,
}) => {
  const tenant = 'link-bulk-all';
  await api.createTenant(tenant);
  for (let i = 0; i < 28; i++) {
    await api.createLink({ url: kTarget, code: `every-${i}`, tags: ['every'] }, tenant);
  }
  await api.createLink({ url: kTarget, code: 'spared' }, tenant);
  await openAs(page, tenant, 'links?tag=every');
  await expect(page.getByRole('rowheader')).toHaveCount(25);
  await page.locator('thead .check-box').click();
  const bar = page.getByRole('toolbar', { name: 'Chosen links' });
  await bar.getByRole('button', { name: 'Choose all that match' }).click();
  await bar.getByRole('button', { name: 'Disable' }).click();
  await page.getByRole('button', { name: 'Change all' }).click();
  await expect(page.getByText('28 links changed.').first()).toBeVisible();
  expect((await page.request.get('/every-0', { maxRedirects: 0 })).status()).toBe(410);
  expect((await page.request.get('/spared', { maxRedirects: 0 })).status()).toBe(302);
});

test('who would get what is tried before it is saved', async ({ console_: page, api }) => {
  const tenant = 'link-tester';
  await api.createTenant(tenant);
  await api.createLink(
    {
      url: 'https://example.com/',
      code: 'tried',
      rules: [{ url: 'https://example.com/de', languages: ['de'] }],
    },
    tenant,
  );
  await openAs(page, tenant, 'links/tried?view=rules');
  const answer = page.getByRole('region', { name: 'Answer' });
  await page.getByRole('button', { name: 'Ask' }).click();
  await expect(answer).toContainText('Rule 1');
  await expect(answer).toContainText('→ https://example.com/de');
  await expect(answer).toContainText('Seen as: Phone, iOS, Safari, language de-AT');
  await page.getByLabel('Accept-Language').fill('fr');
  await page.getByRole('button', { name: 'Ask' }).click();
  await expect(answer).toContainText('No rule holds');
  await expect(answer).toContainText('Not: language');

  await page.getByRole('button', { name: '+ Rule' }).click();
  await page.getByLabel('Leads to').fill('https://example.com/fr');
  await page.getByLabel('Countries').fill('fr');
  await page.getByLabel('In country').fill('FR');
  await page.getByRole('button', { name: 'Ask' }).click();
  await expect(answer).toContainText('Rule 2');
  await expect(page.locator('.rule-item').nth(1)).toContainText('in France');
  await expect(page.getByText('Not saved yet')).toBeVisible();
  expect((await page.request.get('/tried', { maxRedirects: 0 })).headers()['location']).toBe(
    'https://example.com/',
  );
});
