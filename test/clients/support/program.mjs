// Program: one of test/clients/programs as a child process whose standard output is lines of JSON.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { eventually, kRoot, track } from "./process.mjs";

export class Program {
  constructor(name, ...args) {
    this.lines = [];
    let text = "";
    this.child = track(spawn(process.execPath, [join(kRoot, "test/clients/programs", name), ...args], { stdio: ["ignore", "pipe", "inherit"] }));
    this.exited = new Promise((done) => this.child.once("exit", done));
    this.child.stdout.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
      const parts = text.split("\n");
      text = parts.pop();
      for (const line of parts) if (line !== "") this.lines.push(JSON.parse(line));
    });
  }

  // The first line that fits, now or later.
  until(what, fits, limit_ms) {
    return eventually(what, () => this.lines.find(fits), limit_ms);
  }

  kill() {
    this.child.kill("SIGKILL");
    return this.exited;
  }
}
