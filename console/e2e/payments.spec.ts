import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import { expectAccessible } from './axe';
import { expect, openAs, test, type Api } from './fixtures';

const run = promisify(execFile);

const kPayouts = [
  {
    id: 'po_2',
    state: 'failed',
    provider: 'sandbox',
    amount: 500,
    currency: 'EUR',
    destination: 'ba_failure',
    statement_descriptor: null,
    reference: 'sbx_po_2',
    failure: 'The bank account is closed.',
    metadata: {},
    created_at: '2026-11-22T10:00:00Z',
  },
  {
    id: 'po_1',
    state: 'paid',
    provider: 'sandbox',
    amount: 1000,
    currency: 'JPY',
    destination: null,
    statement_descriptor: null,
    reference: 'sbx_po_1',
    failure: null,
    metadata: {},
    created_at: '2026-11-22T09:00:00Z',
  },
];

interface Made {
  id: string;
}

function pay(api: Api, tenant: string, more: object = {}): Promise<Made> {
  const payment = {
    amount: 1250,
    currency: 'EUR',
    payment_method: 'pm_card_visa',
    confirm: true,
    description: 'Blue teapot',
  };
  return api.move<Made>(tenant, '/v1/payments', { ...payment, ...more });
}

function story(page: Page) {
  return page.getByRole('list', { name: 'What happened to the payment' }).getByRole('listitem');
}

function fact(page: Page, name: string) {
  return page.locator('.facts > div').filter({ has: page.getByText(name, { exact: true }) });
}

test('without payments there is a command that takes one, and its story says everything', async ({
  console_: page,
  api,
}) => {
  const key = await api.createTenantKey('pay-first', ['payments:write', 'payments:read']);
  await openAs(page, 'pay-first', 'payments');
  await expect(page.getByText('No payments yet')).toBeVisible();
  await expectAccessible(page, 'payments without payments');
  await page.getByRole('button', { name: /^Copy: / }).click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  await run('sh', ['-c', command.replace('YOUR_KEY', key)]);
  const row = page.getByRole('table', { name: 'Payments' }).getByRole('row').nth(1);
  await expect(row).toContainText('12.50 EUR');
  await expect(row).toContainText('Succeeded');
  await expect(row).toContainText('Visa ···· 4242');
  await expect(fact(page, 'On its way to you')).toContainText('11.84 EUR');
  await expectAccessible(page, 'payments');

  await row.getByRole('link').click();
  await expect(page.getByRole('heading', { name: '12.50 EUR' })).toBeVisible();
  await expect(story(page).filter({ hasText: 'Captured' }).first()).toContainText(
    'fee 0.66\u00a0EUR',
  );
  await expect(story(page).filter({ hasText: 'Debit' }).first()).toContainText(
    'merchant:pending:eur',
  );
  await expectAccessible(page, 'a payment');
  await page.getByRole('radio', { name: 'Ledger' }).click();
  await expect(story(page).filter({ hasText: 'Created' })).toHaveCount(0);
  await story(page).getByRole('link', { name: 'provider:sandbox:eur' }).first().click();
  await expect(page.getByRole('heading', { name: 'Account provider:sandbox:eur' })).toBeVisible();
});

test('what is held is captured in part, and a part of that given back', async ({
  console_: page,
  api,
}) => {
  await api.createTenant('pay-hold');
  const { id } = await pay(api, 'pay-hold', { capture: 'manual' });
  await openAs(page, 'pay-hold', `payments/${id}`);
  await expect(fact(page, 'Can be captured')).toContainText('12.50 EUR');
  await page.getByRole('button', { name: 'Capture…' }).click();
  const capture = page.getByRole('dialog', { name: 'Capture' });
  await capture.getByLabel('Amount in EUR').fill('12.51');
  await capture.getByRole('button', { name: 'Capture' }).click();
  await expect(capture.getByText('At most 12.50 EUR.').last()).toBeVisible();
  await capture.getByLabel('Amount in EUR').fill('10');
  await expectAccessible(page, 'capturing');
  await capture.getByRole('button', { name: 'Capture' }).click();
  await expect(capture).toBeHidden();
  await expect(fact(page, 'Captured')).toContainText('10.00 EUR');

  await page.getByRole('button', { name: 'Refund…' }).click();
  const refund = page.getByRole('dialog', { name: 'Refund' });
  await expect(refund.getByLabel('Amount in EUR')).toHaveValue('10.00');
  await refund.getByLabel('Amount in EUR').fill('2,50');
  await refund.getByLabel('Reason').fill('a chipped lid');
  await refund.getByRole('button', { name: 'Refund' }).click();
  await expect(fact(page, 'Refunded')).toContainText('2.50 EUR');
  await expect(fact(page, 'State')).toContainText('Partly refunded');
  await expect(story(page).filter({ hasText: 'Refund succeeded' })).toBeVisible();
});

test('a hold is cancelled after a question', async ({ console_: page, api }) => {
  await api.createTenant('pay-cancel');
  const { id } = await pay(api, 'pay-cancel', { capture: 'manual' });
  await openAs(page, 'pay-cancel', `payments/${id}`);
  await page.getByRole('button', { name: 'Cancel payment' }).click();
  const question = page.getByRole('alertdialog', { name: 'Cancel this payment?' });
  await expect(question).toContainText('12.50 EUR that are held');
  await question.getByRole('button', { name: 'Cancel payment' }).click();
  await expect(fact(page, 'State')).toContainText('Cancelled');
  await expect(page.getByRole('button', { name: 'Capture…' })).toHaveCount(0);
});

test('a declined payment says why, and lists are filtered by state', async ({
  console_: page,
  api,
}) => {
  await api.createTenant('pay-declined');
  await pay(api, 'pay-declined');
  await pay(api, 'pay-declined', { payment_method: 'pm_card_chargeDeclinedInsufficientFunds' });
  await openAs(page, 'pay-declined', 'payments');
  const rows = page.getByRole('table', { name: 'Payments' }).getByRole('row');
  await expect(rows).toHaveCount(3);
  await expect(rows.nth(1)).toContainText('Declined');
  await page.getByLabel('State').selectOption('succeeded');
  await expect(page).toHaveURL(/state=succeeded/);
  await expect(rows).toHaveCount(2);
  await page.getByLabel('State').selectOption('');
  await rows.nth(1).getByRole('link').click();
  await expect(page.getByText('insufficient_funds').first()).toBeVisible();
});

test('a dispute is answered with evidence before its deadline', async ({ console_: page, api }) => {
  await api.createTenant('pay-dispute');
  await pay(api, 'pay-dispute', { payment_method: 'pm_card_createDispute' });
  await openAs(page, 'pay-dispute', 'payments?view=disputes');
  const row = page.getByRole('table', { name: 'Disputes' }).getByRole('row').nth(1);
  await expect(row).toContainText('Needs your answer');
  await expect(row).toContainText('in 7 days');
  await expectAccessible(page, 'disputes');
  await row.getByRole('link').click();
  await expect(page.getByRole('heading', { name: 'Dispute over 12.50 EUR' })).toBeVisible();
  await page.getByLabel('Why the money was rightly taken').fill('She signed for it.');
  await page.getByLabel('Tracking number').fill('TRACK-77');
  await expectAccessible(page, 'a dispute');
  await page.getByRole('button', { name: 'Keep for later' }).click();
  await expect(page.getByText('Kept; the bank has not seen it.')).toBeVisible();
  await page.getByRole('button', { name: 'Send to the bank' }).click();
  await expect(fact(page, 'State')).not.toContainText('Needs your answer');
  await expect(page.getByText('TRACK-77')).toBeVisible();
});

test('a dispute that is not worth it is given up', async ({ console_: page, api }) => {
  await api.createTenant('pay-lost');
  const { id } = await pay(api, 'pay-lost', { payment_method: 'pm_card_createDispute' });
  await openAs(page, 'pay-lost', `payments/${id}`);
  await page
    .getByRole('region')
    .or(page.locator('.course'))
    .getByRole('link', { name: '12.50 EUR' })
    .click();
  await page.getByRole('button', { name: 'Accept the loss' }).click();
  const question = page.getByRole('alertdialog', { name: 'Accept the loss?' });
  await question.getByRole('button', { name: 'Accept the loss' }).click();
  await expect(fact(page, 'State')).toContainText('Lost');
});

test('payouts: a command for the first, and what became of each', async ({
  console_: page,
  api,
}) => {
  await api.createTenant('pay-out');
  await openAs(page, 'pay-out', 'payments?view=payouts');
  await expect(page.getByText('No payouts yet')).toBeVisible();
  await expect(page.getByText('my-first-payout')).toBeVisible();
  await expectAccessible(page, 'payouts without payouts');
  // Money settles over two days: the server's answer stands in for one that has waited.
  await page.route('**/v1/payouts?*', (route) =>
    route.fulfill({ json: { data: kPayouts, next_cursor: null } }),
  );
  const rows = page.getByRole('table', { name: 'Payouts' }).getByRole('row');
  await expect(rows.nth(1)).toContainText('5.00 EUR');
  await expect(rows.nth(1)).toContainText('Failed');
  await expect(rows.nth(1)).toContainText('The bank account is closed.');
  await expect(rows.nth(1)).toContainText('ba_failure');
  await expect(rows.nth(2)).toContainText('1 000 JPY');
  await expect(rows.nth(2)).toContainText('Paid');
  await expectAccessible(page, 'payouts');
});

test.describe('what is not there', () => {
  test.use({ refusals: [404] });

  test('is said', async ({ console_: page }) => {
    for (const [path, words] of [
      ['payments/pay_0000000000000000000000', 'No such payment'],
      ['disputes/dp_000000000000000000000001', 'No such dispute'],
      ['reconciliations/rec_nobody_20260101', 'No such reconciliation'],
      ['ledger/nobody', 'No such account'],
    ] as const) {
      await page.goto(`/_/#/${path}`);
      await expect(page.getByText(words)).toBeVisible();
    }
  });
});
