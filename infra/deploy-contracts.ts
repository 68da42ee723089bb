// SPDX-License-Identifier: MIT
/** `npm run deploy:contracts`: puts the protocol's contracts on a chain, or recognises them, and prints the hub's entry for it. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { JsonRpcProvider, NonceManager, Wallet } from 'ethers';
import { deployApps, deployContracts } from '../contracts/deploy.ts';
import { deploymentsOf } from '../contracts/deployments.ts';
import { ADDRESSES } from '../lib/chain/addresses.ts';
import { EthereumChainReader } from '../lib/chain/chain-reader.ts';
import { createJsonRpc } from '../lib/chain/json-rpc.ts';

const HELP = `npm run deploy:contracts -- --rpc URL --key-file FILE

Puts registry, factory, channel implementation and the apps on a chain, each at the address it has on every chain: what is
missing, with the committed production bytecode, one transaction each. Run again, it sends nothing. Checks that the chain
holds exactly that code, and prints the chain's entry for INDRA_CHAINS_FILE with ether and the tokens of
contracts/deployments/<chain id>.json as its assets; set limits and collateral to taste (docs/operating.md).

  --rpc URL         the chain's node
  --key-file FILE   holds the private key that pays
  --help            this text`;

const { values } = parseArgs({
  options: {
    rpc: { type: 'string' },
    'key-file': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

async function deploy(rpcUrl: string, keyFile: string): Promise<string> {
  const provider = new JsonRpcProvider(rpcUrl, undefined, { cacheTimeout: -1 });
  try {
    const key = (await readFile(keyFile, 'utf8')).trim();
    const signer = new NonceManager(new Wallet(key, provider));
    const made = await deployContracts(signer);
    await deployApps(signer);
    const chainId = Number(made.chainId);
    const reader = new EthereumChainReader(createJsonRpc({ url: rpcUrl }), { chainId, ...ADDRESSES });
    const mismatches = await reader.checkDeployment();
    if (!mismatches.ok) throw new Error(mismatches.error.message);
    if (mismatches.value.length > 0)
      throw new Error(`the chain holds other code: ${JSON.stringify(mismatches.value)}`);
    return JSON.stringify([entryOf(rpcUrl, chainId, made.fromBlock)], null, 2);
  } finally {
    provider.destroy();
  }
}

/** Without the contracts' addresses: they are the same everywhere, and naming them would keep an operator on old ones. */
function entryOf(rpcUrl: string, chainId: number, deployedAt: number) {
  const known = deploymentsOf(chainId);
  const asset = (token: { address: string; symbol: string; decimals: number }) => {
    const whole = 10n ** BigInt(token.decimals);
    return {
      ...token,
      transfer: amounts({ min: 1n, max: whole }),
      collateral: amounts({ initial: whole / 100n, target: whole / 10n, low: whole / 200n }),
    };
  };
  const ether = { address: `0x${'00'.repeat(20)}`, symbol: 'ETH', decimals: 18 };
  return {
    chainId,
    rpcUrl,
    publicRpcUrl: rpcUrl,
    fromBlock: known?.fromBlock ?? deployedAt,
    challengePeriod: 86_400,
    confirmations: 12,
    appPeriods: [7_200, 14_400],
    patience: 300,
    reaction: 1_800,
    assets: [ether, ...(known?.tokens ?? [])].map(asset),
  };
}

const amounts = (values: Record<string, bigint>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.toString()]));

const { rpc, 'key-file': keyFile } = values;
if (values.help || rpc === undefined || keyFile === undefined) {
  console.log(HELP);
  process.exitCode = values.help ? 0 : 2;
} else {
  try {
    console.log(await deploy(rpc, keyFile));
  } catch (error) {
    console.error(`nothing more was sent: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
