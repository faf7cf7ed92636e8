// Analytics: totals that follow the clicks, lists, a map, an export.
import { expect, openAs, test } from './fixtures';

const kTenant = 'link-analytics';
const kPhone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1';

test('a report follows the clicks as they come', async ({ console_: page, api }) => {
  await api.createTenant(kTenant);
  await api.createLink({ url: 'https://example.com/', code: 'seen', tags: ['told'] }, kTenant);
  await api.createLink({ url: 'https://example.com/', code: 'unseen' }, kTenant);
  const visit = (code: string) =>
    page.request.get(`/${code}?utm_source=mail`, {
      headers: { 'User-Agent': kPhone, Referer: 'https://news.example/story' },
      maxRedirects: 0,
    });
  await visit('seen');
  await visit('seen');
  const headers = { 'X-Requested-With': 'ashlar-console', 'Ashlar-Tenant': kTenant };
  const known = async () => {
    const answer = await page.request.get('/v1/links/seen/analytics', { headers });
    return ((await answer.json()) as { totals: { visitors: number } }).totals.visitors;
  };
  // What is known of clicks is added up a little after they are counted.
  await expect.poll(known).toBe(1);
  await openAs(page, kTenant, 'links/seen?view=analytics');
  const clicks = page.getByTestId('report-clicks');
  await expect(clicks).toHaveText('2');
  await expect(page.getByTestId('report-visitors')).toHaveText('1');
  await expect(page.getByRole('list', { name: 'Referrers by clicks' })).toContainText(
    'news.example',
  );
  await expect(page.getByRole('list', { name: 'Devices by clicks' })).toContainText('Phone');
  await expect(page.getByRole('list', { name: 'Systems by clicks' })).toContainText('iOS');
  await expect(page.getByRole('list', { name: 'utm_source by clicks' })).toContainText('mail');
  await expect(page.getByRole('img', { name: /^Map of clicks by country/ })).toBeVisible();
  await expect(page.locator('.world path')).not.toHaveCount(0);

  await expect(page.getByText('Live', { exact: true }).last()).toBeVisible();
  await expect(page.locator('.live-mark')).toHaveText('Live');
  await visit('seen');
  await expect(page.getByRole('list', { name: 'Live clicks' })).toContainText('+1');
  await expect(clicks).toHaveText('3');

  await page.getByRole('radio', { name: '24 hours' }).click();
  await expect(page).toHaveURL(/span=24h/);
  await expect(page.getByRole('img', { name: /^Clicks by hour: 3 clicks/ })).toBeVisible();
  const waiting = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export CSV' }).click();
  const download = await waiting;
  expect(download.suggestedFilename()).toBe('link-analytics.csv');
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).toString()).toContain('news.example');
});

test('all links, or those of a tag', async ({ console_: page, api }) => {
  const tenant = 'link-analytics-tags';
  await api.createTenant(tenant);
  await api.createLink({ url: 'https://example.com/', code: 'tag-told', tags: ['told'] }, tenant);
  await api.createLink({ url: 'https://example.com/', code: 'tag-not' }, tenant);
  await api.click('tag-told', 3);
  await api.click('tag-not', 4);
  await openAs(page, tenant, 'links?view=analytics');
  const clicks = page.getByTestId('report-clicks');
  await expect(clicks).toHaveText('7', { timeout: 20_000 });
  const tops = page.getByRole('list', { name: 'Links by clicks' });
  await expect(tops.getByRole('link', { name: 'tag-not' })).toBeVisible();
  const tag = page.getByRole('combobox', { name: 'Tag' });
  await tag.fill('told');
  await tag.press('Enter');
  await expect(clicks).toHaveText('3');
  await page.getByRole('button', { name: 'Clear' }).click();
  await expect(clicks).toHaveText('7');
  await page.getByRole('radio', { name: 'From … to' }).click();
  await page.getByLabel('From', { exact: true }).fill('2020-01-01');
  await page.getByLabel('To', { exact: true }).fill('2020-01-31');
  await expect(clicks).toHaveText('0');
});
