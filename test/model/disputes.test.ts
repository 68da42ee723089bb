// SPDX-License-Identifier: MIT
/** Random histories of disputes on a real chain: newest state wins, no payment costs the hub anything, channels go on. */
import { afterAll, beforeAll, test } from '@jest/globals';
import { startLocalChain, type LocalChain } from '../../lib/chain/testing/local-chain.ts';
import { DisputeHistory } from './dispute-history.ts';
import { seededRandom } from './random.ts';

/** These few meet a stale ledger, a preimage to be shown and one that was shown, each more than once. */
const SEEDS = Number(process.env['DISPUTE_SEEDS'] ?? 5);
const FIRST = Number(process.env['DISPUTE_FIRST_SEED'] ?? 5);
const STEPS = 20;

let local: LocalChain;
beforeAll(async () => {
  local = await startLocalChain();
}, 30_000);
afterAll(() => local.stop());

const keyOf = (seed: number, user: number): Uint8Array => {
  const key = new Uint8Array(32).fill(0x61);
  new DataView(key.buffer).setUint32(0, seed * 2 + user);
  return key;
};

test.each(Array.from({ length: SEEDS }, (_, index) => FIRST + index))(
  'seed %i: invariants 6, 7, 10 and 13 hold',
  async (seed) => {
    const keys = [keyOf(seed, 0), keyOf(seed, 1)];
    const history = await DisputeHistory.begin(local, keys, seededRandom(seed));
    try {
      await history.play(STEPS);
      await history.finish();
    } catch (cause) {
      throw new Error(`seed ${seed}: ${history.log.join('; ')}`, { cause });
    }
  },
  60_000,
);
