import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import { expectAccessible } from './axe';
import { expect, openAs, test } from './fixtures';

const run = promisify(execFile);

function queue(page: Page, name: string) {
  return page.getByRole('table', { name: 'Queues' }).getByRole('row', { name: new RegExp(name) });
}

function moments(page: Page) {
  return page.getByRole('list', { name: 'What happened to the task' }).getByRole('listitem');
}

test('without tasks there are commands that make one and lease it', async ({
  console_: page,
  api,
}) => {
  const key = await api.createTenantKey('tasks-empty', ['tasks:write']);
  await page.addInitScript(() => localStorage.setItem('ashlar.tenant', 'tasks-empty'));
  await page.goto('/_/#/tasks');
  await expect(page.getByText('No tasks yet')).toBeVisible();
  await expectAccessible(page, 'tasks without tasks');
  const commandOf = async (label: string) => {
    await page.getByRole('button', { name: `Copy: ${label}` }).click();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    return command.replace('YOUR_KEY', key);
  };
  const create = await commandOf('Command that creates a task');
  const lease = await commandOf('Command that leases a task');
  await run('sh', ['-c', create]);
  await expect(queue(page, 'mail').locator('.queue-ready')).toHaveText('1');
  const { stdout } = await run('sh', ['-c', lease]);
  expect(stdout).toContain('ada@example.com');
  await expect(queue(page, 'mail').locator('.queue-running')).toHaveText('1');
  await expect(queue(page, 'mail').locator('.queue-ready')).toHaveText('0');
});

test('a queue is paused, bounded, and goes on', async ({ console_: page, api }) => {
  await api.createTenant('tasks-bounds');
  await api.createTask('tasks-bounds', { queue: 'images', payload: { image: 'cat.png' } });
  await openAs(page, 'tasks-bounds', 'tasks');
  await page.getByRole('button', { name: 'Pause images' }).click();
  await expect(queue(page, 'images')).toContainText('Paused');
  expect(await api.lease('tasks-bounds', 'images', 1)).toHaveLength(0);

  await page.getByRole('button', { name: 'Settings of images' }).click();
  const form = page.getByRole('dialog', { name: 'Settings of images' });
  await form.locator('.switch').click();
  await form.getByLabel('Most at once').fill('a few');
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form.getByText('Give a number, or nothing.')).toBeVisible();
  await form.getByLabel('Most at once').fill('2');
  await form.getByLabel('Starts a second', { exact: true }).fill('0.5');
  await expectAccessible(page, 'the settings of a queue');
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form).toBeHidden();
  await expect(queue(page, 'images')).toContainText('at most 2 at once, 0.50 a second');
  await expect(queue(page, 'images')).not.toContainText('Paused');
  expect(await api.lease('tasks-bounds', 'images', 1)).toHaveLength(1);
});

test('a task fails until it is dead, and its history says why; then it lives again', async ({
  console_: page,
  api,
}) => {
  await api.createTenant('tasks-dead');
  const { id } = await api.createTask('tasks-dead', {
    queue: 'mail',
    payload: { to: 'ada@example.com' },
    max_attempts: 1,
  });
  await openAs(page, 'tasks-dead', 'queues/mail');
  const table = page.getByRole('table', { name: 'Tasks' });
  await expect(table.getByRole('row').nth(1)).toContainText('ada@example.com');
  await api.failNext('tasks-dead', 'mail', '421 try again\nlater');
  await expect(page.getByTestId('dead')).toHaveText('1');
  await page.getByLabel('State').selectOption('dead');
  await expect(page).toHaveURL(/state=dead/);
  await table.getByRole('link', { name: id }).click();

  await expect(page.getByRole('heading', { name: `Task ${id}` })).toBeVisible();
  await expect(moments(page)).toHaveText([
    /^Created/,
    /^Attempt 1 failed.*421 try again/s,
    /^Dead: no attempts are left/,
  ]);
  await expect(page.getByRole('region', { name: 'Payload' })).toContainText('ada@example.com');
  await expectAccessible(page, 'a dead task');
  await page.getByRole('button', { name: 'Redrive' }).click();
  await expect(moments(page).last()).toHaveText(/^Waits for a worker/);

  await page.getByRole('button', { name: 'Cancel task' }).click();
  const question = page.getByRole('alertdialog', { name: `Cancel task ${id}?` });
  await question.getByRole('button', { name: 'Keep it' }).click();
  await expect(question).toBeHidden();
  await page.getByRole('button', { name: 'Cancel task' }).click();
  await question.getByRole('button', { name: 'Cancel task' }).click();
  await expect(moments(page).last()).toHaveText(/^Cancelled/);
});

test('dead tasks are redriven by what their error says', async ({ console_: page, api }) => {
  await api.createTenant('tasks-redrive');
  for (const error of ['disk full', 'disk full', 'no such user']) {
    await api.createTask('tasks-redrive', { queue: 'mail', payload: {}, max_attempts: 1 });
    await api.failNext('tasks-redrive', 'mail', error);
  }
  await openAs(page, 'tasks-redrive', 'queues/mail');
  await expect(page.getByTestId('dead')).toHaveText('3');
  await page.getByRole('button', { name: 'Redrive dead…' }).click();
  const form = page.getByRole('dialog', { name: 'Redrive dead tasks of mail' });
  await form.getByLabel('Error contains').fill('disk full');
  await expectAccessible(page, 'redriving');
  await form.getByRole('button', { name: 'Redrive' }).click();
  await expect(page.getByText('2 of mail live again.')).toBeVisible();
  await expect(page.getByTestId('dead')).toHaveText('1');
  await expect(page.getByTestId('ready')).toHaveText('2');
});

test('what waits for its time is run now', async ({ console_: page, api }) => {
  await api.createTenant('tasks-later');
  const { id } = await api.createTask('tasks-later', {
    queue: 'reports',
    payload: { kind: 'daily' },
    run_at: new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z'),
  });
  await openAs(page, 'tasks-later', `tasks/${id}`);
  await expect(moments(page).last()).toHaveText(/^Starts/);
  await page.getByRole('button', { name: 'Run now' }).click();
  await expect(moments(page).last()).toHaveText(/^Waits for a worker/);
});

test('a schedule is written by the command, paused, and run by hand', async ({
  console_: page,
  api,
}) => {
  const key = await api.createTenantKey('tasks-cron', ['tasks:write']);
  await openAs(page, 'tasks-cron', 'tasks?view=schedules');
  await expect(page.getByText('No schedules yet')).toBeVisible();
  await page.getByRole('button', { name: /^Copy: / }).click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  await run('sh', ['-c', command.replace('YOUR_KEY', key)]);
  const row = page.getByRole('table', { name: 'Schedules' }).getByRole('row', { name: /nightly/ });
  await expect(row).toContainText('Europe/Berlin');
  await page.getByRole('button', { name: 'Pause nightly-report' }).click();
  await expect(row).toContainText('Paused');
  await expectAccessible(page, 'schedules');
  await page.getByRole('button', { name: 'Resume nightly-report' }).click();
  await expect(row).not.toContainText('Paused');
  await page.getByRole('button', { name: 'Run now: nightly-report' }).click();
  await expect(page.getByText('nightly-report has made a task.')).toBeVisible();
  await row.getByRole('link', { name: 'reports' }).click();
  await expect(page.getByTestId('ready')).toHaveText('1');
});

test.describe('what is not there', () => {
  test.use({ refusals: [404] });

  test('is said', async ({ console_: page }) => {
    await page.goto('/_/#/tasks/999999999');
    await expect(page.getByText('No such task')).toBeVisible();
    await page.goto('/_/#/webhooks/999999999');
    await expect(page.getByText('No such webhook')).toBeVisible();
    await page.goto('/_/#/sagas/999999999');
    await expect(page.getByText('No such saga')).toBeVisible();
  });
});
