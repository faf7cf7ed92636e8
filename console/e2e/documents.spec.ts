import type { Page, WebSocketRoute } from '@playwright/test';
import * as Y from 'yjs';
import { expectAccessible } from './axe';
import { expect, openAs, test } from './fixtures';

const kPaper = '.editor-paper .tiptap';

/** The page's socket for documents, which can be cut. */
async function cuttable(page: Page) {
  let isCut = false;
  const open = new Set<WebSocketRoute>();
  await page.routeWebSocket(/\/v1\/documents\/hocuspocus/, (socket) => {
    if (isCut) {
      void socket.close();
      return;
    }
    socket.connectToServer();
    open.add(socket);
  });
  return {
    async cut() {
      isCut = true;
      await Promise.all([...open].map((socket) => socket.close()));
      open.clear();
    },
    mend() {
      isCut = false;
    },
  };
}

test.describe('documents', () => {
  test('two windows write in one document, one of them without a connection for a while', async ({
    console_: page,
    api,
  }) => {
    await api.createTenant('writers');
    await openAs(page, 'writers', 'documents');
    await expect(page.getByText('No documents yet')).toBeVisible();
    await expectAccessible(page, 'documents without documents');

    await page.getByRole('button', { name: 'New document' }).click();
    await page.getByLabel('Name').fill('meeting-notes');
    await page.getByRole('button', { name: 'Create document' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('meeting-notes');
    await expect(page.getByText('Saved')).toBeVisible();

    const other = await page.context().newPage();
    const wire = await cuttable(other);
    await openAs(other, 'writers', 'documents/meeting-notes');
    await expect(other.getByText('Saved')).toBeVisible();
    await page.locator(kPaper).click();
    await page.keyboard.type('From the first. ');
    await expect(other.locator(kPaper)).toContainText('From the first.');
    await expectAccessible(page, 'a document');

    await wire.cut();
    await expect(other.getByText('No connection')).toBeVisible();
    await other.locator(kPaper).click();
    await other.keyboard.press('Control+End');
    await other.keyboard.type('From the second.');
    await page.keyboard.press('Control+Home');
    await page.keyboard.type('At the top. ');
    await expect(other.locator(kPaper)).not.toContainText('At the top.');
    wire.mend();
    for (const window of [page, other]) {
      // Each apart: the other's name stands between them, at his cursor.
      for (const part of ['At the top.', 'From the first.', 'From the second.']) {
        await expect(window.locator(kPaper)).toContainText(part);
      }
      await expect(window.getByText('Saved')).toBeVisible();
    }

    await page.getByLabel('Name what is there now').fill('First draft');
    await page.getByRole('button', { name: 'Keep' }).click();
    await page.getByRole('button', { name: 'Look' }).first().click();
    await expect(page.getByRole('dialog').locator('.tiptap')).toContainText('From the second.');
    await page.getByRole('button', { name: 'Close' }).click();

    // What is written after it is seen as a change, and undone for both by restoring it.
    await other.locator(kPaper).click();
    await other.keyboard.press('Control+End');
    await other.keyboard.type(' Written later.');
    await other.keyboard.press('Enter');
    await other.keyboard.type('A paragraph more.');
    await expect(page.locator(kPaper)).toContainText('A paragraph more.');
    await expect(other.getByText('Saved')).toBeVisible();
    const draft = page.getByRole('row').filter({ hasText: 'First draft' });
    await draft.getByRole('button', { name: 'Look' }).click();
    await page.getByRole('radio', { name: 'Changed since' }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog.locator('ins').filter({ hasText: 'Written later.' })).toBeVisible();
    await expect(dialog.locator('ins').filter({ hasText: 'A paragraph more.' })).toBeVisible();
    await expectAccessible(page, 'what has changed since a version');
    await page.getByRole('button', { name: 'Restore…' }).click();
    await page.getByRole('button', { name: 'Restore', exact: true }).click();
    for (const window of [page, other]) {
      await expect(window.locator(kPaper)).not.toContainText('A paragraph more.');
      await expect(window.locator(kPaper)).not.toContainText('Written later.');
      await expect(window.locator(kPaper)).toContainText('From the second.');
      await expect(window.getByText('Saved')).toBeVisible();
    }
    await other.locator(kPaper).click();
    await other.keyboard.press('Control+End');
    await other.keyboard.type(' And on.');
    await expect(page.locator(kPaper)).toContainText('And on.');

    await page.getByRole('button', { name: 'Let somebody in…' }).click();
    await page.getByLabel('For whom').fill('Bea');
    await page.getByRole('button', { name: 'Make a token' }).click();
    await expect(page.getByTestId('secret')).toContainText(/./);
    await page.getByRole('button', { name: 'I have it' }).click();
    await other.close();

    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('button', { name: 'Delete document' }).click();
    await expect(page.getByText('No documents yet')).toBeVisible();
  });

  test('who wrote what is seen in colours, all or one author at a time', async ({
    console_: page,
    api,
  }) => {
    const key = await api.createTenantKey('authors', ['documents:read', 'documents:write']);
    await openAs(page, 'authors', 'documents');
    await page.getByRole('button', { name: 'New document' }).click();
    await page.getByLabel('Name').fill('minutes');
    await page.getByRole('button', { name: 'Create document' }).click();
    await expect(page.getByText('Saved')).toBeVisible();
    await page.getByRole('button', { name: 'Who wrote what' }).click();
    await expect(page.getByText('There is no text yet.')).toBeVisible();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.locator(kPaper).click();
    await page.keyboard.type('Written here.');
    await page.keyboard.press('Enter');
    await page.keyboard.type('A second one.');
    await expect(page.getByText('Saved')).toBeVisible();

    // A program writes into the first paragraph, and a last one of its own.
    const url = `${new URL(page.url()).origin}/v1/documents/minutes`;
    const headers = { Authorization: `Bearer ${key}` };
    const doc = new Y.Doc();
    const state = async () =>
      new Uint8Array(await (await fetch(`${url}/state`, { headers })).arrayBuffer());
    await expect(async () => {
      Y.applyUpdate(doc, await state());
      expect(doc.getXmlFragment('default').length).toBe(2);
      expect(JSON.stringify(doc.getXmlFragment('default'))).toContain('A second one.');
    }).toPass();
    const known = Y.encodeStateVector(doc);
    const text = (doc.getXmlFragment('default').get(0) as Y.XmlElement).get(0) as Y.XmlText;
    text.insert(7, ' by two,');
    const paragraph = new Y.XmlElement('paragraph');
    paragraph.insert(0, [new Y.XmlText('By a program.')]);
    doc.getXmlFragment('default').push([paragraph]);
    const answer = await fetch(`${url}/update`, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/octet-stream' },
      body: Buffer.from(Y.encodeStateAsUpdate(doc, known)),
    });
    expect(answer.status, await answer.text()).toBe(200);
    await expect(page.locator(kPaper)).toContainText('Written by two, here.');

    await page.getByRole('button', { name: 'Who wrote what' }).click();
    const dialog = page.getByRole('dialog');
    const mine = dialog.locator('.authored[data-author="console:Administrator"]');
    const its = dialog.locator('.authored[data-author^="key:"]');
    await expect(mine).toHaveText(['Written', ' here.', 'A second one.']);
    await expect(its).toHaveText([' by two,', 'By a program.']);
    await expect(its.first()).toHaveAttribute('title', /… \(key\), /);
    const colors = await Promise.all(
      [mine, its].map((one) =>
        one.first().evaluate((at) => getComputedStyle(at).borderBottomColor),
      ),
    );
    expect(colors[0]).not.toBe(colors[1]);
    await expectAccessible(page, 'who wrote what');
    await dialog.getByRole('button', { name: /\(key\)$/ }).click();
    await expect(mine).toHaveCount(0);
    await expect(its).toHaveCount(2);
    await dialog.getByRole('button', { name: /\(key\)$/ }).click();
    await expect(mine).toHaveCount(3);
    if (process.env['ASHLAR_SHOTS']) {
      await page.screenshot({ path: `${process.env['ASHLAR_SHOTS']}/authors.png` });
    }
  });

  test('instances are told apart where there are several, and one that is silent is named', async ({
    console_: page,
    api,
  }) => {
    await api.createTenant('spread');
    const session = (instance: string, number: number, user: string) => ({
      id: `${instance}.${number}`,
      instance,
      user,
      name: '',
      access: 'write',
      wire: 'hocuspocus',
      connected_at: '2026-11-22T18:00:00Z',
    });
    const alone = [session('9', 1, 'alice')];
    const answers = { data: alone, instances: ['9'], missing: [] as string[], truncated: false };
    let ended = '';
    await page.route('**/v1/documents/minutes/sessions', (route) =>
      route.fulfill({ json: answers }),
    );
    await page.route('**/v1/documents/minutes/sessions/*', (route) => {
      ended = new URL(route.request().url()).pathname.split('/').at(-1) ?? '';
      return route.fulfill({ status: 204 });
    });
    await openAs(page, 'spread', 'documents');
    await page.getByRole('button', { name: 'New document' }).click();
    await page.getByLabel('Name').fill('minutes');
    await page.getByRole('button', { name: 'Create document' }).click();
    const table = page.getByRole('table', { name: 'Sessions' });
    await expect(table.getByText('alice')).toBeVisible();
    await expect(table.getByText('instance')).toHaveCount(0);

    answers.data = [...alone, session('10', 1, 'bob')];
    answers.instances = ['9', '10'];
    answers.missing = ['7'];
    const bob = table.getByRole('row').filter({ hasText: 'bob' });
    await expect(bob).toContainText('instance 3');
    await expect(table.getByRole('row').filter({ hasText: 'alice' })).toContainText('instance 2');
    await expect(page.getByText('Instance 1 has not answered')).toBeVisible();
    await expectAccessible(page, 'sessions on several instances');
    await bob.getByRole('button', { name: 'Send away' }).click();
    await expect(page.getByText('bob was sent away.')).toBeVisible();
    expect(ended).toBe('10.1');
  });

  test('what programs write into another root is told of, and who wrote is named', async ({
    console_: page,
    api,
  }) => {
    await api.createTenant('roots');
    const scopes = ['documents:read', 'documents:write'];
    const key = await api.createKey('roots', 'minutes-taker', scopes);
    const post = async (path: string, body: object) => {
      const answer = await fetch(`${api.origin}/v1/documents/minutes${path}`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(answer.ok, await answer.text()).toBe(true);
    };
    const edit = { op: 'append_text', root: 'content', text: 'Agreed: lime mortar.' };
    await post('/edits', { edits: [edit] });
    await post('/versions', { label: 'Sent to the board' });

    await page.setViewportSize({ width: 375, height: 900 });
    await openAs(page, 'roots', 'documents/minutes');
    await expect(page.getByText('This document holds more')).toBeVisible();
    await page.getByRole('button', { name: 'Look at content' }).click();
    await expect(page.getByRole('dialog')).toContainText('Agreed: lime mortar.');
    await expectAccessible(page, 'another root of a document');
    await page.getByRole('button', { name: 'Close' }).click();

    // The cells of a version lie beside and below each other.
    const row = page.getByRole('row').filter({ hasText: 'Sent to the board' });
    await expect(row).toContainText('minutes-taker (key)');
    const boxes = await row.locator('> *').evaluateAll((cells) =>
      cells.map((cell) => {
        const { left, right, top, bottom } = cell.getBoundingClientRect();
        return { left, right, top, bottom };
      }),
    );
    expect(boxes).toHaveLength(4);
    for (const [i, a] of boxes.entries()) {
      expect(a.right).toBeLessThanOrEqual(375);
      for (const b of boxes.slice(i + 1)) {
        const isBeside = a.right <= b.left || b.right <= a.left;
        const isApart = isBeside || a.bottom <= b.top || b.bottom <= a.top;
        expect(isApart, JSON.stringify([a, b])).toBe(true);
      }
    }

    // Whoever has the page open is there; loaded again, he is the same one.
    const sessions = page.getByRole('table', { name: 'Sessions' });
    await expect(sessions).toContainText('Administrator');
    await expect(page.getByText('Nobody at the moment')).toHaveCount(0);
    for (const words of ['Once. ', 'Twice. ']) {
      await page.locator(kPaper).click();
      await page.keyboard.press('Control+End');
      await page.keyboard.type(words);
      await expect(page.getByText('Saved', { exact: true })).toBeVisible();
      await page.reload();
    }
    await expect(page.locator(kPaper)).toContainText('Once. Twice.');
    await page.getByRole('button', { name: 'Who wrote what' }).click();
    const authors = page.getByRole('list', { name: 'Authors' }).getByRole('button');
    await expect(authors).toHaveText(['Administrator']);
  });
});
