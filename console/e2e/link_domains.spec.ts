// Domains: hosts of a tenant's own, each with its own codes.
import { expectAccessible } from './axe';
import { expect, openAs, test } from './fixtures';

const kTenant = 'link-domains';
const kHost = 'go.console.example';

test.beforeEach(async ({ api }) => api.createTenant(kTenant));

test('a domain is added, given links, edited and removed', async ({ console_: page, server }) => {
  await openAs(page, kTenant, 'links?view=domains');
  await page.getByRole('button', { name: 'Add domain' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Host', { exact: true }).fill(kHost);
  await dialog.getByLabel('The bare host leads to').fill('shop.example/');
  await dialog.getByRole('button', { name: 'Add' }).click();
  const row = page.getByRole('row', { name: new RegExp(kHost) });
  await expect(row).toContainText('https://shop.example/');
  await expect(row).toContainText('404');
  await row.getByRole('button', { name: `Edit ${kHost}` }).click();
  await dialog.getByLabel('A code that names no link leads to').fill('https://shop.example/lost');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(row).toContainText('https://shop.example/lost');
  const at = (path: string) =>
    page.request.get(path, { headers: { Host: kHost }, maxRedirects: 0 });
  expect((await at('/')).headers()['location']).toBe('https://shop.example/');
  expect((await at('/nowhere')).headers()['location']).toBe('https://shop.example/lost');

  await page.goto('/_/#/links');
  await page.getByLabel('Long address').fill('https://example.com/spring');
  await page.getByRole('button', { name: 'Own code, redirect, expiry' }).click();
  await page.getByLabel('Code', { exact: true }).fill('spring');
  await page.getByLabel('Domain', { exact: true }).selectOption(kHost);
  await page.getByRole('button', { name: 'Shorten' }).click();
  const port = new URL(server.origin).port;
  await expect(page.getByRole('link', { name: `http://${kHost}:${port}/spring` })).toBeVisible();
  expect((await at('/spring')).headers()['location']).toBe('https://example.com/spring');
  // The same code on the installation's own host is another one.
  expect((await page.request.get('/spring', { maxRedirects: 0 })).status()).toBe(404);
  await page.getByRole('link', { name: 'Watch its clicks' }).click();
  // The click before may be counted before the page listens, or after.
  await expect(page.locator('.live-mark')).toHaveText('Live');
  await at('/spring');
  await expect(page.getByTestId('clicks')).toHaveText('2');
  await page.getByRole('button', { name: 'Edit' }).click();
  await dialog.getByLabel('Target').fill('https://example.com/summer');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  expect((await at('/spring')).headers()['location']).toBe('https://example.com/summer');
});

test('a host that another tenant has is verified, or given by the operator', async ({
  console_: page,
  api,
}) => {
  const second = 'link-domains-second';
  const host = 'taken.console.example';
  await api.createTenant(second);
  const headers = { 'X-Requested-With': 'ashlar-console', 'Ashlar-Tenant': kTenant };
  const first = await page.request.post('/v1/link-domains', { headers, data: { host } });
  expect(first.status(), await first.text()).toBe(201);
  const link = { url: 'https://example.com/first', code: 'held', domain: host };
  await api.createLink(link, kTenant);

  await openAs(page, second, 'links?view=domains');
  await page.getByRole('button', { name: 'Add domain' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Host', { exact: true }).fill(host);
  await dialog.getByRole('button', { name: 'Add' }).click();
  const row = page.getByRole('row', { name: new RegExp(host) });
  await expect(row).toContainText('Unverified: serves nothing');
  await row.getByRole('button', { name: `Verify ${host}` }).click();
  await expect(dialog).toContainText(`_ashlar-challenge.${host}`);
  await expect(dialog).toContainText(`The tenant ${kTenant} has this host`);
  await expectAccessible(page, 'how a host is verified');
  await dialog.getByRole('button', { name: 'Check now' }).click();
  await expect(dialog).toContainText(/There is no such record yet|The DNS gave no answer/);
  await dialog.getByRole('button', { name: 'Approve without a record' }).click();
  await expect(dialog).toBeHidden();
  await expect(row).toContainText('Active, by the operator');
  const followed = await page.request.get('/held', { headers: { Host: host }, maxRedirects: 0 });
  expect(followed.status()).toBe(404);
  const lost = await page.request.get(`/v1/link-domains/${host}`, { headers });
  expect(((await lost.json()) as { state: string }).state).toBe('unverified');
});

test.describe('refused', () => {
  test.use({ refusals: [409, 422] });

  test('a domain that has links stays, and a wrong host is said at its field', async ({
    console_: page,
    api,
  }) => {
    const headers = { 'X-Requested-With': 'ashlar-console', 'Ashlar-Tenant': kTenant };
    await page.request.post('/v1/link-domains', { headers, data: { host: 'used.example' } });
    const link = { url: 'https://example.com/', code: 'kept', domain: 'used.example' };
    await api.createLink(link, kTenant);
    await openAs(page, kTenant, 'links?view=domains');
    await page.getByRole('button', { name: 'Remove used.example' }).click();
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await expect(page.getByRole('alert').first()).toContainText('links');
    await page.getByRole('button', { name: 'Keep it' }).click();
    await page.getByRole('button', { name: 'Add domain' }).click();
    await page.getByLabel('Host', { exact: true }).fill('https://no.example:80');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await expect(page.getByLabel('Host', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  });
});
