// SPDX-License-Identifier: MIT
import { channelAddress, type ChannelCode } from './channel-address.ts';
import type { Address } from './types.ts';
import { readVectors } from './vectors/read.ts';

const vectors = readVectors('channel-address');

test.each(vectors)('$name', ({ code, parties, channel }) => {
  expect(
    channelAddress(
      code as ChannelCode,
      parties as typeof parties & Record<'initiator' | 'responder', Address>,
    ),
  ).toBe(channel);
});

test('each difference leads to another address', () => {
  expect(new Set(vectors.map(({ channel }) => channel)).size).toBe(vectors.length);
});
