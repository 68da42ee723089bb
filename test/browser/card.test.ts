// SPDX-License-Identifier: MIT
/** Two people with a browser each: the card as they see it, and what it leaves behind. */
import { HDNodeWallet, JsonRpcProvider, Mnemonic, parseEther } from 'ethers';
import { text } from '../../daicard-next/strings/en.ts';
import { isDeepStrictEqual } from 'node:util';
import { buildCard, startCard } from '../../infra/local/card.ts';
import { freePort } from '../../infra/local/free-port.ts';
import type { ManagedProcess } from '../../infra/local/managed-process.ts';
import { waitUntil } from '../../infra/local/wait-until.ts';
import { startWorld, type World } from '../../infra/local/world.ts';
import { KEY_PATH } from '../../lib/client/channel-key.ts';
import { parseIdentifier } from '../../lib/protocol/identifier.ts';
import { parseLink } from '../../lib/protocol/link.ts';
import { CardPage } from './card-page.ts';
import { launchBrowser, type Browser } from './chromium.ts';

const MINUTE = 60_000;
const PASSPHRASES = {
  alice: 'correct horse battery',
  bob: 'another long phrase',
  carol: 'a third good phrase',
} as const;
type Name = keyof typeof PASSPHRASES;

let world: World;
let card: ManagedProcess | undefined;
let origin: string;
const browsers: Browser[] = [];
const pages = {} as Record<Name, CardPage>;
const words = {} as Record<Name, string>;
const identifiers = {} as Record<Name, string>;
let link = '';

async function openBrowser(): Promise<CardPage> {
  const browser = await launchBrowser();
  browsers.push(browser);
  return cardIn(browser);
}

async function cardIn({ context }: Browser): Promise<CardPage> {
  const page = await context.newPage();
  page.setDefaultTimeout(MINUTE);
  return new CardPage(page, origin);
}

beforeAll(async () => {
  [world] = await Promise.all([startWorld({ store: 'sqlite' }), buildCard()]);
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  card = await startCard({ port, hubUrl: world.hubUrl, rpcUrl: world.chain.rpcUrl });
}, 6 * MINUTE);

afterAll(async () => {
  await Promise.all(browsers.map((browser) => browser.close()));
  await card?.stop();
  await world?.stop();
}, MINUTE);

function keyAddress(identifier: string): string {
  const parsed = parseIdentifier(identifier);
  if (!parsed.ok) throw new Error(parsed.error.code);
  return parsed.value.address;
}

test(
  'a wallet is made on the first visit, and filled by plain transfers to the address it shows',
  async () => {
    for (const name of ['alice', 'bob'] as const) {
      const page = await openBrowser();
      pages[name] = page;
      await page.open();
      words[name] = await page.makeWallet(PASSPHRASES[name]);
      expect(Mnemonic.isValidMnemonic(words[name])).toBe(true);
      await world.fund(await page.depositAddress(), {
        ether: parseEther('2') + 1n,
        token: parseEther('100'),
      });
      await page.page.getByText(text.deposit.arrived).nth(1).waitFor();
      await page.untilAvailable('ETH', '2.000000000000000001');
      await page.untilAvailable('TEST', '100');
      identifiers[name] = await page.identifier();
      // Without ether for gas only little is shown at a time, since it could not be enforced.
      await world.fund(keyAddress(identifiers[name]), { ether: parseEther('0.1'), token: 0n });
    }
    expect(identifiers.alice).not.toBe(identifiers.bob);
  },
  3 * MINUTE,
);

test(
  'they pay each other, both ways and in both assets',
  async () => {
    const { alice, bob } = pages;
    await alice.pay(identifiers.bob, { symbol: 'TEST', amount: '12.5', note: 'for lunch' });
    await bob.pay(identifiers.alice, { symbol: 'ETH', amount: '0,25' });
    await alice.untilAvailable('TEST', '87.5');
    await alice.untilAvailable('ETH', '2.250000000000000001');
    await bob.untilAvailable('TEST', '112.5');
    await bob.untilAvailable('ETH', '1.750000000000000001');
  },
  2 * MINUTE,
);

test(
  'a mistake is told before anything is sent',
  async () => {
    const { page } = pages.alice;
    await pages.alice.home();
    await page.getByRole('link', { name: text.balance.send, exact: true }).click();
    await page.getByLabel(text.transfer.to, { exact: true }).fill(identifiers.alice);
    await page.getByLabel(text.amount.label).fill('1,000');
    await page.getByRole('button', { name: text.app.continue }).click();
    await page.getByText(text.transfer.toSelf).waitFor();
    await page.getByText(text.amount.ambiguous).waitFor();
    await page.getByLabel(text.amount.label).fill('1000000');
    await page.getByText(text.amount.tooMuch).waitFor();
  },
  MINUTE,
);

test(
  'a link pays whoever opens it, and its secret leaves the address at once',
  async () => {
    const { alice, bob } = pages;
    link = await alice.makeLink({ symbol: 'TEST', amount: '7', note: 'happy birthday' });
    expect(link.startsWith(`${origin}/redeem#1.`)).toBe(true);
    await bob.page.goto(link);
    await bob.unlock(PASSPHRASES.bob);
    const offer = await bob.receiveLink();
    expect(bob.page.url()).toBe(`${origin}/redeem`);
    expect(offer).toMatch(/7 TEST[^]*happy birthday/);
    await bob.untilAvailable('TEST', '119.5');
    await alice.untilAvailable('TEST', '80.5');
  },
  2 * MINUTE,
);

test(
  'a link works for someone who has never been here',
  async () => {
    const gift = await pages.alice.makeLink({ symbol: 'ETH', amount: '0.01' });
    const carol = await openBrowser();
    pages.carol = carol;
    await carol.page.goto(gift);
    await carol.page.getByRole('heading', { name: text.wallet.welcomeLink }).waitFor();
    expect(carol.page.url()).toBe(`${origin}/redeem`);
    await carol.makeWallet(PASSPHRASES.carol);
    await carol.receiveLink();
    await carol.untilAvailable('ETH', '0.01');
    await carol.open();
  },
  2 * MINUTE,
);

test(
  'a withdrawal is paid out on the chain',
  async () => {
    const recipient = HDNodeWallet.createRandom().address;
    await pages.bob.withdraw(recipient, { symbol: 'ETH', amount: '0.5' });
    await pages.bob.untilAvailable('ETH', '1.250000000000000001');
    const provider = new JsonRpcProvider(world.chain.rpcUrl, world.chain.chainId, { staticNetwork: true });
    expect(await provider.getBalance(recipient)).toBe(parseEther('0.5'));
    provider.destroy();
  },
  2 * MINUTE,
);

test(
  'the history tells of all of it',
  async () => {
    const statesOf = async () => (await pages.bob.history()).map(({ state }) => state).sort();
    const whole = ['credited', 'credited', 'paid', 'paidOut', 'received', 'received'];
    // What this device knows is there at once, what the hub knows a moment later.
    await waitUntil('the hub to tell its part', async () => isDeepStrictEqual(await statesOf(), whole)).catch(
      () => {},
    );
    expect(await statesOf()).toEqual(whole);
    const told = (await pages.alice.history()).map(({ line }) => line).join('\n');
    expect(told).toContain('for lunch');
    expect(told).toMatch(/\+0\.25 ETH/);
  },
  MINUTE,
);

test(
  'a hub that does not answer makes a payment unknown, never failed; once it answers it is made, once',
  async () => {
    const { alice, bob } = pages;
    const isHub = (url: URL): boolean => url.origin === world.hubUrl;
    await alice.home();
    await alice.page.getByRole('main').getByRole('link', { name: text.balance.send, exact: true }).click();
    await alice.page.getByLabel(text.transfer.to, { exact: true }).fill(identifiers.bob);
    await alice.page.getByLabel(text.amount.asset).selectOption({ label: 'TEST' });
    await alice.page.getByLabel(text.amount.label).fill('0.5');
    await alice.page.getByRole('button', { name: text.app.continue }).click();
    await alice.page.route(isHub, (route) => route.abort());
    await alice.page.getByRole('button', { name: text.transfer.send }).click();
    await alice.page.getByText(text.payment.unknown).waitFor();
    await alice.page.getByText(text.connection.offline).waitFor();
    expect(await alice.page.getByRole('main').innerText()).not.toMatch(/fail|not sent/i);
    await alice.page.unroute(isHub);
    await alice.page.getByText(text.payment.paid).waitFor();
    await alice.untilAvailable('TEST', '80');
    await bob.untilAvailable('TEST', '120');
  },
  2 * MINUTE,
);

test(
  'one tab writes at a time, and the wallet locks itself when nobody touches it',
  async () => {
    const { carol } = pages;
    await carol.unlock('not the passphrase');
    await carol.page.getByText(text.wallet.wrong).waitFor();
    await carol.unlock(PASSPHRASES.carol);
    await carol.untilAvailable('ETH', '0.01');
    const second = await cardIn(browsers[2]!);
    await second.page.clock.install();
    await second.open();
    await second.unlock(PASSPHRASES.carol);
    await second.page.getByText(text.connection.otherTab).waitFor();
    await second.page.getByRole('button', { name: text.connection.useHere }).click();
    await carol.page.getByRole('heading', { name: text.wallet.locked }).waitFor();
    await second.page.getByText(text.connection.online, { exact: true }).waitFor();
    await second.page.clock.fastForward(11 * MINUTE);
    await second.page.getByRole('heading', { name: text.wallet.locked }).waitFor();
    expect([...carol.faults, ...second.faults]).toEqual([]);
  },
  MINUTE,
);

test(
  'the words bring the wallet back on another device',
  async () => {
    const before = await pages.alice.available('TEST');
    const page = await openBrowser();
    await page.open();
    await page.restoreWallet(words.alice, 'on another device');
    await page.untilAvailable('TEST', before);
    expect(await page.identifier()).toBe(identifiers.alice);
    await page.pay(identifiers.bob, { symbol: 'TEST', amount: '30' });
    await page.untilAvailable('TEST', '50');
    expect(page.faults).toEqual([]);
    // Two devices that both sign displace each other in turn.
    await page.page.close();
  },
  2 * MINUTE,
);

test(
  'a device whose wallet was used elsewhere pays nothing, until it is taken over',
  async () => {
    const { alice } = pages;
    await alice.tryToPay(identifiers.bob, { symbol: 'TEST', amount: '60' });
    await alice.page.getByText(text.connection.otherDevice).waitFor();
    await alice.page.getByRole('button', { name: text.connection.takeOver }).click();
    await alice.untilAvailable('TEST', '50');
    await alice.pay(identifiers.bob, { symbol: 'TEST', amount: '50' });
    await alice.untilAvailable('TEST', '0');
  },
  2 * MINUTE,
);

test(
  'no seed is at rest in the clear, and no secret went to any server',
  async () => {
    const { bob } = pages;
    const stored = await bob.stored();
    expect(stored).toContain('PBKDF2-SHA-256');
    const mnemonic = Mnemonic.fromPhrase(words.bob);
    const wallet = HDNodeWallet.fromMnemonic(mnemonic, KEY_PATH);
    const seed = HDNodeWallet.fromSeed(mnemonic.computeSeed());
    const secret = parseLink(link);
    if (!secret.ok) throw new Error('the link does not parse');
    const secrets = {
      words: words.bob,
      'the first words': words.bob.split(' ').slice(0, 3).join(' '),
      'the last words': words.bob.split(' ').slice(-3).join(' '),
      entropy: mnemonic.entropy.slice(2),
      key: wallet.privateKey.slice(2),
      'root key': seed.privateKey.slice(2),
      passphrase: PASSPHRASES.bob,
    };
    const outgoing = [...bob.sent, ...pages.alice.sent]
      .map(({ url, body }) => `${url} ${body}`)
      .join('\n')
      .toLowerCase();
    expect(outgoing).toContain('/v1/');
    for (const [what, value] of Object.entries(secrets)) {
      expect([what, stored.toLowerCase().includes(value)]).toEqual([what, false]);
      expect([what, outgoing.includes(value)]).toEqual([what, false]);
    }
    const inLink = link.slice(link.indexOf('#')).split('.')[3] ?? '';
    expect(inLink).toHaveLength(43);
    for (const form of [inLink.toLowerCase(), secret.value.secret.slice(2)])
      expect(outgoing).not.toContain(form);
    const hosts = new Set([...bob.sent, ...pages.alice.sent].map(({ url }) => new URL(url).origin));
    expect([...hosts].sort()).toEqual([origin, world.hubUrl, new URL(world.chain.rpcUrl).origin].sort());
    expect([...bob.faults, ...pages.alice.faults]).toEqual([]);
  },
  MINUTE,
);
