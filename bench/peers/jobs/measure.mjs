// What both peers share: jobs are put in, then worked, and what each phase took is printed as name=value lines.
// Arguments: URL JOBS [name=value …]. A job does nothing; its payload is {"n": number}.
import { readFileSync } from "node:fs";

export function settings(defaults) {
  const [url, jobs, ...given] = process.argv.slice(2);
  const values = { ...defaults };
  for (const item of given) {
    const [name, value] = item.split("=");
    if (!(name in values)) throw new Error(`no such setting: ${item}`);
    values[name] = Number(value);
  }
  return { url, jobs: Number(jobs), ...values };
}

export async function timed(run) {
  const [begin, cpu] = [performance.now(), process.cpuUsage()];
  const done = await run();
  const used = process.cpuUsage(cpu);
  return { done, seconds: (performance.now() - begin) / 1000, cpu_s: (used.user + used.system) / 1e6 };
}

export function print(name, { done, seconds, cpu_s }) {
  console.log(`${name}=${done}`);
  console.log(`${name}_per_s=${(done / seconds).toFixed(0)}`);
  console.log(`${name}_client_cpu_us=${((cpu_s / done) * 1e6).toFixed(2)}`);
}

export function version(name) {
  const file = new URL(`node_modules/${name}/package.json`, import.meta.url);
  console.log(`version=${name} ${JSON.parse(readFileSync(file, "utf8")).version}, node ${process.version}`);
}
