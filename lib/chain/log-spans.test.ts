// SPDX-License-Identifier: MIT
import { describe, expect, test } from '@jest/globals';
import { AbiCoder } from 'ethers';
import { stateHash } from '../protocol/digests.ts';
import { UNDISPUTED } from '../protocol/dispute.ts';
import { extendPath } from '../protocol/dispute/path.ts';
import { firstState } from '../protocol/ledger.ts';
import { err, ok } from '../protocol/result.ts';
import { ZERO_HASH, type Address, type Bytes, type Channel, type Hash } from '../protocol/types.ts';
import { EthereumChainReader } from './chain-reader.ts';
import { registryInterface } from './contracts.ts';
import type { JsonRpc, RpcFault } from './json-rpc.ts';
import { LOG_SPAN } from './log-spans.ts';

const address = (byte: string) => `0x${byte.repeat(20)}` as Address;
const contracts = {
  chainId: 1,
  registry: address('11'),
  factory: address('22'),
  channelImplementation: address('33'),
};
const CHANNEL = address('44');
const APP = `0x${'55'.repeat(32)}` as Hash;
const START = '0x1234' as Bytes;
const STATE = '0xabcd' as Bytes;
const BASE = extendPath(ZERO_HASH, stateHash(START));
const MOVED = extendPath(BASE, stateHash(STATE));
const LATEST = 9_000;

interface Asked {
  readonly from: number;
  readonly to: number;
}
type Refusal = Partial<RpcFault> & { readonly reason: string };

/** A node with an app's move in each of the blocks named, that refuses what `refuses` says. */
class ScriptedNode implements JsonRpc {
  readonly asked: Asked[] = [];
  readonly #moves: readonly number[];
  readonly #refuses: (asked: Asked) => Refusal | null;

  constructor(moves: readonly number[], refuses: (asked: Asked) => Refusal | null) {
    this.#moves = moves;
    this.#refuses = refuses;
  }

  async request(method: string, params: readonly unknown[]): ReturnType<JsonRpc['request']> {
    if (method === 'eth_getBlockByNumber')
      return ok({ number: `0x${LATEST.toString(16)}`, timestamp: '0x10', hash: ZERO_HASH });
    if (method === 'eth_call') return ok(this.#call((params[0] as { data: string }).data));
    const { fromBlock, toBlock } = params[0] as { fromBlock: string; toBlock: string };
    const asked = { from: Number(fromBlock), to: Number(toBlock) };
    this.asked.push(asked);
    const refusal = this.#refuses(asked);
    if (refusal !== null) return err({ kind: 'refused', method, ...refusal });
    return ok(this.#moves.filter((block) => block >= asked.from && block <= asked.to).map(moveAt));
  }

  #call(calldata: string): string {
    const { name, selector, args } = registryInterface.parseTransaction({ data: calldata })!;
    const { outputs } = registryInterface.getFunction(selector)!;
    if (name === 'multicall')
      return registryInterface.encodeFunctionResult(name, [
        (args[0] as readonly string[]).map((inner) => this.#call(inner)),
      ]);
    const fields: Record<string, unknown> = {
      ...UNDISPUTED,
      epoch: 0n,
      digest: ZERO_HASH,
      version: 1n,
      steps: name === 'appStatus' ? 1n : 0n,
      finalizesAt: 99n,
      stage: 0,
      path: MOVED,
    };
    const tuple = outputs[0]!.components!.map((field) => fields[field.name] ?? 0n);
    return AbiCoder.defaultAbiCoder().encode(outputs, [tuple]);
  }
}

/** The app's base in block 3, a move upon it in any other. */
function moveAt(block: number): unknown {
  const isBase = block === 3;
  const event = registryInterface.getEvent(isBase ? 'AppChallenged' : 'AppProgressed')!;
  const known: Record<string, unknown> = {
    channel: CHANNEL,
    appId: APP,
    state: isBase ? START : STATE,
    action: '0x01',
    version: isBase ? 0n : 1n,
    path: isBase ? BASE : MOVED,
  };
  const values = event.inputs.map(({ name, baseType }) => known[name] ?? (baseType === 'bytes' ? '0x' : 0));
  const { topics, data } = registryInterface.encodeEventLog(event, values);
  return {
    address: contracts.registry,
    topics,
    data,
    blockNumber: `0x${block.toString(16)}`,
    logIndex: '0x0',
    transactionHash: ZERO_HASH,
  };
}

const wide =
  (most: number, refusal: Refusal = { reason: 'block range is too wide' }) =>
  ({ from, to }: Asked): Refusal | null =>
    to - from + 1 > most ? refusal : null;

/** Every block once, in order. */
function expectToCover(asked: readonly Asked[], from: number, to: number): void {
  let next = from;
  for (const one of asked) {
    expect(one.from).toBe(next);
    next = one.to + 1;
  }
  expect(next).toBe(to + 1);
}

describe('reading logs', () => {
  test('asks for no more blocks at once than the span, and misses none of them', async () => {
    const blocks = [10, 10 + LOG_SPAN - 1, 10 + LOG_SPAN, 8_000];
    const node = new ScriptedNode(blocks, () => null);
    const read = await new EthereumChainReader(node, contracts).registryEvents(10, 8_000, CHANNEL);
    expect(read.ok && read.value.map(({ block }) => block)).toEqual(blocks);
    expectToCover(node.asked, 10, 8_000);
    expect(node.asked.every(({ from, to }) => to - from < LOG_SPAN)).toBe(true);
  });

  test.each([
    ['too wide', { reason: 'block range is too wide' }],
    ['too large', { reason: 'eth_getLogs range too large' }],
    ['limited', { reason: 'limit exceeded', rpcCode: -32005 }],
    ['over its maximum', { reason: 'requested too many blocks, maximum is set to 300' }],
    ['with too many results', { reason: 'query returned more than 10000 results', rpcCode: -32005 }],
    ['of an unknown kind, by its code', { reason: 'no', rpcCode: -32005 }],
  ])('halves a range the node calls %s until it takes it', async (_name, refusal) => {
    const node = new ScriptedNode([5, 4_321], wide(300, refusal));
    const read = await new EthereumChainReader(node, contracts).channelEvents(CHANNEL, 0, 5_000);
    expect(read.ok).toBe(true);
    const taken = node.asked.filter((asked) => wide(300)(asked) === null);
    expectToCover(taken, 0, 5_000);
    expect(node.asked.length - taken.length).toBe(3);
  });

  test('halves down to one block, and fails only if even that is refused', async () => {
    const one = new ScriptedNode([4], wide(1));
    expect(await new EthereumChainReader(one, contracts).disputesIn(0, 6)).toMatchObject({
      ok: true,
      value: { moves: [{ appId: APP }] },
    });
    const none = new ScriptedNode([4], wide(0));
    expect(await new EthereumChainReader(none, contracts).disputesIn(0, 6)).toMatchObject({
      ok: false,
      error: { code: 'chain_unavailable', retryable: true },
    });
    expect(none.asked.at(-1)).toEqual({ from: 0, to: 0 });
  });

  test.each([
    ['a rate', { reason: 'rate limit exceeded', rpcCode: -32005 }],
    ['a day', { reason: 'daily request count exceeded, request rate limited', rpcCode: -32005 }],
    ['too many requests', { reason: 'Too Many Requests' }],
    ['a method that is not there', { reason: 'the method does not exist', rpcCode: -32601 }],
    ['a node that is not there', { kind: 'unreachable', reason: 'HTTP 502' } as const],
  ])('asks no oftener where the refusal is about %s', async (_name, refusal) => {
    const node = new ScriptedNode([], () => refusal);
    expect(await new EthereumChainReader(node, contracts).disputesIn(0, 5_000)).toMatchObject({
      ok: false,
      error: { code: 'chain_unavailable' },
    });
    expect(node.asked).toHaveLength(1);
  });

  test('a refusal in the middle is no half answer', async () => {
    const node = new ScriptedNode([1], ({ from }) => (from > 3_000 ? { reason: 'internal error' } : null));
    expect((await new EthereumChainReader(node, contracts).registryEvents(0, 9_000)).ok).toBe(false);
  });
});

describe('what a dispute is read from (invariant 10)', () => {
  const channel: Channel = {
    address: CHANNEL,
    initiator: address('66'),
    responder: address('77'),
    challengePeriod: 3_600,
    domain: { chainId: 1, registry: contracts.registry },
  };
  const state = { ...firstState(CHANNEL, 0n), signatures: null };
  const open = { id: APP, state: STATE, version: 0n } as unknown as (typeof state)['apps'][number];
  const holding = {
    channel,
    epoch: 0n,
    self: null,
    states: [{ ...state, apps: [open] }],
    moves: new Map(),
    assets: [],
  };
  const read = (node: ScriptedNode, fromBlock: number) =>
    new EthereumChainReader(node, contracts).dispute(holding, { now: 16, fromBlock });

  test('a node may take few blocks at once: it is read back to where the app’s dispute began', async () => {
    const node = new ScriptedNode([3, 4_321], wide(500));
    const view = await read(node, 2);
    expect(view.ok && view.value.paths.get(APP)).toEqual([
      { version: 0n, stateHash: stateHash(START), before: ZERO_HASH, state: START },
      { version: 1n, stateHash: stateHash(STATE), before: BASE, state: STATE },
    ]);
    const taken = node.asked.filter((asked) => wide(500)(asked) === null);
    expectToCover(
      taken.toSorted((a, b) => a.from - b.from),
      2,
      LATEST,
    );
  });

  test('no further than there, whatever was said before', async () => {
    const node = new ScriptedNode([3, 4], () => null);
    await read(node, 0);
    const many = new ScriptedNode([8_000], () => null);
    await read(many, 7_500);
    expect(many.asked.at(-1)).toEqual({ from: 7_500, to: LATEST });
    expect(node.asked.map(({ to }) => to)).toEqual([9_000, 7_000, 5_000, 3_000, 1_000]);
  });

  test('what the node does not tell keeps nobody from answering the ledger', async () => {
    const view = await read(new ScriptedNode([], () => ({ reason: 'internal error' })), 0);
    expect(view).toMatchObject({ ok: true, value: { ledger: { epoch: 0n } } });
    expect(view.ok && view.value.paths.get(APP) === undefined).toBe(true);
  });
});
