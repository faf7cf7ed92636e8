// Amounts as people read them. The API speaks whole minor units, which are ISO 4217's: the table is
// that of the server (src/base/currency.cc). A browser's own says how people write prices: 0 digits
// for the forint, which has two, so that 1000 of them would be shown as a hundred times as much.
import { formatCount } from './numbers';

const kWithoutDigits = new Set(
  'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'.split(' '),
);
const kThreeDigits = new Set('BHD IQD JOD KWD LYD OMR TND'.split(' '));
const kCurrencies = new Set(Intl.supportedValuesOf('currency'));

/** Behind the point; 0 for what is no currency of the world's ("POINTS"). */
export function currencyDigits(currency: string): number {
  if (kWithoutDigits.has(currency) || !kCurrencies.has(currency)) return 0;
  return kThreeDigits.has(currency) ? 3 : 2;
}

/** "1 234.50", without its currency: for columns that name it. */
export function formatAmount(amount: number, currency: string): string {
  const digits = currencyDigits(currency);
  const text = String(Math.abs(amount)).padStart(digits + 1, '0');
  const whole = formatCount(Number(text.slice(0, text.length - digits)));
  const part = digits === 0 ? '' : `.${text.slice(-digits)}`;
  return `${amount < 0 ? '−' : ''}${whole}${part}`;
}

/** "1 234.50 EUR". */
export function formatMoney(amount: number, currency: string): string {
  return `${formatAmount(amount, currency)}\u00a0${currency}`;
}

/** "12.50" and "12,5" are 1250 cents; null for what is no amount of the currency. */
export function parseAmount(text: string, currency: string): number | null {
  const digits = currencyDigits(currency);
  const match = /^(\d+)(?:[.,](\d+))?$/.exec(text.trim().replace(/[\s\u202f]/g, ''));
  if (!match) return null;
  const [, whole = '', part = ''] = match;
  if (part.length > digits) return null;
  const amount = Number(whole + part.padEnd(digits, '0'));
  return Number.isSafeInteger(amount) ? amount : null;
}

/** As an input holds it: "12.50". */
export function inputAmount(amount: number, currency: string): string {
  return formatAmount(amount, currency).replace(/[\s\u202f]/g, '');
}
