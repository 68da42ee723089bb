// SPDX-License-Identifier: MIT
/**
 * What hub and SDK send for each thing they do on chain, and what it costs. A row of several transactions is their sum; a
 * marginal row is one whole sum less another.
 */
import { AbiCoder, keccak256, ZeroAddress, ZeroHash, type Signer } from 'ethers';

import {
  createWorld,
  FAR,
  method,
  NO_SIGNATURES,
  sent,
  type AssetName,
  type Funded,
  type Sent,
  type World,
} from './gas-world.ts';

export interface Measured {
  readonly operation: string;
  /** What is sent, in order; of a marginal row what is sent with and without it. */
  readonly transactions: readonly string[];
  readonly gas: number;
}

const ETHER: readonly AssetName[] = ['ether'];
const TOKEN: readonly AssetName[] = ['token'];
const BOTH: readonly AssetName[] = ['ether', 'token'];

/** Every operation on a channel of its own, so that no one finds warm what another wrote. */
export async function measureGas(): Promise<Measured[]> {
  const world = await createWorld();
  const both = await world.fund({ assets: BOTH });
  const first = await withdrawals(world, 0, 'ether');
  const reclaim = await withdrawals(world, 1, 'ether');
  const plain = await exit(world, ETHER);
  const transfer = await exitWithTransfer(world, ETHER);
  const token = await exit(world, TOKEN);
  const tokenTransfer = await exitWithTransfer(world, TOKEN);
  const two = await exit(world, BOTH);
  const none = await exitAtVersionZero(world);
  const dispute = await answers(world);
  return [
    row('deposit by the user, ether, channel not deployed', [both.paid.ether]),
    row('deposit by the user, ERC20, channel not deployed', [both.paid.token]),
    row('deploy the channel', both.deploy),
    row('deposit by the hub, ether, channel deployed', both.deposits.ether),
    row('deposit by the hub, ERC20, channel deployed', both.deposits.token),
    row('withdrawal by the user, ether, first', [first[0]]),
    row('withdrawal by the user, ether, later', [first[1]]),
    row('withdrawal by the user, ERC20, first', [(await withdrawals(world, 0, 'token'))[0]]),
    row('withdrawal by the user, ether, that deploys the channel', [await deployingWithdrawal(world)]),
    row('collateral taken back by the hub, ether, first', [reclaim[0]]),
    row('collateral taken back by the hub, ether, later', [reclaim[1]]),
    row('collateral taken back by the hub, ERC20, first', [(await withdrawals(world, 1, 'token'))[0]]),
    row('start a ledger dispute', plain.slice(0, 1)),
    row('start a ledger dispute at version 0', none.slice(0, 1)),
    row('answer a ledger dispute with a newer ledger', [dispute.ledgerAnswered]),
    row('cancel a ledger dispute', [dispute.ledgerCancelled]),
    row('put a ledger and an app of it on chain, unmoved', [dispute.appOpened]),
    row('answer an app with a state both signed', [dispute.appAnswered]),
    row('answer an app with a move', [dispute.appMoved]),
    row('cancel an app dispute', [dispute.appCancelled]),
    row('settle the ledger, ether, both paid', plain.slice(1)),
    row('settle the ledger, ERC20, both paid', token.slice(1)),
    row('settle the ledger, ether and ERC20, both paid', two.slice(1)),
    row('whole exit, ether, no app', plain),
    row('whole exit, ERC20, no app', token),
    row('whole exit, ether and ERC20, no app', two),
    row('whole exit at version 0, ether', none),
    row('whole exit, ether, with one open transfer', transfer),
    row('whole exit, ERC20, with one open transfer', tokenTransfer),
    marginal('enforce one open transfer, ether: all it adds to an exit', transfer, plain),
    marginal('enforce one open transfer, ERC20: all it adds to an exit', tokenTransfer, token),
  ];
}

const gasOf = (transactions: readonly Sent[]) => transactions.reduce((sum, { gas }) => sum + gas, 0);
const callsOf = (transactions: readonly Sent[]) => transactions.map(({ call }) => call);

const row = (operation: string, transactions: readonly Sent[]): Measured => ({
  operation,
  transactions: callsOf(transactions),
  gas: gasOf(transactions),
});

const marginal = (operation: string, whole: readonly Sent[], less: readonly Sent[]): Measured => ({
  operation,
  transactions: [...callsOf(whole), ...callsOf(less).map((call) => `less ${call}`)],
  gas: gasOf(whole) - gasOf(less),
});

async function withdrawals(world: World, party: 0 | 1, asset: AssetName): Promise<[Sent, Sent]> {
  const funded = await world.fund({ assets: [asset] });
  const withdraw = async (nonce: string) =>
    sent(
      'Channel.withdraw',
      method(funded.channel, 'withdraw')(...(await funded.withdrawal(party, asset, nonce))),
    );
  return [await withdraw('0x01'), await withdraw('0x02')];
}

/** As the hub sponsors it where the channel is not deployed yet. */
async function deployingWithdrawal({ fund, factory }: World): Promise<Sent> {
  const { id, channel, withdrawal } = await fund({ isDeployed: false });
  const data = channel.interface.encodeFunctionData('withdraw', await withdrawal(0, 'ether', '0x01'));
  return sent(
    'ChannelFactory.deployAndCall[withdraw]',
    method(factory, 'deployAndCall')(...Object.values(id), data),
  );
}

async function exit(world: World, assets: readonly AssetName[]): Promise<Sent[]> {
  const { user, stranger, id, signed } = await world.fund({ assets });
  const { state, signatures } = await signed(1_000n);
  const start = await world.call(user, 'challengeLedger', [id, state, signatures]);
  await world.pass();
  return [start, await world.call(stranger, 'settle', [id, state, []])];
}

/** The user's deposit comes back before anything was signed: the channel is deployed by the settlement. */
async function exitAtVersionZero(world: World): Promise<Sent[]> {
  const { user, stranger, id, nothing } = await world.fund({ isDeployed: false });
  const start = await world.call(user, 'challengeLedger', [id, nothing, NO_SIGNATURES]);
  await world.pass();
  return [start, await world.call(stranger, 'settle', [id, nothing, [ZeroAddress]])];
}

type Transfer = Awaited<ReturnType<World['transferIn']>>;

/** Puts the ledger on chain, opens the app of it, and moves in it. */
const openingOf = ({ id }: Funded, { app, ledger, proof, locked }: Transfer, moves: readonly object[]) => [
  { id, ledger: ledger.state, signatures: ledger.signatures, app, proof, state: locked, moves },
];

/** Commitment to a path that holds the initial state alone. */
const pathOf = (state: string) =>
  keccak256(AbiCoder.defaultAbiCoder().encode(['bytes32', 'bytes32'], [ZeroHash, keccak256(state)]));

async function exitWithTransfer(world: World, assets: readonly AssetName[]): Promise<Sent[]> {
  const funded = await world.fund({ assets });
  const { user, stranger, id } = funded;
  const transfer = await world.transferIn(funded);
  const { app, ledger, move, locked, unlocked, proof } = transfer;
  const opened = await world.call(user, 'openApp', openingOf(funded, transfer, [move]));
  await world.pass();
  const settled = await world.multicall(stranger, [
    ['settle', [id, ledger.state, []]],
    ['settleApp', [id, app, pathOf(locked), unlocked, proof]],
  ]);
  return [opened, settled];
}

async function answers(world: World) {
  const challenged = async () => {
    const funded = await world.fund();
    const stale = await funded.signed(1_000n);
    await world.call(funded.user, 'challengeLedger', [funded.id, stale.state, stale.signatures]);
    return funded;
  };
  const opened = async () => {
    const funded = await world.fund();
    const transfer = await world.transferIn(funded);
    const open = await world.call(funded.hub, 'openApp', openingOf(funded, transfer, []));
    return { funded, transfer, open };
  };
  const cancelOf = async ({ address, sign }: Funded, subject: string, signers?: readonly Signer[]) => {
    const cancel = { channel: address, epoch: 0n, subject, challengeId: 1n, deadline: FAR };
    return [cancel, await sign('Cancel', cancel, signers)] as const;
  };

  const answered = await challenged();
  const newer = await answered.signed(2_000n);
  const cancelled = await challenged();
  const [signed, moved, agreed] = [await opened(), await opened(), await opened()];
  const { stranger } = answered;
  return {
    ledgerAnswered: await world.call(stranger, 'answerLedger', [answered.id, newer.state, newer.signatures]),
    ledgerCancelled: await world.call(stranger, 'cancelLedger', [
      cancelled.id,
      ...(await cancelOf(cancelled, ZeroHash)),
    ]),
    appOpened: signed.open,
    appAnswered: await world.call(stranger, 'setAppState', [
      signed.funded.id,
      signed.transfer.app,
      1n,
      signed.transfer.unlocked,
      signed.transfer.signatures,
      { before: ZeroHash, hashes: [] },
      [],
    ]),
    appMoved: await world.call(stranger, 'progressApp', [
      moved.funded.id,
      moved.transfer.app,
      0n,
      ZeroHash,
      moved.transfer.locked,
      [moved.transfer.move],
    ]),
    appCancelled: await world.call(stranger, 'cancelApp', [
      agreed.funded.id,
      agreed.transfer.app,
      ...(await cancelOf(agreed.funded, agreed.transfer.appId, agreed.transfer.seats)),
    ]),
  };
}
