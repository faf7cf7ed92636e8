import { expectAccessible } from './axe';
import { expect, kPassword, test, watchErrors } from './fixtures';
import { Server } from './server';

test('the one-time link sets the password once, and the password opens the console', async ({
  page,
}) => {
  const errors = watchErrors(page, [401, 403, 422]);
  const server = await Server.start();
  try {
    await page.goto(`${server.origin}/_/`);
    await expect(page.getByRole('heading', { name: 'Waiting for its owner' })).toBeVisible();
    await expectAccessible(page, 'the unclaimed page');

    await page.goto(`${server.origin}/_/#/claim/nonsense`);
    await page.getByLabel('Admin password').fill(kPassword);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { name: 'no longer works' })).toBeVisible();

    await page.goto('about:blank');
    await page.goto(server.claimUrl);
    await expectAccessible(page, 'the claim page');
    const password = page.getByLabel('Admin password');
    await expect(password).toBeFocused();
    await page.keyboard.type('short');
    await page.keyboard.press('Enter');
    await expect(password).toHaveAttribute('aria-invalid', 'true');
    await expect(page.getByText('10 characters').filter({ visible: true })).toHaveCount(1);
    await password.fill(kPassword);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { name: 'Links', level: 1 })).toBeVisible();
    // The token is gone from the address and from "back".
    expect(page.url()).toBe(`${server.origin}/_/#/links`);

    await page.goto('about:blank');
    await page.goto(server.claimUrl);
    await expect(page.getByRole('heading', { name: 'Already set up' })).toBeVisible();
    await page.getByRole('link', { name: 'Open the console' }).click();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
    await expectAccessible(page, 'the sign-in page');
    await page.getByLabel('Admin password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByLabel('Admin password')).toHaveAttribute('aria-invalid', 'true');
    await page.getByLabel('Admin password').fill(kPassword);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('heading', { name: 'Links', level: 1 })).toBeVisible();
  } finally {
    // Before the server: a page whose stream breaks off would rightly complain.
    await page.close();
    await server.stop();
  }
  expect(errors).toEqual([]);
});

test('an ended session leads to the sign-in page and back to where one was', async ({
  page,
  server,
  signedIn,
}) => {
  expect(signedIn.cookies.every((cookie) => cookie.httpOnly)).toBe(true);
  await page.goto(`${server.origin}/_/#/keys`);
  await page.getByLabel('Admin password').fill(kPassword);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Keys', level: 1 })).toBeVisible();
  await page.context().clearCookies();
  await page.getByRole('link', { name: 'Tenants' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});
