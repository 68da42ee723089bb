// SPDX-License-Identifier: MIT
import { AbiCoder, concat, keccak256, toUtf8Bytes } from 'ethers';
import { toHex } from './bytes.ts';
import { CHANNEL } from './testing/two-parties.ts';
import { receiptDigest } from './tower-receipt.ts';

test('a receipt covers chain, registry, channel, epoch, version and time, as documented', () => {
  const held = { epoch: 3n, version: 2n ** 64n - 1n, at: 1_800_000_000 };
  const { domain, address } = CHANNEL;
  const encoded = AbiCoder.defaultAbiCoder().encode(
    ['uint256', 'address', 'address', 'uint64', 'uint64', 'uint64'],
    [domain.chainId, domain.registry, address, held.epoch, held.version, held.at],
  );
  expect(toHex(receiptDigest(CHANNEL, held))).toBe(
    keccak256(concat([toUtf8Bytes('indra/v2/watchtower'), encoded])),
  );
});
