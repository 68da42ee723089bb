// SPDX-License-Identifier: MIT
import type { AppUpdate, InstallOperation, Operation, Proposal, TransferRoute } from '../operations.ts';
import {
  CHANNEL,
  EMPTY,
  HUB,
  PREIMAGE,
  TOKEN,
  USER,
  addressOf,
  after,
  counter,
  deposit,
  hashOf,
  propose,
  swap,
  transfer,
  withdraw,
} from '../testing/two-parties.ts';
import { MAX_OPERATIONS } from '../transition.ts';
import { toJson } from './primitives.ts';
import { appUpdate, proposal } from './proposals.ts';
import { OPERATIONS } from './requests.ts';

const send: TransferRoute = {
  kind: 'send',
  paymentId: hashOf(1),
  recipient: null,
  claimant: addressOf(4),
  sealed: null,
  expiresAt: 1_800_000_000,
  toChainId: 31337,
  asset: TOKEN,
  amount: 5n,
  metadata: `0x${'ab'.repeat(70)}`,
  signature: `0x${'cd'.repeat(65)}`,
};
const claim: TransferRoute = { kind: 'claim', transferId: hashOf(2), proof: `0x${'ab'.repeat(65)}` };
const routed = (route: TransferRoute): InstallOperation => ({ ...transfer(1n), route });

const operations: readonly Operation[] = [
  deposit(1n, 2n ** 128n - 1n),
  transfer(1n),
  routed(send),
  routed({ ...send, recipient: HUB, claimant: null, sealed: `0x${'cd'.repeat(81)}`, metadata: null }),
  routed(claim),
  routed({ ...claim, proof: null }),
  counter([1n, 2n], [3n, 4n]),
  { kind: 'update', appId: hashOf(3), action: PREIMAGE },
  { kind: 'update', appId: hashOf(3), action: '0x' },
  { kind: 'uninstall', appId: hashOf(3) },
  withdraw(7n),
  withdraw(7n, { party: 1, handler: addressOf(8), data: '0xdeadbeef', asset: TOKEN }),
  { kind: 'return', digest: hashOf(9) },
  swap(1n, 2n),
];

const overWire = (value: unknown): unknown => JSON.parse(JSON.stringify(toJson(value)));
const whole: Proposal = { ...propose(EMPTY, [deposit(1n, 0n)]), operations };

test.each(operations.map((operation) => [operation.kind, operation] as const))(
  '%s survives the wire',
  (_kind, operation) => {
    const one: Proposal = { ...whole, operations: [operation] };
    expect(proposal.parse(overWire(one))).toEqual(one);
  },
);

test('a proposal of every operation survives the wire, and what it makes is the same', () => {
  expect(proposal.parse(overWire(whole))).toEqual(whole);
  const sent = propose(after(EMPTY, [deposit(9n, 9n)]), [transfer(3n), withdraw(2n)]);
  const read = proposal.parse(overWire(sent));
  const start = after(EMPTY, [deposit(9n, 9n)]);
  expect(after(start, read.operations)).toEqual(after(start, sent.operations));
});

test('an update survives the wire', () => {
  const update: AppUpdate = {
    channel: CHANNEL.address,
    appId: hashOf(3),
    version: 2n ** 64n - 1n,
    action: '0x01',
    signature: `0x${'11'.repeat(65)}`,
  };
  expect(appUpdate.parse(overWire(update))).toEqual(update);
  expect(appUpdate.safeParse({ ...(overWire(update) as object), version: 1 }).success).toBe(false);
  expect(appUpdate.safeParse({ ...(overWire(update) as object), more: 1 }).success).toBe(false);
});

type Path = readonly (string | number)[];

/** The wire form with the value at `path` replaced, or removed where none is given. */
function tampered(path: Path, value?: unknown): unknown {
  const root = overWire(whole) as Record<string | number, unknown>;
  const parent = path.slice(0, -1).reduce((at, key) => at[key] as typeof root, root);
  const last = path.at(-1)!;
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return root;
}

const indexOf = (kind: Operation['kind']): number =>
  operations.findIndex((operation) => operation.kind === kind);
const [INSTALL, WITHDRAW, SWAP] = [indexOf('install'), indexOf('withdraw'), indexOf('swap')];
const SEND = 2;
const op = (index: number, ...path: Path): Path => ['operations', index, ...path];

test.each<[string, Path, unknown]>([
  ['an address in capitals', ['channel'], `0x${'AB'.repeat(20)}`],
  ['a signature in capitals', ['signature'], `0x${'AB'.repeat(65)}`],
  ['a signature a byte short', ['signature'], `0x${'ab'.repeat(64)}`],
  ['a leading zero', ['version'], '01'],
  ['a version as a number', ['version'], 1],
  ['a version as a fraction', ['version'], '1.5'],
  ['a negative version', ['version'], '-1'],
  ['a version past 64 bits', ['version'], (2n ** 64n).toString()],
  ['a key too many', ['more'], 'x'],
  ['a key too many in previous', ['previous', 'more'], 'x'],
  ['a key too many in an operation', op(0, 'more'), 'x'],
  ['a key too many in an app', op(INSTALL, 'app', 'channel'), CHANNEL.address],
  ['a key too many in a stake', op(INSTALL, 'app', 'stakes', 0, 'more'), 'x'],
  ['a key too many in a route', op(SEND, 'route', 'more'), 'x'],
  ['a key too many in a quote', op(SWAP, 'quote', 'more'), 'x'],
  ['a missing key', ['epoch'], undefined],
  ['a missing route', op(INSTALL, 'route'), undefined],
  ['no operations', ['operations'], []],
  ['operations that are no list', ['operations'], { 0: operations[0] }],
  ['an unknown operation', op(0, 'kind'), 'mint'],
  ['an inherited name for an operation', op(0, 'kind'), 'constructor'],
  ['an unknown route', op(SEND, 'route', 'kind'), 'steal'],
  ['three deposits', op(0, 'deposits'), ['1', '2', '3']],
  ['one deposit', op(0, 'deposits'), ['1']],
  ['a third party', op(WITHDRAW, 'party'), 2],
  ['a party as text', op(WITHDRAW, 'party'), '0'],
  ['a deadline as text', op(WITHDRAW, 'deadline'), '1800000000'],
  ['a deadline in fractions', op(WITHDRAW, 'deadline'), 1.5],
  ['half a byte of data', op(WITHDRAW, 'data'), '0xabc'],
  ['too much data', op(WITHDRAW, 'data'), `0x${'ab'.repeat(16_385)}`],
  ['an amount past 256 bits', op(WITHDRAW, 'amount'), (2n ** 256n).toString()],
  ['an unknown outcome type', op(INSTALL, 'app', 'outcomeType'), 3],
  ['no stakes', op(INSTALL, 'app', 'stakes'), []],
  ['a period of zero', op(INSTALL, 'app', 'periods'), [0, 3600]],
  ['a period past 32 bits', op(INSTALL, 'app', 'periods'), [3600, 2 ** 32]],
  ['a third participant', op(INSTALL, 'app', 'participants'), [USER, HUB, USER]],
  ['a sealed secret too long', op(SEND, 'route', 'sealed'), `0x${'ab'.repeat(513)}`],
  ['metadata too long', op(SEND, 'route', 'metadata'), `0x${'00'.repeat(2077)}`],
  ['no signature on the payment', op(SEND, 'route', 'signature'), null],
])('refuses %s', (_name, path, value) => {
  expect(proposal.safeParse(tampered(path, value)).success).toBe(false);
});

test('as many operations as a proposal may have, and no more', () => {
  const many = (count: number) =>
    overWire({ ...whole, operations: Array.from({ length: count }, () => operations[0]) });
  expect(proposal.safeParse(many(MAX_OPERATIONS)).success).toBe(true);
  expect(proposal.safeParse(many(MAX_OPERATIONS + 1)).success).toBe(false);
});

test.each([null, undefined, '', 'text', 1, [], {}, [[]], true])('refuses %p for a proposal', (value) => {
  expect(proposal.safeParse(value).success).toBe(false);
});

test('every operation refuses a body of another, and none throws', () => {
  for (const [body] of Object.values(OPERATIONS))
    for (const bad of [null, [], {}, 'x', { kind: 'x' }, { channel: 'x' }])
      expect(body.safeParse(bad).success).toBe(false);
});

test('a channel opens with a period that fits the chain', () => {
  const [body] = OPERATIONS.open;
  for (const [challengePeriod, isGood] of [
    [1, true],
    [86_400, true],
    [2 ** 32 - 1, true],
    [0, false],
    [2 ** 32, false],
    [1.5, false],
  ] as const)
    expect(body.safeParse({ challengePeriod }).success).toBe(isGood);
});
