import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import { expectAccessible } from './axe';
import { Api, expect, kPassword, openAs, test } from './fixtures';
import { Server } from './server';

/** A tenant of the test's own: rules and counts of one test are no business of another. */
async function open(page: Page, api: Api, tenant: string, path: string): Promise<void> {
  await api.createTenant(tenant);
  await openAs(page, tenant, path);
}

const kPerUser = { name: 'per-user', key: ['user'], limit: 2, per: 'hour' };

function rule(page: Page, name: string) {
  return page.getByRole('table', { name: 'Rules' }).getByRole('row', { name });
}

test('without rules there is a command that writes one', async ({ console_: page, api }) => {
  const key = await api.createTenantKey('limits-empty', ['limits:write']);
  await page.addInitScript(() => localStorage.setItem('ashlar.tenant', 'limits-empty'));
  await page.goto('/_/#/limits');
  await expect(page.getByText('No rules yet')).toBeVisible();
  await expectAccessible(page, 'limits without rules');
  await page.getByRole('button', { name: /^Copy: / }).click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  await promisify(execFile)('sh', ['-c', command.replace('YOUR_KEY', key)]);
  await page.reload();
  await expect(rule(page, 'per-user')).toContainText('5 a minute');
});

test('a rule is made, tried, and its denials arrive live', async ({ console_: page, api }) => {
  await open(page, api, 'limits-live', 'limits');
  await page.getByRole('button', { name: 'New rule' }).click();
  const form = page.getByRole('dialog', { name: 'New rule' });
  await form.getByLabel('Name').fill('per-user');
  await form.getByLabel('Limit').fill('3');
  await form.getByLabel('Per', { exact: true }).selectOption('hour');
  await form.getByLabel('Burst').fill('4');
  await expect(form).toContainText('Each user may have 3 an hour, up to 4 at once.');
  await form.getByLabel('Algorithm').selectOption('fixed_window');
  await expect(form.getByLabel('Burst')).toHaveCount(0);
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form).toBeHidden();
  await expect(rule(page, 'per-user')).toContainText('3 an hour');
  await expect(rule(page, 'per-user')).toContainText('fixed_window');

  await page.getByRole('radio', { name: 'Tester' }).click();
  const ask = page.getByRole('button', { name: 'Ask', exact: true });
  await ask.click();
  await expect(page.getByText('No rule applies.')).toBeVisible();
  await expect(page.getByText('counts by user, which the request does not say')).toBeVisible();
  await page.getByLabel('Value of user').fill('alice');
  const says = page.getByRole('table', { name: 'What each rule says' }).getByRole('row').nth(1);
  for (let i = 0; i < 2; i++) {
    await ask.click();
    await expect(page.getByText('It would pass')).toBeVisible();
    await expect(says).toContainText('2 of 3'); // A peek takes nothing.
  }
  await page.getByRole('radio', { name: 'Check' }).click();
  await ask.click();
  await expect(page.getByText('It may pass')).toBeVisible();
  await expect(says).toContainText('2 of 3');
  await page.getByRole('radio', { name: 'Peek' }).click();
  await ask.click();
  await expect(says).toContainText('1 of 3');
  await expectAccessible(page, 'the tester with an answer');

  await page.getByRole('radio', { name: 'Rules' }).click();
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  const denied = rule(page, 'per-user').locator('.rule-denied');
  const stones = rule(page, 'per-user').locator('.spark-denied');
  await expect(denied).toHaveText('0');
  expect(await stones.getAttribute('d')).toBe('');
  expect(await api.check('limits-live', { user: 'alice' }, 7)).toBe(2);
  await expect(stones).toHaveAttribute('d', /^M/);
  await expect(denied).toHaveText('5');
  await expect(page.getByTestId('denied')).toHaveText('5');

  await page.getByRole('link', { name: 'per-user' }).click();
  await expect(page.getByTestId('rule-denied')).toHaveText('5');
  const heavy = (name: string) => page.getByRole('list', { name }).getByRole('listitem');
  await expect(heavy('Heaviest keys')).toHaveText('alice8');
  await expect(heavy('Keys denied most')).toHaveText('alice5');
  await expect(page.getByRole('img', { name: '3 allowed and 5 denied' })).toBeVisible();
});

test.describe('what is wrong', () => {
  test.use({ refusals: [412, 422] });

  test('is said at its field', async ({ console_: page, api }) => {
    await open(page, api, 'limits-wrong', 'limits');
    await page.getByRole('button', { name: 'New rule' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Name').fill('not a name');
    await form.getByLabel('Limit').fill('a few');
    await form.getByRole('button', { name: 'Save' }).click();
    await expect(form.getByText('Give a whole number.')).toBeVisible();
    await form.getByLabel('Limit').fill('10 000');
    await form.getByRole('button', { name: 'Save' }).click();
    await expect(form.getByText(/^A name is 1 to 64/)).toBeVisible();
    await form.getByLabel('Name').fill('a-name');
    await form.getByRole('button', { name: 'Save' }).click();
    await expect(form).toBeHidden();
    await expect(rule(page, 'a-name')).toContainText('10\u202f000 a second');
  });

  test('nobody overwrites what somebody else has just written', async ({ console_: page, api }) => {
    await open(page, api, 'limits-stale', 'limits');
    await api.putRules('limits-stale', [kPerUser]);
    await page.reload();
    await page.getByRole('button', { name: 'Edit per-user' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Limit').fill('7');
    await api.putRules('limits-stale', [kPerUser, { ...kPerUser, name: 'theirs', limit: 9 }]);
    await form.getByRole('button', { name: 'Save' }).click();
    await expect(form.getByRole('alert')).toContainText('Nothing was saved');
    await expectAccessible(page, 'a form that came too late');
    await form.getByRole('button', { name: 'Put my change on top of them' }).click();
    await expect(form.getByRole('alert')).toBeHidden();
    await expect(form.getByLabel('Limit')).toHaveValue('7');
    await form.getByRole('button', { name: 'Save' }).click();
    await expect(form).toBeHidden();
    await expect(rule(page, 'per-user')).toContainText('7 an hour');
    await expect(rule(page, 'theirs')).toContainText('9 an hour');
  });
});

test('what a change would do is known before it is saved, and it can be taken back', async ({
  console_: page,
  api,
}) => {
  await open(page, api, 'limits-back', 'limits');
  await api.putRules('limits-back', [kPerUser]);
  expect(await api.check('limits-back', { user: 'bob' }, 5)).toBe(2);
  await page.reload();
  await page.getByRole('button', { name: 'Edit as JSON' }).click();
  const dialog = page.getByRole('dialog', { name: 'Rules as JSON' });
  const text = dialog.getByLabel('All rules of this tenant');
  await text.fill('{"rules": [');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(text).toHaveAttribute('aria-invalid', 'true');
  await text.fill(JSON.stringify({ rules: [{ ...kPerUser, limit: 1 }] }));
  await dialog.getByRole('button', { name: 'Dry run' }).click();
  const run = dialog.getByRole('region', { name: 'Dry run' });
  await expect(run.locator('dd')).toHaveText(['3', '3', '4 1 more']);
  await expect(run.getByRole('row', { name: 'per-user' })).toContainText('changed');
  await run.getByText('would refuse, and does not now').click();
  await expect(run.getByText('user bob')).toBeVisible();
  await expect(dialog).toContainText('Saving: changed per-user.');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await expect(rule(page, 'per-user')).toContainText('1 an hour');

  await page.getByRole('radio', { name: 'Versions' }).click();
  const versions = page.getByRole('table', { name: 'Versions' }).getByRole('row');
  await expect(versions.nth(1)).toContainText('changed per-user');
  await expect(versions.nth(1)).toContainText('administrator');
  await expect(versions.nth(1)).toContainText('holds');
  await page.getByRole('button', { name: 'View version 1' }).click();
  const old = page.getByRole('dialog', { name: 'Version 1' });
  await expect(old).toContainText('Each user may have 2 an hour.');
  await expect(old).toContainText('other than now');
  await expectAccessible(page, 'an old version');
  await old.getByRole('button', { name: 'Roll back to 1' }).click();
  await expect(old).toBeHidden();
  await expect(versions).toHaveCount(4);
  await expect(versions.nth(1)).toContainText('3holds');
  await page.getByRole('radio', { name: 'Rules' }).click();
  await expect(rule(page, 'per-user')).toContainText('2 an hour');
});

test('a rule watches, and then refuses', async ({ console_: page, api }) => {
  await open(page, api, 'limits-shadow', 'limits?view=shadow');
  await expect(page.getByText('No rule only watches')).toBeVisible();
  await expectAccessible(page, 'no shadow report');
  await api.putRules('limits-shadow', [{ ...kPerUser, shadow: true }]);
  await page.reload();
  await expect(page.getByText('watches, and would have denied nothing')).toBeVisible();
  expect(await api.check('limits-shadow', { user: 'eve' }, 10)).toBe(10);
  const report = page.getByRole('list', { name: 'Shadow report' }).getByRole('listitem').first();
  await expect(report).toContainText('8 of 10 would be denied (80.0%)');
  await expect(
    page.getByRole('list', { name: 'Keys that per-user would deny' }).getByRole('listitem'),
  ).toHaveText('eve8');
  await page.getByRole('button', { name: 'Let it refuse: per-user' }).click();
  const form = page.getByRole('dialog', { name: 'Edit per-user' });
  await expect(form.getByRole('switch')).not.toBeChecked();
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('It refuses by now.')).toBeVisible();
  expect(await api.check('limits-shadow', { user: 'eve' })).toBe(0);
});

test.describe('a rule that goes', () => {
  // Its page may ask for it once more while it is being deleted.
  test.use({ refusals: [404] });

  test('a rule is deleted, and its page says that it is no more', async ({
    console_: page,
    api,
  }) => {
    await api.createTenant('limits-gone');
    await api.putRules('limits-gone', [kPerUser]);
    await open(page, api, 'limits-gone', 'limits/per-user');
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete rule' }).click();
    await expect(page.getByText('No rules yet')).toBeVisible();
    await page.goto('/_/#/limits/per-user');
    await expect(page.getByText('No such rule')).toBeVisible();
  });
});

test('what the installation’s own rules do', async ({ page, playwright }) => {
  const server = await Server.start({ ASHLAR_LIMITS_API_KEY_RATE: '1000' });
  const program = await playwright.request.newContext({ baseURL: server.origin });
  try {
    await page.goto(server.claimUrl);
    await page.getByLabel('Admin password').fill(kPassword);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { name: 'Links', level: 1 })).toBeVisible();
    const key = await new Api(page.request, server.origin).createTenantKey('own', ['links:read']);
    const headers = { Authorization: `Bearer ${key}` };
    for (let i = 0; i < 3; i++) await program.get('/v1/links', { headers });

    await page.goto(`${server.origin}/_/#/limits?view=own`);
    const row = page
      .getByRole('table', { name: 'Rules of the installation' })
      .getByRole('row', { name: /api\.key/ });
    await expect(row.locator('.rule-passed')).toHaveText('3');
    await expectAccessible(page, 'the installation’s rules');
    await row.getByRole('link').click();
    await expect(page.getByRole('heading', { name: 'api.key' })).toBeVisible();
    await expect(page.getByRole('list', { name: 'Heaviest keys' })).toContainText('3');
    await expectAccessible(page, 'a rule of the installation');
  } finally {
    await program.dispose();
    await page.close();
    await server.stop();
  }
});
