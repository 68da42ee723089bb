// SPDX-License-Identifier: MIT
/** Reader and writer against a real node with the real contracts. */
import { ContractFactory, getCreateAddress, Interface, JsonRpcProvider, Wallet } from 'ethers';
import { madeByRegistry } from '../../contracts/create2.ts';
import compiled from './abi/ChallengeRegistry.json' with { type: 'json' };
import { sign } from '#secp256k1';
import { toHash, toHex } from '../protocol/bytes.ts';
import { ledgerDigest, withdrawalDigest } from '../protocol/digests.ts';
import type { Outcomes } from '../protocol/errors.ts';
import { UNDISPUTED } from '../protocol/dispute.ts';
import { firstState } from '../protocol/ledger.ts';
import { err } from '../protocol/result.ts';
import { after, agreed, deposit, EMPTY, transfer } from '../protocol/testing/two-parties.ts';
import {
  ETHER,
  NO_ADDRESS,
  ZERO_HASH,
  type Address,
  type AppInstance,
  type Bytes,
  type Channel,
  type Hash,
  type Ledger,
  type Pair,
  type Withdrawal,
} from '../protocol/types.ts';
import { plainDepositCall, type Call } from './calls.ts';
import { EthereumChainReader } from './chain-reader.ts';
import { EthereumChainWriter } from './chain-writer.ts';
import type { JsonRpc } from './json-rpc.ts';
import { startLocalChain, type LocalChain } from './testing/local-chain.ts';
import { mined } from './testing/mined.ts';
import { signerOf } from './transaction.ts';

let chain: LocalChain;
let reader: EthereumChainReader;
let user: EthereumChainWriter;
let hub: EthereumChainWriter;

const period = 3_600;
const initiatorKey = () => chain.keys[0] as Uint8Array;
const responderKey = () => chain.keys[1] as Uint8Array;

beforeAll(async () => {
  chain = await startLocalChain();
  const { rpc, contracts } = chain;
  reader = new EthereumChainReader(rpc, contracts);
  user = new EthereumChainWriter({ rpc, contracts, signer: signerOf(initiatorKey()) });
  hub = new EthereumChainWriter({ rpc, contracts, signer: signerOf(responderKey()) });
}, 30_000);
afterAll(() => chain.stop());

/** Another period makes another channel. */
function channelWith(challengePeriod: number): Channel {
  const parties = { initiator: user.address, responder: hub.address, challengePeriod };
  const { chainId, registry } = chain.contracts;
  return { domain: { chainId, registry }, address: reader.channelAddress(parties), ...parties };
}

function valueOf<T>(outcome: Outcomes<T>): T {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.error));
  return outcome.value;
}

const numbered = (number: number): Hash => `0x${number.toString(16).padStart(64, '0')}` as string as Hash;
const sampleApp = agreed(after(EMPTY, [deposit(9n, 0n), transfer(9n)])).apps[0] as AppInstance;

const send = async (writer: EthereumChainWriter, call: Call): Promise<number> =>
  (await mined(writer, call)).block;

async function sendAll(writer: EthereumChainWriter, calls: readonly Call[]): Promise<void> {
  for (const call of calls) await send(writer, call);
}

const height = async () => valueOf(await reader.latest()).number;
const mintCall = (to: Address, amount: bigint): Call => ({
  to: chain.token,
  data: new Interface(['function mint(address,uint256)']).encodeFunctionData('mint', [to, amount]) as Bytes,
  value: 0n,
});

function signed(digest: Uint8Array): Pair<Bytes> {
  return [toHex(sign(digest, initiatorKey())), toHex(sign(digest, responderKey()))];
}

function ledgerOf(
  channel: Channel,
  version: bigint,
  balances: Pair<bigint>,
  withdrawn: Pair<bigint> = [0n, 0n],
): Ledger {
  const deposits: Pair<bigint> = [balances[0] + withdrawn[0], balances[1] + withdrawn[1]];
  const assets = [{ asset: ETHER, balances, deposits, withdrawn, locked: 0n }];
  return { channel: channel.address, epoch: 0n, version, assets, appsRoot: ZERO_HASH };
}

test('finds the deployment as configured, and says what is not', async () => {
  expect(valueOf(await reader.checkDeployment())).toEqual([]);
  const { rpc, contracts } = chain;
  const check = async (change: Partial<typeof contracts>) =>
    valueOf(await new EthereumChainReader(rpc, { ...contracts, ...change }).checkDeployment()).map(
      ({ what }) => what,
    );
  expect(await check({ chainId: 1 })).toEqual(['chain id']);
  expect(await check({ registry: chain.token })).toEqual([`code of the registry ${chain.token}`]);
  expect(await check({ factory: user.address })).toEqual([`code of the factory ${user.address}`]);
  const provider = new JsonRpcProvider(chain.url, contracts.chainId, {
    staticNetwork: true,
    pollingInterval: 20,
  });
  // The same code elsewhere: not by the well-known deployer.
  const deployer = new Wallet(toHex(chain.keys[3] as Uint8Array), provider);
  const made = new ContractFactory(compiled.abi, compiled.bytecode, deployer);
  const nonce = await provider.getTransactionCount(deployer.address);
  await made.deploy();
  provider.destroy();
  const registry = getCreateAddress({ from: deployer.address, nonce }).toLowerCase() as Address;
  const { factory: found } = madeByRegistry(registry);
  const factory = found.toLowerCase() as Address;
  for (let code: unknown = '0x'; code === '0x';) {
    const answer = await rpc.request('eth_getCode', [registry, 'latest']);
    code = answer.ok ? answer.value : '0x';
  }
  expect(await check({ factory })).toEqual([
    'factory of the registry',
    'implementation of the factory',
    'channel address',
  ]);
  expect(await check({ registry })).toContain('registry of the implementation');
}, 30_000);

test('deposits of both sides are counted apart, before and after the channel is deployed', async () => {
  const channel = channelWith(period);
  await send(user, plainDepositCall(channel.address, ETHER, 1_000n));
  const before = await height();
  expect(valueOf(await reader.received(channel, ETHER, before))).toEqual([1_000n, 0n]);
  expect(valueOf(await reader.isDeployed(channel.address))).toBe(false);

  const first = valueOf(await hub.collateralCalls(channel, ETHER, 500n));
  expect(first).toHaveLength(1);
  await sendAll(hub, first);
  expect(valueOf(await reader.isDeployed(channel.address))).toBe(true);
  const second = valueOf(await hub.collateralCalls(channel, ETHER, 7n));
  expect(second).toMatchObject([{ to: channel.address, value: 7n }]);
  await sendAll(hub, second);
  expect(valueOf(await reader.received(channel, ETHER, await height()))).toEqual([1_000n, 507n]);
  expect(valueOf(await reader.received(channel, ETHER, before))).toEqual([1_000n, 0n]);
  expect(valueOf(await reader.account(channel, ETHER, await height()))).toEqual({
    received: [1_000n, 507n],
    executed: [0n, 0n],
    held: 0n,
  });
  const events = valueOf(await reader.channelEvents(channel.address, 0, await height()));
  expect(events.map(({ name, channel: about }) => [name, about])).toEqual([
    ['Deposited', channel.address],
    ['Deposited', channel.address],
  ]);
});

test('token collateral deploys and approves where that is still to be done', async () => {
  const channel = channelWith(period + 1);
  await send(hub, mintCall(hub.address, 1_000n));
  await send(user, mintCall(user.address, 1_000n));
  await send(user, plainDepositCall(channel.address, chain.token, 300n));
  const calls = valueOf(await hub.collateralCalls(channel, chain.token, 400n));
  expect(calls.map(({ to }) => to)).toEqual([chain.contracts.factory, chain.token, channel.address]);
  // Done by half and asked again, only the rest is left.
  await send(hub, calls[0] as Call);
  await send(hub, calls[1] as Call);
  expect(valueOf(await hub.collateralCalls(channel, chain.token, 400n))).toHaveLength(1);
  expect(valueOf(await hub.collateralCalls(channel, chain.token, 401n))).toHaveLength(3);
  await send(hub, calls[2] as Call);
  expect(valueOf(await reader.received(channel, chain.token, await height()))).toEqual([300n, 400n]);
  expect(valueOf(await reader.decimals(chain.token))).toBe(18);
  expect(valueOf(await reader.balance(hub.address, chain.token))).toBe(600n);
  expect(valueOf(await reader.balance(channel.address, chain.token))).toBe(700n);
});

test('a withdrawal deploys the channel, and is executed once however often it is sent', async () => {
  const channel = channelWith(period + 2);
  await send(user, plainDepositCall(channel.address, ETHER, 1_000n));
  const recipient = '0x00000000000000000000000000000000000000aa' as Address;
  const withdrawal: Withdrawal = {
    channel: channel.address,
    epoch: 0n,
    party: 0,
    asset: ETHER,
    amount: 400n,
    recipient,
    nonce: `0x${'01'.repeat(32)}` as Hash,
    deadline: valueOf(await reader.latest()).timestamp + 1_000,
    handler: NO_ADDRESS,
    data: '0x',
  };
  const digest = withdrawalDigest(channel.domain, withdrawal);
  const executed = async () => reader.withdrawalExecuted(channel, toHash(digest), await height());
  expect(valueOf(await executed())).toBe(false);
  const call = valueOf(await hub.withdrawalCall(channel, { withdrawal, signatures: signed(digest) }));
  expect(call.to).toBe(chain.contracts.factory);
  await send(hub, call);
  expect(valueOf(await executed())).toBe(true);
  expect(valueOf(await reader.balance(recipient, ETHER))).toBe(400n);
  expect(valueOf(await reader.received(channel, ETHER, await height()))).toEqual([1_000n, 0n]);

  const again = valueOf(await hub.withdrawalCall(channel, { withdrawal, signatures: signed(digest) }));
  expect(again.to).toBe(channel.address);
  // What is done goes on: nobody who sends it along with something else is stopped by whoever did it first.
  await send(hub, again);
  expect(valueOf(await reader.balance(recipient, ETHER))).toBe(400n);
});

test('a stale challenge is seen and answered, and a final one settled into the next epoch', async () => {
  const channel = channelWith(period + 3);
  await send(user, plainDepositCall(channel.address, ETHER, 1_000n));
  const start = await height();
  const older = ledgerOf(channel, 1n, [1_000n, 0n]);
  const newer = ledgerOf(channel, 5n, [1_000n, 0n]);
  const show = (ledger: Ledger) => ({ ledger, signatures: signed(ledgerDigest(channel.domain, ledger)) });
  expect(valueOf(await reader.challenge(channel, start))).toEqual({
    epoch: 0n,
    floorVersion: 0n,
    finalizesAt: 0,
    challengeId: 0n,
    digest: ZERO_HASH,
  });

  await send(user, user.disputeCall(channel, { kind: 'challenge', ...show(older) }));
  const challenged = valueOf(await reader.latest());
  expect(valueOf(await reader.challenge(channel, challenged.number))).toEqual({
    epoch: 0n,
    floorVersion: 1n,
    finalizesAt: challenged.timestamp + channel.challengePeriod,
    challengeId: 1n,
    digest: toHex(ledgerDigest(channel.domain, older)),
  });
  expect(valueOf(await reader.disputesIn(start + 1, challenged.number)).channels).toEqual([channel.address]);
  expect(valueOf(await reader.disputesIn(0, start)).channels).toEqual([]);

  await send(hub, hub.disputeCall(channel, { kind: 'answer', ...show(newer) }));
  expect(valueOf(await reader.challenge(channel, await height()))).toMatchObject({
    floorVersion: 5n,
    finalizesAt: 0,
  });
  const stale = await user.estimateGas(user.disputeCall(channel, { kind: 'challenge', ...show(older) }));
  expect(stale).toMatchObject({
    ok: false,
    error: { details: { error: 'StaleVersion', values: ['1', '5'] } },
  });

  await send(user, user.disputeCall(channel, { kind: 'challenge', ledger: newer, signatures: null }));
  const early = await user.estimateGas(
    user.disputeCall(channel, { kind: 'settle', ledger: newer, others: [] }),
  );
  expect(early).toMatchObject({ ok: false, error: { details: { error: 'ChallengeNotFinal' } } });
  await chain.pass(channel.challengePeriod + 1);
  await send(hub, hub.disputeCall(channel, { kind: 'settle', ledger: newer, others: [] }));
  expect(valueOf(await reader.challenge(channel, await height()))).toMatchObject({
    epoch: 1n,
    floorVersion: 0n,
  });
  expect(valueOf(await reader.received(channel, ETHER, await height()))).toEqual([0n, 0n]);
  const events = valueOf(await reader.registryEvents(0, await height(), channel.address));
  expect(events.map(({ name }) => name)).toEqual([
    'LedgerChallenged',
    'LedgerAnswered',
    'LedgerChallenged',
    'LedgerSettled',
  ]);
  expect(events[1]).toMatchObject({ channel: channel.address, values: { version: 5n, epoch: 0n } });
});

test('W-A3 a look asks the node no more for two hundred open apps than for one', async () => {
  const channel = channelWith(period + 5);
  const { rpc, contracts } = chain;
  const apps = Array.from({ length: 200 }, (_, at) => ({ ...sampleApp, id: numbered(at + 1) }));
  const states = [{ ...firstState(channel.address, 0n), apps }];
  const holding = { channel, epoch: 0n, self: null, states, moves: new Map(), assets: [] };
  let left = 10;
  const thrifty: JsonRpc = {
    request: (method, params) =>
      left-- > 0
        ? rpc.request(method, params)
        : Promise.resolve(err({ kind: 'refused', method, reason: 'rate limit exceeded', rpcCode: -32005 })),
  };
  const view = valueOf(
    await new EthereumChainReader(thrifty, contracts).dispute(holding, { now: 0, fromBlock: 0 }),
  );
  expect([...view.apps.keys()]).toEqual(apps.map(({ id }) => id));
  expect(view.apps.get(numbered(200))).toEqual(UNDISPUTED);
});

test('the unsigned first state can be challenged by a party alone', async () => {
  const channel = channelWith(period + 4);
  await send(user, plainDepositCall(channel.address, ETHER, 10n));
  const shown = { ledger: firstState(channel.address, 0n).ledger, signatures: null };
  await send(user, user.disputeCall(channel, { kind: 'challenge', ...shown }));
  await chain.pass(channel.challengePeriod + 1);
  await send(user, user.disputeCall(channel, { kind: 'settle', ledger: shown.ledger, others: [ETHER] }));
  expect(valueOf(await reader.balance(channel.address, ETHER))).toBe(0n);
});
