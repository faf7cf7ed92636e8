// What a link has beside its target: settings, tags, rules and variants, its QR code.
import { expect, openAs, test } from './fixtures';

const kTenant = 'link-settings';
const kTarget = 'https://example.com/page?keep=%2Fthis&x=1#end';

// A change that comes after another's is refused.
test.use({ refusals: [412] });
test.beforeEach(async ({ api }) => api.createTenant(kTenant));

test('settings are changed, and the next visit meets them', async ({ console_: page, api }) => {
  await api.createLink(
    { url: kTarget, code: 'set-stone', expires_at: '2099-01-31T12:00:31Z' },
    kTenant,
  );
  await openAs(page, kTenant, 'links/set-stone?view=settings');
  await page.getByRole('button', { name: '+ Campaign parameters (UTM)' }).click();
  await page.getByLabel('utm_source').fill('the mail');
  await page.getByLabel('utm_campaign').fill('spring');
  // What was there stays as it was written.
  const target = page.getByLabel('Where it leads');
  const withUtm =
    'https://example.com/page?keep=%2Fthis&x=1&utm_source=the+mail&utm_campaign=spring#end';
  await expect(target).toHaveValue(withUtm);
  await page.getByLabel('utm_campaign').fill('');
  await page.getByLabel('Click limit').fill('2');
  await page.getByLabel('After that it leads to').fill('example.com/over');
  await page.getByLabel('Title').fill('A title');
  await page.getByLabel('Owner').fill('ada');
  const tags = page.getByRole('combobox', { name: 'Tags' });
  await tags.fill('print');
  await tags.press('Enter');
  await tags.fill('north,');
  await expect(page.getByRole('button', { name: 'Remove tag north' })).toBeVisible();
  await page.getByText('Forward the visit’s query').click();
  await expect(page.getByText('Not saved yet')).toBeVisible();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('All saved')).toBeVisible();
  await expect(page.getByRole('heading', { level: 1, name: 'A title' })).toBeVisible();

  const follow = () => page.request.get('/set-stone?ref=a', { maxRedirects: 0 });
  expect((await follow()).headers()['location']).toBe(
    'https://example.com/page?keep=%2Fthis&x=1&utm_source=the+mail&ref=a#end',
  );
  await follow();
  expect((await follow()).headers()['location']).toMatch(/^https:\/\/example\.com\/over/);

  // The expiry was not touched: it still has the seconds that its field does not show.
  const headers = { 'X-Requested-With': 'ashlar-console', 'Ashlar-Tenant': kTenant };
  const answer = await page.request.get('/v1/links/set-stone', { headers });
  const link = (await answer.json()) as object;
  expect(link).toMatchObject({
    expires_at: '2099-01-31T12:00:31Z',
    max_clicks: 2,
    owner: 'ada',
    tags: ['north', 'print'],
  });

  await page.getByLabel('Visitors').selectOption('set');
  await page.getByLabel('New password').fill('open sesame');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('All saved')).toBeVisible();
  await expect(page.getByLabel('Visitors')).toHaveValue('keep');
  await page.getByLabel('Visitors').selectOption('remove');
  await page.getByRole('button', { name: 'Undo changes' }).click();
  await expect(page.getByLabel('Visitors')).toHaveValue('keep');
  await page.getByLabel('Click limit').fill('');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('All saved')).toBeVisible();
  expect((await follow()).status()).toBe(403);
});

test('what was not saved is kept, and a wrong field is brought into sight', async ({
  console_: page,
  api,
}) => {
  await api.createLink({ url: kTarget, code: 'kept-stone' }, kTenant);
  await page.setViewportSize({ width: 375, height: 700 });
  await openAs(page, kTenant, 'links/kept-stone?view=settings');
  await page.getByLabel('Title').fill('A half-done title');
  await page.getByRole('radio', { name: 'Rules' }).click();
  await expect(page.getByText('What you changed of kept-stone is not saved')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Variants' })).toBeVisible();
  await page.getByRole('link', { name: 'All links' }).click();
  await page.getByRole('link', { name: 'kept-stone', exact: true }).click();
  await page.getByRole('radio', { name: 'Settings' }).click();
  await expect(page.getByLabel('Title')).toHaveValue('A half-done title');
  await expect(page.getByText('Not saved yet')).toBeVisible();

  // The field is above the window; once it has the focus it is neither under the page's bar nor
  // under the form's.
  await page.getByLabel('Visitors').selectOption('set');
  const password = page.getByLabel('New password');
  await password.pressSequentially('abc');
  await page.getByLabel('Notes').scrollIntoViewIfNeeded();
  const save = page.getByRole('button', { name: 'Save', exact: true });
  await save.click();
  await expect(page.getByText('Not saved: a field above is not right')).toBeVisible();
  await expect(password).toBeFocused();
  const reachable = () =>
    password.evaluate((field) => {
      const { left, top, bottom } = field.getBoundingClientRect();
      const at = (y: number) => document.elementFromPoint(left + 4, y) === field;
      return at(top + 2) && at(bottom - 2);
    });
  await expect.poll(reachable).toBe(true);
  await password.fill('abcd');
  await expect(page.getByText('Not saved yet')).toBeVisible();
  await save.click();
  await expect(page.getByText('All saved')).toBeVisible();

  // Somebody else changes the link while a change waits: that is said, and nothing overwritten.
  await page.getByLabel('Owner').fill('ada');
  await page.getByRole('link', { name: 'All links' }).click();
  await api.patch(kTenant, '/v1/links/kept-stone', { title: 'By another' });
  await page.getByRole('link', { name: 'kept-stone', exact: true }).click();
  await page.getByRole('radio', { name: 'Settings' }).click();
  await expect(page.getByLabel('Owner')).toHaveValue('ada');
  await save.click();
  await expect(page.getByText('Someone changed this link after you opened it')).toBeVisible();
  await page.getByRole('button', { name: 'Load what it is now' }).click();
  await expect(page.getByLabel('Title')).toHaveValue('By another');
  await expect(page.getByLabel('Owner')).toHaveValue('');
  await expect(page.getByText('All saved')).toBeVisible();
});

test('a list is narrowed by tag, owner and archive, and the address says so', async ({
  console_: page,
  api,
}) => {
  await api.createLink({ url: kTarget, code: 'tag-a', tags: ['narrow', 'other'] }, kTenant);
  await api.createLink({ url: kTarget, code: 'tag-b', owner: 'bob' }, kTenant);
  await api.createLink({ url: kTarget, code: 'tag-c', archived: true }, kTenant);
  await openAs(page, kTenant, 'links');
  const row = (code: string) => page.getByRole('row', { name: new RegExp(code) });
  await expect(row('tag-a')).toBeVisible();
  await expect(row('tag-b')).toBeVisible();
  await expect(row('tag-c')).toBeHidden();
  await row('tag-a').getByRole('link', { name: 'narrow' }).click();
  await expect(row('tag-b')).toBeHidden();
  await expect(page).toHaveURL(/links\?tag=narrow$/);
  await expect(page.getByRole('combobox', { name: 'Tag' })).toHaveValue('narrow');
  await page.getByRole('button', { name: 'Clear' }).click();
  const owner = page.getByRole('combobox', { name: 'Owner' });
  await owner.fill('bob');
  await owner.press('Enter');
  await expect(row('tag-a')).toBeHidden();
  await expect(row('tag-b')).toBeVisible();
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByRole('radio', { name: 'Archived' }).click();
  await expect(row('tag-c')).toBeVisible();
  await expect(row('tag-a')).toBeHidden();
  await page.reload();
  await expect(row('tag-c')).toBeVisible();
});

test('rules and variants are made, moved and followed', async ({ console_: page, api }) => {
  await api.createLink({ url: 'https://example.com/', code: 'rule-stone' }, kTenant);
  await openAs(page, kTenant, 'links/rule-stone?view=rules');
  await page.getByRole('button', { name: '+ Rule' }).click();
  await page.getByLabel('Leads to').fill('example.com/de');
  await page.getByLabel('Languages').fill('de, fr-CA');
  await page.getByRole('button', { name: '+ Rule' }).click();
  await page.getByLabel('Leads to').fill('https://example.com/ios');
  await page.getByRole('button', { name: 'iOS' }).click();
  await page.getByRole('button', { name: '+ Parameter' }).click();
  await page.getByLabel('Name of parameter 1').fill('ref');
  await page.getByRole('button', { name: 'Move rule 2 up' }).click();
  await expect(page.locator('.rule-item').first()).toContainText('iOS, ?ref');
  await page.getByRole('button', { name: '+ Variant' }).click();
  const second = page.getByRole('group', { name: 'Variant 2' });
  await second.getByLabel('Leads to').fill('https://example.com/b');
  await second.getByLabel('Weight').fill('3');
  await expect(second).toContainText('75%');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('All saved')).toBeVisible();

  const follow = async (path: string, headers: Record<string, string>) =>
    (await page.request.get(path, { headers, maxRedirects: 0 })).headers()['location'];
  const phone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari/604.1';
  const german = { 'User-Agent': phone, 'Accept-Language': 'de' };
  expect(await follow('/rule-stone?ref=1', german)).toBe('https://example.com/ios');
  expect(await follow('/rule-stone', german)).toBe('https://example.com/de');
  expect(await follow('/rule-stone', { 'Accept-Language': 'en' })).toMatch(/\.com\/(b|)$/);

  await page.getByRole('button', { name: 'Remove rule 1' }).click();
  await page.getByRole('button', { name: 'Undo changes' }).click();
  await expect(page.locator('.rule-item').first()).toContainText('iOS, ?ref');
});

test('a QR code is looked at and kept', async ({ console_: page, api }) => {
  await api.createLink({ url: kTarget, code: 'qr-stone' }, kTenant);
  await openAs(page, kTenant, 'links/qr-stone');
  await page.getByRole('button', { name: 'QR code' }).click();
  const dialog = page.getByRole('dialog', { name: 'QR code of qr-stone' });
  const picture = dialog.getByRole('img', { name: 'QR code of qr-stone' });
  await expect(picture).toBeVisible();
  const first = await picture.getAttribute('src');
  // Drawn, not only asked for: the page's policy decides what may be shown.
  await expect
    .poll(() => picture.evaluate((img) => img instanceof HTMLImageElement && img.naturalWidth))
    .toBeGreaterThan(0);
  await dialog.getByLabel('Modules').fill('#1d4ed8');
  await dialog.getByLabel('Error correction').selectOption('H');
  await expect(picture).not.toHaveAttribute('src', first ?? '');
  await expect(picture).toHaveAttribute('src', /1d4ed8/);
  for (const [format, begin] of [
    ['PNG', '\x89PNG'],
    ['SVG', '<svg'],
  ] as const) {
    const waiting = page.waitForEvent('download');
    await dialog.getByRole('button', { name: `Download ${format}` }).click();
    const download = await waiting;
    expect(download.suggestedFilename()).toBe(`qr-stone.${format.toLowerCase()}`);
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString('latin1')).toContain(begin);
  }
});

test.describe('refused', () => {
  test.use({ refusals: [400, 412, 422] });

  test('what is wrong of a rule is said at its field, also when it is folded', async ({
    console_: page,
    api,
  }) => {
    await api.createLink({ url: 'https://example.com/', code: 'wrong-stone' }, kTenant);
    await openAs(page, kTenant, 'links/wrong-stone?view=rules');
    await page.getByRole('button', { name: '+ Rule' }).click();
    await page.getByLabel('Leads to').fill('ftp://example.com/');
    await page.getByRole('button', { name: 'Phone' }).click();
    await page.getByRole('button', { name: 'Fold rule 1' }).click();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByLabel('Leads to')).toHaveAccessibleDescription(/http/);
    await expect(page.getByText('All saved')).toBeHidden();
  });

  test('settings do not overwrite what someone else changed', async ({ console_: page, api }) => {
    await api.createLink({ url: kTarget, code: 'both-stone' }, kTenant);
    await openAs(page, kTenant, 'links/both-stone?view=settings');
    await page.getByLabel('Title').fill('Mine');
    const theirs = await page.request.patch('/v1/links/both-stone', {
      headers: { 'X-Requested-With': 'ashlar-console', 'Ashlar-Tenant': kTenant },
      data: { title: 'Theirs' },
    });
    expect(theirs.status()).toBe(200);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByText('Someone changed this link')).toBeVisible();
    await page.getByRole('button', { name: 'Load what it is now' }).click();
    await expect(page.getByLabel('Title')).toHaveValue('Theirs');
  });

  test('colours that no reader tells apart are refused', async ({ console_: page, api }) => {
    await api.createLink({ url: kTarget, code: 'pale-stone' }, kTenant);
    await openAs(page, kTenant, 'links/pale-stone');
    await page.getByRole('button', { name: 'QR code' }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByRole('img')).toBeVisible();
    await dialog.getByLabel('Modules').fill('#eeeeee');
    await expect(dialog.getByRole('alert').first()).toContainText('contrast');
  });
});
