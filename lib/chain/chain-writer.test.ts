// SPDX-License-Identifier: MIT
import { addressOfPrivateKey } from '#secp256k1';
import { replacementFees } from '../lane/replacement-fees.ts';
import type { Outcomes } from '../protocol/errors.ts';
import { ETHER, type Address } from '../protocol/types.ts';
import { plainDepositCall } from './calls.ts';
import { EthereumChainWriter } from './chain-writer.ts';
import { startLocalChain, type LocalChain } from './testing/local-chain.ts';
import { signerOf } from './transaction.ts';

const someone = '0x00000000000000000000000000000000000000aa' as Address;

let chain: LocalChain;
let user: EthereumChainWriter;

beforeAll(async () => {
  chain = await startLocalChain();
  const { rpc, contracts } = chain;
  user = new EthereumChainWriter({ rpc, contracts, signer: signerOf(chain.keys[0] as Uint8Array) });
}, 30_000);
afterAll(() => chain.stop());

function valueOf<T>(outcome: Outcomes<T>): T {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.error));
  return outcome.value;
}

describe('sending', () => {
  const automine = (on: boolean) => chain.rpc.request('evm_setAutomine', [on]);
  afterEach(() => automine(true));

  test('a broadcast may be repeated, while it waits and when it is mined', async () => {
    await automine(false);
    const call = plainDepositCall(someone, ETHER, 1n);
    const fees = valueOf(await user.fees());
    const nonce = valueOf(await user.nextNonce());
    const first = user.sign(call, nonce, 100_000n, fees);
    expect(user.sign(call, nonce, 100_000n, fees)).toEqual(first);
    valueOf(await user.broadcast(first.raw));
    valueOf(await user.broadcast(first.raw));
    expect(valueOf(await user.receipt(first.hash))).toBeNull();
    expect(valueOf(await user.nextNonce())).toBe(nonce + 1);
    await chain.mine();
    valueOf(await user.broadcast(first.raw));
    expect(valueOf(await user.receipt(first.hash))).toMatchObject({ succeeded: true });
  });

  test('a dearer transaction takes the place of a waiting one', async () => {
    await automine(false);
    const nonce = valueOf(await user.nextNonce());
    const fees = valueOf(await user.fees());
    const sendAt = async (amount: bigint, at: typeof fees) => {
      const transaction = user.sign(plainDepositCall(someone, ETHER, amount), nonce, 50_000n, at);
      return { ...transaction, sent: await user.broadcast(transaction.raw) };
    };
    const first = await sendAt(1n, fees);
    expect(first.sent.ok).toBe(true);
    expect((await sendAt(2n, fees)).sent).toMatchObject({ ok: false, error: { code: 'chain_unavailable' } });
    const third = await sendAt(3n, replacementFees(fees, fees));
    expect(third.sent.ok).toBe(true);
    await chain.mine();
    expect(valueOf(await user.receipt(first.hash))).toBeNull();
    expect(valueOf(await user.receipt(third.hash))).toMatchObject({ succeeded: true });
  });

  test('replacement fees rise by an eighth, or to what is usual now', () => {
    const last = { maxFeePerGas: 80n, maxPriorityFeePerGas: 0n };
    const now = { maxFeePerGas: 500n, maxPriorityFeePerGas: 0n };
    expect(replacementFees(last, last)).toEqual({ maxFeePerGas: 91n, maxPriorityFeePerGas: 1n });
    expect(replacementFees(last, now)).toEqual({ maxFeePerGas: 500n, maxPriorityFeePerGas: 1n });
  });

  test('what the node does not take is a fault to be tried again', async () => {
    const call = plainDepositCall(someone, ETHER, 10n ** 30n);
    const { raw } = user.sign(call, valueOf(await user.nextNonce()), 50_000n, valueOf(await user.fees()));
    expect(await user.broadcast(raw)).toMatchObject({
      ok: false,
      error: { code: 'chain_unavailable', retryable: true },
    });
  });
});

test('the sender of what is signed is the key', () => {
  expect(user.address).toBe(addressOfPrivateKey(chain.keys[0] as Uint8Array));
});
