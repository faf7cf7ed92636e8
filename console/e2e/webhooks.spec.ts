import type { Page } from '@playwright/test';
import { expectAccessible } from './axe';
import { expect, openAs, test } from './fixtures';
import { Receiver } from './receiver';

function deliveries(page: Page) {
  return page.getByRole('table', { name: 'Deliveries' }).getByRole('row');
}

test.describe('webhooks', () => {
  test.use({ refusals: [422] });

  test('one is made, its secret shown once, tried, watched failing, retried and replayed', async ({
    console_: page,
    api,
  }) => {
    const receiver = new Receiver();
    const url = await receiver.start();
    try {
      await api.createTenant('hooks');
      await openAs(page, 'hooks', 'webhooks');
      await expect(page.getByText('No webhooks yet')).toBeVisible();
      await expectAccessible(page, 'webhooks without webhooks');
      await page.getByRole('button', { name: 'New webhook' }).click();
      const form = page.getByRole('dialog', { name: 'New webhook' });
      await form.getByLabel('Address').fill('ftp://example.com/');
      await form.getByLabel('Event types').fill('link.*');
      await form.getByRole('button', { name: 'Create webhook' }).click();
      await expect(form.getByLabel('Address')).toHaveAttribute('aria-invalid', 'true');
      await form.getByLabel('Address').fill(url);
      await form.getByLabel('Description').fill('the shop');
      await form.getByRole('button', { name: '+ Body, order, rate' }).click();
      await form.getByText('In any order').click();
      await expectAccessible(page, 'a new webhook');
      await form.getByRole('button', { name: 'Create webhook' }).click();

      const shown = page.getByRole('dialog', { name: 'How it is signed' });
      const secret = await shown.getByTestId('secret').innerText();
      expect(secret).toMatch(/^whsec_/);
      await expectAccessible(page, 'the secret of a webhook');
      await page.keyboard.press('Escape');
      await expect(shown).toBeVisible();
      await shown.getByRole('button', { name: 'I have it' }).click();
      expect(await page.content()).not.toContain(secret);

      const row = page.getByRole('table', { name: 'Webhooks' }).getByRole('row', { name: /hooks/ });
      await expect(row).toContainText('the shop');
      await row.getByRole('link').click();
      await expect(page.getByText('Nothing was sent yet')).toBeVisible();
      await page.getByRole('button', { name: 'Send a test' }).click();
      await expect(deliveries(page).nth(1)).toContainText('webhook.test');
      await expect(deliveries(page).nth(1)).toContainText('Delivered');
      expect(receiver.seen).toHaveLength(1);
      await expectAccessible(page, 'a webhook');

      // It fails, is retried by hand, and the attempts say what was answered.
      receiver.status = 503;
      await api.createLink({ url: 'https://example.com/hooked' }, 'hooks');
      await expect(deliveries(page).nth(1)).toContainText('link.created');
      await expect(deliveries(page).nth(1)).toContainText('Retrying');
      await expect(deliveries(page).nth(1)).toContainText('503');
      await deliveries(page).nth(1).getByRole('link').click();
      const attempts = page.getByRole('list', { name: 'Attempts' }).getByRole('listitem');
      await expect(attempts.nth(1)).toContainText('Attempt 1: 503');
      await expectAccessible(page, 'a delivery');
      receiver.status = 204;
      await page.getByRole('button', { name: 'Retry now' }).click();
      await expect(attempts.last()).toContainText('204');
      const { id } = receiver.seen[1] ?? { id: 'none' };
      expect(receiver.seen.filter((seen) => seen.id === id).length).toBeGreaterThan(1);

      // One that was delivered is sent once more, with the same id.
      await page.getByRole('link', { name: 'Deliveries' }).click();
      const before = receiver.seen.length;
      await page.getByRole('button', { name: /^Replay webhook.test/ }).click();
      await expect.poll(() => receiver.seen.length).toBe(before + 1);

      await page.getByRole('button', { name: 'Rotate secret' }).click();
      await page.getByRole('button', { name: 'Rotate', exact: true }).click();
      const next = await page.getByTestId('secret').innerText();
      expect(next).not.toBe(secret);
      await page.getByRole('button', { name: 'I have it' }).click();

      await page.locator('.switch').click();
      await expect(page.getByText('Disabled', { exact: true })).toBeVisible();
      await page.getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('button', { name: 'Delete webhook' }).click();
      await expect(page.getByText('No webhooks yet')).toBeVisible();
    } finally {
      receiver.stop();
    }
  });
});
