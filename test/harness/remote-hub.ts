// SPDX-License-Identifier: MIT
/** A running hub as a test user meets it: signed in, over the bus, with money sent to the channel on a real chain. */
import { Interface } from 'ethers';
import type { World } from '../../infra/local/world.ts';
import { sent } from '../../infra/local/fund.ts';
import { rpc } from '../../infra/local/local-chain.ts';
import { loadConfig } from '../../infra/config/load-config.ts';
import { responderDepositCall, deployAndCall } from '../../lib/chain/calls.ts';
import type { ContractAddresses } from '../../lib/chain/contracts.ts';
import { connectNode } from '../../lib/messaging/connect-node.ts';
import { keepSession } from '../../lib/messaging/session-keeper.ts';
import type { Transport } from '../../lib/messaging/transport.ts';
import { transferApp } from '../../lib/protocol/apps/transfer-app.ts';
import type { Outcomes } from '../../lib/protocol/errors.ts';
import { err, ok } from '../../lib/protocol/result.ts';
import { ETHER, type Address, type Channel, type Pair } from '../../lib/protocol/types.ts';
import { toJson } from '../../lib/protocol/wire/primitives.ts';
import { OPERATIONS, type OperationName, type ResultOf } from '../../lib/protocol/wire/requests.ts';
import { sign } from '../../lib/signing/native.ts';
import { TestUser, type HubUnderTest } from './test-user.ts';

export interface RemoteUser {
  readonly user: TestUser;
  readonly transport: Transport;
  close(): Promise<void>;
}

/** Asks and reads the reply as the SDK would. */
export async function ask<O extends OperationName>(
  transport: Transport,
  operation: O,
  body: unknown,
): Promise<Outcomes<ResultOf<O>>> {
  const reply = await transport.request(operation, toJson(body));
  return reply.ok ? ok(OPERATIONS[operation][1].parse(reply.result) as ResultOf<O>) : err(reply.error);
}

const token = new Interface(['function mint(address,uint256)', 'function approve(address,uint256)']);

/** From the chain's first account, which is not the hub's: anyone may pay for either side. */
async function send(world: World, transaction: Readonly<Record<string, string>>): Promise<void> {
  const [from] = (await rpc(world.chain.rpcUrl, 'eth_accounts', [])) as string[];
  await sent(world.chain.rpcUrl, { from, ...transaction });
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;

async function arrive(world: World, channel: Channel, asset: Address, received: Pair<bigint>): Promise<void> {
  if (received[0] > 0n) {
    // The hub may deploy the channel meanwhile, which then costs more to send to than a plain address.
    if (asset === ETHER)
      await send(world, { to: channel.address, value: hex(received[0]), gas: hex(100_000n) });
    else
      await send(world, {
        to: asset,
        data: token.encodeFunctionData('mint', [channel.address, received[0]]),
      });
  }
  if (received[1] === 0n) return;
  const contracts = {
    chainId: world.chain.chainId,
    ...world.chain.deployment,
  } as unknown as ContractAddresses;
  const [from] = (await rpc(world.chain.rpcUrl, 'eth_accounts', [])) as string[];
  if (asset !== ETHER) {
    await send(world, { to: asset, data: token.encodeFunctionData('mint', [from, received[1]]) });
    await send(world, {
      to: asset,
      data: token.encodeFunctionData('approve', [channel.address, received[1]]),
    });
  }
  const call = deployAndCall(contracts, channel, responderDepositCall(channel.address, asset, received[1]));
  await send(world, { to: call.to, data: call.data, value: hex(call.value) });
}

/** Signs in with `key`, connects over NATS and opens the channel. */
export async function remoteUser(world: World, key: Uint8Array): Promise<RemoteUser> {
  const config = loadConfig(world.env);
  const chain = config.chains[0];
  const connection: { line?: Transport } = {};
  const line = (): Transport => {
    if (connection.line === undefined) throw new Error('not connected');
    return connection.line;
  };
  const door: HubUnderTest = {
    chain,
    catalogue: new Map([[chain.transferApp as string as Address, transferApp]]),
    margin: config.limits.margin,
    now: () => Math.floor(Date.now() / 1000),
    open: () => ask(line(), 'open', { challengePeriod: chain.challengePeriod }),
    propose: (_caller, proposal) => ask(line(), 'propose', proposal),
    arrive: (channel, asset, received) => arrive(world, channel, asset, received),
  };
  const user = new TestUser(door, key);
  const keeper = await keepSession({
    hubUrl: world.hubUrl,
    address: user.address,
    sign: (digest) => sign(digest, key),
    chainId: chain.chainId,
  });
  if (!keeper.ok) throw new Error(`sign-in: ${keeper.error.code}`);
  const connected = await connectNode(keeper.value, chain.chainId);
  if (!connected.ok) throw new Error(`connection: ${connected.error.code}`);
  connection.line = connected.value;
  await user.open();
  return {
    user,
    transport: connected.value,
    async close() {
      keeper.value.close();
      await line().close();
    },
  };
}
