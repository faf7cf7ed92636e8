import { expectAccessible } from './axe';
import { expect, openAs, test } from './fixtures';

// Asked whether a key is free; a preview of what cannot be used.
test.use({ refusals: [404, 422] });

test('a template is begun, written with its preview, published, tried and taken back', async ({
  console_: page,
  api,
}) => {
  await api.createTenant('templates');
  await openAs(page, 'templates', 'notifications/templates');
  await expect(page.getByText('No templates yet')).toBeVisible();
  await page.getByRole('button', { name: 'New template' }).click();
  const begin = page.getByRole('dialog', { name: 'New template' });
  await begin.getByLabel('Key').fill('order_shipped');
  await begin.getByRole('button', { name: 'Begin' }).click();
  await expect(page.getByRole('heading', { name: 'order_shipped' })).toBeVisible();
  await expect(page.getByText('A draft: it cannot be sent')).toBeVisible();
  const preview = page.getByRole('region', { name: 'Preview' });
  await expect(preview).toContainText('Hello there');

  await page.getByRole('button', { name: '+ Fields and description' }).click();
  const fields = {
    name: { type: 'string', default: 'there' },
    order: { type: 'string', required: true },
    count: { type: 'integer' },
  };
  await page.getByRole('textbox', { name: 'Fields' }).fill(JSON.stringify(fields));
  await preview.getByRole('button', { name: '+ Reader and data' }).click();
  await preview.getByRole('button', { name: 'Fill from the fields' }).click();
  await page.getByLabel('Channel').selectOption('email');
  await page
    .getByLabel('Subject')
    .fill('Order {order}: {count, plural, one {# thing} other {# things}}');
  await page.getByLabel('HTML').fill('<h1>Hi {name}</h1><p>{order}</p>');
  await expect(preview).toContainText('Order Order: 3 things');
  const mail = page.frameLocator('iframe');
  await expect(mail.getByRole('heading', { name: 'Hi there' })).toBeVisible();
  await expectAccessible(page, 'the editor of a template');

  // Data of the reader that would break out is written harmless; what is wrong is said at once.
  const data = { order: '<b>17</b>', count: 1 };
  await preview.getByLabel('Sample data').fill(JSON.stringify(data));
  await expect(preview).toContainText('Order <b>17</b>: 1 thing');
  await expect(mail.getByText('<b>17</b>')).toBeVisible();
  await page.getByLabel('Subject').fill('Order {ordre}');
  await expect(preview.getByRole('alert')).toContainText('The data has no field ordre');
  await page.getByRole('button', { name: 'Save as version 2' }).click();
  await expect(page.getByRole('alert').first()).toContainText('/locales/en/email/subject');
  await page.getByLabel('Subject').fill('Order {order}');
  await page.getByRole('button', { name: 'Save as version 2' }).click();
  await expect(page.getByText('Version 2 is live.')).toBeVisible();

  // Another language, kept as a draft.
  await page.getByRole('button', { name: '+ Language' }).click();
  await page.getByLabel('Language to add').fill('de');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByLabel('Channel').selectOption('email');
  await page.getByLabel('Subject').fill('Bestellung {order}');
  await page.getByLabel('Plain text').fill('Hallo {name}');
  await preview.getByRole('button', { name: '+ Reader and data' }).click();
  await preview.getByLabel('The reader’s language').fill('de-AT');
  await expect(preview).toContainText('Bestellung');
  await expect(preview).toContainText('text in de');
  await page.locator('.save-bar .switch').click();
  await page.getByRole('button', { name: 'Save as version 3' }).click();
  await expect(page.getByText('Version 3 is kept.')).toBeVisible();
  await expect(page.getByText('Version 2 is live, 3 is the newest')).toBeVisible();
  await page.getByRole('button', { name: 'Make live: version 3' }).click();
  await expect(page.getByText('Version 3 is live', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Make live: version 2' }).click();
  await page.getByRole('link', { name: 'Version 2', exact: true }).click();
  await expect(page.getByText('This is version 2.')).toBeVisible();

  await page.getByRole('button', { name: 'Send a test…' }).click();
  const test_ = page.getByRole('dialog', { name: 'Send a test' });
  await test_.getByLabel('Mail address').fill('ada@example.com');
  await expectAccessible(page, 'sending a test');
  await test_.getByRole('button', { name: 'Send it' }).click();
  await expect(page.getByRole('heading', { name: /^Notification / })).toBeVisible();
  await page.goto('/_/#/notifications/caught');
  await expect(page.getByRole('article', { name: 'The message' })).toContainText('Order Order');

  await page.goto('/_/#/notifications/templates/order_shipped');
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete template' }).click();
  await expect(page.getByText('No templates yet')).toBeVisible();
});
