// Files of other shorteners made into links, and links made into a file.
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expectAccessible } from './axe';
import { expect, openAs, test } from './fixtures';

let folder = '';
test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ashlar-imports-'));
});
test.afterAll(async () => rm(folder, { recursive: true, force: true }));

async function fileOf(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

async function importFile(page: Page, source: string, file: string): Promise<void> {
  await page.getByRole('button', { name: 'Import links' }).click();
  const dialog = page.getByRole('dialog', { name: 'Import links' });
  await dialog.getByLabel('Links of').selectOption(source);
  await dialog.getByLabel('File').setInputFiles(file);
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(dialog).toBeHidden();
}

test('a file of YOURLS becomes links; what is refused is told, shown and saved', async ({
  console_: page,
  api,
}) => {
  const tenant = 'link-imports';
  await api.createTenant(tenant);
  await openAs(page, tenant, 'links?view=imports');
  await expect(page.getByText('Nothing was imported yet')).toBeVisible();
  const rows = [
    'keyword,url,title,clicks',
    'moved-1,https://example.com/1,"One, and more",7',
    'moved-2,https://example.com/2,Two,0',
    '"=cmd|x",https://example.com/3,Three,0',
    'moved-4,nonsense,Four,0',
  ];
  const file = await fileOf('yourls.csv', `${rows.join('\n')}\n`);
  await importFile(page, 'YOURLS', file);
  const row = page.getByRole('row', { name: /YOURLS/ });
  await expect(row).toContainText('Done');
  await expect(row).toContainText('2 made');
  await expect(row).toContainText('2 refused');
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expectAccessible(page, `imports, ${colorScheme}`);
  }

  await row.getByRole('button', { name: /^Report/ }).click();
  const report = page.getByRole('dialog', { name: 'What was refused' });
  await expect(report.getByRole('row', { name: /nonsense/ })).toContainText('target_scheme');
  await expect(report.getByRole('rowheader').first()).toHaveText('3');
  await expectAccessible(page, 'the report');
  const saved = page.waitForEvent('download');
  await report.getByRole('button', { name: 'Download as CSV' }).click();
  const csv = readFileSync(await (await saved).path(), 'utf8');
  expect(csv).toContain('row,code,url,reason,detail\r\n');
  // A spreadsheet must not take it for a formula.
  expect(csv).toContain("3,'=cmd|x,https://example.com/3,code_malformed,");
  expect(csv).toContain('4,moved-4,nonsense,target_scheme,');
  await report.getByRole('button', { name: 'Close' }).click();

  // The same file again makes nothing twice.
  await importFile(page, 'YOURLS', file);
  await expect(row.filter({ hasText: '2 there already' })).toContainText('0 made');
  await page.getByRole('radio', { name: 'Links', exact: true }).click();
  await expect(page.getByRole('row', { name: /moved-1/ })).toContainText('7');
});

test.describe('interrupted', () => {
  test.use({ refusals: [503] });

  test('an upload shows how far it is, stops, and goes on after the page was closed', async ({
    console_: page,
    api,
  }) => {
    const tenant = 'link-imports-large';
    await api.createTenant(tenant);
    // Two parts, of few rows.
    const junk = 'x'.repeat(60_000);
    const rows = Array.from(
      { length: 80 },
      (_, i) => `large-${i},https://example.com/${i},${junk}`,
    );
    const file = await fileOf('large.csv', `address,target,unknown\n${rows.join('\n')}\n`);
    const other = await fileOf('other.csv', 'address,target\nother,https://example.com/\n');
    const parts: string[] = [];
    page.on('request', (request) => {
      const part = /parts\/(\d+)$/.exec(request.url())?.[1];
      if (part !== undefined) parts.push(part);
    });
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/parts/2', async (route) => {
      await held;
      await route.fulfill({ status: 503, json: { reason: 'busy', detail: 'Not just now.' } });
    });
    await openAs(page, tenant, 'links?view=imports');
    await importFile(page, 'Kutt', file);
    const row = page.getByRole('row', { name: /Kutt/ });
    await expect(row.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '87');
    await expect(row).toContainText('Uploading');
    release();
    await expect(row).toContainText('Not just now.');
    await page.unroute('**/parts/2');

    await page.reload();
    await expect(row).toContainText('Waits for its file');
    await row.getByRole('button', { name: /^Go on/ }).click();
    const dialog = page.getByRole('dialog', { name: 'Go on with an import' });
    await expect(dialog).toContainText('large.csv');
    await dialog.getByLabel('The same file').setInputFiles(other);
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await expect(dialog).toBeVisible();
    expect(parts).toEqual(['1', '2']);
    await dialog.getByLabel('The same file').setInputFiles(file);
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await expect(row).toContainText('Done');
    await expect(row).toContainText('80 made');
    expect(parts).toEqual(['1', '2', '2']);
  });
});

test('an import is cancelled; all links are exported, and come back', async ({
  console_: page,
  api,
}) => {
  const tenant = 'link-imports-moved';
  await api.createTenant(tenant);
  await api.createLink({ url: 'https://example.com/a', code: 'out-a', title: 'A' }, tenant);
  await api.createLink({ url: 'https://example.com/b', code: 'out-b', password: 'secret' }, tenant);
  const headers = { 'X-Requested-With': 'ashlar-console', 'Ashlar-Tenant': tenant };
  const begun = await page.request.post('/v1/link-imports', { headers, data: { source: 'bitly' } });
  expect(begun.status()).toBe(201);
  await openAs(page, tenant, 'links?view=imports');
  const row = page.getByRole('row', { name: /bit\.ly/ });
  await expect(row).toContainText('Waits for its file');
  await row.getByRole('button', { name: /^Cancel/ }).click();
  await page.getByRole('button', { name: 'Cancel the import' }).click();
  await expect(row).toContainText('Cancelled');
  await expect(row.getByRole('button')).toHaveCount(0);

  const save = async () => {
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export all links' }).click();
    const download = await saved;
    expect(download.suggestedFilename()).toMatch(/^links-link-imports-moved-.*\.jsonl$/);
    return readFile(await download.path(), 'utf8');
  };
  const plain = await save();
  expect(plain).not.toContain('password_hash');
  expect(plain.trim().split('\n')).toHaveLength(2);
  await page.getByText('With hashes of passwords').click();
  const whole = await save();
  expect(whole).toContain('"password_hash":"$argon2');

  const file = await fileOf('links.jsonl', whole.replaceAll('out-', 'back-'));
  await importFile(page, 'Ashlar', file);
  await expect(page.getByRole('row', { name: /Ashlar/ })).toContainText('2 made');
  expect((await page.request.get('/back-a', { maxRedirects: 0 })).status()).toBe(302);
});
