/** Tables as comma-separated values (RFC 4180). */

/** What makes a spreadsheet take a cell for a formula. */
const FORMULA = /^\s*[=+\-@]|^[\t\r\n]/;

/** The mark at the start makes spreadsheets read UTF-8. @param {any[][]} rows */
export const toCsv = (rows) => `\ufeff${rows.map((row) => row.map(cell).join()).join("\r\n")}\r\n`;

function cell(value) {
  const text = FORMULA.test(value) ? `'${value}` : `${value}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
