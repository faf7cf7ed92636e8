import { expectAccessible } from './axe';
import { expect, openAs, test } from './fixtures';

test('a rule is made, tells of an event, says what failed, rests and is deleted', async ({
  console_: page,
  api,
}) => {
  await api.createTenant('ruled');
  await api.put('ruled', '/v1/recipients/ann', { email: 'ann@example.com' });
  await openAs(page, 'ruled', 'notifications/rules');
  await expect(page.getByText('No rules yet')).toBeVisible();
  await page.getByRole('button', { name: 'New rule' }).click();
  const form = page.getByRole('dialog', { name: 'New rule' });
  await form.getByLabel('Name').fill('links: made');
  await form.getByLabel('Event', { exact: true }).fill('link.created');
  await form.getByLabel('Only where').fill('{"/data/code": {"prefix": "a"}');
  await form.getByLabel('Who is told').selectOption('Always one user');
  await form.getByLabel('Which').fill('ann');
  await form.getByLabel('Text').fill('There is a link.');
  await form.getByLabel('Channels').fill('inbox');
  await expectAccessible(page, 'a new rule');
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form.getByText(/JSON/)).not.toHaveCount(0);
  await form.getByLabel('Only where').fill('{"/data/code": {"prefix": "a"}}');
  await form.getByRole('button', { name: 'Save' }).click();
  const rules = page.getByRole('table', { name: 'Rules' });
  const row = rules.getByRole('row').filter({ hasText: 'links: made' });
  await expect(row).toContainText('user ann, by a text, on conditions');

  await api.createLink({ code: 'abc', url: 'https://example.com/' }, 'ruled');
  await api.createLink({ code: 'xyz', url: 'https://example.com/' }, 'ruled');
  await expect(row.getByRole('cell').nth(1)).toHaveText('1', { timeout: 15_000 });

  // Whom it names is gone: the rule says so, and goes on.
  await page.getByRole('button', { name: 'Edit links: made' }).click();
  const edit = page.getByRole('dialog', { name: 'Edit links: made' });
  await expect(edit.getByLabel('Text')).toHaveValue('There is a link.');
  await edit.getByLabel('Which').fill('nobody');
  await edit.getByLabel('Channels').fill('email');
  await edit.getByRole('button', { name: 'Save' }).click();
  await expect(row).toContainText('user nobody');
  await api.createLink({ code: 'abcd', url: 'https://example.com/' }, 'ruled');
  await expect(row).toContainText('recipient_not_found', { timeout: 15_000 });
  await expectAccessible(page, 'a rule that has failed');

  await page.getByRole('switch', { name: 'Enabled: links: made' }).click({ force: true });
  await expect(page.getByText('links: made tells nobody any more.')).toBeVisible();
  await expect(row).toContainText('user nobody');
  await page.getByRole('button', { name: 'Delete links: made' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('No rules yet')).toBeVisible();
});
