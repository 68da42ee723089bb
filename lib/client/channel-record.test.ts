// SPDX-License-Identifier: MIT
import { describe, expect, test } from '@jest/globals';
import { CATALOGUE, CHANNEL } from '../protocol/testing/two-parties.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { parseRecord, recordItem, restoredRecord, type ChannelRecord } from './channel-record.ts';
import { FUNDED, inFlightWith, judge, refused, send, settle, withdraw } from './testing/writer-table.ts';

async function throughStore(record: ChannelRecord): Promise<ChannelRecord> {
  const store = new MemoryStore();
  const item = recordItem(record);
  await store.put(item, 'absent');
  return parseRecord((await store.get(item.key))!, CATALOGUE);
}

const strip = ({ head: _, ...record }: ChannelRecord & { head?: unknown }): ChannelRecord => record;

describe('a record comes back from the store as it went in', () => {
  const busy = inFlightWith(
    settle(inFlightWith(FUNDED, send(1, 5n), send(2, 6n, null))),
    send(3, 7n),
    withdraw(1, 9n),
  );
  const abandoned = judge(busy, refused('unknown_asset'));
  if (abandoned.kind !== 'refused') throw new Error(abandoned.kind);

  test.each([
    ['with money', FUNDED],
    ['with a proposal in flight', strip(busy)],
    ['with an abandoned proposal', abandoned.record],
    ['with one in flight over an abandoned one', strip(inFlightWith(abandoned.record, send(4, 1n)))],
  ])('%s', async (_, record) => {
    const back = await throughStore(record);
    expect(recordItem(back)).toEqual(recordItem(record));
    expect(back.signed.map((entry) => entry.next.ledger)).toEqual(
      record.signed.map((entry) => entry.next.ledger),
    );
    expect(back.signed.map((entry) => entry.body)).toEqual(record.signed.map((entry) => entry.body));
  });
});

test('a lost state counts for nothing before the next countersignature', () => {
  expect(restoredRecord(CHANNEL, FUNDED.agreed, 99n)).toMatchObject({ highestSigned: 99n, isUnproven: true });
});
