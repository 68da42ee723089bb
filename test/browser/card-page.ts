// SPDX-License-Identifier: MIT
/** The card as a person uses it: by what is written on it. */
import type { Page, Request } from 'playwright-core';
import { text } from '../../daicard-next/strings/en.ts';

export interface Payment {
  readonly symbol: string;
  /** As typed. */
  readonly amount: string;
  readonly note?: string;
}

/** Everything the page ever sent, for a look at what left it. */
export interface Sent {
  readonly url: string;
  readonly body: string;
}

export class CardPage {
  readonly page: Page;
  readonly origin: string;
  readonly sent: Sent[] = [];
  readonly faults: string[] = [];

  constructor(page: Page, origin: string) {
    this.page = page;
    this.origin = origin;
    page.on('request', (request: Request) =>
      this.sent.push({ url: request.url(), body: request.postData() ?? '' }),
    );
    page.on('pageerror', (error) => this.faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && /Content Security Policy/i.test(message.text()))
        this.faults.push(message.text());
    });
  }

  async open(path = '/'): Promise<void> {
    await this.page.goto(`${this.origin}${path}`);
  }

  /** From the first visit to the start; resolves with the words that were shown. */
  async makeWallet(passphrase: string): Promise<string> {
    await this.page.getByLabel(text.wallet.newPassphrase).fill(passphrase);
    await this.page.getByLabel(text.wallet.passphraseAgain).fill(passphrase);
    await this.#press(text.wallet.create);
    await this.#heading(text.wallet.backupTitle);
    const lines = await this.page.getByRole('listitem').allInnerTexts();
    await this.#press(text.wallet.backupDone);
    return lines.map((line) => line.replace(/[^a-z]/g, '')).join(' ');
  }

  async restoreWallet(words: string, passphrase: string): Promise<void> {
    await this.#press(text.wallet.restore);
    await this.page.getByLabel(text.wallet.words).fill(words);
    await this.page.getByLabel(text.wallet.newPassphrase).fill(passphrase);
    await this.page.getByLabel(text.wallet.passphraseAgain).fill(passphrase);
    await this.#press(text.wallet.restoreAction);
  }

  async unlock(passphrase: string): Promise<void> {
    await this.page.getByLabel(text.wallet.passphrase, { exact: true }).fill(passphrase);
    await this.#press(text.wallet.unlock);
  }

  async home(): Promise<void> {
    await this.page
      .getByRole('navigation', { name: text.app.menu })
      .getByRole('link', { name: text.nav.home })
      .click();
    await this.#heading(text.balance.title);
  }

  async depositAddress(): Promise<string> {
    await this.#go(text.balance.deposit, text.deposit.title);
    return this.page.getByLabel(text.deposit.address, { exact: true }).innerText();
  }

  async identifier(): Promise<string> {
    await this.#go(text.balance.receive, text.receive.title);
    return this.page.getByLabel(text.receive.identifier, { exact: true }).innerText();
  }

  /** What the start shows as available, every digit of it. */
  async available(symbol: string): Promise<string> {
    return asTyped(await this.page.locator(`[data-balance="${symbol}"]`).innerText(), symbol);
  }

  async untilAvailable(symbol: string, amount: string): Promise<void> {
    await this.home();
    const started = Date.now();
    let shown = await this.available(symbol);
    while (shown !== amount) {
      if (Date.now() - started > 30_000) throw new Error(`${shown} ${symbol} is shown, not ${amount}`);
      await this.page.waitForTimeout(100);
      shown = await this.available(symbol);
    }
  }

  async pay(to: string, payment: Payment): Promise<void> {
    await this.tryToPay(to, payment);
    await this.page.getByText(text.payment.paid, { exact: true }).waitFor();
  }

  /** As far as the press of the button. */
  async tryToPay(to: string, payment: Payment): Promise<void> {
    await this.#go(text.balance.send, text.transfer.title);
    await this.page.getByLabel(text.transfer.to, { exact: true }).fill(to);
    await this.#fill(payment);
    await this.#press(text.app.continue);
    await this.#heading(text.transfer.review);
    await this.#press(text.transfer.send);
  }

  async makeLink(payment: Payment): Promise<string> {
    await this.#go(text.balance.link, text.link.title);
    await this.#fill(payment);
    await this.#press(text.link.create);
    return this.page.getByLabel(text.link.ready, { exact: true }).innerText();
  }

  /** On the page a link opened: what it brings is shown first, and received after a yes. */
  async receiveLink(): Promise<string> {
    await this.#heading(text.redeem.title);
    const confirm = this.page.getByRole('button', { name: text.redeem.confirm });
    await confirm.waitFor();
    const offer = await this.page.getByRole('main').innerText();
    await confirm.click();
    await this.page.getByText(text.redeem.done, { exact: true }).waitFor();
    return offer;
  }

  async withdraw(to: string, payment: Payment): Promise<void> {
    await this.#go(text.balance.withdraw, text.withdraw.title);
    await this.page.getByLabel(text.withdraw.to).fill(to);
    await this.#fill(payment);
    await this.#press(text.app.continue);
    await this.#heading(text.withdraw.review);
    await this.#press(text.withdraw.confirm);
    await this.page.getByText(text.withdraw.executed, { exact: true }).waitFor();
  }

  /** State and text of every line, newest first. */
  async history(): Promise<readonly { readonly state: string; readonly line: string }[]> {
    await this.page
      .getByRole('navigation', { name: text.app.menu })
      .getByRole('link', { name: text.nav.history })
      .click();
    await this.#heading(text.history.title);
    const lines = this.page.locator('main li[data-state]');
    await lines.first().waitFor();
    return lines.evaluateAll((items) =>
      items.map((item) => ({
        state: item.getAttribute('data-state') ?? '',
        line: (item as unknown as { innerText: string }).innerText,
      })),
    );
  }

  /** All that this origin has written down on this device, as text. Bytes are shown as hex and as letters. */
  stored(): Promise<string> {
    return this.page.evaluate(readStorage);
  }

  async #go(name: string, title: string): Promise<void> {
    await this.home();
    await this.page.getByRole('main').getByRole('link', { name, exact: true }).click();
    await this.#heading(title);
  }

  async #fill({ symbol, amount, note }: Payment): Promise<void> {
    await this.page.getByLabel(text.amount.asset).selectOption({ label: symbol });
    await this.page.getByLabel(text.amount.label).fill(amount);
    if (note !== undefined) await this.page.getByLabel(text.transfer.note).fill(note);
  }

  #press(name: string): Promise<void> {
    return this.page.getByRole('button', { name, exact: true }).click();
  }

  #heading(name: string): Promise<void> {
    return this.page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  }
}

const asTyped = (shown: string, symbol: string): string =>
  shown.replace(symbol, '').replace(/[\s\u202f]/g, '');

/** Runs in the page. */
async function readStorage(): Promise<string> {
  const scope = globalThis as unknown as {
    indexedDB: { databases(): Promise<{ name: string }[]>; open(name: string): Ask<Database> };
    localStorage: Record<string, string>;
    sessionStorage: Record<string, string>;
    history: { state: unknown };
    document: { cookie: string };
  };
  interface Ask<T> {
    result: T;
    onsuccess: () => void;
    onerror: () => void;
  }
  interface Database {
    objectStoreNames: Iterable<string>;
    transaction(name: string): { objectStore(name: string): { getAll(): Ask<unknown[]> } };
    close(): void;
  }
  const answer = <T>(ask: Ask<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      ask.onsuccess = () => resolve(ask.result);
      ask.onerror = () => reject(new Error('the database did not answer'));
    });
  const readable = (_: string, value: unknown): unknown => {
    if (typeof value === 'bigint') return value.toString();
    if (!(value instanceof Uint8Array)) return value;
    const bytes = [...value];
    return [bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(''), String.fromCharCode(...bytes)];
  };
  const found: unknown[] = [
    { ...scope.localStorage },
    { ...scope.sessionStorage },
    scope.document.cookie,
    scope.history.state,
  ];
  for (const { name } of await scope.indexedDB.databases()) {
    const database = await answer(scope.indexedDB.open(name));
    for (const store of database.objectStoreNames)
      found.push(name, store, await answer(database.transaction(store).objectStore(store).getAll()));
    database.close();
  }
  return JSON.stringify(found, readable);
}
