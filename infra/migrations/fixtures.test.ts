// SPDX-License-Identifier: MIT
import { readFileSync, readdirSync } from 'node:fs';
import { channelItem, parseChannel } from '../../lib/hub/channel-item.ts';
import { parseTransfer, transferItem } from '../../lib/hub/transfer-item.ts';
import { kindOf } from '../../lib/store/item-form.ts';
import { MemoryStore } from '../../lib/store/memory-store.ts';
import { withMigrations } from '../../lib/store/migrations.ts';
import type { NewItem } from '../../lib/store/store.ts';
import { hubMigrations } from './hub-migrations.ts';
import { itemReaders } from './item-readers.ts';

const folder = new URL('./fixtures/', import.meta.url);
const versions = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const fixtures = versions.flatMap(({ name: version }) =>
  readdirSync(new URL(`${version}/`, folder)).map((file) => [`${version}/${file}`, version] as const),
);

test.each(fixtures)('%s is read by the code of today', async (path, version) => {
  const fixture = JSON.parse(readFileSync(new URL(path, folder), 'utf8')) as NewItem;
  expect(`v${fixture.schema}`).toBe(version);
  const raw = new MemoryStore();
  expect(await raw.put(fixture, 'absent')).toMatchObject({ ok: true });
  const item = await withMigrations(raw, hubMigrations).get(fixture.key);
  if (!item) throw new Error('the item is gone');
  const kind = kindOf(fixture.key);
  expect(item.schema).toBe(hubMigrations.currentSchema(kind));
  const read = itemReaders[kind];
  if (!read) throw new Error(`no reader for ${kind}`);
  expect(() => read(item)).not.toThrow();
});

test.each(fixtures.filter(([path]) => /\/(channel|transfer)-/.test(path)))(
  '%s is written again as it was read',
  async (path) => {
    const fixture = JSON.parse(readFileSync(new URL(path, folder), 'utf8')) as NewItem;
    const store = new MemoryStore();
    await store.put(fixture, 'absent');
    const item = await store.get(fixture.key);
    if (!item) throw new Error('the item is gone');
    const isChannel = kindOf(fixture.key) === 'channel';
    const again = isChannel
      ? channelItem(parseChannel(item).body)
      : transferItem(parseTransfer(item).transfer);
    expect(JSON.parse(JSON.stringify(again))).toEqual(fixture);
  },
);

test('every kind with a reader has a fixture of every schema it ever had', () => {
  const present = new Set(
    fixtures.map(([path, version]) => {
      const { key } = JSON.parse(readFileSync(new URL(path, folder), 'utf8')) as NewItem;
      return `${kindOf(key)} ${version}`;
    }),
  );
  for (const kind of Object.keys(itemReaders)) {
    for (let schema = 1; schema <= hubMigrations.currentSchema(kind); schema += 1) {
      expect(present).toContain(`${kind} v${schema}`);
    }
  }
});
