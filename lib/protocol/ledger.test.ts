// SPDX-License-Identifier: MIT
import { assetOf, checkLedger, emptyLedger, firstState, withAsset } from './ledger.ts';
import { addressOf } from './testing/two-parties.ts';
import { AMOUNT_LIMIT, MAX_ASSETS, ZERO_HASH, type AssetLedger, type Ledger } from './types.ts';

const CHANNEL = addressOf(0x77);
const empty = emptyLedger(CHANNEL, 3n);
const entry = (seed: number, parts: Partial<AssetLedger> = {}): AssetLedger => ({
  asset: addressOf(seed),
  balances: [1n, 0n],
  deposits: [1n, 0n],
  withdrawn: [0n, 0n],
  locked: 0n,
  ...parts,
});
const of = (...assets: AssetLedger[]): Ledger => ({ ...empty, assets });

test('an epoch begins with nothing, unsigned, at version 0', () => {
  expect(firstState(CHANNEL, 3n)).toEqual({
    ledger: { channel: CHANNEL, epoch: 3n, version: 0n, assets: [], appsRoot: ZERO_HASH },
    apps: [],
    withdrawals: [],
    signatures: null,
  });
});

test('an asset takes its sorted place, replaces itself, and leaves when all of it is zero', () => {
  const three = [5, 1, 3].map((seed) => entry(seed)).reduce(withAsset, empty);
  expect(three.assets.map(({ asset }) => asset)).toEqual([1, 3, 5].map(addressOf));
  const changed = withAsset(three, entry(3, { locked: 9n }));
  expect(changed.assets.map(({ locked }) => locked)).toEqual([0n, 9n, 0n]);
  const gone = withAsset(changed, entry(3, { balances: [0n, 0n], deposits: [0n, 0n] }));
  expect(gone.assets.map(({ asset }) => asset)).toEqual([1, 5].map(addressOf));
  expect(assetOf(gone, addressOf(3))).toEqual(entry(3, { balances: [0n, 0n], deposits: [0n, 0n] }));
});

test('an asset stays listed while anything of it is not zero', () => {
  const zero = { balances: [0n, 0n], deposits: [0n, 0n] } as const;
  for (const part of [
    { locked: 1n },
    { withdrawn: [0n, 1n] },
    { deposits: [0n, 1n] },
    { balances: [0n, 1n] },
  ] as const)
    expect(withAsset(empty, entry(1, { ...zero, ...part })).assets).toHaveLength(1);
});

const most = AMOUNT_LIMIT - 1n;
test.each<[string, Ledger]>([
  ['nothing', empty],
  ['all of it on one side', of(entry(1))],
  [
    'balances, stakes and withdrawals of both',
    of(entry(1, { balances: [1n, 2n], locked: 3n, withdrawn: [4n, 5n], deposits: [15n, 0n] })),
  ],
  ['the most there may be', of(entry(1, { balances: [most, most], deposits: [most, most] }))],
  ['as many assets as there may be', of(...Array.from({ length: MAX_ASSETS }, (_, seed) => entry(seed)))],
])('conserves: %s', (_name, ledger) => {
  expect(checkLedger(ledger)).toEqual({ ok: true, value: ledger });
});

test.each<[string, Ledger, string]>([
  ['a wei too much', of(entry(1, { balances: [2n, 0n] })), 'conservation_broken'],
  ['a wei too little', of(entry(1, { balances: [0n, 0n] })), 'conservation_broken'],
  ['a stake from nowhere', of(entry(1, { locked: 1n })), 'conservation_broken'],
  ['a withdrawal from nowhere', of(entry(1, { withdrawn: [0n, 1n] })), 'conservation_broken'],
  ['the second asset wrong', of(entry(1), entry(2, { locked: 1n })), 'conservation_broken'],
  [
    'one asset paying for another',
    of(entry(1, { balances: [0n, 0n] }), entry(2, { balances: [2n, 0n] })),
    'conservation_broken',
  ],
  ['a negative balance', of(entry(1, { balances: [2n, -1n] })), 'insufficient_balance'],
  ['a negative stake', of(entry(1, { balances: [2n, 0n], locked: -1n })), 'insufficient_balance'],
  [
    'a negative withdrawal',
    of(entry(1, { balances: [2n, 0n], withdrawn: [-1n, 0n] })),
    'insufficient_balance',
  ],
  [
    'an amount too large',
    of(entry(1, { balances: [AMOUNT_LIMIT, 0n], deposits: [AMOUNT_LIMIT, 0n] })),
    'amount_out_of_range',
  ],
  ['assets out of order', of(entry(2), entry(1)), 'malformed'],
  ['an asset twice', of(entry(1), entry(1)), 'malformed'],
  ['an asset too many', of(...Array.from({ length: MAX_ASSETS + 1 }, (_, seed) => entry(seed))), 'too_many'],
])('refuses %s', (_name, ledger, code) => {
  expect(checkLedger(ledger)).toMatchObject({ ok: false, error: { code } });
});
