// The ledger as those use it who want only a ledger.
import { after, before, describe, test } from "node:test";
import { kLedgerScopes, ledger } from "../support/ledger.mjs";
import { Server } from "../support/server.mjs";
import { accounts, statements } from "./ledger_accounts.mjs";
import { wholeBook } from "./ledger_book.mjs";
import { holds } from "./ledger_holds.mjs";
import { transfers } from "./ledger_transfers.mjs";

export function ledgerSuite(kind) {
  describe(`ledger on ${kind}`, { timeout: 300_000 }, () => {
    const it = (name, run) => test(`${kind}: ${name}`, { timeout: 120_000 }, run);
    const own = {};  // server; books and other: of two tenants; reader
    before(async () => {
      own.server = await Server.start({ store: kind });
      const { server } = own;
      for (const name of ["acme", "other"]) server.newTenant(name);
      own.books = ledger(server.client(server.newKey("acme", ...kLedgerScopes)));
      own.other = ledger(server.client(server.newKey("other", ...kLedgerScopes)));
      own.reader = ledger(server.client(server.newKey("acme", "ledger:read")));
    });
    after(() => {
      for (const one of [own.books, own.other, own.reader]) one?.api.close();
      return own.server?.stop();
    });

    accounts(it, own);
    transfers(it, own);
    holds(it, own);
    statements(it, own);
    wholeBook(it, own);
  });
}
