// SPDX-License-Identifier: MIT
/** A chain with the production bytecode on it, and channels of its own for every measured operation. */
import { network } from 'hardhat';
import {
  AbiCoder,
  concat,
  Contract,
  keccak256,
  parseEther,
  sha256,
  ZeroAddress,
  ZeroHash,
  type ContractTransactionResponse,
  type InterfaceAbi,
  type Signer,
  type TransactionResponse,
} from 'ethers';

import channelJson from '../../lib/chain/abi/Channel.json' with { type: 'json' };
import factoryJson from '../../lib/chain/abi/ChannelFactory.json' with { type: 'json' };
import registryJson from '../../lib/chain/abi/ChallengeRegistry.json' with { type: 'json' };
import tokenJson from '../../lib/chain/abi/TestToken.json' with { type: 'json' };
import { deployContracts, deployTestToken } from '../deploy.ts';
import { digestOf, typesOf, type Kind } from '../test/support/typed-data.ts';

export const PERIOD = 86_400;
export const FAR = 4_000_000_000n;
export const ONE = parseEther('1');
export const NO_SIGNATURES = ['0x', '0x'];
const coder = AbiCoder.defaultAbiCoder();

/** A transaction as it was sent, and what it cost. */
export interface Sent {
  readonly call: string;
  readonly gas: number;
}

export type World = Awaited<ReturnType<typeof createWorld>>;
export type AssetName = 'ether' | 'token';

interface Signed {
  readonly state: object & {
    readonly assets: readonly object[];
    readonly version: bigint;
    readonly appsRoot: string;
  };
  readonly signatures: readonly string[];
}

/** A channel with money in it. */
export interface Funded {
  readonly user: Signer;
  readonly hub: Signer;
  readonly stranger: Signer;
  readonly id: { readonly initiator: string; readonly responder: string; readonly challengePeriod: number };
  readonly address: string;
  readonly assets: readonly AssetName[];
  readonly channel: Contract;
  /** What the user's deposits cost, the channel's deployment, and the hub's deposits. */
  readonly paid: Readonly<Record<AssetName, Sent>>;
  readonly deploy: readonly Sent[];
  readonly deposits: Readonly<Record<AssetName, readonly Sent[]>>;
  sign(kind: Kind, value: object, signers?: readonly Signer[]): Promise<string[]>;
  signed(version: bigint, rest?: { readonly locked?: bigint; readonly appsRoot?: string }): Promise<Signed>;
  /** An unsigned ledger of version 0: what either side may leave with before anything was signed. */
  readonly nothing: object;
  withdrawal(party: 0 | 1, asset: AssetName, nonce: string): Promise<readonly [object, string[]]>;
}

export async function createWorld() {
  const { ethers, networkHelpers } = await network.create({
    network: 'hardhat',
    override: { accounts: { count: 64 } },
  });
  const [deployer, hub, stranger, ...users] = await ethers.getSigners();
  if (!deployer || !hub || !stranger) throw new Error('The network has too few accounts');
  const deployment = await deployContracts(deployer);
  const token = contract(await deployTestToken(deployer), tokenJson.abi, deployer);
  const tokenAddress = token.target as string;
  const registry = contract(deployment.registry, registryJson.abi, stranger);
  const factory = contract(deployment.factory, factoryJson.abi, stranger);
  const domain = {
    name: 'Indra',
    version: '2',
    chainId: deployment.chainId,
    verifyingContract: deployment.registry,
  };
  const addressOf = { ether: ZeroAddress, token: tokenAddress };
  // Whoever is paid has some of everything already: what a new entry costs is the token's, not the channel's.
  for (const { address } of [hub, ...users]) await method(token, 'mint')(address, 100n * ONE);

  /** A channel of the next user, with one of each asset from each side in it, deployed unless said otherwise. */
  async function fund({
    assets = ['ether'],
    isDeployed = true,
  }: { assets?: readonly AssetName[]; isDeployed?: boolean } = {}): Promise<Funded> {
    const user = users.pop();
    if (!user || !hub || !stranger) throw new Error('The network has too few accounts');
    const id = { initiator: user.address, responder: hub.address, challengePeriod: PERIOD };
    const address: string = await factory.getFunction('channelAddress')(user.address, hub.address, PERIOD);
    const channel = contract(address, channelJson.abi, stranger);
    const deposits = {} as Record<AssetName, Sent[]>;
    const paid = {} as Record<AssetName, Sent>;
    for (const asset of assets)
      paid[asset] =
        asset === 'ether'
          ? await sent('a plain send', user.sendTransaction({ to: address, value: ONE }))
          : await sent('ERC20.transfer', method(as(token, user), 'transfer')(address, ONE));
    const deploying = () =>
      sent('ChannelFactory.deploy', method(as(factory, hub), 'deploy')(user.address, hub.address, PERIOD));
    const deploy = isDeployed ? [await deploying()] : [];
    if (isDeployed)
      for (const asset of assets)
        deposits[asset] =
          asset === 'ether'
            ? [
                await sent(
                  'Channel.deposit',
                  method(as(channel, hub), 'deposit')(ZeroAddress, ONE, { value: ONE }),
                ),
              ]
            : [
                await sent('ERC20.approve', method(as(token, hub), 'approve')(address, ONE)),
                await sent('Channel.deposit', method(as(channel, hub), 'deposit')(tokenAddress, ONE)),
              ];
    const sign = (kind: Kind, value: object, signers: readonly Signer[] = [user, hub]) =>
      Promise.all(signers.map((one) => one.signTypedData(domain, typesOf(kind), value)));
    /** A quarter went from the hub to the user; `locked` of the rest of the hub's part is in apps. */
    const ledger = (version: bigint, { locked = 0n, appsRoot = ZeroHash } = {}) => ({
      channel: address,
      epoch: 0n,
      version,
      assets: assets
        .map((asset, i) => ({
          asset: addressOf[asset],
          balances: [(ONE * 5n) / 4n, (ONE * 3n) / 4n - (i === 0 ? locked : 0n)],
          deposits: [ONE, ONE],
          withdrawn: [0n, 0n],
          locked: i === 0 ? locked : 0n,
        }))
        .sort((a, b) => (a.asset.toLowerCase() < b.asset.toLowerCase() ? -1 : 1)),
      appsRoot,
    });
    const nothing = { channel: address, epoch: 0n, version: 0n, assets: [], appsRoot: ZeroHash };
    const signed: Funded['signed'] = async (version, rest) => {
      const state = ledger(version, rest);
      return { state, signatures: await sign('Ledger', state) };
    };
    const withdrawal = async (party: 0 | 1, asset: AssetName, nonce: string) => {
      const value = {
        channel: address,
        epoch: 0n,
        party,
        asset: addressOf[asset],
        amount: ONE / 10n,
        recipient: (party === 0 ? user : hub).address,
        nonce: keccak256(nonce),
        deadline: FAR,
        handler: ZeroAddress,
        data: '0x',
      };
      return [value, await sign('Withdrawal', value)] as const;
    };
    return {
      ...{ user, hub, stranger, id, address, assets, channel, paid, deploy, deposits },
      ...{ sign, signed, nothing, withdrawal },
    };
  }

  /** A transfer from the hub to the user, open in a ledger with one other app, and the move that unlocks it. */
  async function transferIn({ user, hub: payer, address, assets, sign, signed }: Funded) {
    const seats = [payer, user] as const;
    const participants = await Promise.all(seats.map((seat) => seat.getAddress()));
    const amount = ONE / 20n;
    const preimage = keccak256('0x5ec3e7');
    const stateOf = (shown: string) =>
      coder.encode(['uint256', 'bytes32', 'bytes32'], [amount, sha256(preimage), shown]);
    const [locked, unlocked] = [stateOf(ZeroHash), stateOf(preimage)];
    const app = {
      channel: address,
      epoch: 0n,
      installVersion: 999n,
      nonce: keccak256('0x03'),
      definition: deployment.transferApp,
      participants,
      outcomeType: 1,
      stakes: [{ asset: addressOf[assets[0] ?? 'ether'], amounts: [amount, 0n] }],
      periods: [PERIOD, PERIOD / 2],
      actionDeadline: FAR,
      holdUntil: 0n,
      initialStateHash: keccak256(locked),
    };
    const appId = digestOf(domain, 'App', app);
    const [leaf, other] = [keccak256(appId), keccak256('0x04')];
    const appsRoot = keccak256(leaf < other ? concat([leaf, other]) : concat([other, leaf]));
    const next = { appId, version: 1n, stateHash: keccak256(unlocked) };
    const signatures = await sign('AppState', next, seats);
    return {
      ...{ seats, app, appId, locked, unlocked, proof: [other], signatures },
      ledger: await signed(1_000n, { locked: amount, appsRoot }),
      move: { action: coder.encode(['bytes32'], [preimage]), signature: signatures[1] },
    };
  }

  return {
    ...{ registry, factory, fund, transferIn },
    pass: () => networkHelpers.time.increase(PERIOD),
    encode: (name: string, args: readonly unknown[]) => registry.interface.encodeFunctionData(name, args),
    /** A call of the registry. */
    call: (from: Signer, name: string, args: readonly unknown[]) =>
      sent(`ChallengeRegistry.${name}`, method(as(registry, from), name)(...args)),
    /** Several in one transaction, under the names of what is in it. */
    multicall: (from: Signer, calls: readonly (readonly [name: string, args: readonly unknown[]])[]) =>
      sent(
        `ChallengeRegistry.multicall[${calls.map(([name]) => name).join(', ')}]`,
        method(
          as(registry, from),
          'multicall',
        )(calls.map(([name, args]) => registry.interface.encodeFunctionData(name, args))),
      ),
  };
}

const contract = (address: string, abi: InterfaceAbi, runner: Signer) => new Contract(address, abi, runner);
const as = (target: Contract, runner: Signer) => target.connect(runner) as Contract;

/** Sends a transaction. */
export const method = (target: Contract, name: string) =>
  target.getFunction(name) as (...args: unknown[]) => Promise<ContractTransactionResponse>;

export async function sent(call: string, sending: Promise<TransactionResponse>): Promise<Sent> {
  const receipt = await (await sending).wait();
  if (receipt?.status !== 1) throw new Error(`A measured transaction failed: ${call}`);
  return { call, gas: Number(receipt.gasUsed) };
}
