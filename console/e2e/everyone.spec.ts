// What each page owes to everyone: axe, dark and light, a phone, a keyboard, stillness.
import type { Page } from '@playwright/test';
import { expectAccessible } from './axe';
import { Api, expect, test } from './fixtures';

// By what they are about: a test looks at those of one group. Those of a task, a webhook, a payment
// are added when they are there.
const groups = {
  links: [
    'links',
    'links/plain-stone',
    'links/plain-stone?view=rules',
    'links?view=analytics',
    'links?view=imports',
  ],
  server: ['overview', 'activity?by=shape', 'events', 'events?view=dead', 'events?view=log'],
  limits: [
    'limits',
    'limits/shape-user',
    'limits?view=tester',
    'limits?view=shadow',
    'limits?view=versions',
    'limits?view=own',
  ],
  tasks: ['tasks', 'tasks?view=schedules', 'queues/shape?state=dead', 'webhooks', 'sagas'],
  payments: [
    'payments',
    'payments?view=disputes',
    'payments?view=payouts',
    'payments?view=reconciliation',
    'ledger',
  ],
  access: ['documents', 'keys', 'tenants'],
};
const kGroups = Object.keys(groups) as (keyof typeof groups)[];

const kRules = [
  { name: 'shape-user', key: ['user'], limit: 2, per: 'hour', shadow: true },
  {
    name: `shape-${'long-'.repeat(11)}`,
    where: { endpoint: [`POST /${'very-'.repeat(20)}long*`, 'GET /short'], plan: '*' },
    description: 'word '.repeat(60),
    limit: 123_456_789,
    per: 'day',
    algorithm: 'fixed_window',
  },
];

/** A task that has failed for good, with all that may be long; the path of its page. */
async function deadTask(api: Api): Promise<string> {
  const { id } = await api.createTask('demo', {
    queue: 'shape',
    payload: { name: `very-${'long-'.repeat(60)}name`, list: Array.from({ length: 60 }, String) },
    unique_key: `very-${'long-'.repeat(30)}key`,
    max_attempts: 1,
  });
  await api.failNext('demo', 'shape', `very-${'long-'.repeat(60)}error\nand a line`);
  return `tasks/${id}`;
}

/** Its deliveries fail: nobody listens at port 9. */
async function webhook(api: Api): Promise<string> {
  const url = `http://127.0.0.1:9/${'very-'.repeat(30)}long`;
  const description = 'word '.repeat(60);
  const { id } = await api.createWebhook('demo', { url, description, event_types: ['link.*'] });
  await api.sendTest('demo', id);
  return `webhooks/${id}`;
}

/** A disputed payment of an order with a long name, and a day that does not match it. */
async function payment(api: Api): Promise<string[]> {
  const { id } = await api.move<{ id: string }>('demo', '/v1/payments', {
    amount: 123_456_789,
    currency: 'JPY',
    payment_method: 'pm_card_createDispute',
    confirm: true,
    description: `very-${'long-'.repeat(60)}description`,
    merchant_reference: `very-${'long-'.repeat(30)}reference`,
  });
  const long = `very-${'long-'.repeat(9)}account`;
  await api.move('demo', '/v1/ledger/accounts', {
    accounts: [
      { id: long, currency: 'POINTS', name: 'word '.repeat(30) },
      { id: 'shape', currency: 'POINTS' },
    ],
  });
  const legs = { debit_account_id: long, credit_account_id: 'shape' };
  await api.move('demo', '/v1/ledger/transfers', {
    transfers: [1, 2, 3].map((n) => ({ id: `shape-${n}`, amount: 10 ** (5 * n), ...legs })),
  });
  const day = new Date().toISOString().slice(0, 10);
  const line = `refund,very-${'long-'.repeat(40)}reference,-123456789,0,JPY,${day},${'word '.repeat(60)}`;
  const run = await api.reconcile(
    'demo',
    day,
    `type,reference,amount,fee,currency,date,description\n${line}`,
  );
  return [
    `payments/${id}`,
    `disputes/dp_${id.slice('pay_'.length)}01`,
    `reconciliations/${run}`,
    `ledger/${long}`,
    'ledger/merchant:available:jpy',
  ];
}

test.beforeAll(async ({ server, signedIn, playwright }) => {
  const request = await playwright.request.newContext({ storageState: signedIn });
  const api = new Api(request, server.origin);
  const long = `shape-${'long-'.repeat(20)}`;
  await api.createTask('demo', { queue: long, payload: {} });
  await api.putSchedule('demo', 'shape-schedule', { cron: '30 2 * * *', queue: long, payload: {} });
  groups.tasks.push(await deadTask(api), await webhook(api));
  groups.payments.push(...(await payment(api)));
  await request.dispose();
});

test.beforeEach(async ({ api, console_: page }) => {
  await api.record('shape', { [`very-${'long-'.repeat(30)}name`]: 1_234, square: 56 });
  await api.putRules('demo', kRules);
  await api.check('demo', { user: `very-${'long-'.repeat(30)}name`, plan: 'free' }, 5);
  const headers = { 'X-Requested-With': 'ashlar-console', 'Ashlar-Tenant': 'demo' };
  const there = await page.request.get('/v1/links/plain-stone', { headers });
  if (there.status() !== 200) {
    await api.createLink({
      url: `https://example.com/${'very-'.repeat(30)}long`,
      code: 'plain-stone',
    });
  }
});

async function settled(page: Page, path: string): Promise<void> {
  await page.goto(`/_/#/${path}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.locator('.skeleton')).toHaveCount(0);
}

for (const scheme of ['light', 'dark'] as const) {
  test.describe(scheme, () => {
    test.beforeEach(async ({ console_: page }) => {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    });

    for (const group of kGroups) {
      test(`axe finds nothing: ${group}, ${scheme}`, async ({ console_: page }) => {
        for (const path of groups[group]) {
          await settled(page, path);
          await expectAccessible(page, `${path}, ${scheme}`);
        }
      });
    }

    test(`axe finds nothing in dialogs of links and keys, ${scheme}`, async ({
      console_: page,
    }) => {
      await page.goto('/_/#/links');
      await page.getByRole('button', { name: 'Own code, redirect, expiry' }).click();
      await page.getByRole('button', { name: 'Edit plain-stone' }).click();
      await expect(page.getByRole('dialog').getByLabel('Target')).toBeVisible();
      await expectAccessible(page, `the edit dialog, ${scheme}`);
      await page.keyboard.press('Escape');
      await settled(page, 'keys');
      await page.getByRole('button', { name: 'New key' }).click();
      await expectAccessible(page, `the key dialog, ${scheme}`);
    });

    test(`axe finds nothing in dialogs of limits, ${scheme}`, async ({ console_: page }) => {
      await settled(page, 'limits');
      await page.getByRole('button', { name: 'Edit shape-user' }).click();
      await page.getByRole('button', { name: '+ Condition' }).click();
      await page.getByRole('button', { name: 'Dry run' }).click();
      await expect(page.getByRole('region', { name: 'Dry run' })).toBeVisible();
      await expectAccessible(page, `a rule's form, ${scheme}`);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Edit as JSON' }).click();
      await expect(page.getByLabel('All rules of this tenant')).toBeVisible();
      await expectAccessible(page, `rules as JSON, ${scheme}`);
    });

    test(`axe finds nothing in dialogs of tasks and webhooks, ${scheme}`, async ({
      console_: page,
    }) => {
      await settled(page, 'tasks');
      await page.getByRole('button', { name: 'Settings of shape', exact: true }).click();
      await expectAccessible(page, `the settings of a queue, ${scheme}`);
      await page.keyboard.press('Escape');
      await settled(page, 'webhooks');
      await page.getByRole('button', { name: 'New webhook' }).click();
      await page.getByRole('button', { name: '+ Body, order, rate' }).click();
      await expectAccessible(page, `a new webhook, ${scheme}`);
    });
  });
}

for (const group of kGroups) {
  test(`a phone shows everything without scrolling sideways: ${group}`, async ({
    console_: page,
  }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const path of groups[group]) {
      await settled(page, path);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width, path).toBeLessThanOrEqual(360);
      await expect(page.locator('.nav [aria-current=page]')).toBeInViewport({ ratio: 1 });
      await expectAccessible(page, `${path}, phone`);
    }
  });
}

test('a phone shortens an address and watches its clicks', async ({ console_: page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto('/_/#/links');
  await page.getByLabel('Long address').fill('https://example.com/phone');
  await page.getByRole('button', { name: 'Shorten' }).click();
  await expect(page.getByRole('link', { name: 'Watch its clicks' })).toBeVisible();
  await page.getByRole('link', { name: 'Watch its clicks' }).click();
  await expect(page.locator('.chart-plot')).toBeVisible();
});

test('colours follow the system until one chooses, and the choice stays', async ({
  console_: page,
}) => {
  const lightness = () =>
    page.evaluate(() => {
      const [red = 0] = (
        getComputedStyle(document.documentElement).backgroundColor.match(/\d+/g) ?? []
      ).map(Number);
      return red > 127 ? 'light' : 'dark';
    });
  await page.emulateMedia({ colorScheme: 'dark' });
  await settled(page, 'links');
  expect(await lightness()).toBe('dark');
  await page.getByRole('button', { name: /^Colours:/ }).click();
  await page.getByRole('menuitemradio', { name: 'Light' }).click();
  await expect.poll(lightness).toBe('light');
  await page.reload();
  await expect.poll(lightness).toBe('light');
});

test('a link is created and its page opened by keyboard alone', async ({ console_: page }) => {
  await settled(page, 'links');
  const tabTo = async (name: string) => {
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press('Tab');
      const focused = page.locator(':focus');
      const seen = await focused.evaluate((element) => {
        const style = getComputedStyle(element);
        const label = element.getAttribute('aria-label') ?? element.textContent;
        const field = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : null;
        return { name: field ?? label, outline: style.outlineStyle !== 'none' };
      });
      if (seen.name !== name) continue;
      expect(seen.outline, `${name} shows that it has the focus`).toBe(true);
      return;
    }
    throw new Error(`Tab never reached ${name}`);
  };
  await tabTo('Skip to content');
  await page.keyboard.press('Enter');
  await tabTo('Long address');
  await page.keyboard.type('https://example.com/keyboard');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Copy short link', exact: true })).toBeFocused();
  await tabTo('Watch its clicks');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Clicks', exact: true })).toBeVisible();
  // The new page's title has the focus, so that reading goes on there.
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
});

for (const group of kGroups) {
  test(`nothing moves while a page loads slowly: ${group}`, async ({ console_: page }) => {
    await page.addInitScript(() => {
      const shifts: number[] = [];
      Object.assign(window, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          if ('value' in entry && typeof entry.value === 'number') shifts.push(entry.value);
        }
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.route('**/v1/**', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 250));
      await route.continue();
    });
    for (const path of groups[group]) {
      await page.goto('about:blank');
      await settled(page, path);
      const total = await page.evaluate(() =>
        (window as unknown as { shifts: number[] }).shifts.reduce((sum, shift) => sum + shift, 0),
      );
      // Web Vitals calls 0.1 good; a tenth of that is a pixel here or there.
      expect(total, path).toBeLessThan(0.01);
    }
  });
}
