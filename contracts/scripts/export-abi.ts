// SPDX-License-Identifier: MIT
/**
 * Writes from the production artifacts what hub, SDK and card need, so that they need no compiler: the contracts
 * (`lib/chain/abi`), their addresses on every chain, what the local chain has besides, and the hashes of the bytecode that
 * may never change once it holds money.
 * `--check` writes nothing and fails when a committed file is not what the sources compile to.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

import { keccak256 } from 'ethers';

import { deterministicAddress, madeByRegistry } from '../create2.ts';

const CONTRACTS: Record<string, string> = {
  BatchedTransferApp: 'apps/BatchedTransferApp.sol',
  ChallengeRegistry: 'ChallengeRegistry.sol',
  Channel: 'Channel.sol',
  ChannelFactory: 'ChannelFactory.sol',
  CounterfactualApp: 'interfaces/CounterfactualApp.sol',
  IWithdrawHandler: 'interfaces/IWithdrawHandler.sol',
  NimApp: 'apps/NimApp.sol',
  SignedTransferApp: 'apps/SignedTransferApp.sol',
  SwapApp: 'apps/SwapApp.sol',
  TestToken: 'test/TestToken.sol',
  TicTacToeApp: 'apps/TicTacToeApp.sol',
  TransferApp: 'apps/TransferApp.sol',
};

const APPS = ['TransferApp', 'BatchedTransferApp', 'SignedTransferApp', 'SwapApp', 'TicTacToeApp', 'NimApp'];

const MAX_SIZE = 24_576;

interface Artifact {
  readonly abi: unknown[];
  readonly bytecode: string;
  readonly deployedBytecode: string;
  readonly immutableReferences?: Record<string, { start: number; length: number }[]>;
  readonly buildInfoId: string;
}

const root = new URL('../../', import.meta.url);
const check = process.argv.includes('--check');
const stale: string[] = [];
const bytecodes: Record<string, string> = {};
const hashes: Record<string, { creation: string; deployedWithoutImmutables: string }> = {};

for (const folder of ['lib/chain/abi/', 'contracts/deployments/'])
  mkdirSync(new URL(folder, root), { recursive: true });

for (const [name, source] of Object.entries(CONTRACTS)) {
  const path = new URL(`contracts/artifacts/contracts/src/${source}/${name}.json`, root);
  const artifact = JSON.parse(readFileSync(path, 'utf8')) as Artifact;
  requireProduction(name, artifact);
  const size = (artifact.deployedBytecode.length - 2) / 2;
  if (size > MAX_SIZE)
    throw new Error(`${name} has ${size} bytes, more than the ${MAX_SIZE} a chain deploys (EIP-170)`);
  const immutables = Object.values(artifact.immutableReferences ?? {})
    .flat()
    .sort((a, b) => a.start - b.start);
  const text = [
    '{',
    `"abi": [\n${artifact.abi.map((entry) => JSON.stringify(entry)).join(',\n')}\n],`,
    `"bytecode": "${artifact.bytecode}",`,
    `"deployedBytecode": "${artifact.deployedBytecode}",`,
    `"immutables": ${JSON.stringify(immutables)}`,
    '}\n',
  ].join('\n');
  write(`lib/chain/abi/${name}.json`, text);
  bytecodes[name] = artifact.bytecode;
  if (artifact.bytecode === '0x' || source.startsWith('test/')) continue;
  hashes[name] = {
    creation: keccak256(artifact.bytecode),
    deployedWithoutImmutables: keccak256(artifact.deployedBytecode),
  };
}
write('contracts/bytecode-hashes.json', `${JSON.stringify(hashes, null, 2)}\n`);
write('lib/chain/addresses.ts', addresses());
write('contracts/deployments/31337.json', localDeployment());

if (stale.length > 0) {
  console.error(
    `What is committed is not what the sources compile to: ${stale.join(', ')}. Run: npm run compile`,
  );
  process.exitCode = 1;
}

function addressOf(name: string): string {
  const bytecode = bytecodes[name];
  if (bytecode === undefined) throw new Error(`${name} was not compiled`);
  return deterministicAddress(bytecode);
}

/** One constant per contract, since each has one address on every chain. */
function addresses(): string {
  const registry = addressOf('ChallengeRegistry');
  const all = {
    registry,
    ...madeByRegistry(registry),
    ...Object.fromEntries(
      APPS.map((name) => [name.charAt(0).toLowerCase() + name.slice(1), addressOf(name)]),
    ),
  };
  const lines = Object.entries(all).map(([name, at]) => `  ${name}: at('${at.toLowerCase()}'),`);
  return `// SPDX-License-Identifier: MIT
/**
 * Where the contracts are, on every chain: the addresses follow from the committed bytecode. Written by
 * \`npm run compile\`; never edited.
 */
import type { Address } from '../protocol/types.ts';

const at = (address: string) => address as Address;

export const ADDRESSES = {
${lines.join('\n')}
} as const;
`;
}

/** What the local chain has besides. */
function localDeployment(): string {
  const token = { address: addressOf('TestToken').toLowerCase(), symbol: 'TEST', decimals: 18 };
  return `${JSON.stringify({ chainId: 31337, tokens: [token] }, null, 2)}\n`;
}

/** Tests compile into the same folder with other settings; their bytes must never be taken for those that hold money. */
function requireProduction(name: string, { buildInfoId }: Artifact): void {
  const path = new URL(`contracts/artifacts/build-info/${buildInfoId}.json`, root);
  const { input } = JSON.parse(readFileSync(path, 'utf8')) as { input: { settings: { viaIR?: boolean } } };
  if (input.settings.viaIR !== true)
    throw new Error(`${name} is not compiled for production: npm run compile`);
}

function write(path: string, text: string): void {
  const file = new URL(path, root);
  if (!check) writeFileSync(file, text);
  else if (current(file) !== text) stale.push(path);
}

function current(file: URL): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
