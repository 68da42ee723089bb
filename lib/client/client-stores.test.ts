// SPDX-License-Identifier: MIT
/** The stores that an app opens for its client, as it opens them. */
import 'fake-indexeddb/auto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { maxBodyBytes } from '../store/item-form.ts';
import { openClientStore as openInBrowser } from './store-browser.ts';
import { openClientStore as openInNode } from './store-node.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'indra-client-'));
});
afterEach(() => rm(folder, { recursive: true }));

test.each([
  ['Node', () => openInNode(join(folder, 'client.db'))],
  ['a browser', () => openInBrowser('client')],
])(
  'W-D1 in %s an item may be as large as a full channel, larger than a hub’s store takes',
  async (_, open) => {
    const store = await open();
    const body = { apps: Array.from({ length: 400 }, (_, number) => ({ number, state: 'x'.repeat(2_000) })) };
    expect(JSON.stringify(body).length).toBeGreaterThan(2 * maxBodyBytes);
    expect(await store.put({ key: 'channel#1', schema: 1, body }, 'absent')).toMatchObject({ ok: true });
    expect((await store.get('channel#1'))?.body).toEqual(body);
    await store.close();
  },
);
