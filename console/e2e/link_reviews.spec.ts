// Links that are said to be harmful: reported, judged by the operator, appealed by their owner.
import { expect, openAs, test } from './fixtures';

const kTenant = 'link-reviews';

test('a reported link is flagged, its owner appeals, and it is cleared', async ({
  console_: page,
  api,
}) => {
  await api.createTenant(kTenant);
  await api.createLink({ url: 'https://example.com/doubtful', code: 'doubtful' }, kTenant);
  const headers = { 'X-Requested-With': 'ashlar-console' };
  const opened = await page.request.post('/v1/link-reviews', {
    headers,
    data: { code: 'doubtful' },
  });
  expect(opened.ok(), await opened.text()).toBe(true);

  await api.createLink({ url: 'https://example.com/second', code: 'look-alike' }, kTenant);
  // The server suspects by names that its operator sets, and by reports from several networks.
  await page.route('**/v1/links?*', async (route) => {
    const response = await route.fetch();
    const list = (await response.json()) as { data: { code: string; flag: string }[] };
    for (const link of list.data) if (link.code === 'look-alike') link.flag = 'suspected';
    await route.fulfill({ response, json: list });
  });
  await openAs(page, kTenant, 'links');
  const listed = (code: RegExp) =>
    page.getByRole('table', { name: 'Links' }).getByRole('row', { name: code });
  await expect(listed(/look-alike/).locator('.link-state')).toHaveText('ActiveSuspected');

  await openAs(page, kTenant, 'links?view=reviews');
  const row = page.getByRole('row', { name: /doubtful/ });
  await expect(row).toContainText(kTenant);
  await row.getByRole('button', { name: 'Look at doubtful' }).click();
  const dialog = page.getByRole('dialog', { name: 'Is doubtful harmful?' });
  await expect(dialog).toContainText('https://example.com/doubtful');
  await dialog.getByLabel('Note').fill('It asks for passwords.');
  await dialog.getByRole('button', { name: 'Harmful: flag it' }).click();
  await expect(dialog).toBeHidden();
  await expect(row).toBeHidden();
  const followed = await page.request.get('/doubtful', { maxRedirects: 0 });
  expect(followed.headers()['location']).toBeUndefined();

  await openAs(page, kTenant, 'links');
  await page.reload();
  await expect(listed(/doubtful/).locator('.link-state')).toHaveText('Flagged');
  await page.goto('/_/#/links/doubtful');
  await expect(page.locator('.facts .badge')).toHaveText('Flagged');
  await expect(page.getByRole('alert')).toContainText('visitors get a warning');
  await expect(page.getByRole('alert')).toContainText('It asks for passwords.');
  await page.getByRole('button', { name: 'Appeal' }).click();
  await page.getByLabel('Why it is harmless').fill('It is our own shop.');
  await page.getByRole('dialog').getByRole('button', { name: 'Appeal' }).click();
  await expect(page.getByRole('alert')).toContainText('Your appeal: It is our own shop.');

  await page.goto('/_/#/links?view=reviews');
  await expect(row).toContainText('with an appeal');
  await row.getByRole('button', { name: 'Look at doubtful' }).click();
  await expect(dialog).toContainText('It is our own shop.');
  await dialog.getByRole('button', { name: 'Harmless: clear it' }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole('radio', { name: 'Cleared' }).click();
  await expect(row).toBeVisible();
  expect((await page.request.get('/doubtful', { maxRedirects: 0 })).status()).toBe(302);
});
