import { expectAccessible } from './axe';
import { expect, openAs, test } from './fixtures';

test('the ledger shows its accounts, that they add up, and a balance over time', async ({
  console_: page,
  api,
}) => {
  await api.createTenant('ledger-look');
  await openAs(page, 'ledger-look', 'ledger');
  await expect(page.getByText('No accounts yet')).toBeVisible();
  await expectAccessible(page, 'a ledger without accounts');
  await api.move('ledger-look', '/v1/ledger/accounts', {
    accounts: [
      { id: 'cash', currency: 'EUR', name: 'Cash at hand' },
      { id: 'alice', currency: 'EUR', debits_must_not_exceed_credits: true },
      { id: 'stars', currency: 'POINTS' },
      { id: 'gone', currency: 'POINTS' },
    ],
  });
  const transfer = (id: string, from: string, to: string, amount: number, kind = 'posted') => ({
    id,
    kind,
    debit_account_id: from,
    credit_account_id: to,
    amount,
  });
  await api.move('ledger-look', '/v1/ledger/transfers', {
    transfers: [
      transfer('t1', 'cash', 'alice', 12_345_00),
      transfer('t2', 'alice', 'cash', 45_00),
      transfer('t3', 'alice', 'cash', 100_00, 'pending'),
      transfer('t4', 'stars', 'gone', 7),
    ],
  });
  const accounts = page.getByRole('table', { name: 'Accounts' });
  const alice = accounts.getByRole('row', { name: /alice/ });
  await expect(alice).toContainText('12 300.00 EUR'.replace(' ', '\u202f'));
  await expect(alice).toContainText('−100.00 EUR');
  await expect(accounts.getByRole('row', { name: /gone/ })).toContainText('7 POINTS');
  const trial = page.getByRole('table', { name: 'Trial balance' });
  await expect(trial.getByRole('row', { name: /EUR/ })).toContainText('Zero');
  await expect(page.getByText('Balanced', { exact: true })).toBeVisible();
  await expectAccessible(page, 'a ledger');
  await page.getByRole('button', { name: 'Copy: the signed head' }).click();
  const head = JSON.parse(await page.evaluate(() => navigator.clipboard.readText())) as {
    signature: string;
    transfers: number;
  };
  expect(head.transfers).toBe(4);
  expect(head.signature).not.toBe('');

  await page.getByLabel('Currency').selectOption('POINTS');
  await expect(accounts.getByRole('row')).toHaveCount(3);
  await page.getByLabel('Currency').selectOption('');
  await alice.getByRole('link').click();
  await expect(page.getByRole('heading', { name: 'Account alice' })).toBeVisible();
  await expect(page.getByText('Debits stay within credits')).toBeVisible();
  await expect(
    page.getByRole('img', { name: /^Balance since .* now 12.300\.00.EUR$/ }),
  ).toBeVisible();
  const movements = page.getByRole('table', { name: 'Movements' });
  await expect(movements.getByRole('row')).toHaveCount(4);
  await expect(movements.getByRole('row').nth(1)).toContainText('Held');
  await expectAccessible(page, 'an account');
});
