// CSV that a spreadsheet opens and that runs nothing there: what others wrote into a file may begin
// like a formula.

const kFormula = /^[=+\-@\t\r]/;

function field(text: string): string {
  const safe = kFormula.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvLine(fields: string[]): string {
  return `${fields.map(field).join(',')}\r\n`;
}
