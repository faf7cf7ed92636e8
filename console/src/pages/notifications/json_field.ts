// JSON that somebody types. Pure.

export interface ReadJson {
  /** undefined: the text was empty. */
  value: unknown;
  wrong: string | null;
}

/** Empty is nothing; what is no object is said so before a server has to. */
export function readObject(text: string): ReadJson {
  const read = readJson(text);
  if (read.wrong !== null || read.value === undefined) return read;
  const isObject = typeof read.value === 'object' && read.value !== null;
  if (!isObject || Array.isArray(read.value)) {
    return { value: undefined, wrong: 'Give a JSON object: {"name": …}' };
  }
  return read;
}

export function readJson(text: string): ReadJson {
  if (text.trim() === '') return { value: undefined, wrong: null };
  try {
    return { value: JSON.parse(text) as unknown, wrong: null };
  } catch (error) {
    return { value: undefined, wrong: error instanceof Error ? error.message : 'It is no JSON.' };
  }
}
