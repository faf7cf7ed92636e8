// The logo in the middle of QR codes.
import { crc32, deflateSync } from 'node:zlib';
import { expectAccessible } from './axe';
import { expect, openAs, test } from './fixtures';

const kTenant = 'link-qr';

/** So many pixels a side, all of them red. */
function redPng(side: number): Buffer {
  const chunk = (name: string, data: Buffer) => {
    const named = Buffer.concat([Buffer.from(name), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(named), 4);
    return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
  };
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  const line = Buffer.concat([Buffer.from([0]), Buffer.alloc(side * 3, Buffer.from([200, 0, 0]))]);
  const lines = Buffer.concat(Array.from({ length: side }, () => line));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

// A logo that is not there, and one that is too large, are asked for.
test.use({ refusals: [400, 404] });

test('a logo is given, shown in the middle, and taken away', async ({ console_: page, api }) => {
  await api.createTenant(kTenant);
  await api.createLink({ url: 'https://example.com/', code: 'logo-stone' }, kTenant);
  await openAs(page, kTenant, 'links/logo-stone');
  await page.getByRole('button', { name: 'QR code' }).click();
  const dialog = page.getByRole('dialog', { name: 'QR code of logo-stone' });
  const picture = dialog.getByRole('img', { name: 'QR code of logo-stone' });
  await expect(picture).toBeVisible();
  await dialog.getByText('Logo in the middle').click();
  await expect(dialog).toContainText('There is no logo yet');
  await expect(dialog.getByLabel('Error correction')).toHaveValue('H');
  const file = dialog.getByLabel('Another logo');
  await file.setInputFiles({ name: 'big.png', mimeType: 'image/png', buffer: redPng(513) });
  await expect(page.getByText('at most 512').last()).toBeVisible();
  await file.setInputFiles({ name: 'logo.png', mimeType: 'image/png', buffer: redPng(64) });
  await expect(picture).toHaveAttribute('src', /%3Cimage/);
  // The browser draws it.
  const middle = () =>
    picture.evaluate((img) => {
      const canvas = document.createElement('canvas');
      const context = canvas.getContext('2d');
      if (!(img instanceof HTMLImageElement) || context === null) return [];
      canvas.width = canvas.height = 240;
      context.drawImage(img, 0, 0, 240, 240);
      return [...context.getImageData(120, 120, 1, 1).data];
    });
  await expect.poll(middle).toEqual([200, 0, 0, 255]);
  await expectAccessible(page, 'the QR dialog with a logo');
  const saved = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Download PNG' }).click();
  await saved;
  await dialog.getByRole('button', { name: 'Take it away' }).click();
  await expect(picture).not.toHaveAttribute('src', /%3Cimage/);
  await expect(dialog.getByLabel('Error correction')).toHaveValue('M');
});
