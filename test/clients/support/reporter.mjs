// What a stage of test/run prints: failures whole, a line for each file, `SKIP: what: why`, last `N passed, N failed, N skipped`.
export default async function* report(events) {
  let passed = 0, failed = 0, skipped = 0;
  const skips = [];
  for await (const { type, data } of events) {
    if (type === "test:stdout" || type === "test:stderr") {
      yield data.message;
      continue;
    }
    if (type !== "test:pass" && type !== "test:fail") continue;
    const group = data.details?.type === "suite";
    const file = data.nesting === 0 && data.file === data.name;  // the file as a test of its own: only when it could not run
    if (type === "test:fail") {
      // A group fails because something in it did; that is counted itself, unless it is a hook of the group.
      const why = data.details.error;
      const inner = why?.failureType === "subtestsFailed";
      if (inner) continue;
      failed += 1;
      yield `FAIL: ${data.name}\n${indent(textOf(why))}\n`;
    } else if (data.skip !== undefined) {
      skipped += 1;
      skips.push(`SKIP: ${data.name}${typeof data.skip === "string" ? `: ${data.skip}` : ""}\n`);
    } else if (!group && !file) {
      passed += 1;
      yield `ok: ${data.name} (${Math.round(data.details.duration_ms)} ms)\n`;
    } else {
      yield `    ${data.name}: ${(data.details.duration_ms / 1000).toFixed(1)} s\n`;
    }
  }
  yield* skips;
  if (passed + failed === 0) failed = 1;  // nothing ran: that is no success
  yield `${passed} passed, ${failed} failed, ${skipped} skipped\n`;
}

function textOf(error) {
  const cause = error?.cause ?? error;
  const text = cause?.stack ?? cause?.message ?? String(cause);
  const values = cause?.code === "ERR_ASSERTION" ? `\nactual:   ${show(cause.actual)}\nexpected: ${show(cause.expected)}` : "";
  return text.split("\n").slice(0, 40).join("\n") + values;
}

const show = (value) => {
  const text = typeof value === "string" ? JSON.stringify(value) : JSON.stringify(value) ?? String(value);
  return text.length > 2000 ? `${text.slice(0, 2000)}…` : text;
};
const indent = (text) => text.replace(/^/gm, "    ");
