// What each page of notifications owes to everyone, with all that may be long: axe in light and dark, and a narrow window.
import { expectAccessible } from './axe';
import { Api, expect, openAs, test } from './fixtures';

const kTenant = 'told-shape';
const kLong = `very-${'long-'.repeat(20)}name`;

const pages = [
  'notifications',
  'notifications/campaigns',
  'notifications/inbox',
  'notifications/inbox/ann',
  'notifications/templates',
  'notifications/templates/shape',
  'notifications/recipients',
  'notifications/recipients?view=topics',
  'notifications/recipients?view=segments',
  'notifications/recipients?view=categories',
  'notifications/recipients?view=suppressed',
  'notifications/recipients/ann',
  'notifications/topics/match-17',
  'notifications/rules',
  'notifications/providers',
  'notifications/dead-letters',
  'notifications/caught',
  'notifications/why?user=ann',
];

test.beforeAll(async ({ server, signedIn, playwright }) => {
  const request = await playwright.request.newContext({ storageState: signedIn });
  const api = new Api(request, server.origin);
  await api.createTenant(kTenant);
  const put = (path: string, data: object) => api.put(kTenant, `/v1/${path}`, data);
  await put('recipients/ann', {
    email: `${'long'.repeat(14)}@example.com`,
    name: 'word '.repeat(30).trim(),
    locale: 'de-AT',
    time_zone: 'America/Argentina/ComodRivadavia',
    attributes: { [`attribute_${'x'.repeat(40)}`]: kLong },
    preferences: { categories: { [kLong.slice(0, 60)]: false } },
  });
  await put('notification-topics/match-17/members', { user_ids: ['ann', kLong] });
  await put('notification-segments/shape', {
    where: { locale: { prefix: 'de' }, 'attributes.plan': { in: [kLong, 'pro'] } },
    description: 'word '.repeat(60).trim(),
  });
  await put('notification-categories/offers', { title: 'Offers', caps: [{ max: 3, per: 'week' }] });
  await api.createRule(kTenant, {
    name: kLong.slice(0, 90),
    event_type: 'order.*',
    match: { [`/data/${kLong.slice(0, 60)}`]: { prefix: kLong } },
    to: { user_id_at: `/data/${kLong}` },
    content: { text: kLong },
  });
  await put('notification-templates/shape', {
    description: 'word '.repeat(60).trim(),
    locales: { en: { email: { subject: kLong, html: `<h1>${kLong}</h1>`, text: kLong } } },
  });
  await api.suppress(kTenant, { channel: 'email', address: `${'long'.repeat(14)}@example.org` });
  const content = { subject: kLong, text: kLong, url: `https://example.com/${kLong}` };
  await api.notify(kTenant, { to: { user_id: 'ann' }, content, channels: ['email', 'inbox'] });
  const own = {
    channel: 'http',
    type: 'http',
    name: kLong.slice(0, 90),
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  };
  const provider = await api.createProvider(kTenant, {
    ...own,
    url: `http://127.0.0.1:9/${kLong}`,
  });
  const told = await api.notify(kTenant, {
    to: { user_id: 'ann' },
    template: 'shape',
    channels: ['http', 'email', 'sms'],
    category: 'offers',
    dedupe_key: kLong,
  });
  pages.push(`notifications/providers/${provider}`, `notifications/messages/${told}`);
  await request.dispose();
});

test('axe finds nothing in light and dark, and nothing is wider than a phone', async ({
  console_: page,
}) => {
  test.slow(); // Twice each page.
  await openAs(page, kTenant, 'notifications');
  for (const path of pages) {
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto(`/_/#/${path}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.locator('.skeleton')).toHaveCount(0);
    await expectAccessible(page, `${path}, light`);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 360, height: 740 });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width, path).toBeLessThanOrEqual(360);
    await expectAccessible(page, `${path}, dark, phone`);
  }
});
