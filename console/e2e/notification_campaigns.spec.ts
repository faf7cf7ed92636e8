import type { Page } from '@playwright/test';
import { expectAccessible } from './axe';
import { expect, openAs, test, type Api } from './fixtures';

const kUsers = 400;

async function audience(api: Api, tenant: string): Promise<void> {
  await api.createTenant(tenant);
  const users = Array.from({ length: kUsers }, (_, i) => ({
    user_id: `user-${i}`,
    email: `user-${i}@example.com`,
    // Every tenth wants no offers.
    ...(i % 10 === 0 ? { preferences: { categories: { offers: false } } } : {}),
  }));
  await api.putRecipients(tenant, users);
}

async function write(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'New campaign' }).click();
  const form = page.getByRole('dialog', { name: 'New campaign' });
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('Subject').fill('Ten per cent off');
  await form.getByLabel('Text', { exact: true }).fill('Only today.');
}

test('a campaign is written with two texts, sent to everybody, watched, and accounted for', async ({
  console_: page,
  api,
}) => {
  await audience(api, 'campaign-all');
  await openAs(page, 'campaign-all', 'notifications/campaigns');
  await expect(page.getByText('No campaigns yet')).toBeVisible();
  await write(page, 'Summer sale');
  const form = page.getByRole('dialog', { name: 'New campaign' });
  await form.getByRole('button', { name: '+ Variant' }).click();
  await expect(form.getByLabel('Subject of a')).toHaveValue('Ten per cent off');
  await form.getByLabel('Subject of b').fill('Only today');
  await form.getByLabel('Text of b').fill('Ten per cent off.');
  await form.getByLabel('Share of b').fill('3');
  await expectAccessible(page, 'a new campaign: what it says');
  await form.getByRole('button', { name: 'Next' }).click();
  await form.getByLabel('Channel').selectOption('email');
  await form.getByLabel('Category').fill('offers');
  await expectAccessible(page, 'a new campaign: whom');
  await form.getByRole('button', { name: 'Next' }).click();
  await form.getByLabel('Sends a second').fill('many');
  await form.getByRole('button', { name: 'Make draft' }).click();
  await expect(form.getByText('Give a number, or nothing.')).toBeVisible();
  await form.getByLabel('Sends a second').fill('');
  await expectAccessible(page, 'a new campaign: how');
  await form.getByRole('button', { name: 'Make draft' }).click();
  await expect(page.getByRole('heading', { name: 'Summer sale' })).toBeVisible();
  await expect(page.getByText('Draft', { exact: true })).toBeVisible();

  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByText('Finished', { exact: true })).toBeVisible({ timeout: 20_000 });
  await expect(page.getByTestId('audience')).toHaveText('400');
  await expect(page.getByTestId('sent')).toHaveText('360');
  await expect(page.getByTestId('skipped')).toHaveText('40');
  await expect(page.getByTestId('waiting')).toHaveText('0');
  await expect(page.getByRole('list', { name: 'Why not' })).toContainText('Not wanted');
  // By weight, one to three.
  const variants = page.getByRole('table', { name: 'Variants' }).getByRole('row');
  const counts = await variants.locator('.notified-side').allInnerTexts();
  const [a = 0, b = 0] = counts.slice(-2).map((text) => Number(text.replace(/\D/g, '')));
  expect(a + b).toBe(kUsers);
  expect(b).toBeGreaterThan(2 * a);
  await page.getByLabel('State').selectOption('skipped');
  const recipients = page.getByRole('table', { name: 'Recipients' }).getByRole('row');
  await expect(recipients.nth(1)).toContainText('Skipped');
  await expect(recipients.nth(1)).toContainText('not wanted');
  await expectAccessible(page, 'a campaign that has ended');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 360, height: 740 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBeLessThanOrEqual(360);
  await expectAccessible(page, 'a campaign that has ended, dark, phone');
  await page.getByRole('link', { name: 'Campaigns' }).first().click();
  const row = page.getByRole('table', { name: 'Campaigns' }).getByRole('row').nth(1);
  await expect(row.getByRole('img')).toHaveAccessibleName(
    '360 sent, 40 skipped, 0 failed, 0 waiting',
  );
  await expectAccessible(page, 'campaigns, dark, phone');
});

test('a campaign for a list is uploaded, moves while one looks, is paused and cancelled', async ({
  console_: page,
  api,
}) => {
  await api.createTenant('campaign-list');
  await openAs(page, 'campaign-list', 'notifications/campaigns');
  await write(page, 'A slow one');
  const form = page.getByRole('dialog', { name: 'New campaign' });
  await form.getByRole('button', { name: 'Next' }).click();
  await form.getByLabel('For').selectOption('upload');
  await form.getByLabel('Channel').selectOption('email');
  await form.getByRole('button', { name: 'Next' }).click();
  await form.getByLabel('Sends a second').fill('20');
  await form.getByRole('button', { name: 'Make draft' }).click();
  await page.getByRole('button', { name: 'Upload audience…' }).click();
  const upload = page.getByRole('dialog', { name: 'Upload its audience' });
  const lines = Array.from({ length: 300 }, (_, i) => `{"email":"user-${i}@example.com"}`);
  await upload.getByLabel('Lines').fill(lines.join('\n'));
  await upload.getByRole('button', { name: 'Upload' }).click();
  await expect(page.getByText('300 lines were taken.')).toBeVisible();

  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  const count = async (name: string) =>
    Number((await page.getByTestId(name).innerText()).replace(/\D/g, ''));
  // It moves by itself, and adds up at each moment.
  await expect.poll(() => count('sent')).toBeGreaterThan(0);
  const first = await count('sent');
  await expect.poll(() => count('sent')).toBeGreaterThan(first);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByText('Paused', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect(page.getByText('Running', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Cancel it…' }).click();
  await page.getByRole('button', { name: 'Cancel campaign' }).click();
  await expect(page.getByText('Cancelled', { exact: true })).toBeVisible();
  await expect(page.getByTestId('waiting')).toHaveText('0');
  const [sent, skipped] = [await count('sent'), await count('skipped')];
  expect(sent + skipped).toBe(300);
  expect(skipped).toBeGreaterThan(0);
});
