// SPDX-License-Identifier: MIT
/**
 * A client in a process of its own, to be killed. It makes the payments it was given, always under the same ids, and says
 * on standard output how far it is. Told so, it kills itself with signal 9 at one of its store's writes: no other moment
 * is as exact, and between two writes nothing that matters changes.
 */
import { z } from 'zod';
import { connect } from '../../lib/client/connect.ts';
import { IndraError } from '../../lib/client/indra-error.ts';
import { openClientStore } from '../../lib/client/store-node.ts';
import type { Address, Hash } from '../../lib/protocol/types.ts';
import { oneAfterAnother } from '../../lib/store/one-after-another.ts';
import type { Store } from '../../lib/store/store.ts';
import { waitUntil } from '../../infra/local/wait-until.ts';
import { IDLE_MS, POLL_MS } from './paying-user.ts';

const orderSchema = z.object({
  hubUrl: z.string(),
  rpcUrl: z.string(),
  key: z.string(),
  storePath: z.string(),
  inFlight: z.number(),
  payments: z.array(
    z.object({ to: z.string(), asset: z.string(), amount: z.string(), paymentId: z.string() }),
  ),
  death: z.object({ write: z.number(), when: z.enum(['before', 'after']) }).nullable(),
});
export type PayerOrder = z.output<typeof orderSchema>;

const order = orderSchema.parse(JSON.parse(process.argv[2] ?? ''));
const say = (what: string): void => void process.stdout.write(`${JSON.stringify({ what })}\n`);

function dyingStore(durable: Store, death: NonNullable<PayerOrder['death']>): Store {
  let writes = 0;
  const die = () => process.kill(process.pid, 'SIGKILL');
  const put: Store['put'] = async (item, expect) => {
    writes += 1;
    const isLast = writes === death.write;
    if (isLast && death.when === 'before') die();
    const result = await durable.put(item, expect);
    if (isLast) die();
    return result;
  };
  return {
    get: (key) => durable.get(key),
    scan: (...args) => durable.scan(...args),
    query: (...args) => durable.query(...args),
    remove: (key, expect) => durable.remove(key, expect),
    put,
    putInOrder: (puts) => oneAfterAnother(put, puts),
    ready: () => durable.ready(),
    close: () => durable.close(),
    counters: durable.counters,
  };
}

const durable = await openClientStore(order.storePath);
const store = order.death === null ? durable : dyingStore(durable, order.death);
const { hubUrl, rpcUrl, key } = order;
const client = await connect({
  ...{ hubUrl, key, store, chain: { rpcUrl } },
  ...{ pollMs: POLL_MS, idleMs: IDLE_MS },
});
say('connected');

/** An unknown outcome is asked about again; a refusal ends the process with an error, which fails the test. */
async function pay({ to, asset, amount, paymentId }: PayerOrder['payments'][number]): Promise<void> {
  const request = {
    ...{ to, asset: asset as string as Address, amount: BigInt(amount) },
    paymentId: paymentId as string as Hash,
  };
  for (;;) {
    try {
      const { transferId } = await client.transfer(request, { timeoutMs: 5_000 });
      say('sent');
      await waitUntil(
        'the payment to be over',
        async () => (await client.transferStatus(transferId)).status === 'resolved',
      );
      say('paid');
      return;
    } catch (error) {
      if (!(error instanceof IndraError) || (error.outcome !== 'unknown' && error.code !== 'timeout'))
        throw error;
    }
  }
}

const waiting = [...order.payments];
const lane = async (): Promise<void> => {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await pay(next);
};
await Promise.all(Array.from({ length: order.inFlight }, lane));
await waitUntil('all apps to be closed', () =>
  client.balances().every(({ locked, incoming }) => locked + incoming === 0n),
);
await client.close();
await durable.close();
say('done');
