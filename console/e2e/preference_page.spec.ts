import { expectAccessible } from './axe';
import { expect, test } from './fixtures';

/** Each language by what its page is called, its button and what it says when it has saved. */
const languages = [
  { locale: 'en-GB', title: 'What you get from us', save: 'Save', saved: 'Saved.' },
  { locale: 'de-AT', title: 'Was Sie von uns bekommen', save: 'Speichern', saved: 'Gespeichert.' },
  { locale: 'fr', title: 'Ce que vous recevez de nous', save: 'Enregistrer', saved: 'Enregistré.' },
  { locale: 'es', title: 'Lo que recibe de nosotros', save: 'Guardar', saved: 'Guardado.' },
];

test("a reader changes their wishes on a page in their own language, without JavaScript's help", async ({
  console_: page,
  api,
}) => {
  await api.createTenant('wishes');
  await api.put('wishes', '/v1/notification-categories/news', { title: 'News' });
  await api.put('wishes', '/v1/notification-categories/security', {
    title: 'Security',
    critical: true,
  });
  for (const { locale, title, save, saved } of languages) {
    const user = `reader-${locale}`;
    await api.put('wishes', `/v1/recipients/${user}`, { email: `${user}@example.com`, locale });
    const made = await page.request.post(`/v1/recipients/${user}/preferences-link`, {
      headers: { 'Ashlar-Tenant': 'wishes', 'X-Requested-With': 'ashlar-console' },
    });
    const { url } = (await made.json()) as { url: string };
    await page.goto(new URL(url).pathname);
    await expect(page.getByRole('heading', { name: title })).toBeVisible();
    await expect(page.locator('html')).toHaveAttribute('lang', locale.slice(0, 2));
    await expectAccessible(page, `the page of wishes in ${locale}`);
    const box = page.getByRole('checkbox').first();
    await expect(box).toBeChecked();
    await box.uncheck();
    await page.getByRole('button', { name: save, exact: true }).click();
    await expect(page.getByRole('status')).toHaveText(saved);
    await expect(page.getByRole('checkbox').first()).not.toBeChecked();
    await expectAccessible(page, `the saved page of wishes in ${locale}`);
  }
});
