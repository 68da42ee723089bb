// SPDX-License-Identifier: MIT
/** An operator leaves a channel over HTTP, and the timers of the running hub see it through to the chain. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { rpc } from '../../infra/local/local-chain.ts';
import { waitUntil } from '../../infra/local/wait-until.ts';
import { PERIODS } from '../../infra/local/hub-environment.ts';
import { startWorld, type World } from '../../infra/local/world.ts';
import type { EthereumChainReader } from '../../lib/chain/chain-reader.ts';
import { postRequest } from '../../lib/messaging/http-post.ts';
import { signIn } from '../../lib/messaging/session.ts';
import { ETHER, type Address } from '../../lib/protocol/types.ts';
import { addressOfPrivateKey, sign } from '../../lib/signing/native.ts';
import { readerOf, valueOf } from './lone-party.ts';
import { ask, remoteUser, type RemoteUser } from '../harness/remote-hub.ts';

const OPERATOR = new Uint8Array(32).fill(0x71);
const OWN = 1_000n;
const HUBS = 300n;

let world: World;
let alice: RemoteUser;
let reader: EthereumChainReader;
let operator: string;

beforeAll(async () => {
  world = await startWorld({ store: 'sqlite', operators: [addressOfPrivateKey(OPERATOR)] });
  alice = await remoteUser(world, new Uint8Array(32).fill(0x72));
  await alice.user.fund(ETHER, OWN, HUBS);
  reader = readerOf(world);
  operator = await tokenOf(OPERATOR);
}, 120_000);

afterAll(async () => {
  await alice?.close();
  await world?.stop();
}, 30_000);

async function tokenOf(key: Uint8Array): Promise<string> {
  const { hubUrl, chain } = world;
  const address = addressOfPrivateKey(key);
  const session = await signIn({
    hubUrl,
    address,
    chainId: chain.chainId,
    sign: (digest) => sign(digest, key),
  });
  return valueOf(session).token;
}

const admin = (body: unknown, token?: string) =>
  postRequest({ url: `${world.hubUrl}/v1/admin`, body, id: 'leaving', token });

async function codeOf(body: unknown, token?: string): Promise<string> {
  const reply = await admin(body, token);
  return reply.ok ? 'ok' : reply.error.code;
}

const leave = (change: object = {}) => ({
  kind: 'leave',
  chainId: world.chain.chainId,
  channel: alice.user.channel.address,
  ...change,
});

const onChain = async () =>
  valueOf(await reader.challenge(alice.user.channel, valueOf(await reader.latest()).number));

const disputes = async () => {
  const reply = await admin({ kind: 'disputes' }, operator);
  if (!reply.ok) throw new Error(reply.error.code);
  return (reply.result as { items: readonly { channel: { address: Address }; leave: boolean }[] }).items;
};

test('nobody else has a channel left, and nothing else is left (invariant 9)', async () => {
  expect(await codeOf(leave())).toBe('unauthenticated');
  expect(await codeOf(leave(), 'abc.def.ghi')).toBe('unauthenticated');
  expect(await codeOf(leave(), await tokenOf(alice.user.key))).toBe('not_yours');
  expect(await codeOf(leave({ channel: alice.user.address }), operator)).toBe('unknown_channel');
  expect(await codeOf(leave({ chainId: 5 }), operator)).toBe('unknown_chain');
  expect(await codeOf(leave({ channel: 'hers' }), operator)).toBe('malformed');
  expect(await codeOf(leave({ force: true }), operator)).toBe('malformed');
  expect(await disputes()).toEqual([]);
  expect((await onChain()).finalizesAt).toBe(0);
});

test('an operator leaves: both are paid, and the channel is in a new epoch (invariants 13 and 14)', async () => {
  const { channel, state } = alice.user;
  const first = await admin(leave(), operator);
  expect(first).toMatchObject({ ok: true, result: { epoch: '0' } });
  expect(await admin(leave(), operator)).toEqual(first);
  expect(await disputes()).toMatchObject([{ channel: { address: channel.address }, leave: true }]);

  await waitUntil('the challenge', async () => (await onChain()).finalizesAt > 0);
  expect(await onChain()).toMatchObject({ epoch: 0n, floorVersion: state.ledger.version });
  // Until it has seen its own challenge it may still agree to something newer, which then is what counts.
  await waitUntil('the hub to see it', async () => {
    const view = await ask(alice.transport, 'sync', { channel: channel.address });
    return view.ok && view.value.disputed;
  });
  const late = await alice.user.propose(alice.user.transfer(ETHER, 1n, null).operation);
  expect(late.ok ? 'ok' : late.error.code).toBe('channel_disputed');
  expect(await reader.balance(alice.user.address, ETHER).then(valueOf)).toBe(0n);

  await rpc(world.chain.rpcUrl, 'evm_increaseTime', [PERIODS.challengePeriod]);
  await rpc(world.chain.rpcUrl, 'evm_mine', []);
  await waitUntil('the settlement', async () => (await onChain()).epoch === 1n);
  expect(await reader.balance(alice.user.address, ETHER).then(valueOf)).toBe(OWN);
  const settled = valueOf(await reader.settlement(channel, 0n, 0));
  const [users, hubs] = settled.find(({ asset }) => asset === ETHER)!.paid;
  expect(users).toBe(OWN);
  // And what the hub bought as collateral meanwhile.
  expect(hubs).toBeGreaterThanOrEqual(HUBS);

  await waitUntil('the next epoch', async () => {
    const view = await ask(alice.transport, 'sync', { channel: channel.address });
    return view.ok && view.value.state.ledger.epoch === 1n;
  });
  await waitUntil('nothing left to be done', async () => (await disputes()).length === 0);
}, 90_000);
