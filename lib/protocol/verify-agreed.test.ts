// SPDX-License-Identifier: MIT
/** What a responder may serve as the agreed state, and every way it could be tampered with. */
import { openWithdrawalOf } from './apply-operation.ts';
import { encodeTransferState } from './apps/transfer-app.ts';
import { appsRoot } from './apps-root.ts';
import { toHash } from './bytes.ts';
import type { ErrorCode } from './errors.ts';
import { firstState } from './ledger.ts';
import { lockHashOf } from './secrets.ts';
import {
  CATALOGUE,
  CHANNEL,
  EMPTY,
  HUB,
  PREIMAGE,
  STRANGER_KEY,
  TOKEN,
  addressOf,
  advanced,
  after,
  agreed,
  counter,
  counterState,
  deposit,
  hashOf,
  recover,
  signWith,
  transfer,
  withdraw,
} from './testing/two-parties.ts';
import { digestOf, judgeProposal, verifyAgreed } from './transition.ts';
import { ETHER, type AgreedState, type AppInstance, type AssetLedger, type Ledger } from './types.ts';

const base = after(EMPTY, [deposit(100n, 50n), deposit(30n, 40n, TOKEN)]);
const open = after(base, [
  transfer(10n),
  counter([10n, 5n], [0n, 4n]),
  withdraw(20n),
  withdraw(5n, { party: 1, recipient: HUB }),
]);
const [payment, game] = open.apps as [AppInstance, AppInstance];
const moved = advanced(game, counterState(1, 1));
const good = agreed({ ...open, apps: [payment, moved] });
const [ours, theirs] = good.signatures!;

const withLedger = (ledger: Partial<Ledger>): AgreedState => ({
  ...good,
  ledger: { ...good.ledger, ...ledger },
});
const withEther = (entry: Partial<AssetLedger>): AgreedState =>
  withLedger({
    assets: good.ledger.assets.map((held) => (held.asset === ETHER ? { ...held, ...entry } : held)),
  });
const withGame = (instance: Partial<AppInstance>): AgreedState => ({
  ...good,
  apps: [payment, { ...moved, ...instance }],
});
const signed = (state: AgreedState): AgreedState => agreed(state);
const withWithdrawals = (...withdrawals: AgreedState['withdrawals']): AgreedState => ({
  ...good,
  withdrawals,
});
const opened = (operation: ReturnType<typeof withdraw>, epoch = 0n) =>
  openWithdrawalOf(CHANNEL, epoch, operation);

test('what both signed is accepted, and builds the next state', () => {
  expect(verifyAgreed(CHANNEL, recover, good)).toEqual({ ok: true, value: good });
  expect(after(good, [deposit(101n, 50n)]).ledger.version).toBe(good.ledger.version + 1n);
});

test.each<[string, AgreedState]>([
  ['the first state of an epoch', EMPTY],
  ['the first state of a later epoch', firstState(CHANNEL.address, 7n)],
  ['a state in which all withdrawals were executed', withWithdrawals()],
  ['a state in which some withdrawals were executed', withWithdrawals(good.withdrawals[1]!)],
])('accepts %s', (_name, state) => {
  expect(verifyAgreed(CHANNEL, recover, state)).toEqual({ ok: true, value: state });
});

const { balances, deposits } = good.ledger.assets[0]!;

test.each<[string, AgreedState, ErrorCode]>([
  ['of another channel', withLedger({ channel: addressOf(9) }), 'unknown_channel'],
  ['of another epoch', { ...withLedger({ epoch: 1n }), withdrawals: [] }, 'bad_signature'],
  ['of a higher version', withLedger({ version: 99n }), 'bad_signature'],
  ['with the balances exchanged', withEther({ balances: [balances[1], balances[0]] }), 'bad_signature'],
  ['with a wei moved', withEther({ balances: [balances[0] - 1n, balances[1] + 1n] }), 'bad_signature'],
  [
    'with a wei from nowhere',
    withEther({ balances: [balances[0], balances[1] + 1n] }),
    'conservation_broken',
  ],
  [
    'with a deposit that never was',
    withEther({ deposits: [deposits[0], deposits[1] + 1n], balances: [balances[0], balances[1] + 1n] }),
    'bad_signature',
  ],
  [
    'with a negative balance',
    withEther({ balances: [balances[0] + balances[1] + 1n, -1n] }),
    'insufficient_balance',
  ],
  [
    'with an amount past all limits',
    withEther({ balances: [2n ** 128n, balances[1]] }),
    'amount_out_of_range',
  ],
  ['with an asset left out', withLedger({ assets: good.ledger.assets.slice(0, 1) }), 'conservation_broken'],
  ['with the assets out of order', withLedger({ assets: [...good.ledger.assets].reverse() }), 'malformed'],
  [
    'with an asset twice',
    withLedger({ assets: [good.ledger.assets[0]!, ...good.ledger.assets] }),
    'malformed',
  ],
  ['with an app removed', { ...good, apps: [payment] }, 'invalid_state'],
  ['with an app twice', { ...good, apps: [payment, moved, moved] }, 'invalid_state'],
  [
    'with an app under the id of another',
    {
      ...good,
      apps: [
        { ...payment, id: game.id },
        { ...moved, id: payment.id },
      ],
    },
    'invalid_state',
  ],
  [
    'with the stake of an app changed',
    withGame({ app: { ...game.app, stakes: [{ asset: ETHER, amounts: [5n, 10n] }, game.app.stakes[1]!] } }),
    'invalid_state',
  ],
  [
    'with other seats in an app',
    withGame({ app: { ...game.app, participants: [HUB, CHANNEL.initiator] } }),
    'invalid_state',
  ],
  ['with an app state exchanged', withGame({ state: counterState(1, 0) }), 'bad_signature'],
  ['with an app state at another version', withGame({ version: 2n }), 'bad_signature'],
  [
    'with the signatures on an app state exchanged',
    withGame({ signatures: [moved.signatures[1], moved.signatures[0]] }),
    'bad_signature',
  ],
  [
    'with one signature on an app state',
    withGame({ signatures: [moved.signatures[0], null] }),
    'bad_signature',
  ],
  [
    'with one signature twice on an app state',
    withGame({ signatures: [moved.signatures[0], moved.signatures[0]] }),
    'bad_signature',
  ],
  [
    'with another first state in an app',
    withGame({ version: 0n, state: counterState(9, 0) }),
    'invalid_state',
  ],
  [
    'with a claim that was never made',
    {
      ...good,
      apps: [
        {
          ...payment,
          version: 1n,
          state: encodeTransferState({ amount: 10n, lockHash: lockHashOf(PREIMAGE), preimage: PREIMAGE }),
        },
        moved,
      ],
    },
    'bad_signature',
  ],
  ['with the signatures exchanged', { ...good, signatures: [theirs, ours] }, 'bad_signature'],
  ['with one signature twice', { ...good, signatures: [ours, ours] }, 'bad_signature'],
  ['without signatures', { ...good, signatures: null }, 'bad_signature'],
  [
    'signed by a stranger',
    { ...good, signatures: [ours, signWith(STRANGER_KEY, digestOf(CHANNEL, good))] },
    'bad_signature',
  ],
  ['with signatures on the state before', { ...good, signatures: agreed(base).signatures }, 'bad_signature'],
  ['at version 0 with money in it', { ...good, ledger: { ...good.ledger, version: 0n } }, 'invalid_state'],
  ['at version 0 with signatures', { ...EMPTY, signatures: good.signatures }, 'invalid_state'],
  [
    'with more locked than staked',
    signed(
      withEther({ locked: good.ledger.assets[0]!.locked + 1n, balances: [balances[0] - 1n, balances[1]] }),
    ),
    'conservation_broken',
  ],
  [
    'with a stake in an asset the ledger does not have',
    signed({
      ...EMPTY,
      ledger: { ...EMPTY.ledger, version: 1n, appsRoot: appsRoot([payment.id]) },
      apps: [payment],
    }),
    'conservation_broken',
  ],
  [
    'with a withdrawal that the ledger does not count',
    withWithdrawals(...good.withdrawals, opened(withdraw(1n, { nonce: hashOf(5) }))),
    'invalid_state',
  ],
  [
    'with a withdrawal in an asset nobody withdrew',
    withWithdrawals(opened(withdraw(1n, { asset: TOKEN }))),
    'invalid_state',
  ],
  ['with a withdrawal of nothing', withWithdrawals(opened(withdraw(0n))), 'invalid_state'],
  [
    'with a withdrawal counted for the other party',
    withWithdrawals(opened(withdraw(20n, { party: 1 }))),
    'invalid_state',
  ],
  ['with a withdrawal twice', withWithdrawals(good.withdrawals[1]!, good.withdrawals[1]!), 'invalid_state'],
  ['with a withdrawal of another epoch', withWithdrawals(opened(withdraw(20n), 3n)), 'invalid_state'],
  [
    'with a withdrawal under the digest of another',
    withWithdrawals({ ...opened(withdraw(20n)), digest: good.withdrawals[1]!.digest }),
    'invalid_state',
  ],
])('refuses a state %s', (_name, state, code) => {
  expect(verifyAgreed(CHANNEL, recover, state)).toMatchObject({ ok: false, error: { code } });
});

test('a state of one chain is none on another', () => {
  const elsewhere = { ...CHANNEL, domain: { ...CHANNEL.domain, chainId: 1 } };
  expect(verifyAgreed(elsewhere, recover, agreed(base))).toMatchObject({
    ok: false,
    error: { code: 'bad_signature' },
  });
});

test('it costs two recoveries for the ledger and two for each app that has moved', () => {
  let recoveries = 0;
  const counted = verifyAgreed(
    CHANNEL,
    (digest, signature) => ((recoveries += 1), recover(digest, signature)),
    good,
  );
  expect(counted.ok && recoveries).toBe(4);
});

test('a proposal on a tampered state is out of sync with the true one', () => {
  const tampered = withEther({ balances: [balances[0] - 1n, balances[1] + 1n] });
  const proposal = {
    channel: CHANNEL.address,
    epoch: 0n,
    version: 9n,
    previous: { version: tampered.ledger.version, digest: toHash(digestOf(CHANNEL, tampered)) },
    operations: [deposit(101n, 50n)],
    signature: ours,
  };
  expect(judgeProposal(CHANNEL, CATALOGUE, good, proposal)).toMatchObject({
    ok: false,
    error: { code: 'out_of_sync' },
  });
});
