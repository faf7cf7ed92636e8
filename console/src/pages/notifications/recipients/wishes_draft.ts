// What a user wants, as a table of category and channel. Pure.
import type { ChannelWishes, Preferences } from '../../../api/recipients';
import type { Channel } from '../../../api/notifications';

/** '' : nothing said here; a less exact wish counts. */
export type Wish = '' | 'yes' | 'no';

/** A category's name; null: of all. */
export type Row = string | null;
/** '*': every channel. */
export type Column = Channel | '*';

export const kColumns: readonly Column[] = ['*', 'email', 'sms', 'push', 'inbox', 'chat', 'http'];

function wishOf(value: boolean | undefined): Wish {
  if (value === undefined) return '';
  return value ? 'yes' : 'no';
}

function rowOf(preferences: Preferences, row: Row): boolean | ChannelWishes | undefined {
  return row === null ? preferences.channels : preferences.categories?.[row];
}

export function wishAt(preferences: Preferences, row: Row, column: Column): Wish {
  if (row === null && column === '*') return wishOf(preferences.all);
  const wishes = rowOf(preferences, row);
  if (typeof wishes === 'boolean') return column === '*' ? wishOf(wishes) : '';
  return wishOf(wishes?.[column]);
}

function changed(old: boolean | ChannelWishes | undefined, column: Column, wish: Wish) {
  const wishes: ChannelWishes = typeof old === 'boolean' ? { '*': old } : { ...old };
  const rest = Object.fromEntries(Object.entries(wishes).filter(([each]) => each !== column));
  return wish === '' ? rest : { ...rest, [column]: wish === 'yes' };
}

export function withWish(
  preferences: Preferences,
  row: Row,
  column: Column,
  wish: Wish,
): Preferences {
  const { all, ...rest } = preferences;
  if (row === null && column === '*') return wish === '' ? rest : { ...rest, all: wish === 'yes' };
  const wishes = changed(rowOf(preferences, row), column, wish);
  const isEmpty = Object.keys(wishes).length === 0;
  const kept = all === undefined ? rest : { ...rest, all };
  if (row === null) return { ...kept, channels: wishes };
  const others = Object.entries(preferences.categories ?? {}).filter(([each]) => each !== row);
  const categories = Object.fromEntries(isEmpty ? others : [...others, [row, wishes]]);
  return { ...kept, categories };
}
