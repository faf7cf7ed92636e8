import type { Page } from '@playwright/test';
import { expectAccessible } from './axe';
import { expect, openAs, test } from './fixtures';

interface Line {
  type: string;
  reference: string;
  statement: { amount: number; fee: number; day: string };
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

async function openForm(page: Page) {
  await page.getByRole('button', { name: 'Reconcile a day' }).click();
  const form = page.getByRole('dialog', { name: 'Reconcile a day' });
  await form.getByLabel('Day').fill(today());
  return form;
}

test.describe('a day', () => {
  // The second statement is refused before one says that it replaces the first.
  test.use({ refusals: [409] });

  test('is reconciled with the provider, then with a wrong file whose breaks are settled', async ({
    console_: page,
    api,
  }) => {
    const tenant = 'rec-day';
    await api.createTenant(tenant);
    for (let i = 0; i < 4; i++) {
      await api.move(tenant, '/v1/payments', {
        amount: 1000 + i,
        currency: 'EUR',
        payment_method: 'pm_card_visa',
        confirm: true,
      });
    }
    await openAs(page, tenant, 'payments?view=reconciliation');
    await expect(page.getByText('Nothing reconciled yet')).toBeVisible();
    await (await openForm(page)).getByRole('button', { name: 'Reconcile', exact: true }).click();
    await expect(page.getByText('All 4 lines match.')).toBeVisible();
    await expectAccessible(page, 'a day without breaks');
    const id = `rec_sandbox_${today().replaceAll('-', '')}`;
    const answer = await page.request.get(`/v1/reconciliations/${id}/items`, {
      headers: { 'X-Requested-With': 'ashlar-console', 'Ashlar-Tenant': tenant },
    });
    const { data } = (await answer.json()) as { data: Line[] };

    // The first is missing, the second has another amount, something else is extra.
    const rows = data.slice(1).map(({ type, reference, statement }, index) => {
      const amount = statement.amount + (index === 0 ? 200 : 0);
      return `${type},${reference},${amount},${statement.fee},EUR,${statement.day}`;
    });
    const csv = [
      'type,reference,amount_minor,fee_minor,currency,date',
      ...rows,
      `refund,nobody-knows,-77,0,EUR,${today()}`,
    ].join('\n');
    await page.getByRole('link', { name: 'Reconciliation', exact: true }).click();
    const form = await openForm(page);
    await form
      .getByLabel('Statement')
      .setInputFiles({ name: 'day.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
    await expectAccessible(page, 'reconciling a day');
    await form.getByRole('button', { name: 'Reconcile', exact: true }).click();
    await expect(page.getByText('2 of 5 lines match. 3 do not; 3 of them open.')).toBeVisible();
    const breaks = page.getByRole('table', { name: 'Breaks' });
    await expect(breaks.getByRole('row')).toHaveCount(4);
    const extra = breaks.getByRole('row', { name: /nobody-knows/ });
    await expect(extra).toContainText('Extra');
    await expect(extra).toContainText('−0.77 EUR');
    await expectAccessible(page, 'a day with breaks');

    await extra.getByRole('button', { name: 'Settle nobody-knows' }).click();
    const settle = page.getByRole('dialog', { name: 'Settle nobody-knows' });
    await expect(settle.getByRole('button', { name: 'Settle' })).toBeDisabled();
    await settle.getByLabel('How').selectOption('written_off');
    await settle.getByLabel('Why').fill('too small to ask for');
    await expectAccessible(page, 'settling a break');
    await settle.getByRole('button', { name: 'Settle' }).click();
    await expect(extra).toContainText('Written off');
    await page.getByRole('link', { name: 'Reconciliation', exact: true }).click();
    await expect(page.getByRole('table', { name: 'Open breaks by age' })).toContainText('2 open');
    await expect(page.getByRole('table', { name: 'Reconciliations' })).toContainText('Replaced');
    await expectAccessible(page, 'reconciliation');

    // What lies in suspense is what is open.
    await page.goto('/_/#/ledger/suspense%3Aeur');
    await expect(page.locator('.facts > div').first()).toContainText('2.00 EUR');
  });
});

test('a report is saved, for a spreadsheet and as a page', async ({ console_: page, api }) => {
  await api.createTenant('rec-report');
  await openAs(page, 'rec-report', 'payments?view=reconciliation');
  await (await openForm(page)).getByRole('button', { name: 'Reconcile', exact: true }).click();
  await expect(page.getByText('All 0 lines match.')).toBeVisible();
  for (const [button, name] of [
    ['Save as CSV', 'csv'],
    ['Save as a page', 'html'],
  ] as const) {
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: button }).click();
    expect((await saving).suggestedFilename()).toMatch(new RegExp(`^rec_sandbox_\\d+\\.${name}$`));
  }
});
