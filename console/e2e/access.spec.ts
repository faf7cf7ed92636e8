import { expect, test } from './fixtures';

test('a key is shown once, works, and is refused when revoked', async ({
  console_: page,
  playwright,
  server,
}) => {
  await page.goto('/_/#/keys');
  await page.getByRole('button', { name: 'New key' }).click();
  let dialog = page.getByRole('dialog', { name: 'New key' });
  await dialog.getByLabel('Name').fill('deploy script');
  await dialog.getByText('see the list of keys').click();
  await dialog.getByLabel('Expires').selectOption('30');
  await dialog.getByRole('button', { name: 'Create key' }).click();
  dialog = page.getByRole('dialog', { name: 'Your new key' });
  const key = await dialog.getByTestId('secret').innerText();
  expect(key).toMatch(/^[A-Za-z0-9_-]{20,}$/);
  await dialog.getByRole('button', { name: 'Copy key' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key);
  // Escape must not lose what cannot be shown again.
  await page.keyboard.press('Escape');
  await expect(dialog).toBeVisible();
  await dialog.getByRole('button', { name: 'I have it' }).click();
  await expect(dialog).toBeHidden();
  expect(await page.content()).not.toContain(key);

  const program = await playwright.request.newContext({
    baseURL: server.origin,
    extraHTTPHeaders: { Authorization: `Bearer ${key}` },
  });
  const ask = async () => (await program.get('/v1/links')).status();
  expect(await ask()).toBe(200);

  const row = page.getByRole('row', { name: /deploy script/ });
  await expect(row).toContainText('keys:read');
  await expect(row).not.toContainText('keys:write');
  await row.getByRole('button', { name: 'Revoke deploy script' }).click();
  const question = page.getByRole('alertdialog', { name: 'Revoke this key?' });
  await question.getByRole('button', { name: 'Keep it' }).click();
  expect(await ask()).toBe(200);
  await row.getByRole('button', { name: 'Revoke deploy script' }).click();
  await question.getByRole('button', { name: 'Revoke key' }).click();
  await expect(row).toContainText('Revoked');
  expect(await ask()).toBe(401);
  await program.dispose();
});

test.describe('tenants', () => {
  test.use({ refusals: [409, 422] });

  test('are created and switched, and each sees only its own', async ({ console_: page, api }) => {
    await api.createLink({ url: 'https://example.com/demo', code: 'demo-only' });
    await page.goto('/_/#/tenants');
    await page.getByLabel('New tenant').fill('quarry');
    await page.getByRole('button', { name: 'Create tenant' }).click();
    await expect(page.getByRole('row', { name: /quarry/ })).toBeVisible();
    await page.getByLabel('New tenant').fill('quarry');
    await page.getByRole('button', { name: 'Create tenant' }).click();
    await expect(page.getByLabel('New tenant')).toHaveAttribute('aria-invalid', 'true');

    await page.getByRole('button', { name: 'Switch to quarry' }).click();
    await expect(page.getByRole('row', { name: /quarry/ })).toContainText('Current');
    await page.getByRole('link', { name: 'Links', exact: true }).click();
    await expect(page.getByText('No links yet')).toBeVisible();
    await expect(page.getByText('YOUR_KEY', { exact: false }).first()).toBeVisible();

    await page.getByRole('button', { name: /^Tenant quarry/ }).click();
    await page.getByRole('menuitemradio', { name: 'demo' }).click();
    await expect(page.getByRole('row', { name: /demo-only/ })).toBeVisible();
    // The choice outlives the page.
    await page.reload();
    await expect(page.getByRole('button', { name: /^Tenant demo/ })).toBeVisible();
  });
});
