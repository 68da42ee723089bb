// SPDX-License-Identifier: MIT
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
import { deployContracts } from '../deploy.ts';
import { digestOf, typesOf, assetHash, type Kind } from '../test/support/typed-data.ts';

export interface Measured {
  readonly operation: string;
  readonly gas: number;
  /** The least that is known of another system for the same thing. */
  readonly best: number;
  readonly bestOf: string;
}

const PERIOD = 86_400;
const FAR = 4_000_000_000n;
const coder = AbiCoder.defaultAbiCoder();

/** Every operation on a channel of its own, so that no one finds warm what another wrote. */
export async function measureGas(): Promise<Measured[]> {
  const row = (operation: string, gas: number, best: number, bestOf: string): Measured => ({
    operation,
    gas,
    best,
    bestOf,
  });
  const world = await createWorld();
  const deposit = await world.depositAndDeploy();
  const [first, later] = await world.withdrawals();
  const plain = await world.exit();
  const answer = await world.answer();
  const open = await world.exitWithTransfer();
  return [
    row('deposit by the user, channel not deployed', deposit.deposit, 21_000, 'a plain send'),
    row('deploy the channel', deposit.deploy, 136_203, 'Vector'),
    row('cooperative withdrawal, channel deployed, first', first, 126_187, 'Vector'),
    row('cooperative withdrawal, channel deployed, later', later, 109_055, 'Vector'),
    row('start a ledger dispute', plain.start, 100_499, 'Perun'),
    row('answer it with a newer state', answer, 68_080, 'Perun'),
    row('settle the ledger, both paid', plain.settle, 297_293, 'Vector, with two exits'),
    row('enforce one open transfer with its preimage', open.enforce, 187_605, 'Vector'),
    row('whole unilateral exit with one open transfer, no deploy', open.whole, 661_471, 'Vector'),
    row('whole unilateral exit, no app', plain.start + plain.settle, 195_172, 'Nitro'),
  ];
}

async function createWorld() {
  const { ethers, networkHelpers } = await network.create({ network: 'hardhat' });
  const [deployer, hub, stranger, ...users] = await ethers.getSigners();
  if (!deployer || !hub || !stranger) throw new Error('The network has too few accounts');
  const deployment = await deployContracts(deployer);
  const registry = contract(deployment.registry, registryJson.abi, stranger);
  const factory = contract(deployment.factory, factoryJson.abi, stranger);
  const domain = {
    name: 'Indra',
    version: '1',
    chainId: deployment.chainId,
    verifyingContract: deployment.registry,
  };

  /** A channel of the next user with an ether from each side. */
  async function fund() {
    const user = users.pop();
    if (!user || !hub || !stranger) throw new Error('The network has too few accounts');
    const id = { initiator: user.address, responder: hub.address, challengePeriod: PERIOD };
    const address: string = await factory.getFunction('channelAddress')(user.address, hub.address, PERIOD);
    const sent = await gasOf(user.sendTransaction({ to: address, value: parseEther('1') }));
    const deployed = await gasOf(method(factory, 'deploy')(user.address, hub.address, PERIOD));
    const channel = contract(address, channelJson.abi, stranger);
    await gasOf(
      method(channel.connect(hub) as Contract, 'deposit')(ZeroAddress, parseEther('1'), {
        value: parseEther('1'),
      }),
    );
    const sign = (kind: Kind, value: object, signers: Signer[] = [user, hub]) =>
      Promise.all(signers.map((one) => one.signTypedData(domain, typesOf(kind), value)));
    const ledger = (version: bigint, locked = 0n, appsRoot = ZeroHash) => ({
      channel: address,
      epoch: 0n,
      version,
      assets: [
        {
          asset: ZeroAddress,
          balances: [parseEther('1.25'), parseEther('0.75') - locked],
          deposits: [parseEther('1'), parseEther('1')],
          withdrawn: [0n, 0n],
          locked,
        },
      ],
      appsRoot,
    });
    return { user, hub, id, address, channel, sign, ledger, sent, deployed };
  }

  return {
    async depositAndDeploy() {
      const { sent, deployed } = await fund();
      return { deposit: sent, deploy: deployed };
    },

    async withdrawals(): Promise<[number, number]> {
      const { user, address, channel, sign } = await fund();
      const withdraw = async (nonce: string) => {
        const withdrawal = {
          channel: address,
          epoch: 0n,
          party: 0,
          asset: ZeroAddress,
          amount: parseEther('0.1'),
          recipient: user.address,
          nonce: keccak256(nonce),
          deadline: FAR,
          handler: ZeroAddress,
          data: '0x',
        };
        return gasOf(method(channel, 'withdraw')(withdrawal, await sign('Withdrawal', withdrawal)));
      };
      return [await withdraw('0x01'), await withdraw('0x02')];
    },

    async exit() {
      const { id, sign, ledger } = await fund();
      const state = ledger(1_000n);
      const start = await gasOf(method(registry, 'challengeLedger')(id, state, await sign('Ledger', state)));
      await networkHelpers.time.increase(PERIOD);
      return { start, settle: await gasOf(method(registry, 'settle')(id, state, [])) };
    },

    async answer() {
      const { id, sign, ledger } = await fund();
      const [stale, newer] = [ledger(1_000n), ledger(2_000n)];
      await gasOf(method(registry, 'challengeLedger')(id, stale, await sign('Ledger', stale)));
      return gasOf(method(registry, 'answerLedger')(id, newer, await sign('Ledger', newer)));
    },

    /** In two ways: step by step, where the transfer's own transactions are counted, and in as few as possible. */
    async exitWithTransfer() {
      let enforce = 0;
      {
        const { id, ledger, move, open, settleApp } = await fundTransfer();
        await gasOf(method(registry, 'challengeLedger')(id, ledger.state, ledger.signatures));
        enforce += await gasOf(method(registry, 'openApp')(...open, [move]));
        await networkHelpers.time.increase(PERIOD);
        await gasOf(method(registry, 'settle')(id, ledger.state, []));
        enforce += await gasOf(method(registry, 'settleApp')(...settleApp));
      }
      const { id, ledger, move, open, settleApp } = await fundTransfer();
      const encode = (name: string, args: readonly unknown[]) =>
        registry.interface.encodeFunctionData(name, args);
      let whole = await gasOf(
        method(
          registry,
          'multicall',
        )([
          encode('challengeLedger', [id, ledger.state, ledger.signatures]),
          encode('openApp', [...open, [move]]),
        ]),
      );
      await networkHelpers.time.increase(PERIOD);
      whole += await gasOf(
        method(
          registry,
          'multicall',
        )([encode('settle', [id, ledger.state, []]), encode('settleApp', settleApp)]),
      );
      return { enforce, whole };
    },
  };

  /** A channel with a transfer from the hub to the user open, in a ledger with one other app. */
  async function fundTransfer() {
    const { user, hub: payer, id, address, sign, ledger } = await fund();
    const amount = parseEther('0.05');
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
      participants: [payer.address, user.address],
      outcomeType: 1,
      stakes: [{ asset: ZeroAddress, amounts: [amount, 0n] }],
      periods: [PERIOD, PERIOD / 2],
      actionDeadline: FAR,
      holdUntil: 0n,
      initialStateHash: keccak256(locked),
    };
    const appId = digestOf(domain, 'App', app);
    const [leaf, other] = [keccak256(appId), keccak256('0x04')];
    const root = keccak256(leaf < other ? concat([leaf, other]) : concat([other, leaf]));
    const state = ledger(1_000n, amount, root);
    const header = {
      version: state.version,
      assetsHash: keccak256(concat(state.assets.map(assetHash))),
      appsRoot: root,
    };
    const next = { appId, version: 1n, stateHash: keccak256(unlocked) };
    const [signature] = await sign('AppState', next, [user]);
    return {
      id,
      ledger: { state, signatures: await sign('Ledger', state) },
      move: { action: coder.encode(['bytes32'], [preimage]), signature },
      open: [app, header, [other], locked] as const,
      settleApp: [app, unlocked, [other]] as const,
    };
  }
}

const contract = (address: string, abi: InterfaceAbi, runner: Signer) => new Contract(address, abi, runner);

/** Sends a transaction. */
const method = (target: Contract, name: string) =>
  target.getFunction(name) as (...args: unknown[]) => Promise<ContractTransactionResponse>;

async function gasOf(sending: Promise<TransactionResponse>): Promise<number> {
  const receipt = await (await sending).wait();
  if (receipt?.status !== 1) throw new Error('A measured transaction failed');
  return Number(receipt.gasUsed);
}
