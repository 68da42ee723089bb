// SPDX-License-Identifier: MIT
/** A process of its own for the SQLite tests: writes until it is killed, or adds 100 to the item `tally`. */
import { SqliteStore } from './sqlite-store.ts';

const [path = '', name = '', mode = ''] = process.argv.slice(2);
const store = await SqliteStore.open(path);

async function addOne(): Promise<void> {
  const item = await store.get('tally');
  if (!item) throw new Error('no tally');
  const result = await store.put({ ...item, body: Number(item.body) + 1 }, item.etag);
  if (!result.ok) await addOne();
}

if (mode === 'tally') {
  await Promise.all(
    Array.from({ length: 5 }, async () => {
      for (let i = 0; i < 20; i += 1) await addOne();
    }),
  );
  await store.close();
  process.disconnect();
} else {
  for (let i = 0; ; i += 1) {
    const key = `${name}#${i}`;
    const result = await store.put({ key, schema: 1, body: { filler: 'x'.repeat(500) } }, 'absent');
    if (result.ok) process.send?.({ key, etag: result.etag });
  }
}
