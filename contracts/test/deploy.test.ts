// SPDX-License-Identifier: MIT
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';

import { expect } from 'chai';
import { AbstractSigner, getBytes, getCreateAddress, hexlify, keccak256, Transaction } from 'ethers';
import type { Provider, TransactionRequest } from 'ethers';
import { network } from 'hardhat';

import { ADDRESSES } from '../../lib/chain/addresses.ts';
import { DEPLOYER, deterministicAddress, SALT } from '../create2.ts';
import { deployApps, deployContracts, deployTestToken, requireCommitted } from '../deploy.ts';
import { deploymentsOf } from '../deployments.ts';
import { firstBlockWithCode } from '../first-block.ts';
import { domainSeparatorOf } from './support/typed-data.ts';

const read = <T>(path: string): T =>
  JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')) as T;

interface Compiled {
  bytecode: string;
  deployedBytecode: string;
  immutables: { start: number; length: number }[];
}

const compiled = (name: string) => read<Compiled>(`lib/chain/abi/${name}.json`);
const hashes = read<Record<string, { creation: string; deployedWithoutImmutables: string }>>(
  'contracts/bytecode-hashes.json',
);

/** Code on chain with zeros where a deployment writes its immutable values. */
function masked(code: string, { immutables }: Compiled): string {
  const bytes = getBytes(code);
  for (const { start, length } of immutables) bytes.fill(0, start, start + length);
  return hexlify(bytes);
}

/** A chain of its own, on which nothing is yet. */
async function chain(options: { chainId?: number } = {}) {
  const connection = await network.create({ network: 'hardhat', override: options });
  const { ethers, networkHelpers } = connection;
  const signers = await ethers.getSigners();
  const sends = (address: string) => ethers.provider.getTransactionCount(address);
  return { ethers, networkHelpers, signer: signers[0]!, other: signers[1]!, sends };
}

/** Does something on the chain just before each of its transactions, as somebody quicker would. */
class Overtaken extends AbstractSigner {
  readonly #inner: AbstractSigner;
  readonly #before: (transaction: TransactionRequest) => Promise<unknown>;
  constructor(inner: AbstractSigner, before: (transaction: TransactionRequest) => Promise<unknown>) {
    super(inner.provider as Provider);
    this.#inner = inner;
    this.#before = before;
  }
  override getAddress = () => this.#inner.getAddress();
  override connect = () => this;
  override signTransaction = () => Promise.reject(new Error('not asked for'));
  override signMessage = () => Promise.reject(new Error('not asked for'));
  override signTypedData = () => Promise.reject(new Error('not asked for'));
  override async sendTransaction(transaction: TransactionRequest) {
    await this.#before(transaction);
    return this.#inner.sendTransaction(transaction);
  }
}

const lower = (values: object) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value).toLowerCase()]));

describe('deployment', () => {
  it('puts the committed bytecode on chain, linked to each other and to one signing domain', async () => {
    const { ethers, signer } = await chain();
    const deployment = await deployContracts(signer);
    const registry = await ethers.getContractAt('ChallengeRegistry', deployment.registry);
    const factory = await ethers.getContractAt('ChannelFactory', deployment.factory);
    const channel = await ethers.getContractAt('Channel', deployment.channelImplementation);
    expect(await registry.factory!()).to.equal(deployment.factory);
    expect(await registry.channelImplementation!()).to.equal(deployment.channelImplementation);
    expect(await factory.implementation!()).to.equal(deployment.channelImplementation);
    expect(await channel.registry!()).to.equal(deployment.registry);
    const separator = domainSeparatorOf(deployment.chainId, deployment.registry);
    expect(await registry.domainSeparator!()).to.equal(separator);
    expect(await channel.domainSeparator!()).to.equal(separator);

    for (const [name, address] of [
      ['ChallengeRegistry', deployment.registry],
      ['ChannelFactory', deployment.factory],
      ['Channel', deployment.channelImplementation],
      ['TransferApp', deployment.transferApp],
    ] as const) {
      const code = masked(await ethers.provider.getCode(address), compiled(name));
      expect(code).to.equal(compiled(name).deployedBytecode);
      expect(keccak256(code)).to.equal(hashes[name]!.deployedWithoutImmutables);
      expect(keccak256(compiled(name).bytecode)).to.equal(hashes[name]!.creation);
    }
  });

  it('puts the committed bytecode of the other apps on chain', async () => {
    const { ethers, signer } = await chain();
    for (const [key, address] of Object.entries(await deployApps(signer))) {
      const name = key.charAt(0).toUpperCase() + key.slice(1);
      const code = await ethers.provider.getCode(address);
      expect(keccak256(code)).to.equal(hashes[name]!.deployedWithoutImmutables);
    }
  });

  it('gives every contract one address on every chain, whoever deploys: the committed constants', async () => {
    for (const chainId of [31337, 8453]) {
      const { signer, other } = await chain({ chainId });
      const { registry, factory, channelImplementation, transferApp, ...rest } = await deployContracts(
        chainId === 31337 ? signer : other,
      );
      expect(rest.chainId).to.equal(BigInt(chainId));
      const apps = await deployApps(signer);
      expect(lower({ registry, factory, channelImplementation, transferApp, ...apps })).to.deep.equal({
        ...ADDRESSES,
      });
    }
  });

  it('is done once: again, it sends nothing and says the same', async () => {
    const { ethers, signer, other, sends } = await chain();
    await signer.sendTransaction({ to: other.address, value: 1n });
    const first = await deployContracts(signer);
    const apps = await deployApps(signer);
    const token = await deployTestToken(signer);
    expect(first.isNew).to.equal(true);
    await other.sendTransaction({ to: signer.address, value: 1n });
    const sent = [await sends(signer.address), await sends(other.address)];
    for (const again of [signer, other]) {
      expect(await deployContracts(again)).to.deep.equal({ ...first, isNew: false });
      expect(await deployApps(again)).to.deep.equal(apps);
      expect(await deployTestToken(again)).to.equal(token);
    }
    expect([await sends(signer.address), await sends(other.address)]).to.deep.equal(sent);
    expect(await ethers.provider.getCode(first.registry, first.fromBlock - 1)).to.equal('0x');
  });

  it('deploys only what is missing', async () => {
    const { ethers, signer, other, sends } = await chain();
    await deployContracts(other);
    const before = await sends(signer.address);
    await deployApps(signer);
    expect(await sends(signer.address)).to.equal(before + 5);
    await deployContracts(signer);
    expect(await sends(signer.address)).to.equal(before + 5);
    expect(await ethers.provider.getCode(ADDRESSES.nimApp)).not.to.equal('0x');
  });

  it('a stranger that sends the same bytes first, every time, changes nothing', async () => {
    const { signer, other } = await chain();
    let overtaken = 0;
    const slow = new Overtaken(signer, async (transaction) => {
      if (transaction.to !== DEPLOYER.address) return;
      overtaken += 1;
      await (await other.sendTransaction(transaction)).wait();
    });
    const deployment = await deployContracts(slow);
    const apps = await deployApps(slow);
    const { registry, factory, channelImplementation, transferApp } = deployment;
    expect(lower({ registry, factory, channelImplementation, transferApp, ...apps })).to.deep.equal({
      ...ADDRESSES,
    });
    expect(overtaken).to.equal(7);
    // Whoever was first, the chain is followed from the block of the registry.
    expect(deployment.isNew).to.equal(false);
    expect(deployment.fromBlock).to.equal(await firstBlockWithCode(signer.provider!, registry));
  });

  it('two at once both end well', async () => {
    const { signer, other } = await chain();
    const [first, second] = await Promise.all([deployContracts(signer), deployContracts(other)]);
    expect({ ...second, isNew: first.isNew }).to.deep.equal(first);
  });

  it('refuses a chain that has anything else at one of the addresses, and says what and where', async () => {
    for (const [name, key] of [
      ['ChallengeRegistry', 'registry'],
      ['ChannelFactory', 'factory'],
      ['Channel', 'channelImplementation'],
      ['TransferApp', 'transferApp'],
    ] as const) {
      const { networkHelpers, signer, sends } = await chain();
      const address = ADDRESSES[key];
      // Where the registry makes factory and channel itself, it has to be there before they are changed.
      if (key === 'factory' || key === 'channelImplementation') await deployContracts(signer);
      const code = getBytes(compiled(name).deployedBytecode);
      code[code.length - 1]! ^= 1;
      await networkHelpers.setCode(address, hexlify(code));
      const before = await sends(signer.address);
      let message = '';
      await deployContracts(signer).catch((error: Error) => (message = error.message));
      expect(message).to.match(new RegExp(`other code than ${name} at ${address}.*cannot be used`, 'i'));
      expect(await sends(signer.address)).to.equal(before);
    }
  });

  it('the deployer is the well-known one: its transaction, its sender, its address and its code', () => {
    const { from, to, nonce, chainId, gasLimit, gasPrice, data } = Transaction.from(DEPLOYER.transaction);
    expect(from).to.equal(DEPLOYER.sender);
    expect([to, nonce, chainId]).to.deep.equal([null, 0, 0n]);
    expect(gasLimit * gasPrice!).to.equal(DEPLOYER.cost);
    expect(getCreateAddress({ from: DEPLOYER.sender, nonce: 0 })).to.equal(DEPLOYER.address);
    expect(data.endsWith(DEPLOYER.code.slice(2))).to.equal(true);
    expect(SALT).to.equal(`0x${'00'.repeat(32)}`);
  });

  it('installs the deployer where a chain lacks it, also when a stranger does at the same time', async () => {
    for (const isOvertaken of [false, true]) {
      const { ethers, networkHelpers, signer, other } = await chain();
      await networkHelpers.setCode(DEPLOYER.address, '0x');
      await networkHelpers.setNonce(DEPLOYER.address, 0).catch(() => undefined);
      const slow = new Overtaken(signer, async ({ to }) => {
        if (!isOvertaken || to !== DEPLOYER.sender) return;
        await (await other.sendTransaction({ to, value: DEPLOYER.cost })).wait();
        await (await ethers.provider.broadcastTransaction(DEPLOYER.transaction)).wait();
      });
      const { registry } = await deployContracts(slow);
      expect(registry.toLowerCase()).to.equal(ADDRESSES.registry);
      expect(await ethers.provider.getCode(DEPLOYER.address)).to.equal(DEPLOYER.code);
    }
  });

  it('refuses a chain with another contract in the place of the deployer', async () => {
    const { networkHelpers, signer, sends } = await chain();
    await networkHelpers.setCode(DEPLOYER.address, '0x6001');
    const before = await sends(signer.address);
    let message = '';
    await deployContracts(signer).catch((error: Error) => (message = error.message));
    expect(message).to.match(/other code than the deployer at 0x4e59.*cannot be used/);
    expect(await sends(signer.address)).to.equal(before);
  });

  it('refuses bytecode that is not the committed one, by a single bit', () => {
    for (const name of ['ChallengeRegistry', 'TransferApp', 'NimApp'] as const) {
      const { bytecode } = compiled(name);
      requireCommitted(name, bytecode);
      const bytes = getBytes(bytecode);
      bytes[bytes.length - 1]! ^= 1;
      expect(() => requireCommitted(name, hexlify(bytes))).to.throw(`The bytecode of ${name}`);
      expect(deterministicAddress(hexlify(bytes))).not.to.equal(deterministicAddress(bytecode));
    }
  });

  it('brings a token that anyone can mint', async () => {
    const { ethers, signer } = await chain();
    const token = await ethers.getContractAt('TestToken', await deployTestToken(signer));
    await token.mint!(signer.address, 5n);
    expect(await token.balanceOf!(signer.address)).to.equal(5n);
    expect(deploymentsOf(31337)!.tokens.map(({ address }) => address)).to.deep.equal([
      String(token.target).toLowerCase(),
    ]);
  });
});

describe('deployments of a chain', () => {
  it('are read as described, of every chain there is a file of', () => {
    const files = readdirSync(new URL('../deployments/', import.meta.url)).filter((name) =>
      name.endsWith('.json'),
    );
    expect(files).to.include('31337.json');
    for (const file of files) {
      const chainId = Number(file.slice(0, -'.json'.length));
      expect(deploymentsOf(chainId)!.chainId).to.equal(chainId);
    }
    expect(deploymentsOf(987654321)).to.equal(undefined);
  });

  it('are refused where they are not', () => {
    const folder = pathToFileURL(`${mkdtempSync(`${tmpdir()}/deployments-`)}/`);
    const token = { address: `0x${'ab'.repeat(20)}`, symbol: 'T', decimals: 6 };
    const reading = (value: unknown) => () => {
      writeFileSync(new URL('5.json', folder), JSON.stringify(value));
      return deploymentsOf(5, folder);
    };
    expect(reading({ chainId: 5, fromBlock: 7, tokens: [token] })()).to.deep.equal({
      chainId: 5,
      fromBlock: 7,
      tokens: [token],
    });
    for (const wrong of [
      {},
      { chainId: 6 },
      { chainId: 5, registry: ADDRESSES.registry },
      { chainId: 5, fromBlock: -1 },
      { chainId: 5, tokens: [token, token] },
      { chainId: 5, tokens: [{ ...token, address: token.address.toUpperCase() }] },
      { chainId: 5, tokens: [{ ...token, decimals: 6.5 }] },
    ])
      expect(reading(wrong)).to.throw();
  });
});
