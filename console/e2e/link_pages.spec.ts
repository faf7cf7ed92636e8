// What each page of links owes to everyone, with all that may be long: axe in light and dark, and a narrow window.
import { expectAccessible } from './axe';
import { Api, expect, openAs, test } from './fixtures';

const kTenant = 'link-shape';
const kLong = `very-${'long-'.repeat(20)}name`;

const pages = [
  'links',
  'links/shape',
  'links/shape?view=analytics',
  'links/shape?view=rules',
  'links/shape?view=settings',
  'links?view=analytics',
  'links?view=analytics&span=own&from=2026-01-01&to=2026-01-31',
  'links?view=domains',
  'links?view=reviews',
];

test.beforeAll(async ({ server, signedIn, playwright }) => {
  const request = await playwright.request.newContext({ storageState: signedIn });
  const api = new Api(request, server.origin);
  await api.createTenant(kTenant);
  await api.createLink({ url: 'https://example.com/', code: 'shape-plain' }, kTenant);
  await api.createLink(
    {
      url: `https://example.com/${kLong}?utm_source=${kLong}`,
      code: 'shape',
      title: `${kLong} ${'word '.repeat(15).trim()}`,
      notes: 'word '.repeat(300).trim(),
      owner: kLong.slice(0, 90),
      tags: Array.from({ length: 20 }, (_, i) => `${i}-${'tag-'.repeat(10)}end`),
      max_clicks: 123_456_789,
      password: 'open sesame',
      forward_query: true,
      expired_url: `https://example.com/${kLong}`,
      expires_at: '2099-01-31T12:00:00Z',
      rules: [
        {
          url: `https://example.com/${kLong}`,
          devices: ['desktop', 'mobile', 'tablet', 'bot', 'other'],
          os: ['ios', 'android', 'windows', 'macos', 'linux', 'chromeos', 'other'],
          browsers: ['chrome', 'safari', 'firefox', 'edge', 'opera', 'samsung', 'other'],
          languages: Array.from({ length: 50 }, (_, i) => `de-x-${i}`),
          from: '2026-01-01T00:00:00Z',
          until: '2099-01-01T00:00:00Z',
          query: [{ name: kLong.slice(0, 100), value: kLong }],
        },
        { url: 'https://example.com/ios', os: ['ios'] },
      ],
      variants: [
        { url: `https://example.com/${kLong}`, weight: 999 },
        { url: 'https://b.example/' },
      ],
    },
    kTenant,
  );
  await api.click('shape-plain', 3);
  await request.dispose();
});

for (const scheme of ['light', 'dark'] as const) {
  test(`axe finds nothing on pages of links, ${scheme}`, async ({ console_: page }) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    for (const path of pages) {
      await openAs(page, kTenant, path);
      await expect(page.locator('.skeleton')).toHaveCount(0);
      await expectAccessible(page, `${path}, ${scheme}`);
    }
  });

  test(`axe finds nothing in forms of links, ${scheme}`, async ({ console_: page }) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await openAs(page, kTenant, 'links/shape?view=rules');
    await page.getByRole('button', { name: 'Change rule 1' }).click();
    await expectAccessible(page, `a rule being changed, ${scheme}`);
    await page.getByRole('button', { name: 'QR code' }).click();
    await expect(page.getByRole('img', { name: /QR code/ })).toBeVisible();
    await expectAccessible(page, `the QR dialog, ${scheme}`);
    await openAs(page, kTenant, 'links');
    await page.getByRole('button', { name: '+ Tag, owner, domain' }).click();
    await expect(page.getByRole('combobox', { name: 'Tag' })).toBeVisible();
    await expectAccessible(page, `all filters, ${scheme}`);
  });
}

test('a phone shows every page of links without scrolling sideways', async ({ console_: page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const path of pages) {
    await openAs(page, kTenant, path);
    await expect(page.locator('.skeleton')).toHaveCount(0);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width, path).toBeLessThanOrEqual(360);
  }
});
