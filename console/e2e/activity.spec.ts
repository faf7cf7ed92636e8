import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import type { Top, TopRow } from '../src/api/activity';
import { expectAccessible } from './axe';
import { expect, test } from './fixtures';

const kBoard = /^Most active/;

function names(page: Page) {
  return page.getByRole('table', { name: kBoard }).locator('.board-name');
}

/** An answer of the server's, changed before the page sees it. */
async function changeTop(page: Page, change: (top: Top) => Top): Promise<void> {
  await page.route('**/v1/activity/top?**', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: change((await answer.json()) as Top) });
  });
}

function row(rank: number, key: string, count: number, spread = 0): TopRow {
  const guaranteed = spread === 0;
  return { rank, key, count, lower: count - spread, upper: count, guaranteed };
}

/** How often a script of the page has started an animation. */
async function countAnimations(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its element below
    const animate = Element.prototype.animate;
    Object.assign(window, { animations: 0 });
    Element.prototype.animate = function (...given: Parameters<typeof animate>) {
      (window as unknown as { animations: number }).animations++;
      return animate.apply(this, given);
    };
  });
  return () => page.evaluate(() => (window as unknown as { animations: number }).animations);
}

test('an empty board shows a command that fills it', async ({ console_: page, api }) => {
  const key = await api.createTenantKey('empty-quarry', ['activity:write']);
  await page.addInitScript(() => localStorage.setItem('ashlar.tenant', 'empty-quarry'));
  await page.goto('/_/#/activity');
  await expect(page.getByText('No events in the last 5 minutes')).toBeVisible();
  await expectAccessible(page, 'the empty board');
  await page.getByRole('button', { name: /^Copy: / }).click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  await promisify(execFile)('sh', ['-c', command.replace('YOUR_KEY', key)]);

  await expect(names(page)).toHaveText(['ada', 'bob', 'eve']);
  await expect(page.getByRole('row', { name: /ada/ }).locator('.board-count')).toHaveText('3');
  await expect(page.getByTestId('total')).toHaveText('6');
  await expect(page.getByText('Exact', { exact: true })).toBeVisible();
});

test('the board moves while events come, and stands still when paused', async ({
  console_: page,
  api,
}) => {
  const animations = await countAnimations(page);
  await api.record('mover', { carol: 1_500, dave: 900 });
  await page.goto('/_/#/activity?by=mover');
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(names(page)).toHaveText(['carol', 'dave']);
  const carol = page.getByRole('row', { name: /carol/ });
  await expect(carol.locator('.board-count')).toHaveText('1\u202f500');
  await expect(carol.locator('.board-percent')).toHaveText('62.5%');
  expect(await animations()).toBe(0);

  await api.record('mover', { dave: 1_000 });
  await expect(names(page)).toHaveText(['dave', 'carol']);
  await expect(page.getByRole('row', { name: /dave/ })).toContainText('up 1');
  await expect(carol).toContainText('down 1');
  expect(await animations()).toBeGreaterThan(0);
  await expectAccessible(page, 'the moving board');
  // The marks are news; after a few seconds they are none.
  await expect(page.locator('.board-move')).toHaveText([/./, '', '']);

  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByText('Paused', { exact: true })).toBeVisible();
  let asked = 0;
  await page.route('**/v1/activity/top?**', (route) => {
    asked++;
    return route.continue();
  });
  await api.record('mover', { erin: 5_000 });
  await page.waitForTimeout(2_500);
  expect(asked).toBe(0);
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect(names(page)).toHaveText(['erin', 'dave', 'carol']);
  await expect(page.getByRole('row', { name: /erin/ })).toContainText('5\u202f000');
});

test('who asks for less motion gets none', async ({ console_: page, api }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const animations = await countAnimations(page);
  await api.record('still', { first: 2, second: 1 });
  await page.goto('/_/#/activity?by=still');
  await expect(names(page)).toHaveText(['first', 'second']);
  await api.record('still', { second: 2 });
  await expect(names(page)).toHaveText(['second', 'first']);
  expect(await animations()).toBe(0);
});

test('a hidden tab asks for nothing', async ({ console_: page, api }) => {
  await api.record('hidden', { somebody: 1 });
  await page.goto('/_/#/activity?by=hidden');
  await expect(names(page)).toHaveText(['somebody']);
  const hide = (state: string) =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'visibilityState', { value, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
  await hide('hidden');
  // What is under way may still end.
  await page.waitForTimeout(300);
  let asked = 0;
  page.on('request', (request) => {
    if (request.url().includes('/v1/activity/')) asked++;
  });
  await page.waitForTimeout(2_500);
  expect(asked).toBe(0);
  await hide('visible');
  await expect.poll(() => asked).toBeGreaterThan(0);
});

test('dimension, window and length stand in the address', async ({ console_: page, api }) => {
  await api.record('region', { eu: 3, us: 1 });
  await page.goto('/_/#/activity');
  const by = page.getByLabel('Count by');
  await expect(by.locator('option').nth(3)).toBeAttached();
  const options = await by.locator('option').allInnerTexts();
  expect(options.slice(0, 3)).toEqual(['user', 'action', 'endpoint']);
  await by.selectOption('region');
  await expect(names(page)).toHaveText(['eu', 'us']);
  await page.getByRole('radio', { name: '1 min' }).click();
  await page.getByLabel('Show').selectOption('25');
  await expect(page).toHaveURL(/by=region&window=60&k=25$/);
  const asked = page.waitForRequest(/dimension=region&window=60&k=25/);
  await page.reload();
  await asked;
  await expect(page.getByRole('radio', { name: '1 min' })).toBeChecked();
  await expect(page.getByRole('link', { name: 'Activity' })).toHaveAttribute(
    'aria-current',
    'page',
  );
  // One step back leaves the page: a choice is no place to come back to.
  await page.getByRole('link', { name: 'Keys' }).click();
  await page.goBack();
  await expect(page.getByRole('radio', { name: '1 min' })).toBeChecked();
});

test('what is not exact says so', async ({ console_: page, api }) => {
  await api.record('rough', { some: 1 });
  const rough = [row(1, 'big', 12_000), row(2, 'small', 1_250, 150), row(3, 'tiny', 900, 900)];
  await changeTop(page, (top) => ({ ...top, exact: false, total: 20_000, data: rough }));
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.goto('about:blank');
    await page.goto('/_/#/activity?by=rough');
    await expect(page.getByText('Approximate', { exact: true })).toBeVisible();
    await expect(page.getByRole('row', { name: /small/ })).toContainText('1\u202f100 – 1\u202f250');
    await expect(page.getByRole('row', { name: /small/ })).toContainText('perhaps not in the top');
    await expect(page.getByRole('row', { name: /big/ })).not.toContainText('–');
    await expect(page.getByRole('row', { name: /big/ })).not.toContainText('perhaps');
    await expectAccessible(page, `the rough board, ${colorScheme}`);
  }
});

test('who leads together looks alike', async ({ console_: page, api }) => {
  await api.record('tie', { ada: 3, bob: 3, eve: 1 });
  await page.goto('/_/#/activity?by=tie');
  const colour = (name: string) =>
    page
      .getByRole('row', { name })
      .locator('.board-bar')
      .last()
      .evaluate((bar) => getComputedStyle(bar).backgroundColor);
  await expect(names(page)).toHaveText(['ada', 'bob', 'eve']);
  expect(await colour('ada')).toBe(await colour('bob'));
  expect(await colour('bob')).not.toBe(await colour('eve'));
});

test.describe('when the server fails', () => {
  test.use({ refusals: [500] });

  test('the board says so, and goes on by itself', async ({ console_: page, api }) => {
    await api.record('failing', { steady: 1 });
    await page.goto('/_/#/activity?by=failing');
    await expect(names(page)).toHaveText(['steady']);
    await page.route('**/v1/activity/top?**', (route) =>
      route.fulfill({ status: 500, json: { title: 'Error', status: 500, detail: 'disk full' } }),
    );
    await expect(page.getByRole('alert')).toContainText('disk full');
    await expect(page.getByText('Reconnecting…')).toBeVisible();
    // What was known stays.
    await expect(names(page)).toHaveText(['steady']);
    await page.unroute('**/v1/activity/top?**');
    await expect(page.getByRole('alert')).toBeHidden();
    await expect(page.getByText('Live', { exact: true })).toBeVisible();
  });
});

test('the overview names the heaviest endpoints, callers and tenants', async ({
  console_: page,
  api,
}) => {
  await api.createLink({ url: 'https://example.com/overview', code: 'overview-stone' });
  await api.record('overview', { busy: 40_000 });
  await page.goto('/_/#/overview');
  const list = (name: string) => page.getByRole('list', { name }).getByRole('listitem');
  await expect(list('Heaviest endpoints').filter({ hasText: '/v1/activity/' })).not.toHaveCount(0);
  await expect(list('Heaviest callers').filter({ hasText: 'Administrator' })).toHaveCount(1);
  await expect(list('Heaviest tenants').filter({ hasText: 'demo' })).toHaveCount(1);
  await expect(list('Busiest users').first()).toContainText('overview-user');
  await page.getByRole('link', { name: 'overview-stone' }).click();
  await expect(page.getByRole('heading', { name: 'overview-stone', level: 1 })).toBeVisible();
});

test('the overview says which tenants are no more', async ({ console_: page }) => {
  const counted = { count: 2, lower: 2, upper: 2, guaranteed: true };
  const json = {
    ...{ dimension: 'tenant', window_s: 300, since: '', as_of: '', total: 4, exact: true },
    data: [
      { rank: 1, key: 'demo', ...counted },
      { rank: 2, key: 'no-more', ...counted },
    ],
  };
  await page.route('**/v1/requests/top?dimension=tenant**', (route) => route.fulfill({ json }));
  await page.goto('/_/#/overview');
  const tenants = page.getByRole('list', { name: 'Heaviest tenants' }).getByRole('listitem');
  await expect(tenants).toHaveText(['demo2', 'no-more (deleted)2']);
});
