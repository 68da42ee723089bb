// SPDX-License-Identifier: MIT
/** Whatever is asked in whatever order: money is conserved and no balance is negative (invariant 1). */
import fc from 'fast-check';
import { checkLedger, sum } from './ledger.ts';
import type { Operation } from './operations.ts';
import {
  CATALOGUE,
  CHANNEL,
  EMPTY,
  HUB,
  PREIMAGE,
  TOKEN,
  USER,
  agreed,
  counter,
  deposit,
  hashOf,
  recover,
  swap,
  transfer,
  withdraw,
} from './testing/two-parties.ts';
import { applyOperations, verifyAgreed } from './transition.ts';
import { AMOUNT_LIMIT, ETHER, type ChannelState } from './types.ts';
import { toJson } from './wire/primitives.ts';
import { agreedState } from './wire/structures.ts';

type Step = (state: ChannelState, nonce: number) => Operation[];

const amount = fc.bigInt({ min: -2n, max: 60n });
const asset = fc.constantFrom(ETHER, TOKEN);
const party = fc.constantFrom<0 | 1>(0, 1);
const which = fc.nat(20);

const grown = (state: ChannelState, of: typeof ETHER, by: readonly [bigint, bigint]) => {
  const held = state.ledger.assets.find((entry) => entry.asset === of)?.deposits ?? [0n, 0n];
  return deposit(held[0] + by[0], held[1] + by[1], of);
};

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(asset, amount, amount).map<Step>(([of, user, hub]) => (state) => [grown(state, of, [user, hub])]),
  fc
    .tuple(asset, amount, party)
    .map<Step>(([of, value, payer]) => (_state, nonce) => [
      transfer(value, { asset: of, payer: payer === 0 ? USER : HUB, nonce }),
    ]),
  fc.tuple(amount, amount, amount, amount).map<Step>(([a, b, c, d]) => () => [counter([a, b], [c, d])]),
  fc.tuple(which, fc.boolean()).map<Step>(([index, isPaid]) => (state) => {
    const appId = state.apps[index % Math.max(state.apps.length, 1)]?.id ?? hashOf(1);
    return [
      ...(isPaid ? [{ kind: 'update', appId, action: PREIMAGE } as const] : []),
      { kind: 'uninstall', appId },
    ];
  }),
  fc
    .tuple(asset, amount, party)
    .map<Step>(([of, value, by]) => (_state, nonce) => [
      withdraw(value, { asset: of, party: by, nonce: hashOf(nonce) }),
    ]),
  which.map<Step>((index) => (state) => [
    {
      kind: 'return',
      digest: state.withdrawals[index % Math.max(state.withdrawals.length, 1)]?.digest ?? hashOf(1),
    },
  ]),
  fc
    .tuple(amount, amount, fc.boolean())
    .map<Step>(([from, to, isBack]) => () => [
      swap(from, to, isBack ? { fromAsset: TOKEN, toAsset: ETHER } : {}),
    ]),
);

/** Groups of steps, each a proposal; what is refused changes nothing. Counts what was accepted. */
function play(
  groups: readonly (readonly Step[])[],
  check: (state: ChannelState) => void,
): Record<string, number> {
  const accepted: Record<string, number> = {};
  let state: ChannelState = EMPTY;
  let nonce = 1;
  for (const group of groups) {
    const operations = group.flatMap((step) => step(state, nonce++));
    const made = applyOperations(CHANNEL, CATALOGUE, state, state.ledger.version + 1n, operations);
    if (!made.ok) continue;
    state = made.value;
    for (const { kind } of operations) accepted[kind] = (accepted[kind] ?? 0) + 1;
    check(state);
  }
  return accepted;
}

const funding: Step = (state) => [grown(state, ETHER, [200n, 150n]), grown(state, TOKEN, [90n, 180n])];
const games = fc
  .array(fc.array(steps, { minLength: 1, maxLength: 3, size: 'small' }), { minLength: 15, maxLength: 30 })
  .map((groups) => [[funding], ...groups]);

test('every ledger that can be reached conserves and has nothing negative', () => {
  const total: Record<string, number> = {};
  fc.assert(
    fc.property(games, (groups) => {
      const accepted = play(groups, ({ ledger, apps, withdrawals }) => {
        expect(checkLedger(ledger).ok).toBe(true);
        for (const entry of ledger.assets) {
          const parts = [...entry.balances, ...entry.deposits, ...entry.withdrawn, entry.locked];
          expect(parts.every((part) => part >= 0n)).toBe(true);
          expect(sum(entry.balances) + entry.locked + sum(entry.withdrawn)).toBe(sum(entry.deposits));
          const staked = apps.flatMap(({ app }) => app.stakes).filter((stake) => stake.asset === entry.asset);
          expect(staked.reduce((all, stake) => all + sum(stake.amounts), 0n)).toBe(entry.locked);
          const leaving = withdrawals.filter(({ withdrawal }) => withdrawal.asset === entry.asset);
          expect(leaving.reduce((all, { withdrawal }) => all + withdrawal.amount, 0n)).toBe(
            sum(entry.withdrawn),
          );
        }
      });
      for (const [kind, count] of Object.entries(accepted)) total[kind] = (total[kind] ?? 0) + count;
    }),
    { numRuns: 100, seed: 1 },
  );
  for (const kind of ['deposit', 'install', 'update', 'uninstall', 'withdraw', 'return', 'swap'])
    expect({ kind, wasPlayed: (total[kind] ?? 0) > 50 }).toEqual({ kind, wasPlayed: true });
});

test('every ledger that can be reached is agreed, survives the wire and verifies there', () => {
  fc.assert(
    fc.property(games, (groups) => {
      let last: ChannelState = EMPTY;
      play(groups, (state) => (last = state));
      const read = agreedState.parse(JSON.parse(JSON.stringify(toJson(agreed(last)))));
      expect(read).toEqual(agreed(last));
      expect(verifyAgreed(CHANNEL, recover, read)).toEqual({ ok: true, value: read });
    }),
    { numRuns: 40, seed: 2 },
  );
});

test('a payment to and fro leaves both as they were, whatever its size and asset', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: AMOUNT_LIMIT / 2n - 1n }), asset, party, (value, of, first) => {
      const start = applyOperations(CHANNEL, CATALOGUE, EMPTY, 1n, [deposit(value, value, of)]);
      if (!start.ok) throw new Error(start.error.code);
      let state = start.value;
      for (const payer of first === 0 ? [USER, HUB] : [HUB, USER]) {
        const opened = applyOperations(CHANNEL, CATALOGUE, state, state.ledger.version + 1n, [
          transfer(value, { asset: of, payer }),
        ]);
        if (!opened.ok) throw new Error(opened.error.code);
        const appId = opened.value.apps[0]!.id;
        const closed = applyOperations(CHANNEL, CATALOGUE, opened.value, state.ledger.version + 2n, [
          { kind: 'update', appId, action: PREIMAGE },
          { kind: 'uninstall', appId },
        ]);
        if (!closed.ok) throw new Error(closed.error.code);
        state = closed.value;
      }
      expect(state.ledger.assets).toEqual(start.value.ledger.assets);
    }),
  );
});
