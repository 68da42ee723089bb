// SPDX-License-Identifier: MIT
/** What a sender may get wrong, or try: each a stable code, nothing changed, nothing logged as a crash. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '../../infra/local/wait-until.ts';
import { startWorld, type World } from '../../infra/local/world.ts';
import { encodeRequest } from '../../lib/messaging/envelope.ts';
import { CHAIN_HEADER } from '../../lib/messaging/http-post.ts';
import { signIn } from '../../lib/messaging/session.ts';
import { toHash, toHex } from '../../lib/protocol/bytes.ts';
import type { Proposal } from '../../lib/protocol/operations.ts';
import { ETHER, type Address } from '../../lib/protocol/types.ts';
import { toJson } from '../../lib/protocol/wire/primitives.ts';
import { sign } from '../../lib/signing/native.ts';
import { remoteUser, ask, type RemoteUser } from '../harness/remote-hub.ts';

let world: World;
let alice: RemoteUser;
let bob: RemoteUser;
const lines: string[] = [];

beforeAll(async () => {
  world = await startWorld({
    store: 'sqlite',
    logLevel: 'debug',
    onLine: (part, line) => part.startsWith('functions') && lines.push(line),
  });
  [alice, bob] = await Promise.all([
    remoteUser(world, new Uint8Array(32).fill(51)),
    remoteUser(world, new Uint8Array(32).fill(52)),
  ]);
  await alice.user.fund(ETHER, 1000n);
  await bob.user.fund(ETHER, 10n, 300n);
}, 120_000);

afterAll(async () => {
  await Promise.all([alice?.close(), bob?.close()]);
  await world?.stop();
}, 30_000);

const stateOf = async (who: RemoteUser) => {
  const view = await ask(who.transport, 'sync', { channel: who.user.channel.address });
  if (!view.ok) throw new Error(view.error.code);
  return toJson(view.value.state);
};

const payment = (amount: bigint, change: Partial<Proposal> = {}): Proposal => ({
  ...alice.user.proposal([alice.user.transfer(ETHER, amount, bob.user).operation]),
  ...change,
});

const someHash = toHash(new Uint8Array(32).fill(0xab));
const stranger = toHex(new Uint8Array(20).fill(0x99)) as string as Address;

interface Case {
  readonly name: string;
  readonly code: string;
  readonly operation: string;
  readonly body: () => unknown;
}

const cases: readonly Case[] = [
  { name: 'malformed: no object', code: 'malformed', operation: 'install', body: () => 'pay bob' },
  {
    name: 'malformed: a field too many',
    code: 'malformed',
    operation: 'install',
    body: () => ({ ...payment(1n), tip: 1 }),
  },
  {
    name: 'malformed: an amount with a sign',
    code: 'malformed',
    operation: 'deposit',
    body: () => ({ ...payment(1n), version: '-1' }),
  },
  {
    name: 'malformed: an operation that is not for this function',
    code: 'malformed',
    operation: 'deposit',
    body: () => payment(1n),
  },
  {
    name: 'oversized: more operations than a proposal may hold',
    code: 'too_large',
    operation: 'propose',
    body: () => ({
      ...payment(1n),
      operations: Array.from({ length: 100 }, () => ({ kind: 'uninstall', appId: someHash })),
    }),
  },
  {
    name: 'stale: a version that was agreed before',
    code: 'stale_version',
    operation: 'install',
    body: () => payment(1n, { version: 1n }),
  },
  {
    name: 'stale: builds on a state the hub does not hold',
    code: 'out_of_sync',
    operation: 'install',
    body: () => payment(1n, { previous: { version: 1n, digest: someHash } }),
  },
  {
    name: 'of another epoch',
    code: 'wrong_epoch',
    operation: 'install',
    body: () => payment(1n, { epoch: 3n }),
  },
  {
    name: 'wrongly signed: by someone else',
    code: 'bad_signature',
    operation: 'install',
    body: () => payment(1n, { signature: bob.user.sign(new Uint8Array(32).fill(7)) }),
  },
  {
    name: 'wrongly signed: for other operations',
    code: 'bad_signature',
    operation: 'install',
    body: () => payment(1n, { signature: payment(2n).signature }),
  },
  {
    name: "someone else's channel",
    code: 'not_yours',
    operation: 'install',
    body: () => payment(1n, { channel: bob.user.channel.address }),
  },
  {
    name: "someone else's state",
    code: 'not_yours',
    operation: 'sync',
    body: () => ({ channel: bob.user.channel.address }),
  },
  {
    name: 'a channel nobody opened',
    code: 'unknown_channel',
    operation: 'sync',
    body: () => ({ channel: stranger }),
  },
  {
    name: 'unknown asset: deposit',
    code: 'unknown_asset',
    operation: 'deposit',
    body: () => alice.user.proposal([{ kind: 'deposit', asset: stranger, deposits: [1n, 0n] }]),
  },
  {
    name: 'unknown asset: collateral',
    code: 'unknown_asset',
    operation: 'collateral',
    body: () => ({ channel: alice.user.channel.address, asset: stranger, amount: '5' }),
  },
  { name: 'overspend', code: 'insufficient_balance', operation: 'install', body: () => payment(1001n) },
  {
    name: 'overspend: withdrawal',
    code: 'insufficient_balance',
    operation: 'propose',
    body: () =>
      alice.user.proposal([
        {
          kind: 'withdraw',
          party: 0,
          asset: ETHER,
          amount: 5000n,
          recipient: alice.user.address,
          nonce: someHash,
          deadline: Math.floor(Date.now() / 1000) + 3600,
          handler: ETHER,
          data: '0x',
        },
      ]),
  },
  {
    name: 'a deposit that never arrived',
    code: 'deposit_not_found',
    operation: 'deposit',
    body: () => alice.user.proposal([{ kind: 'deposit', asset: ETHER, deposits: [100_000n, 0n] }]),
  },
  {
    name: "a withdrawal of the hub's money",
    code: 'invalid_withdrawal',
    operation: 'propose',
    body: () =>
      bob.user.proposal([
        {
          kind: 'withdraw',
          party: 1,
          asset: ETHER,
          amount: 5n,
          recipient: bob.user.address,
          nonce: someHash,
          deadline: Math.floor(Date.now() / 1000) + 3600,
          handler: ETHER,
          data: '0x',
        },
      ]),
  },
  {
    name: 'expired: a transfer whose time is over before it starts',
    code: 'invalid_transfer',
    operation: 'install',
    body: () =>
      alice.user.proposal([alice.user.transfer(ETHER, 1n, bob.user, { expiresAt: 1000 }).operation]),
  },
  {
    name: 'a transfer nobody made',
    code: 'unknown_transfer',
    operation: 'transfer',
    body: () => ({ kind: 'get', transferId: someHash }),
  },
  {
    name: 'W-C5 a cursor somebody made up',
    code: 'malformed',
    operation: 'transfer',
    body: () => ({ kind: 'history', side: 'payer', after: 'bm90IGEgY3Vyc29y' }),
  },
  {
    name: 'an app nobody opened',
    code: 'unknown_app',
    operation: 'propose',
    body: () => alice.user.proposal([{ kind: 'uninstall', appId: someHash }]),
  },
  { name: 'an operation there is not', code: 'unreachable', operation: 'steal', body: () => ({}) },
];

describe('bad input over the bus', () => {
  test.each(cases)('$name → $code', async ({ code, operation, body }) => {
    const sender =
      operation === 'propose' && JSON.stringify(toJson(body())).includes(bob.user.channel.address)
        ? bob
        : alice;
    const before = await Promise.all([stateOf(alice), stateOf(bob)]);
    const reply = await sender.transport.request(operation, toJson(body()));
    expect(reply.ok ? 'ok' : reply.error.code).toBe(code);
    expect(await Promise.all([stateOf(alice), stateOf(bob)])).toEqual(before);
  });

  test('replayed: the same proposal changes nothing and gets the same reply (invariant 5)', async () => {
    const proposal = payment(3n);
    const first = await alice.transport.request('install', toJson(proposal));
    const after = await stateOf(alice);
    const second = await alice.transport.request('install', toJson(proposal));
    expect(first.ok && second.ok && second.result).toEqual(first.ok && first.result);
    expect(await stateOf(alice)).toEqual(after);
    alice.user.adopt(proposal, { version: proposal.version, signature: '0x', withdrawals: [] });
  });

  test('double claim: one link, two channels', async () => {
    const sent = alice.user.transfer(ETHER, 2n, null);
    expect((await alice.user.propose(sent.operation)).ok).toBe(true);
    expect((await bob.user.propose(bob.user.claim(sent))).ok).toBe(true);
    const thief = await remoteUser(world, new Uint8Array(32).fill(53));
    await thief.user.fund(ETHER, 0n, 50n);
    const reply = await thief.user.propose(thief.user.claim(sent));
    expect(reply.ok ? 'ok' : reply.error.code).toBe('transfer_claimed');
    await bob.user.propose(...bob.user.unlock(sent));
    const late = await thief.user.propose(thief.user.claim(sent));
    expect(late.ok ? 'ok' : late.error.code).toBe('transfer_resolved');
    await thief.close();
  });

  test('a claim for someone else, whose name is in the transfer', async () => {
    const sent = alice.user.transfer(ETHER, 2n, bob.user);
    expect((await alice.user.propose(sent.operation)).ok).toBe(true);
    const thief = await remoteUser(world, new Uint8Array(32).fill(54));
    await thief.user.fund(ETHER, 0n, 50n);
    const reply = await thief.user.propose(thief.user.claim(sent));
    expect(reply.ok ? 'ok' : reply.error.code).toBe('not_recipient');
    const peek = await ask(thief.transport, 'transfer', { kind: 'get', transferId: sent.transferId });
    expect(peek.ok ? 'ok' : peek.error.code).toBe('unknown_transfer');
    await thief.close();
  });
});

describe('bad input over HTTP', () => {
  const post = async (path: string, body: string, token?: string) => {
    const response = await fetch(`${world.hubUrl}/v1/${path}`, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
    return ((await response.json()) as { error?: { code: string } }).error?.code ?? 'ok';
  };

  test.each([
    ['no JSON', 'sync', 'hello', undefined, 'malformed'],
    ['no envelope', 'sync', '{}', undefined, 'malformed'],
    ['another protocol version', 'sync', '{"v":9,"id":"a","body":{}}', undefined, 'unsupported_version'],
    ['nobody signed in', 'sync', encodeRequest({ channel: stranger }, 'a'), undefined, 'unauthenticated'],
    [
      'a token somebody made up',
      'sync',
      encodeRequest({ channel: stranger }, 'a'),
      'abc.def.ghi',
      'unauthenticated',
    ],
    ['no operator', 'admin', encodeRequest({ kind: 'stats' }, 'a'), undefined, 'unauthenticated'],
    ['oversized', 'sync', encodeRequest('x'.repeat(2_000_000), 'a'), undefined, 'too_large'],
  ])('%s → %s', async (_name, path, body, token, code) => {
    expect(await post(path, body, token)).toBe(code);
  });

  test('W-C5 a chain id that is none is not the first chain', async () => {
    const { address } = alice.user;
    const chainId = world.chain.chainId;
    const session = await signIn({
      hubUrl: world.hubUrl,
      address,
      chainId,
      sign: (digest) => sign(digest, alice.user.key),
    });
    if (!session.ok) throw new Error(session.error.code);
    const syncOn = async (chain: string | null): Promise<string> => {
      const response = await fetch(`${world.hubUrl}/v1/sync`, {
        method: 'POST',
        body: encodeRequest({ channel: alice.user.channel.address }, 'a'),
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${session.value.token}`,
          ...(chain === null ? {} : { [CHAIN_HEADER]: chain }),
        },
      });
      return ((await response.json()) as { error?: { code: string } }).error?.code ?? 'ok';
    };
    expect([await syncOn(null), await syncOn(`${chainId}`)]).toEqual(['ok', 'ok']);
    expect([await syncOn('7'), await syncOn('one'), await syncOn('0x7a69'), await syncOn('')]).toEqual([
      'unknown_chain',
      'malformed',
      'malformed',
      'malformed',
    ]);
  });
});

describe('W-C3 the port that serverless-offline opens for invocations', () => {
  const invoke = async (functionName: string, event: unknown): Promise<string> => {
    const path = `2015-03-31/functions/indra-local-${functionName}/invocations`;
    const response = await fetch(`http://127.0.0.1:${world.ports.lambda}/${path}`, {
      method: 'POST',
      body: JSON.stringify(event),
    });
    expect(response.status).toBe(200);
    return response.text();
  };

  test('lets nobody act as a user', async () => {
    const subject = `indra.v1.31337.${alice.user.address}.sync`;
    const data = encodeRequest({ channel: alice.user.channel.address }, 'a');
    for (const secret of [undefined, '', 'f'.repeat(64)]) {
      const answer = await invoke('sync', { secret, nats: { subject, data } });
      expect(answer).toContain('unauthenticated');
      expect(answer).not.toContain('signatures');
    }
  });

  test('runs no timer, and triggers nothing of the hub’s own', async () => {
    const trigger = { subject: 'indra.v1.hub.sweep', data: encodeRequest({}, 'forged') };
    await invoke('sweep', { nats: trigger });
    const swept = (): string[] => lines.filter((line) => line.includes('"function":"sweep"'));
    const before = swept().length;
    await waitUntil('a sweep of the timer', async () => swept().length > before);
    expect(swept().filter((line) => line.includes('forged'))).toEqual([]);
  });
});

describe('W-C1 one token that asks without end', () => {
  test('has a share, and the others pay each other meanwhile (invariant 20)', async () => {
    const mallory = await remoteUser(world, new Uint8Array(32).fill(55));
    let isOver = false;
    const codes = new Map<string, number>();
    const ask = async (): Promise<void> => {
      while (!isOver) {
        const reply = await mallory.transport.request('sync', { channel: mallory.user.channel.address });
        const code = reply.ok ? 'ok' : reply.error.code;
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
    };
    const flood = Promise.all(Array.from({ length: 400 }, ask));
    for (let paid = 0; paid < 20; paid++) {
      const sent = alice.user.transfer(ETHER, 1n, bob.user);
      expect((await alice.user.propose(sent.operation)).ok).toBe(true);
      expect((await bob.user.propose(bob.user.claim(sent))).ok).toBe(true);
      expect((await bob.user.propose(...bob.user.unlock(sent))).ok).toBe(true);
    }
    isOver = true;
    await flood;
    expect(codes.get('busy')).toBeGreaterThan(0);
    expect(codes.get('ok')).toBeGreaterThan(0);
    await mallory.close();
  }, 60_000);
});

test('none of it was logged as a crash', () => {
  const crashes = lines.filter((line) => /"level":"error"|uncaught|unhandled|TypeError/i.test(line));
  expect(crashes).toEqual([]);
  expect(lines.some((line) => line.includes('"code":"not_yours"'))).toBe(true);
});
