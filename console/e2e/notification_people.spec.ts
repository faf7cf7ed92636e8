import { expectAccessible } from './axe';
import { expect, openAs, test } from './fixtures';

test('a recipient is kept, wishes something, is suppressed, and is forgotten', async ({
  console_: page,
  api,
}) => {
  await api.createTenant('people');
  await api.put('people', '/v1/notification-categories/offers', { title: 'Offers' });
  await openAs(page, 'people', 'notifications/recipients');
  await expect(page.getByText('No recipients yet')).toBeVisible();
  await page.getByRole('button', { name: 'New recipient' }).click();
  const form = page.getByRole('dialog', { name: 'New recipient' });
  await form.getByLabel('User').fill('ann');
  await form.getByLabel('Mail address').fill('ann@example.com');
  await form.getByLabel('Language').fill('de-AT');
  await form.getByLabel('Attributes').fill('{"plan": "pro", "trial": true}');
  await expectAccessible(page, 'a new recipient');
  await form.getByRole('button', { name: 'Keep recipient' }).click();
  await expect(page.getByRole('heading', { name: 'ann' })).toBeVisible();

  // Attributes that are taken out are gone, and the rest stays.
  await page.getByRole('button', { name: 'Edit' }).click();
  const edit = page.getByRole('dialog', { name: 'Edit ann' });
  await edit.getByLabel('Attributes').fill('{"plan": "team"}');
  await edit.getByLabel('Name').fill('Ann Gruber');
  await edit.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Ann Gruber')).toBeVisible();
  await expect(page.getByText('team', { exact: true })).toBeVisible();
  await expect(page.getByText('trial')).toHaveCount(0);

  await page.getByLabel('Offers, Mail').selectOption('no');
  await page.getByRole('button', { name: 'Save wishes' }).click();
  await expect(page.getByText('Kept. It holds for what is sent from now on.')).toBeVisible();
  await page.getByRole('link', { name: 'Why not?' }).click();
  await page.getByLabel('Category').fill('offers');
  await page.getByRole('button', { name: 'Ask' }).click();
  await expect(page.getByText('The recipient has turned off category "offers"')).toBeVisible();

  await page.goto('/_/#/notifications/recipients?view=suppressed');
  await page.getByRole('button', { name: 'Suppress an address' }).click();
  const suppress = page.getByRole('dialog', { name: 'Suppress an address' });
  await suppress.getByLabel('Address').fill('ann@example.com');
  await suppress.getByRole('button', { name: 'Suppress' }).click();
  const suppressed = page.getByRole('table', { name: 'Suppressed addresses' });
  await expect(suppressed).toContainText('ann@example.com');
  await page.goto('/_/#/notifications/recipients/ann');
  await expect(page.getByRole('alert')).toContainText('nothing goes to ann@example.com');
  await expectAccessible(page, 'a recipient whose address is suppressed');
  await page.getByRole('button', { name: 'Lift it' }).click();
  await expect(page.getByRole('alert')).toHaveCount(0);

  // The reader's own page, by its link.
  await page.getByRole('button', { name: 'Their own page' }).click();
  const link = await page.getByTestId('secret').innerText();
  const theirs = await page.context().newPage();
  await theirs.goto(link);
  await expect(theirs.getByText('Offers')).toBeVisible();
  await theirs.close();
  await page.getByRole('button', { name: 'I have it' }).click();
  await page.getByRole('button', { name: 'Forget' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Forget' }).click();
  await expect(page.getByText('No recipients yet')).toBeVisible();
});

test('topics and segments are made, looked into and emptied', async ({ console_: page, api }) => {
  await api.createTenant('audiences');
  for (const [user, locale] of [
    ['ann', 'de-AT'],
    ['ben', 'en'],
    ['eva', 'de'],
  ] as const) {
    await api.put('audiences', `/v1/recipients/${user}`, { locale });
  }
  await openAs(page, 'audiences', 'notifications/recipients?view=topics');
  await page.getByRole('button', { name: 'New topic' }).click();
  const topic = page.getByRole('dialog', { name: 'New topic' });
  await topic.getByLabel('Name').fill('match-17');
  await topic.getByLabel('Users').fill('ann, ben\ncarl');
  await topic.getByRole('button', { name: 'Put them in' }).click();
  await expect(page.getByText('3 users')).toBeVisible();
  await page.getByRole('button', { name: 'Take out carl' }).click();
  await expect(page.getByText('2 users')).toBeVisible();

  await page.goto('/_/#/notifications/recipients?view=segments');
  await page.getByRole('button', { name: 'New segment' }).click();
  const segment = page.getByRole('dialog', { name: 'New segment' });
  await segment.getByLabel('Name').fill('german');
  await segment.getByLabel('Who').fill('{"locale": {"prefix": "de"}}');
  await segment.getByRole('button', { name: 'Save' }).click();
  const row = page.getByRole('table', { name: 'Segments' }).getByRole('row', { name: /german/ });
  await expect(row).toContainText('locale begins with de');
  await expect(row.locator('.notified-foot')).toHaveText('2');

  await page.goto('/_/#/notifications/recipients?view=categories');
  await page.getByRole('button', { name: 'New category' }).click();
  const category = page.getByRole('dialog', { name: 'New category' });
  await category.getByLabel('Name').fill('offers');
  await category.getByLabel('Title').fill('Offers');
  await category.getByLabel('Caps').fill('[{"max": 3, "per": "week"}]');
  await category.getByRole('button', { name: 'Save' }).click();
  const kept = page.getByRole('table', { name: 'Categories' });
  await expect(kept).toContainText('at most 3 a week');
});
