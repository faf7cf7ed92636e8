// A database of one's own in the PostgreSQL server that test/with-postgres has started.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { kPostgres } from "./process.mjs";

function psql(url, sql) {
  return execFileSync("psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", url, "-c", sql], { encoding: "utf8", timeout: 60_000 }).trim();
}

// {url, query(sql), drop()}
export function createDatabase() {
  if (kPostgres === "") throw new Error("ASHLAR_TEST_POSTGRES is not set");
  const name = `ashlar_client_${randomBytes(6).toString("hex")}`;
  psql(kPostgres, `CREATE DATABASE ${name}`);
  const url = new URL(kPostgres);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    query: (sql) => psql(url.href, sql),
    drop: () => psql(kPostgres, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}
