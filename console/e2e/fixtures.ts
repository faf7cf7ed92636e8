// What the tests stand on: a claimed server for all of them, a signed-in page for each, and the
// rule that a page writes no error into the browser's console.
import { test as base, expect, type APIRequestContext, type Page } from '@playwright/test';
import { Server } from './server';

export const kPassword = 'limestone and mortar';
// The most that the server takes at once.
const kMostEvents = 20_000;
const kHeaders = { 'X-Requested-With': 'ashlar-console' };

type StorageState = Awaited<ReturnType<APIRequestContext['storageState']>>;

interface WorkerFixtures {
  server: Server;
  signedIn: StorageState;
}

interface TestFixtures {
  /** Statuses that the test provokes: the browser itself reports each refused request. */
  refusals: number[];
  /** Signed in, at no page yet. */
  console_: Page;
  api: Api;
}

interface Lease {
  id: string;
  lease_token: string;
}

/** Opens a page as it is for a tenant of the test's own. */
export async function openAs(page: Page, tenant: string, path: string): Promise<void> {
  // A frame in a sandbox has no storage.
  await page.addInitScript((name) => {
    if (window === window.top) localStorage.setItem('ashlar.tenant', name);
  }, tenant);
  await page.goto(`/_/#/${path}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
}

/** The few calls by which tests prepare what they then look at. */
export class Api {
  constructor(
    private readonly request: APIRequestContext,
    readonly origin: string,
  ) {}

  async createLink(
    link: { url: string; code?: string; [setting: string]: unknown },
    tenant = 'demo',
  ): Promise<{ code: string }> {
    const headers = { ...kHeaders, 'Ashlar-Tenant': tenant };
    const answer = await this.request.post(`${this.origin}/v1/links`, { headers, data: link });
    expect(answer.status(), await answer.text()).toBe(201);
    return (await answer.json()) as { code: string };
  }

  async createTenantKey(tenant: string, scopes: string[]): Promise<string> {
    const made = await this.request.post(`${this.origin}/v1/tenants`, {
      headers: kHeaders,
      data: { name: tenant },
    });
    expect(made.status(), await made.text()).toBe(201);
    const answer = await this.request.post(`${this.origin}/v1/keys`, {
      headers: { ...kHeaders, 'Ashlar-Tenant': tenant },
      data: { scopes },
    });
    expect(answer.status(), await answer.text()).toBe(201);
    return ((await answer.json()) as { key: string }).key;
  }

  async createKey(tenant: string, name: string, scopes: string[]): Promise<string> {
    return (await this.post<{ key: string }>(tenant, '/v1/keys', { name, scopes })).key;
  }

  /** Events of this second, so many of each value of the tag. */
  async record(tag: string, counts: Record<string, number>): Promise<void> {
    const at = Math.floor(Date.now() / 1000);
    const lines = Object.entries(counts).flatMap(([value, count]) => {
      const event = { at, user: `${tag}-user`, action: 'test', tags: { [tag]: value } };
      return Array.from({ length: count }, () => JSON.stringify(event));
    });
    for (let i = 0; i < lines.length; i += kMostEvents) {
      const answer = await this.request.post(`${this.origin}/v1/activity/events`, {
        headers: {
          ...kHeaders,
          'Ashlar-Tenant': 'demo',
          'Content-Type': 'application/x-ndjson',
        },
        data: lines.slice(i, i + kMostEvents).join('\n'),
      });
      expect(answer.status(), await answer.text()).toBe(202);
    }
  }

  async createTenant(tenant: string): Promise<void> {
    const answer = await this.request.post(`${this.origin}/v1/tenants`, {
      headers: kHeaders,
      data: { name: tenant },
    });
    expect([201, 409], await answer.text()).toContain(answer.status());
  }

  async putRules(tenant: string, rules: object[]): Promise<void> {
    const answer = await this.request.put(`${this.origin}/v1/limits/rules`, {
      headers: { ...kHeaders, 'Ashlar-Tenant': tenant },
      data: { rules },
    });
    expect(answer.status(), await answer.text()).toBe(200);
  }

  /** Asks whether such a request may pass, as services do; says how often it might. */
  async check(tenant: string, attributes: Record<string, string>, times = 1): Promise<number> {
    const answer = await this.request.post(`${this.origin}/v1/limits/batch`, {
      headers: { ...kHeaders, 'Ashlar-Tenant': tenant },
      data: { checks: Array.from({ length: times }, () => ({ attributes })) },
    });
    expect(answer.status(), await answer.text()).toBe(200);
    const { results } = (await answer.json()) as { results: { allowed: boolean }[] };
    return results.filter(({ allowed }) => allowed).length;
  }

  private async post<T>(tenant: string, path: string, data: object): Promise<T> {
    const headers = { ...kHeaders, 'Ashlar-Tenant': tenant };
    const answer = await this.request.post(`${this.origin}${path}`, { headers, data });
    expect(answer.ok(), `${path}: ${answer.status()} ${await answer.text()}`).toBe(true);
    return (await answer.json()) as T;
  }

  /** What moves money wants a key: one for each call. */
  async move<T>(tenant: string, path: string, data: object): Promise<T> {
    const key = `e2e-${Date.now()}-${Math.random()}`;
    const headers = { ...kHeaders, 'Ashlar-Tenant': tenant, 'Idempotency-Key': key };
    const answer = await this.request.post(`${this.origin}${path}`, { headers, data });
    expect([201, 200, 402], `${path}: ${await answer.text()}`).toContain(answer.status());
    return (await answer.json()) as T;
  }

  /** With a statement as CSV; the id of the run. */
  async reconcile(tenant: string, day: string, statement: string): Promise<string> {
    const path = `/v1/reconciliations?provider=sandbox&day=${day}&replace=true`;
    const headers = { ...kHeaders, 'Ashlar-Tenant': tenant, 'Content-Type': 'text/csv' };
    const answer = await this.request.post(`${this.origin}${path}`, { headers, data: statement });
    expect(answer.status(), await answer.text()).toBe(201);
    return ((await answer.json()) as { id: string }).id;
  }

  async createTask(tenant: string, task: object): Promise<{ id: string }> {
    return this.post(tenant, '/v1/tasks', task);
  }

  async createWebhook(tenant: string, webhook: object): Promise<{ id: string }> {
    return this.post(tenant, '/v1/webhooks', webhook);
  }

  async sendTest(tenant: string, webhook: string): Promise<void> {
    await this.post(tenant, `/v1/webhooks/${webhook}/test`, {});
  }

  /** To whom, and what; the id. */
  async notify(tenant: string, notification: object): Promise<string> {
    return (await this.post<{ id: string }>(tenant, '/v1/notifications', notification)).id;
  }

  async createProvider(tenant: string, provider: object): Promise<string> {
    const path = '/v1/notification-providers';
    return (await this.post<{ id: string }>(tenant, path, provider)).id;
  }

  async createRule(tenant: string, rule: object): Promise<void> {
    await this.post(tenant, '/v1/notification-rules', rule);
  }

  async putRecipients(tenant: string, recipients: object[]): Promise<void> {
    await this.post(tenant, '/v1/recipients', { recipients });
  }

  async suppress(tenant: string, address: object): Promise<void> {
    await this.post(tenant, '/v1/notification-suppressions', address);
  }

  /** Of recipients, templates, topics and the like. */
  async put(tenant: string, path: string, data: object): Promise<void> {
    const headers = { ...kHeaders, 'Ashlar-Tenant': tenant };
    const answer = await this.request.put(`${this.origin}${path}`, { headers, data });
    expect(answer.status(), `${path}: ${await answer.text()}`).toBe(200);
  }

  async patch(tenant: string, path: string, data: object): Promise<void> {
    const headers = { ...kHeaders, 'Ashlar-Tenant': tenant };
    const answer = await this.request.patch(`${this.origin}${path}`, { headers, data });
    expect(answer.status(), `${path}: ${await answer.text()}`).toBe(200);
  }

  async putSchedule(tenant: string, name: string, schedule: object): Promise<void> {
    const answer = await this.request.put(`${this.origin}/v1/schedules/${name}`, {
      headers: { ...kHeaders, 'Ashlar-Tenant': tenant },
      data: schedule,
    });
    expect(answer.status(), await answer.text()).toBe(200);
  }

  async lease(tenant: string, queue: string, max: number): Promise<Lease[]> {
    const path = `/v1/queues/${queue}/lease`;
    const asked = { max, lease_ms: 30_000 };
    return (await this.post<{ tasks: Lease[] }>(tenant, path, asked)).tasks;
  }

  /** Leases the next one of the queue, and fails it. */
  async failNext(tenant: string, queue: string, error: string): Promise<void> {
    const [task] = await this.lease(tenant, queue, 1);
    if (!task) throw new Error(`nothing to lease in ${queue}`);
    await this.post(tenant, `/v1/tasks/${task.id}/fail`, { lease_token: task.lease_token, error });
  }

  /** Follows the link without going where it leads. */
  async click(code: string, times = 1): Promise<void> {
    for (let i = 0; i < times; i++) {
      const answer = await this.request.get(`${this.origin}/${code}`, { maxRedirects: 0 });
      expect(answer.status()).toBe(302);
    }
  }
}

/** Every error that a page writes, less those that the test provokes. */
export function watchErrors(page: Page, refusals: number[]): string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    const status = /^Failed to load resource.*status of (\d+)/.exec(message.text())?.[1];
    if (status === undefined || !refusals.includes(Number(status))) errors.push(message.text());
  });
  return errors;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  refusals: [[], { option: true }],

  server: [
    async ({}, use) => {
      const server = await Server.start();
      await use(server);
      await server.stop();
    },
    { scope: 'worker' },
  ],

  signedIn: [
    async ({ server, playwright }, use) => {
      const request = await playwright.request.newContext();
      const answer = await request.post(`${server.origin}/v1/admin/claim`, {
        headers: kHeaders,
        data: { token: server.claimToken, password: kPassword },
      });
      expect(answer.status(), await answer.text()).toBe(200);
      await use(await request.storageState());
      await request.dispose();
    },
    { scope: 'worker' },
  ],

  console_: async ({ browser, contextOptions, signedIn, refusals, server }, use) => {
    const context = await browser.newContext({
      ...contextOptions,
      baseURL: server.origin,
      // Without a choice the console shows the first tenant of all, which may be another test's.
      storageState: {
        ...signedIn,
        origins: [
          { origin: server.origin, localStorage: [{ name: 'ashlar.tenant', value: 'demo' }] },
        ],
      },
    });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const page = await context.newPage();
    const errors = watchErrors(page, refusals);
    await use(page);
    await context.close();
    expect(errors, 'the browser console').toEqual([]);
  },

  api: async ({ server, console_ }, use) => {
    await use(new Api(console_.request, server.origin));
  },
});

export { expect };
