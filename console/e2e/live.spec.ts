import { expect, test } from './fixtures';

test('the chart, the counts and the recent clicks move while one clicks', async ({
  console_: page,
  api,
}) => {
  const { code } = await api.createLink({ url: 'https://example.com/live' });
  await page.goto(`/_/#/links/${code}`);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(page.getByText('Nobody has followed this link yet')).toBeVisible();
  const latest = page.locator('.chart-bar[data-latest]');
  await expect(latest).toHaveAttribute('data-clicks', '0');

  // The hour may turn between two clicks: then they stand in two bars, and the sum still holds.
  const sum = () =>
    page
      .locator('.chart-bar')
      .evaluateAll((bars) =>
        bars.reduce((n, bar) => n + Number(bar.getAttribute('data-clicks')), 0),
      );
  await api.click(code, 3);
  await expect.poll(sum).toBe(3);
  await expect(page.locator('.chart-caption')).toContainText('3 clicks');
  await expect(page.getByTestId('clicks')).toHaveText('3');
  await expect(page.getByRole('table', { name: 'Recent clicks' }).getByRole('row')).toHaveCount(4);

  await api.click(code, 2);
  await expect.poll(sum).toBe(5);
  await page.getByRole('radio', { name: 'Days' }).click();
  await expect(page.locator('.chart-bar')).toHaveCount(90);
  await expect.poll(sum).toBe(5);
  await api.click(code);
  await expect.poll(sum).toBe(6);
  // What was counted live is what the server counts.
  await page.reload();
  await expect.poll(sum).toBe(6);
});

test('the list of links counts along', async ({ console_: page, api }) => {
  await api.createLink({ url: 'https://example.com/list', code: 'counted-stone' });
  await page.goto('/_/');
  const row = page.getByRole('row', { name: /counted-stone/ });
  await expect(row.locator('.link-clicks')).toHaveText('0');
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await api.click('counted-stone', 2);
  await expect(row.locator('.link-clicks')).toHaveText('2');
});
