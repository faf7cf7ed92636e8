import { expectAccessible } from './axe';
import { expect, openAs, test } from './fixtures';

test.use({ refusals: [422] });

test('a provider is added, its secret never shown, watched failing, mended and deleted', async ({
  console_: page,
  api,
}) => {
  await api.createTenant('carriers');
  await openAs(page, 'carriers', 'notifications/providers');
  await expect(page.getByText('No providers yet')).toBeVisible();
  await page.getByRole('button', { name: 'New provider' }).click();
  const form = page.getByRole('dialog', { name: 'New provider' });
  // Each kind asks for its own.
  await form.getByLabel('Kind').selectOption('apns');
  await expect(form.getByLabel('Team ID')).toBeVisible();
  await form.getByLabel('Kind').selectOption('smtp');
  await form.getByLabel('Name', { exact: true }).fill('relay-1');
  await form.getByLabel('Host').fill('127.0.0.1');
  await form.getByLabel('Port').fill('9');
  await form.getByLabel('TLS').selectOption('none');
  await form.getByLabel('From', { exact: true }).fill('no address');
  await form.getByLabel('User', { exact: true }).fill('shop');
  await form.getByLabel('Password').fill('limestone');
  await expectAccessible(page, 'a new provider');
  await form.getByRole('button', { name: 'Add provider' }).click();
  await expect(form.getByLabel('From', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  await form.getByLabel('From', { exact: true }).fill('shop@example.com');
  await form.getByRole('button', { name: 'Add provider' }).click();

  await expect(page.getByRole('heading', { name: 'relay-1' })).toBeVisible();
  await expect(page.getByText('set, never shown')).toBeVisible();
  await expect(page.getByText('limestone')).toHaveCount(0);
  // Nobody listens at port 9: its breaker opens, and the page says so by itself.
  await expect(page.getByText('Ready', { exact: true })).toBeVisible();
  for (let i = 0; i < 8; i++) {
    const to = { email: `ada${i}@example.com` };
    await api.notify('carriers', { to, content: { subject: 'Hello', text: 'It works.' } });
  }
  await expect(
    page.getByText(/It fails, and is not asked|It failed, and is tried again/),
  ).toBeVisible();
  await expectAccessible(page, 'a provider that fails');

  // What is not touched stays: the secret too.
  await page.getByRole('button', { name: 'Edit' }).click();
  const edit = page.getByRole('dialog', { name: 'Edit relay-1' });
  await expect(edit.getByLabel('Password')).toHaveValue('');
  await edit.getByLabel('Name of the sender').fill('The shop');
  await edit.getByRole('button', { name: '+ Order, pace and more' }).click();
  await edit.getByLabel('Sends a second').fill('a few');
  await edit.getByRole('button', { name: 'Save' }).click();
  await expect(edit.getByText('Give a number, or nothing.')).toBeVisible();
  await edit.getByLabel('Sends a second').fill('20');
  await edit.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('20 a second')).toBeVisible();
  await expect(page.getByText('The shop', { exact: true })).toBeVisible();
  await expect(page.getByText('set, never shown')).toBeVisible();

  await page.getByRole('link', { name: 'Providers' }).first().click();
  const row = page.getByRole('table', { name: 'Providers: Mail' }).getByRole('row').nth(1);
  await expect(row).toContainText('20 a second, 64 at once');
  await row.locator('.switch').click();
  await expect(row).toContainText('Disabled');
  await row.getByRole('link', { name: 'relay-1' }).click();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete provider' }).click();
  await expect(page.getByText('No providers yet')).toBeVisible();
});
