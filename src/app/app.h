// App: the server, put together. Owns everything in member order; what is declared later may use
// what is declared earlier, and is gone before it.
//
//   start(): lock the folder, open, migrate ─> bind ─> modules ─> routes ─> serve
//   stop():  no new connections, answers finish ─> workers end ─> clicks, last uses are written
#pragma once

#include <memory>
#include <string>

#include "app/config.h"
#include "base/result.h"

namespace ashlar::app {

class App {
 public:
  static base::Result<std::unique_ptr<App>> start(const Config& config);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // Ends what was accepted and writes what is in memory; while storage is away it tries for ten
  // seconds. Error: clicks are lost. Idempotent.
  base::Status stop();
  void reload();  // SIGHUP: certificate

  // What a person sees at the start: address, the one-time console link, at the first start a
  // sample tenant with its key and a line for curl.
  [[nodiscard]] base::Result<std::string> banner();

 private:
  struct Parts;
  explicit App(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace ashlar::app
