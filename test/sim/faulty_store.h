// FaultyStore: a process's way to the database, which does wrong what it is told to: it refuses a
// write, or does one and loses the answer, or is dead and refuses everything; each time the answer
// is kUnavailable. No locks: for the one thread of a simulation. The database outlives it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "platform/storage/database.h"

namespace ashlar::sim {

class FaultyStore final : public storage::Database {
 public:
  explicit FaultyStore(storage::Database& inner) : inner_(inner) {}
  int refuse = 0;  // the next so many writes do not happen
  int lose = 0;    // the next so many happen, and nobody hears of it
  bool dead = false;
  std::int64_t stumbled = 0;  // how often it did wrong

  void subscribe(std::string, std::function<void(const Notice&)>) override {}
  [[nodiscard]] storage::Dialect dialect() const override { return inner_.dialect(); }
  base::Status ping(base::Mono deadline) override { return inner_.ping(deadline); }
  base::Result<std::string> check_integrity() override { return inner_.check_integrity(); }

 protected:
  base::Status run_body(const storage::Context& context, Mode mode, const Body& body) override {
    const auto pass = [&](storage::Transaction& tx) { return body(tx); };
    if (dead) return stumble();
    if (mode == Mode::kRead) return inner_.read(context, pass);
    if (refuse > 0) return --refuse, stumble();
    base::Status status = inner_.write(context, pass);
    if (status.ok() && lose > 0) return --lose, stumble();
    return status;
  }

 private:
  base::Error stumble() {
    ++stumbled;
    return base::fail(base::Code::kUnavailable, "storage_unavailable", "a fault of the simulation");
  }
  storage::Database& inner_;
};

}  // namespace ashlar::sim
